"""What a run saw of the API, kept with the run: the next one plans by it, and `tegro doctor` shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from tegro_analytics.api.lists.capped import READINGS, End, end_of, looks_capped
from tegro_analytics.api.lists.pass_report import dated
from tegro_analytics.store import Coverage, ListState
from tegro_analytics.sync.plan import of_list
from tegro_analytics.sync.reading import ListRead
from tegro_analytics.sync.setting import Member

__all__ = ["coverage_of", "evidence_of", "list_evidence", "moment_of"]

_KEPT = (
    "pages", "requests", "rereads", "rows", "unique", "page_size_seen", "list_order", "end_seen", "walks",
    "workers", "last_page", "last_page_rows", "complete", "resumed", "warnings", "oldest_created",
    "newest_created", "newest_at_start",
)  # fmt: skip
"""What is kept of a :class:`~tegro_analytics.api.lists.pass_report.PassReport`."""


def list_evidence(read: ListRead, state: ListState) -> dict[str, Any]:
    """Say what reading a list has shown, and how far all that is known of it can be trusted.

    ``verified`` and ``verified_at`` are about all rows that are known: they come from the last whole reading
    that was walked until nothing new was met, and stay as long as nothing speaks against them.
    """
    plan, report = read.plan, read.report
    before = of_list(state.last, plan.shop_id, plan.list) if state.last else {}
    sure = plan.kind == "full" or bool(before.get("verified"))
    verified = report.complete and report.verified and sure
    found = {name: getattr(report, name) for name in _KEPT}
    if plan.kind == "full":
        verified_at = read.since.isoformat() if verified else before.get("verified_at")
    else:
        verified_at = before.get("verified_at")
    return {
        **found,
        "kind": plan.kind,
        "why": plan.why,
        "whole": read.whole,
        "newest_created": max(
            filter(None, (report.newest_created, before.get("newest_created"))), default=None
        ),
        "verified": verified,
        "verified_at": verified_at,
        "capped": _capped(read, state),
        "sweep": read.place.to_dict(),
        "swept_pages": len(read.swept),
        "due": read.due,
        "looked_up": len(read.asked),
        "gone": sum(not page.keys for page in read.looked_up),
    }


def _capped(read: ListRead, state: ListState) -> bool:
    """Tell whether the server may not show the whole list: only whole readings see where it ends."""
    plan = read.plan
    if not read.whole:
        return bool(state.last and of_list(state.last, plan.shop_id, plan.list).get("capped"))
    ends = [_end(of_list(run, plan.shop_id, plan.list)) for run in state.whole]
    return looks_capped([*ends, end_of(read.report)][-READINGS:])


def _end(seen: Mapping[str, Any]) -> End:
    rows = seen.get("last_page_rows", 0)
    full = rows > 0 and rows == seen.get("page_size_seen")
    return End(seen.get("last_page", 0), full, seen.get("newest_created"))


def coverage_of(read: ListRead, *, source_zone: str) -> list[Coverage]:
    """Say which stretches of a list were read: none where it was not read as far as it had to be."""
    plan = read.plan
    if not read.report.complete:
        return []
    if read.whole:
        return [Coverage(plan.shop_id, plan.list)]
    # Pages that were asked for far behind the last one of the way say nothing of what is in between.
    way = (page for page in read.staging.pages() if page.number <= read.report.last_page)
    dates = dated(created for page in way for created in page.created)
    oldest = next(filter(None, (moment_of(text, source_zone) for text in sorted(dates))), None)
    found = [Coverage(plan.shop_id, plan.list, since=oldest)] if oldest else []
    since, until = (moment_of(text, source_zone) for text in read.stretch or (None, None))
    if since and until and since < until:
        found.append(Coverage(plan.shop_id, plan.list, since=since, until=until))
    return found


def moment_of(text: str | None, zone: str) -> dt.datetime | None:
    """Read a date of a list; of an hour that occurs twice, the second: a stretch is rather too short."""
    try:
        local = dt.datetime.fromisoformat(text or "").replace(tzinfo=ZoneInfo(zone), fold=1)
        return local.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def evidence_of(
    members: Sequence[Member],
    lists: Mapping[str, Mapping[str, Mapping[str, Any]]],
    *,
    newest: dt.datetime | None,
    fields: Sequence[str],
) -> dict[str, Any]:
    """Put together what a run saw of the API; ``unknown`` is added when the records are decoded."""
    client = members[0].client
    sent, served = client.served or (None, None)
    return {
        "server": client.server,
        "nonce_rule": client.nonce_rule,
        "server_time": served and served.isoformat(),
        "clock_behind_seconds": round((served - sent).total_seconds()) if served and sent else None,
        "newest_order_ahead_seconds": _seconds_ahead(newest, served),
        "withdrawal_fields": list(fields),
        "unknown": [],
        "lists": lists,
    }


def _seconds_ahead(newest: dt.datetime | None, served: dt.datetime | None) -> int | None:
    """Say by how many seconds the newest order is younger than the clock of the server.

    A positive number proves that the zone of the dates is another one; a negative one proves nothing.
    """
    if newest is None or served is None:
        return None
    return round((newest - served).total_seconds())
