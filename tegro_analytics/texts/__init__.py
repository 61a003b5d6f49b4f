"""Every label in Russian and in English: one catalogue, read from the ``*.toml`` files beside this module.

A key is the path to a table that has an ``en`` and a ``ru`` text::

    [column.amount]
    en = "Amount"
    ru = "Сумма"
"""

from __future__ import annotations

import functools
import locale
import os
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Literal, cast

from tegro_analytics.exceptions import ConfigurationError

__all__ = ["LANGUAGES", "Language", "catalogue", "in_words", "language", "plural", "tr"]

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")


def language(lang: str | None = None) -> Language:
    """Choose the language: the argument, ``TEGRO_LANG``, Russian where the system speaks it, else English.

    Raises
    ------
    ConfigurationError
        If the language is neither ``ru`` nor ``en``.

    Examples
    --------
    >>> language("ru")
    'ru'
    """
    wanted = lang or os.environ.get("TEGRO_LANG")
    if not wanted:
        system = locale.getlocale()[0] or ""
        return "ru" if system.lower().startswith(("ru", "russian")) else "en"
    if wanted.lower() not in LANGUAGES:
        raise ConfigurationError(f"The language is {wanted!r}, but lang= and TEGRO_LANG take 'ru' or 'en'.")
    return cast("Language", wanted.lower())


def tr(key: str, lang: str | None = None, /, **values: object) -> str:
    """Look a text up and fill its ``{places}``.

    Raises
    ------
    KeyError
        If the catalogue has no such text: a mistake in the code, which the tests look for.

    Examples
    --------
    >>> tr("column.amount", "ru")
    'Сумма'
    """
    text = catalogue()[key][language(lang)]
    return text.format(**values) if values else text


def plural(key: str, count: int, lang: str | None = None, /, **values: object) -> str:
    """Look up the form of a text that goes with a number: ``<key>.one``, ``.few``, ``.many``, ``.other``.

    English has *one* and *other*, Russian *one*, *few* and *many*; each form stands under a key of its own.

    Examples
    --------
    >>> plural("count.orders", 3, "ru"), plural("count.orders", 1, "en")
    ('3 заказа', '1 order')
    """
    from babel import Locale
    from babel.numbers import format_decimal

    chosen = language(lang)
    form = Locale(chosen).plural_form(count)
    return tr(f"{key}.{form}", chosen, count=format_decimal(count, locale=chosen), **values)


def in_words(kind: str, codes: str, lang: str | None = None, /) -> str:
    """Write codes, comma-separated, in the words of ``<kind>.<code>``; one without words stays a code.

    Examples
    --------
    >>> in_words("cause", "refunds, clock_skew", "en")
    'refunds, something right beside a snapshot'
    """
    return ", ".join(
        tr(f"{kind}.{code}", lang) if f"{kind}.{code}" in catalogue() else code for code in codes.split(", ")
    )


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Read the whole catalogue: key → language → text."""
    texts: dict[str, Mapping[str, str]] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            for key, entry in _entries(tomllib.loads(file.read_text(encoding="utf-8"))):
                if key in texts:
                    raise ValueError(f"the text {key!r} stands twice in the catalogue")
                texts[key] = entry
    return texts


def _entries(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Walk down to the tables that hold texts."""
    if any(isinstance(value, str) for value in tree.values()):
        yield prefix, tree
        return
    for name, branch in tree.items():
        yield from _entries(branch, f"{prefix}.{name}" if prefix else name)
