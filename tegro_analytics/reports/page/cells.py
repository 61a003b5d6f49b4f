"""Values as people read them; they stay numbers until they stand in the page."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, get_currency_symbol

from tegro_analytics.reports.workbook.amounts import places_of, rounded
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.texts import tr

__all__ = ["change_shown", "interval", "is_number", "shown", "unit"]

_TEXTS = ("text", "word", "bool", "date", "instant")
_RATES = {"rate": 1, "fine_rate": 2}
"""How many places a rate has in percent."""


def is_number(kind: str) -> bool:
    """Say whether values of a kind stand to the right."""
    return kind not in _TEXTS


def shown(value: Any, kind: str, *, lang: str, places: int = 2) -> str:
    """Write a value of a metric.

    Parameters
    ----------
    value
        A plain value, None where it is missing.
    kind
        The kind of its column; ``mean`` is an amount that is no sum.
    lang
        The language.
    places
        The places of the currency: an amount has more where it is finer.

    Examples
    --------
    >>> shown(Decimal("2350"), "money", lang="ru").replace("\\xa0", " ")
    '2 350,00'
    >>> shown(0.0404, "fine_rate", lang="en"), shown(150.0, "seconds", lang="en")
    ('4.04%', '0:02:30')
    """
    if value is None:
        return "–" if kind == "number" else tr("metric.missing", lang)
    if kind in ("money", "mean", "estimate"):
        return _amount(Decimal(value), kind, places, lang)
    if kind in _RATES:
        return _percent(value, _RATES[kind], lang)
    if kind == "count":
        return str(format_decimal(int(value), locale=lang))
    if kind == "seconds":
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if kind in ("date", "instant"):
        return _moment(value, kind, lang)
    if kind == "bool":
        return tr("metric.yes" if value else "metric.no", lang)
    return str(format_decimal(value, "0.##", locale=lang)) if kind == "measure" else str(value)


def interval(row: Row, name: str, lang: str) -> str:
    """Write the interval of a rate of counts; nothing where it has none."""
    low, high = (row.get(f"{name}_{part}") for part in ("low", "high"))
    if low is None or high is None:
        return ""
    ends = [str(format_decimal(end * 100, "0.0", locale=lang)) for end in (low, high)]
    return f"{'–'.join(ends)}{_percent_sign(lang)}"


def change_shown(change: float | None, kind: str, lang: str) -> str:
    """Write a change, with its sign: of a rate in points, else relative.

    Examples
    --------
    >>> change_shown(0.125, "money", "en"), change_shown(-0.013, "rate", "en").replace("\\xa0", " ")
    ('+12.5%', '-1.3 pp')
    """
    if change is None:
        return ""
    places = _RATES.get(kind, 1)
    pattern = "0." + "0" * places
    digits = str(format_decimal(change * 100, f"+{pattern};-{pattern}", locale=lang))
    return f"{digits}\xa0{tr('report.points', lang)}" if kind in _RATES else f"{digits}{_percent_sign(lang)}"


def unit(currency: str, lang: str) -> str:
    """Write a currency behind an amount: by its sign in Russian, else by its code.

    Examples
    --------
    >>> unit("RUB", "ru"), unit("RUB", "en"), unit("USDT", "ru")
    ('₽', 'RUB', 'USDT')
    """
    return str(get_currency_symbol(currency, locale=lang)) if lang == "ru" else currency


def _amount(amount: Decimal, kind: str, places: int, lang: str) -> str:
    """Write an amount exactly, or a mean with the places of its currency."""
    most = max(places, places_of(amount)) if kind == "money" else places
    pattern = "#,##0" + ("." + "0" * places + "#" * (most - places) if most else "")
    return str(format_decimal(rounded(amount, most), pattern, locale=lang))


def _percent(value: float, places: int, lang: str) -> str:
    digits = format_decimal(value * 100, "#,##0." + "0" * places, locale=lang)
    return f"{digits}{_percent_sign(lang)}"


def _percent_sign(lang: str) -> str:
    return "\xa0%" if lang == "ru" else "%"


def _moment(value: dt.date, kind: str, lang: str) -> str:
    if kind == "date":
        return str(format_date(value, "dd.MM.y" if lang == "ru" else "d MMM y", locale=lang))
    return str(format_datetime(value, "dd.MM.y HH:mm" if lang == "ru" else "d MMM y, HH:mm", locale=lang))
