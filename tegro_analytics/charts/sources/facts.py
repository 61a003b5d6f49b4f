"""What a frame says of itself: up to when it is known, in which zone, which days it covers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import narwhals as nw

from tegro_analytics.charts.sources.source import Facts, Subject

__all__ = ["facts_of"]


def facts_of(subject: Subject, orders: Any, keywords: Mapping[str, Any]) -> Facts:
    """Ask orders for the moment up to which they are known, their zone, and their first and last day."""
    from tegro_analytics.metrics.asking.window import local_time
    from tegro_analytics.metrics.engines.source import open_source

    told, day = keywords.get("as_of"), subject.day
    asked = told is None and "as_of" in nw.from_native(orders).lazy().collect_schema().names()
    needs = [*(["as_of"] if asked else []), *([day] if day else [])]
    source = open_source(orders, needs, metric=subject.metric, zone=keywords.get("zone"))
    wanted = [nw.col(day).min().alias("first"), nw.col(day).max().alias("last")] if day else []
    if asked:
        wanted.append(nw.col("as_of").min().alias("as_of"))
    row = source.collect(source.frame.select(*wanted)).to_pylist()[0] if wanted else {}
    known = _local(row.get("as_of"), source.zone)
    if told is not None:
        known = local_time(told, source.zone, name="as_of")
    first, last = (_day(row.get(name), source.zone) for name in ("first", "last"))
    if keywords.get("since") is not None:
        first = local_time(keywords["since"], source.zone, name="since").date()
    if keywords.get("until") is not None:
        last = (
            local_time(keywords["until"], source.zone, name="until") - dt.timedelta(microseconds=1)
        ).date()
    bounded = keywords.get("since") is not None, keywords.get("until") is not None
    return Facts(as_of=known, zone=source.zone.key, first=first, last=last, bounded=bounded)


def _day(moment: dt.date | dt.datetime | None, zone: dt.tzinfo) -> dt.date | None:
    """Give the day of an instant on the clock of a zone; a day stays one."""
    local = _local(moment, zone) if isinstance(moment, dt.datetime) else None
    return moment if local is None else local.date()


def _local(moment: dt.datetime | None, zone: dt.tzinfo) -> dt.datetime | None:
    """Write a moment in UTC as the time on the clock of a zone."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return aware.astimezone(zone).replace(tzinfo=None)
