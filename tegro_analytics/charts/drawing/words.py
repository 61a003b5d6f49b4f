"""What is said around a chart: its span, what counts in it, names of groups, and the chart in words."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from babel.dates import get_day_names

from tegro_analytics.charts.drawing.lettering import readable
from tegro_analytics.charts.drawing.numerals import moment, span, symbol
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.sources.source import Source
from tegro_analytics.reference import load_reference
from tegro_analytics.texts import catalogue, plural, tr

__all__ = ["group_keys", "group_names", "notes", "say_rows", "say_series", "subtitle", "title"]

MOST_SAID = 10


def title(source: Source, lang: str, *, freq: str | None) -> str:
    """Write the title: the metric, and what it is split by."""
    parts = [tr(f"chart.freq.{freq}", lang)] if freq else []
    parts += [_by(name, lang) for name in shown_dimensions(source.by)]
    what = tr(f"chart.title.{source.chart}", lang)
    if not parts:
        return what
    last = f"{parts[-2]} {tr('chart.and', lang)} {parts[-1]}" if len(parts) > 1 else parts[-1]
    return readable(f"{what} {tr('chart.split', lang)} {', '.join([*parts[:-2], last])}")


def _by(name: str, lang: str) -> str:
    """Say by what a chart is split, as it stands in a title."""
    if f"chart.by.{name}" in catalogue():
        return tr(f"chart.by.{name}", lang)
    label = catalogue().get(f"column.{name}", {}).get(lang, name)
    return tr("chart.by_field", lang, what=label)


def shown_dimensions(by: Sequence[str]) -> list[str]:
    """Leave out the number of a payment system where its name stands beside it."""
    return [name for name in by if not (name == "payment_system_id" and "payment_system" in by)]


def group_names(table: pd.DataFrame, by: Sequence[str], lang: str) -> list[str]:
    """Name each row by its group, in full."""
    if not by:
        return [tr("chart.all", lang)] * len(table)
    shown = shown_dimensions(by)
    return [
        " · ".join(_value(name, value, lang) for name, value in zip(shown, row, strict=True))
        for row in table[shown].itertuples(index=False, name=None)
    ]


def group_keys(table: pd.DataFrame, by: Sequence[str]) -> list[object] | None:
    """Give the numbers by which groups of one name are told apart, where there are any."""
    if "payment_system_id" not in by or "payment_system" not in by:
        return None
    return ["–" if pd.isna(value) else int(value) for value in table["payment_system_id"]]


def _value(name: str, value: object, lang: str) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return tr("chart.unknown", lang)
    if name == "payment_system_id":
        return load_reference().payment_system(int(str(value))).display
    if name.endswith("weekday"):
        return str(get_day_names("abbreviated", locale=lang)[int(str(value)) - 1])
    if name.endswith("hour"):
        return f"{int(str(value)):02d}:00"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (bool, np.bool_)):
        return tr(f"chart.{'yes' if value else 'no'}", lang)
    return str(value)


def subtitle(source: Source, lang: str, *, periods: Periods | None) -> str:
    """Say which days, which currency, which zone, and which orders count."""
    parts = [_days(source, lang, periods)]
    if source.currency is not None:
        name = readable(source.currency)
        sign = symbol(source.currency, lang)
        parts.append(name if sign in (name, "") else f"{name} ({sign})")
    if source.facts.zone:
        parts.append(source.facts.zone)
    parts.append(tr(f"chart.counts.{source.chart}", lang))
    return " · ".join(part for part in parts if part)


def _days(source: Source, lang: str, periods: Periods | None) -> str:
    """Name the days that are covered: bounds where there are any, and nothing later than the data reach."""
    facts = source.facts
    first, last = facts.first, facts.last
    if periods is not None and len(periods):
        began = periods.starts[0].date()
        first = facts.first if facts.bounded[0] else max(began, facts.first or began)
        last = facts.last if facts.bounded[1] else (periods.ends[-1] - dt.timedelta(microseconds=1)).date()
    if last and facts.as_of:
        last = min(last, facts.as_of.date())
    return span(first, last, lang) if first and last and first <= last else ""


def notes(source: Source, lang: str, *, counted: str | int | None, more: Sequence[str] = ()) -> list[str]:
    """Write the lines under a chart: how many, as of when, what is left out, how it is reckoned.

    ``counted`` is the number of what is drawn, or the column that adds up to it; None where none is told.
    """
    first = []
    if counted is not None:
        number = counted if isinstance(counted, int) else round(source.total(counted))
        first.append(plural(f"count.chart.{source.chart}", number, lang))
    if source.facts.as_of is not None:
        first.append(tr("chart.as_of", lang, moment=moment(source.facts.as_of, lang)))
    lines = [" · ".join(first)] if first else []
    if source.others:
        others = ", ".join(_other(name, number, source.subject.unit, lang) for name, number in source.others)
        lines.append(
            tr(
                "chart.others",
                lang,
                others=others,
                currency=readable(source.currency),
                first=readable(source.others[0][0]),
            )
        )
    return [*lines, *more]


def _other(currency: str, number: int, unit: str, lang: str) -> str:
    """Name a currency that is not drawn, and how much of it there is."""
    name = readable(currency)
    return f"{name} ({plural(f'count.chart.{unit}', number, lang)})" if unit else name


def say_series(
    name: str, values: np.ndarray, periods: Periods, write: Callable[[float], str], lang: str
) -> str:
    """Put a series into words: its ends, its lowest and its highest."""
    seen = np.flatnonzero(np.isfinite(values))
    if not len(seen):
        return tr("chart.alt.nothing", lang, name=name)
    unfinished = tr("chart.alt.open", lang) if not periods.complete[seen[-1]] else ""
    low, high = seen[np.argmin(values[seen])], seen[np.argmax(values[seen])]
    return tr(
        "chart.alt.series",
        lang,
        name=name,
        first=write(values[seen[0]]),
        last=write(values[seen[-1]]) + unfinished,
        low=write(values[low]),
        low_when=periods.name(int(low), lang),
        high=write(values[high]),
        high_when=periods.name(int(high), lang),
    )


def say_rows(names: Sequence[str], texts: Sequence[str], lang: str) -> str:
    """Put rows into words, the first ones."""
    said = "; ".join(f"{name}: {text}" for name, text in list(zip(names, texts, strict=True))[:MOST_SAID])
    rest = len(names) - MOST_SAID
    return f"{said}; {tr('chart.alt.rest', lang, count=rest)}." if rest > 0 else f"{said}."
