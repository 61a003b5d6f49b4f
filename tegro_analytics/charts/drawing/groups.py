"""Groups over time: one series for each group, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.lettering import labels
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.style import SIZES
from tegro_analytics.charts.drawing.surround import LEGEND_ROOM
from tegro_analytics.charts.sources.source import Source, floats
from tegro_analytics.texts import tr

__all__ = ["Group", "by_group", "spread"]


@dataclass(frozen=True)
class Group:
    """One group: its name in full and as a label, and its columns, one value a period (missing is NaN)."""

    name: str
    label: str
    values: dict[str, np.ndarray]


def spread(source: Source, periods: Periods, columns: Sequence[str], lang: str) -> list[Group]:
    """Part a long table into its groups, each with one value for every period of the chart."""
    table = source.table
    names = words.group_names(table, source.by, lang)
    starts = pd.to_datetime(table["period_start"])
    if starts.dt.tz is not None:
        starts = starts.dt.tz_localize(None)
    place = {start: at for at, start in enumerate(periods.starts)}
    rows = np.array([place[start.to_pydatetime()] for start in starts])
    groups = []
    members = _members(table, source.by)
    for mine in members:
        values = {}
        for column in columns:
            series = np.full(len(periods), np.nan)
            series[rows[mine]] = floats(table[column].iloc[mine])
            values[column] = series
        groups.append((names[mine[0]], values))
    keys = words.group_keys(table.iloc[[mine[0] for mine in members]], source.by)
    written = labels(
        [name for name, _ in groups],
        room=LEGEND_ROOM,
        size=SIZES["legend"],
        keys=keys,
        unnamed=tr("chart.unnamed", lang),
    )
    return [Group(name, label, values) for (name, values), label in zip(groups, written, strict=True)]


def by_group(groups: Sequence[Group], weight: str, *, most: int) -> tuple[list[Group], list[Group]]:
    """Part groups into the largest and the rest; one alone is not left over."""
    ordered = sorted(groups, key=lambda group: -float(np.nansum(group.values[weight])))
    if len(ordered) <= most:
        return ordered, []
    return ordered[: most - 1], ordered[most - 1 :]


def _members(table: pd.DataFrame, by: Sequence[str]) -> list[np.ndarray]:
    """Find the rows of each group; a missing value is a group like any other."""
    if not by:
        return [np.arange(len(table))]
    grouped = table.groupby(list(by), sort=False, dropna=False).ngroup().to_numpy()
    return [np.flatnonzero(grouped == number) for number in range(int(grouped.max()) + 1)]
