"""The report of a run, made of what it read, what the merge did, and what the API was seen to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tegro_analytics.api.lists.capped import READINGS
from tegro_analytics.store import Merged, Run
from tegro_analytics.sync.decode import Decoding
from tegro_analytics.sync.reading import ListRead
from tegro_analytics.sync.report import SyncReport
from tegro_analytics.sync.setting import Member, Setting
from tegro_analytics.texts import tr

__all__ = ["Telling", "effort"]

MANY_PAGES = 30
"""From so many pages on, it is said that a list has to be read whole each time."""
ODD_SECONDS = 60
"""An order that is so much younger than the server's clock shows that the zone is wrong."""


@dataclass(frozen=True, repr=False)
class Telling:
    """Hold what there is to tell of a run."""

    run: Run
    reads: Sequence[ListRead]
    lists: Mapping[str, Mapping[str, Mapping[str, Any]]]
    decoding: Decoding
    members: Sequence[Member]
    setting: Setting
    spent: tuple[int, int, float]
    notices: Sequence[str]

    @property
    def seen(self) -> list[Mapping[str, Any]]:
        """What each list has shown."""
        return [found for shop in self.lists.values() for found in shop.values()]

    def report(self, merged: Merged) -> SyncReport:
        """Say what the run brought, and how far it can be trusted."""
        run, reports = self.run, [read.report for read in self.reads]
        orders, first = merged.total("orders"), reports[0]
        requests, retries, waited = effort(self.members)
        swept = sum(bool(page.keys) for read in self.reads for page in read.swept)
        return SyncReport(
            run_id=run.run_id,
            moment=merged.moment,
            shop_id=", ".join(member.shop_id for member in self.members),
            sandbox=self.setting.sandbox,
            started_at=run.started_at,
            finished_at=dt.datetime.now(dt.UTC),
            new=orders.new,
            changed=orders.changed,
            unchanged=orders.unchanged,
            quarantined=merged.quarantined,
            pages=sum(report.pages for report in reports) + swept,
            requests=requests - self.spent[0],
            retries=retries - self.spent[1],
            waited_seconds=waited - self.spent[2],
            page_size_seen=first.page_size_seen,
            list_order=first.list_order,
            end_seen=first.end_seen,
            workers_used=max(report.workers for report in reports),
            rereads=sum(report.rereads for report in reports),
            due_lookups=sum(read.due for read in self.reads),
            oldest_created_at=self.decoding.oldest,
            newest_created_at=self.decoding.newest,
            complete=run.complete,
            verified=all(found["verified"] for found in self.seen),
            verified_through=_earliest(_moment(found["verified_at"]) for found in self.seen),
            swept_through=_earliest(read.place.swept for read in self.reads),
            possibly_capped=any(found["capped"] for found in self.seen),
            resumed=any(report.resumed for report in reports),
            warnings=tuple(dict.fromkeys(self._warnings(merged))),
        )

    def _warnings(self, merged: Merged) -> Iterator[str]:
        lang = self.setting.lang
        for read in self.reads:
            for text in self._of_list(read, lang):
                yield f"{tr(f'table.{read.plan.list}', lang)}: {text}"
        yield from (*self.notices, *self.decoding.notices, *merged.warnings)
        ahead = self.run.evidence["newest_order_ahead_seconds"]
        if ahead is not None and ahead > ODD_SECONDS:
            yield tr("sync.ahead", lang, minutes=ahead // 60, zone=self.setting.source_zone)

    def _of_list(self, read: ListRead, lang: str | None) -> Iterator[str]:
        report = read.report
        yield from report.warnings
        if read.problems:
            yield tr("sync.problems", lang, count=len(read.problems), first=read.problems[0])
        if not read.whole:
            return
        if self.lists[read.plan.shop_id][read.plan.list]["capped"]:
            yield tr("sync.capped", lang, runs=READINGS, page=report.last_page)
        if report.list_order != "newest" and report.pages > MANY_PAGES:
            yield tr("sync.no_order", lang, pages=report.pages)


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _earliest(moments: Iterable[dt.datetime | None]) -> dt.datetime | None:
    """Give the earliest moment; None if one is missing."""
    every = list(moments)
    known = [moment for moment in every if moment is not None]
    return min(known) if known and len(known) == len(every) else None


def effort(members: Sequence[Member]) -> tuple[int, int, float]:
    """Count what the clients have done since they were made: requests, retries, seconds waited."""
    clients = [member.client for member in members]
    return (
        sum(client.requests for client in clients),
        sum(client.retries for client in clients),
        sum(client.waited for client in clients),
    )
