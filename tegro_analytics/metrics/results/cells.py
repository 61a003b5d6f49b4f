"""The cells of a result: every group in every period, 0 where nothing happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking.clocks import DAY, HOUR
from tegro_analytics.metrics.asking.periods import all_starts, next_start, start_of, starts_of
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.money import rounded
from tegro_analytics.schemas import MONEY_SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Days = NDArray[np.datetime64]

PERIOD = "~period"
"""The start of the period, among the columns of a part."""

MAX_ROWS = 5_000_000
_HOUR = 3_600_000_000  # microseconds
_ONE_DAY = dt.timedelta(days=1)
_MONDAY = np.datetime64("1969-12-29", "D")


def part(
    question: Question,
    table: pa.Table,
    days: Days,
    hours: NDArray[np.int64] | None,
    values: Sequence[str],
    *,
    apart: Mapping[str, pa.Array] | None = None,
) -> pa.Table:
    """Place rows of a query in their group and period, and sum those that meet.

    Parameters
    ----------
    table
        Rows with the stored keys of a group and the values.
    days, hours
        The clock of each row in the report zone; hours where the question needs them.
    values
        The columns to sum.
    apart
        Further keys, which keep rows of one cell apart.
    """
    apart = apart or {}
    placed = {name: table[name] for name in question.stored_groups}
    if "weekday" in question.dims:
        placed["weekday"] = pa.array(weekdays(days))
    if "hour" in question.dims:
        placed["hour"] = pa.array(hours)
    if question.freq:
        placed[PERIOD] = pa.array(_starts(question, days, hours))
    placed |= {**apart, **{name: table[name] for name in values}}
    return _summed(pa.table(placed), [*question.groups, *([PERIOD] if question.freq else []), *apart])


def placed(question: Question, table: pa.Table) -> pa.Table:
    """Place the rows of a query that :func:`~tegro_analytics.metrics.asking.clocks.grouped` ran.

    Every column is a value that is neither a key nor a mark of the query, which begins with ``~``.
    """
    days = table[DAY].to_numpy().astype("M8[D]")
    hours = table[HOUR].to_numpy() if question.hourly else None
    names = [name for name in table.column_names if not name.startswith("~")]
    return part(question, table, days, hours, [name for name in names if name not in question.stored_groups])


def _starts(question: Question, days: Days, hours: NDArray[np.int64] | None) -> NDArray[np.datetime64]:
    """Find the start of the period of each row."""
    if question.freq == "hour":
        if hours is None:
            raise AssertionError("periods of an hour need the hour")
        return (days.astype("M8[us]").astype(np.int64) + hours * _HOUR).astype("M8[us]")
    assert question.freq is not None  # noqa: S101
    return starts_of(days, question.freq).astype("M8[us]")


def weekdays(days: Days) -> NDArray[np.int64]:
    """Number the weekdays, 1 = Monday."""
    numbers: NDArray[np.int64] = ((days - _MONDAY) % np.timedelta64(7, "D")).astype(np.int64) + 1
    return numbers


def _summed(table: pa.Table, keys: list[str]) -> pa.Table:
    """Sum what has the same keys. A float is a quantile: it stands alone in its cell, and stays."""
    values = [name for name in table.column_names if name not in keys]
    ways = [
        (name, "max" if pa.types.is_floating(table.schema.field(name).type) else "sum") for name in values
    ]
    summed = table.group_by(keys, use_threads=False).aggregate(ways)
    return summed.rename_columns([*keys, *values]) if keys else summed.rename_columns(values)


def cells(
    question: Question, parts: Sequence[pa.Table], *, more_groups: pa.Table | None = None
) -> pd.DataFrame:
    """Put parts together: a row for each group and period, sorted by its keys, 0 where nothing happened.

    Money comes as exact ``Decimal`` objects, counts as int64, quantiles as float64.
    """
    keys = [*question.groups, *([PERIOD] if question.freq else [])]
    table = _summed(pa.concat_tables(parts, promote_options="default"), keys)
    if question.as_of is None:
        table = table.slice(0, 0)  # no orders, no rows: also where there are no keys
    groups, codes = _groups(question, table, more_groups)
    starts = _all_starts(question, table)
    rows = len(groups) * (1 if starts is None else len(starts))
    if rows > MAX_ROWS:
        raise DataError(
            f"{question.metric.name} would have {rows:,} rows, {len(groups):,} groups in "
            f"{rows // len(groups):,} periods: narrow since= and until=, or ask for a coarser freq= or fewer "
            "dimensions"
        )
    place = codes
    frame = groups
    if starts is not None:
        place = codes * len(starts) + np.searchsorted(starts, table[PERIOD].to_numpy())
        frame = groups.loc[groups.index.repeat(len(starts))].reset_index(drop=True)
        frame[PERIOD] = np.tile(starts, len(groups))
    for name in table.column_names:
        if name not in keys:
            frame[name] = _filled(table[name], place, rows)
    return _sorted(question, frame)


def _all_starts(question: Question, table: pa.Table) -> NDArray[np.datetime64] | None:
    """List the starts of all periods: within the bounds, else from the first one to that of ``as_of``."""
    if question.freq is None:
        return None
    seen = table[PERIOD].to_numpy()
    bounds, freq = question.window, question.freq
    if question.as_of is None or (bounds.since is None and not len(seen)):
        return np.array([], "M8[us]")
    first = bounds.since if bounds.since is not None else seen.min().item()
    end = bounds.until
    if end is None:
        last = max([start_of(question.now, freq), *([seen.max().item()] if len(seen) else [])])
        end = next_start(last, freq)
    return all_starts(first, end, freq)


def _groups(
    question: Question, table: pa.Table, more: pa.Table | None
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """List the groups once each, and number the one of each row."""
    names = question.groups
    if not names:
        count = 0 if question.as_of is None else 1
        return pd.DataFrame(index=range(count)), np.zeros(table.num_rows if count else 0, np.int64)
    listed = table.select(names)
    if more is not None:
        listed = pa.concat_tables([listed, more.select(names)], promote_options="permissive")
    frame = to_pandas(listed)
    codes = np.asarray(frame.groupby(names, dropna=False, sort=False).ngroup(), np.int64)
    groups = frame[~pd.Series(codes).duplicated()].reset_index(drop=True)
    return groups, codes[: table.num_rows]


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Bring small tables to pandas; integers stay integers beside missing ones."""
    frame: pd.DataFrame = table.to_pandas(
        types_mapper={pa.int64(): pd.Int64Dtype()}.get, date_as_object=False
    )
    return frame


def numbered(
    names: Sequence[str], frame: pd.DataFrame, other: pd.DataFrame, rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the groups of a frame, and find those numbers for the rows of another one.

    Without names all is one group; ``rows`` are those of the other frame, which has no columns then.
    """
    if not names:
        return np.zeros(len(frame), np.int64), np.zeros(rows, np.int64)
    both = pd.concat([frame[[*names]], other[[*names]]], ignore_index=True)
    numbers = np.asarray(both.groupby([*names], dropna=False, sort=False).ngroup(), np.int64)
    return numbers[: len(frame)], numbers[len(frame) :]


def _filled(column: pa.ChunkedArray, place: NDArray[np.int64], rows: int) -> Any:
    """Put values in their places among cells of 0."""
    if pa.types.is_decimal(column.type):
        money = np.full(rows, Decimal(0), dtype=object)
        values = column.to_pylist()
        if column.type.scale > MONEY_SCALE:  # converted by a rate, and summed since
            values = [None if value is None else rounded(value) for value in values]
        money[place] = [Decimal(0) if value is None else value for value in values]
        return money
    if pa.types.is_floating(column.type):
        quantiles = np.full(rows, np.nan)
        quantiles[place] = column.to_numpy()
        return quantiles
    counts = np.zeros(rows, np.int64)
    counts[place] = column.fill_null(0).to_numpy()
    return counts


def _sorted(question: Question, frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by the keys, in their order; what is missing comes last."""
    keys = [name for name in (*question.metric.keys, PERIOD, *question.dims) if name in frame.columns]
    return frame.sort_values(keys, kind="stable", ignore_index=True) if keys else frame


def with_periods(question: Question, frame: pd.DataFrame, *, after: dt.timedelta) -> pd.DataFrame:
    """Name the period of each row, and say whether it is complete.

    A period is complete if nothing can be added to it any more: it ended, ``after`` it has passed too, and
    the bounds do not cut it.
    """
    freq, bounds = question.freq, question.window
    if freq is None:
        return frame
    starts = frame.pop(PERIOD)
    ends, complete = {}, {}
    for start in starts.drop_duplicates():
        local = start.to_pydatetime()
        end = next_start(local, freq)
        whole = (bounds.since is None or local >= bounds.since) and (
            bounds.until is None or end <= bounds.until
        )
        ends[start], complete[start] = end, whole and question.ends_by(end, after=after)
    frame["period_start"] = starts.astype("datetime64[us]")
    frame["period_end"] = starts.map(ends).astype("datetime64[us]")
    frame["complete"] = starts.map(complete).astype(bool)
    return frame


def day_counts(question: Question, frame: pd.DataFrame, first: dt.datetime | None) -> NDArray[np.int64]:
    """Count the days of each row that began by ``as_of``, within the bounds, on its weekday if it has one.

    ``first`` is where the history begins, for bounds that are open on the left.
    """
    begin = question.window.since or first
    if begin is None or question.as_of is None:
        return np.zeros(len(frame), np.int64)
    end = question.now + dt.timedelta(microseconds=1)
    if question.window.until is not None:
        end = min(end, question.window.until)
    days = all_starts(begin, end, "day")
    low, high = np.zeros(len(frame), np.int64), np.full(len(frame), len(days))
    if question.freq:
        low = np.searchsorted(days, frame["period_start"].dt.normalize().to_numpy("M8[us]"))
        high = np.searchsorted(days, frame["period_end"].to_numpy("M8[us]"))
    if "weekday" not in question.dims:
        return np.maximum(high - low, 0)
    # How many days of each weekday lie before each day: two look-ups for a row.
    before = np.zeros((len(days) + 1, 8), np.int64)
    before[np.arange(len(days)) + 1, weekdays(days.astype("M8[D]"))] = 1
    before = before.cumsum(axis=0)
    weekday = frame["weekday"].to_numpy(np.int64)
    counts: NDArray[np.int64] = np.maximum(before[high, weekday] - before[low, weekday], 0)
    return counts
