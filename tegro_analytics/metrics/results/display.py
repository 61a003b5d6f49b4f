"""How a result of a metric is shown: a quiet table of formatted cells, as text and as HTML.

A few rows stand as columns, with every value on a line of its own; many rows stand as rows, with the headline
columns, and a note says which are left out. A rate stands with its interval in one cell.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from babel.dates import format_date, format_datetime, get_day_names
from babel.numbers import format_decimal, format_percent

from tegro_analytics.exceptions import MissingColumn
from tegro_analytics.metrics.definition import SPREAD, Metric, MetricColumn
from tegro_analytics.metrics.registry import METRICS
from tegro_analytics.reference import load_reference
from tegro_analytics.texts import catalogue, in_words, language, tr

__all__ = ["to_html", "to_text"]

UPRIGHT_ROWS = 3
"""Up to so many rows stand as columns."""

MOST_ROWS = 60
"""So many rows are shown; the rest is counted."""

_CODED = {"causes": "cause", "possible_causes": "cause", "result": "result"}
"""Columns of codes, and under what their words stand in the catalogue."""

_STYLES = {
    "th": "padding:2px 10px;vertical-align:bottom",  # a long heading takes two lines, so that more fits
    "td": "padding:2px 10px;white-space:nowrap",
}


@dataclass(frozen=True)
class Grid:
    """Hold formatted cells: a heading line, lines, which columns are numbers, and a note."""

    title: str
    head: list[str]
    lines: list[list[str]]
    numeric: list[bool]
    note: str = ""


def to_text(
    frame: pd.DataFrame,
    name: str,
    *,
    lang: str | None = None,
    found: int | None = None,
    columns: Sequence[str] | None = None,
) -> str:
    """Show a result in a terminal."""
    grid = _grid(frame, METRICS[name], language(lang), len(frame) if found is None else found, columns)
    table = [grid.head, *grid.lines]
    widths = [max(len(line[place]) for line in table) for place in range(len(grid.head))]
    drawn = [
        "  ".join(
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(line, widths, grid.numeric, strict=True)
        ).rstrip()
        for line in table
    ]
    rule = "─" * max(map(len, drawn), default=0)
    return "\n".join([grid.title, rule, drawn[0], *drawn[1:], *([grid.note] if grid.note else [])])


def to_html(
    frame: pd.DataFrame,
    name: str,
    *,
    lang: str | None = None,
    found: int | None = None,
    columns: Sequence[str] | None = None,
) -> str:
    """Show a result in Jupyter; everything is escaped."""
    grid = _grid(frame, METRICS[name], language(lang), len(frame) if found is None else found, columns)
    aligned = ["right" if numeric else "left" for numeric in grid.numeric]

    def line(cells: Sequence[str], tag: str) -> str:
        made = (
            f"<{tag} style='text-align:{side};{_STYLES[tag]}'>{html.escape(cell)}</{tag}>"
            for cell, side in zip(cells, aligned, strict=True)
        )
        return f"<tr>{''.join(made)}</tr>"

    body = "".join(line(cells, "td") for cells in grid.lines)
    note = (
        f"<div style='opacity:.65;font-size:90%;padding:2px 10px'>{html.escape(grid.note)}</div>"
        if grid.note
        else ""
    )
    return (
        "<div style='overflow-x:auto'>"
        f"<div style='font-weight:600;padding:2px 10px'>{html.escape(grid.title)}</div>"
        f"<table><thead>{line(grid.head, 'th')}</thead><tbody>{body}</tbody></table>{note}</div>"
    )


def _grid(frame: pd.DataFrame, metric: Metric, lang: str, found: int, columns: Sequence[str] | None) -> Grid:
    if lacking := [name for name in columns or () if name not in frame.columns]:
        raise MissingColumn(lacking, needed_by=f"this table of {metric.name}")
    title = f"{metric.title(lang)} · {metric.who(lang)}"
    if frame.empty:
        own = f"metric.{metric.name}.empty"
        return Grid(title, [tr(own if own in catalogue() else "display.empty", lang)], [], [False])
    values = [column for column in metric.columns if column.base is None and column.name in frame.columns]
    known = {column.name for column in metric.columns}
    keys = [name for name in frame.columns if name not in known and name not in ("period_end", "complete")]
    if "payment_system" in known:  # its name tells more than its number
        keys = [key for key in keys if key != "payment_system_id"] + ["payment_system"]
        values = [column for column in values if column.name not in ("payment_system", "family", "rail")]
    upright = len(frame) <= UPRIGHT_ROWS and not metric.is_list
    wanted = columns if columns is not None else () if upright else metric.headline
    shown = [column for column in values if not wanted or column.name in wanted]
    hidden = [column.name for column in values if column not in shown]
    if upright:
        grid = _upright(frame, metric, keys, shown, title=title, lang=lang)
    else:
        grid = _rows(frame, metric, keys, shown, title=title, lang=lang)
    return replace(
        grid, note=_note(frame, hidden, 0 if upright else found - min(len(frame), MOST_ROWS), lang)
    )


def _upright(
    frame: pd.DataFrame, metric: Metric, keys: list[str], values: list[MetricColumn], *, title: str, lang: str
) -> Grid:
    rows = frame.to_dict("records")
    heads = [[_cell(row, metric.column(key), lang) for key in keys] for row in rows]
    head = ["", *(" · ".join(filter(None, names)) or tr("display.value", lang) for names in heads)]
    lines = [[column.label(lang), *(_cell(row, column, lang) for row in rows)] for column in values]
    return Grid(title, head, lines, [False] + [True] * len(rows))


def _rows(
    frame: pd.DataFrame,
    metric: Metric,
    keys: list[str],
    shown: list[MetricColumn],
    *,
    title: str,
    lang: str,
) -> Grid:
    columns = [metric.column(key) for key in keys] + shown
    lines = [
        [_cell(row, column, lang) for column in columns] for row in frame.head(MOST_ROWS).to_dict("records")
    ]
    numeric = [False] * len(keys) + [column.kind != "text" for column in shown]
    return Grid(title, [_label(column, lang) for column in columns], lines, numeric)


def _label(column: MetricColumn, lang: str) -> str:
    names = {"period_start": "display.period", "payment_system_id": "column.payment_system"}
    return tr(names[column.name], lang) if column.name in names else column.label(lang)


def _note(frame: pd.DataFrame, hidden: list[str], more: int, lang: str) -> str:
    return "; ".join(_notes(frame, hidden, more, lang))


def _notes(frame: pd.DataFrame, hidden: list[str], more: int, lang: str) -> Iterator[str]:
    if "complete" in frame.columns and not frame["complete"].all():
        yield tr("display.incomplete", lang)
    if more:
        yield tr("display.more_rows", lang, count=more)
    if hidden:
        yield tr("display.more_columns", lang, count=len(hidden))
    shown = [name for name in frame.columns if name not in hidden]
    if any(f"{name}_low" in shown and f"{name}_n" in shown for name in shown):
        yield tr("display.interval", lang)


def _cell(row: Mapping[Any, Any], column: MetricColumn, lang: str) -> str:
    """Format one value, a rate with its interval."""
    value = row[column.name]
    if column.name == "period_start":
        mark = "" if row.get("complete", True) else " *"
        return _period(value, row.get("period_end"), lang) + mark
    if value is None or pd.isna(value):
        return "–" if column.name in ("family", "rail", "rank") else tr("display.none", lang)
    if column.kind == "rate":
        return _rate(row, column.name, lang)
    if column.name.endswith("payment_system_id"):
        return load_reference().payment_system(int(value)).display
    return _value(value, column, str(row.get("currency", "")), lang)


def _value(value: Any, column: MetricColumn, currency: str, lang: str) -> str:
    if column.kind in ("money", "estimate"):
        places = load_reference().minor_unit(currency)
        pattern = f"#,##0.{'0' * places}" if places else "#,##0"
        return _no_minus_zero(format_decimal(value, pattern, locale=lang))
    if column.kind == "fine_rate":
        return _no_minus_zero(format_percent(value, "#,##0.00%", locale=lang))
    if column.kind == "count":
        return str(format_decimal(int(value), locale=lang))
    if column.kind == "measure":  # two places, or the first two digits of what is small
        pattern = "#,##0.##" if value == 0 or abs(value) >= 1 else "@#"
        return str(format_decimal(float(value), pattern, locale=lang))
    if column.kind == "seconds":
        return tr("display.seconds", lang, count=format_decimal(round(float(value), 1), locale=lang))
    if column.kind == "date" and value.time() == dt.time():
        return str(format_date(value, "medium", locale=lang))
    if column.kind in ("date", "instant"):
        return str(format_datetime(value, "short", locale=lang))
    if column.kind == "number":
        return (
            get_day_names("abbreviated", locale=lang)[int(value) - 1]
            if column.name == "weekday"
            else str(int(value))
        )
    if isinstance(value, bool):
        return tr("metric.yes" if value else "metric.no", lang)
    text = in_words(_CODED[column.name], str(value), lang) if column.name in _CODED else str(value)
    # A terminal would obey what cannot be printed.
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _no_minus_zero(text: str) -> str:
    """Show what is below 0 by less than its places as 0, without a sign that nothing there explains."""
    return text if any(digit in text for digit in "123456789") else text.removeprefix("-")


def _rate(row: Mapping[Any, Any], name: str, lang: str) -> str:
    text = _no_minus_zero(format_percent(row[name], "#,##0.0%", locale=lang))
    low, high = (row.get(f"{name}_{part}") for part in SPREAD[:2])
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return text
    ends = [str(format_decimal(end * 100, "0.0", locale=lang)) for end in (low, high)]
    return f"{text} ({'–'.join(ends)})"


def _period(start: dt.datetime, end: dt.datetime | None, lang: str) -> str:
    """Name a period as people do: a day, a month, a quarter, a year, else its first and last day."""
    if end is None or end - start <= dt.timedelta(hours=2):
        return str(format_datetime(start, "short", locale=lang))
    months = (end.year - start.year) * 12 + end.month - start.month if start.day == end.day == 1 else 0
    patterns = {1: "LLL y", 3: "QQQ y", 12: "y"}
    if months in patterns:
        return str(format_date(start, patterns[months], locale=lang))
    if end - start <= dt.timedelta(days=1):
        return str(format_date(start, "medium", locale=lang))
    last = end - dt.timedelta(days=1)
    return f"{format_date(start, 'd MMM', locale=lang)} – {format_date(last, 'd MMM y', locale=lang)}"
