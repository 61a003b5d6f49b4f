"""Numbers as readers of a language write them; they stay numbers until they are drawn."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_date, format_datetime, format_interval
from babel.numbers import format_decimal, get_currency_symbol
from matplotlib.ticker import Formatter, MaxNLocator

from tegro_analytics.charts.drawing.lettering import elide, readable
from tegro_analytics.reference import load_reference
from tegro_analytics.texts import tr

__all__ = [
    "NO_VALUE",
    "NumberFormatter",
    "Scale",
    "Steps",
    "change",
    "count",
    "day",
    "moment",
    "money",
    "percent",
    "points",
    "scale",
    "span",
    "symbol",
]

NO_VALUE = "–"


def symbol(currency: str, lang: str) -> str:
    """Write a currency by its sign where the language has one, else by its code.

    Examples
    --------
    >>> symbol("RUB", "ru"), symbol("RUB", "en"), symbol("USDT", "ru")
    ('₽', 'RUB', 'USDT')
    """
    return elide(readable(get_currency_symbol(currency, locale=lang)), 80, 9)


def money(value: float, currency: str, lang: str) -> str:
    """Write an amount with the places of its currency.

    Examples
    --------
    >>> money(1234567.89, "RUB", "ru").replace("\\xa0", " "), money(-5, "USD", "en")
    ('1 234 567,89 ₽', '-$5.00')
    """
    if math.isnan(value):
        return NO_VALUE
    places = load_reference().minor_unit(currency)
    digits = format_decimal(abs(value), format="#,##0" + ("." + "0" * places if places else ""), locale=lang)
    sign = "-" if value < 0 and any(digit in digits for digit in "123456789") else ""
    unit = symbol(currency, lang)
    if lang == "ru":
        return f"{sign}{digits}\xa0{unit}"
    return f"{sign}{unit}\xa0{digits}" if unit[-1:].isalnum() else f"{sign}{unit}{digits}"


def change(value: float, currency: str, lang: str) -> str:
    """Write an amount with its sign, also where it is a plus.

    Examples
    --------
    >>> change(2.5, "USD", "en"), change(0, "USD", "en"), change(-2.5, "RUB", "ru").replace("\\xa0", " ")
    ('+$2.50', '$0.00', '-2,50 ₽')
    """
    return _with_plus(value, money(value, currency, lang))


def points(value: float, lang: str) -> str:
    """Write the difference of two fractions in percentage points.

    Examples
    --------
    >>> points(0.0025, "ru").replace("\\xa0", " "), points(-0.0025, "en").replace("\\xa0", " ")
    ('+0,25 п.п.', '-0.25 pp')
    """
    if math.isnan(value):
        return NO_VALUE
    digits = format_decimal(abs(value) * 100, format="0.00", locale=lang)
    sign = "-" if value < 0 and any(digit in digits for digit in "123456789") else ""
    return _with_plus(value, f"{sign}{digits}\xa0{tr('chart.points', lang)}")


def _with_plus(value: float, text: str) -> str:
    return f"+{text}" if value > 0 and any(digit in text for digit in "123456789") else text


def percent(value: float, lang: str, *, places: int = 1) -> str:
    """Write a fraction in percent.

    Examples
    --------
    >>> percent(0.6234, "ru").replace("\\xa0", " "), percent(0.6234, "en")
    ('62,3 %', '62.3%')
    """
    if math.isnan(value):
        return NO_VALUE
    digits = format_decimal(value * 100, format="0" + ("." + "0" * places if places else ""), locale=lang)
    return f"{digits}\xa0%" if lang == "ru" else f"{digits}%"


def count(value: float, lang: str) -> str:
    """Write a whole number."""
    return NO_VALUE if math.isnan(value) else str(format_decimal(round(value), locale=lang))


def day(value: dt.date, lang: str) -> str:
    """Write a day in full."""
    return str(format_date(value, "d MMM y" if lang == "ru" else "MMM d, y", locale=lang))


def moment(value: dt.datetime, lang: str) -> str:
    """Write a moment to the minute."""
    return str(format_datetime(value, "dd.MM.yyyy HH:mm" if lang == "ru" else "MMM d, y, HH:mm", locale=lang))


def span(first: dt.date, last: dt.date, lang: str) -> str:
    """Write the days from the first to the last, both included.

    Examples
    --------
    >>> span(dt.date(2026, 10, 1), dt.date(2026, 10, 31), "ru").replace("\\u202f", " ")
    '1–31 окт. 2026 г.'
    """
    return str(format_interval(first, last, "yMMMd", locale=lang))


@dataclass(frozen=True, slots=True)
class Scale:
    """Say by what the numbers of an axis are divided, and the word for it."""

    divisor: float
    name: str

    def unit(self, unit: str, lang: str) -> str:
        """Write the unit of the axis, as in ``тыс. ₽``."""
        return tr(f"chart.scale.{self.name}", lang, unit=unit).strip() if self.name else unit


_SCALES = (Scale(1e12, "trillion"), Scale(1e9, "billion"), Scale(1e6, "million"), Scale(1e3, "thousand"))


def scale(highest: float) -> Scale:
    """Choose thousands, millions or more for an axis whose highest number is ``highest``.

    Examples
    --------
    >>> scale(9_000).divisor, scale(90_000).divisor, scale(2_500_000).divisor
    (1.0, 1000.0, 1000000.0)
    """
    for candidate in _SCALES:
        if highest >= candidate.divisor * (10 if candidate.name == "thousand" else 2):
            return candidate
    return Scale(1.0, "")


class NumberFormatter(Formatter):
    """Write the ticks of a value axis in a language, all with the same number of places."""

    def __init__(
        self, lang: str, *, divisor: float = 1.0, percent: bool = False, whole: bool = False
    ) -> None:
        self.lang = lang
        self.whole = whole
        self.divisor = 0.01 if percent else divisor
        self.ending = "" if not percent else ("\xa0%" if lang == "ru" else "%")

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks with the places that the finest of them needs, at most eight."""
        scaled = [float(value) / self.divisor for value in values]
        places = next((n for n in range(8) if all(_fits(value, n) for value in scaled)), 8)
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return [
            str(format_decimal(value, format=pattern if value else "0", locale=self.lang)) + self.ending
            for value in scaled
        ]


def _fits(value: float, places: int) -> bool:
    return bool(abs(value - round(value, places)) <= 1e-9 * max(1.0, abs(value)) * 10**-places)


class Steps(MaxNLocator):
    """Place round ticks between two fixed values, so that a strip below them stays free of ticks."""

    def __init__(self, low: float, high: float, *, most: int = 6, whole: bool = False) -> None:
        super().__init__(nbins=most, steps=[1, 2, 2.5, 5, 10], integer=whole)
        self.low, self.high = low, high

    def top(self) -> float:
        """Give the first tick at or above the highest value."""
        slack = (self.high - self.low) * 1e-6
        return next(
            float(tick) for tick in self.tick_values(self.low, self.high) if tick >= self.high - slack
        )

    def __call__(self) -> list[float]:
        ticks = self.tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-9
        return [float(tick) for tick in ticks if self.low - slack <= tick <= self.high + slack]
