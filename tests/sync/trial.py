"""Runs against a world, and what must hold after each of them, whatever the world does."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tegro_analytics.exceptions import TransportError
from tegro_analytics.store import Coverage, Store
from tegro_analytics.sync import Setting, SyncReport
from tests.sync.memory import DictMemory
from tests.sync.worlds import AHEAD, EPOCH, Row, Server, Version, run_sync, setting

__all__ = ["KeptStore", "Trial"]

LIKE_IGNORED = "would look the same"
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class KeptStore(Store):
    """A store in a file, that tells of its rows what :class:`DictMemory` tells."""

    def orders(self) -> dict[int, dict[str, Any]]:
        return {row["id"]: row for row in self._rows("orders")}

    def withdrawals(self) -> dict[int, dict[str, Any]]:
        return {int(row["id"]): row for row in self._rows("withdrawals")}

    def superseded(self) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for row in self._rows("orders_ledger ORDER BY version_to"):
            found.setdefault(row["id"], []).append(row)
        return found

    def quarantined(self) -> set[str]:
        return {row["raw"] for row in self._rows("quarantine")}

    def coverage(self) -> tuple[Coverage, ...]:
        last = "coverage WHERE run = (SELECT max(number) FROM runs)"
        return tuple(
            Coverage(row["shop_id"], row["list"], since=row["since"], until=row["until"])
            for row in self._rows(last)
        )

    def _rows(self, table: str) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        with self.reading() as connection:
            rows: list[dict[str, Any]] = connection.sql(f"SELECT * FROM {table}").to_arrow_table().to_pylist()
        return rows


class KillError(Exception):
    """A run is killed."""


class Killed:
    """A memory whose runs are killed when they merge."""

    def __init__(self, memory: DictMemory | KeptStore, when: str) -> None:
        self._memory, self._when = memory, when

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)

    def merge(self, *values: Any, **options: Any) -> None:
        if self._when == "after":
            self._memory.merge(*values, **options)
        raise KillError


class Trial:
    """Make runs, and look after each whether the memory holds what it has to.

    Attributes
    ----------
    reports : list of SyncReport
        Of the runs that came to an end.
    lost : set of int
        Orders that a run may have passed by without a word: rows went away while it looked for what is new.
    """

    def __init__(
        self, server: Server, memory: DictMemory | KeptStore, folder: Path, *, by: Setting | None = None
    ) -> None:
        self.server, self.memory, self.folder = server, memory, folder
        self.by = by or setting(sweep_pages=3, lookups=4)
        self.reports: list[SyncReport] = []
        self.lost: set[int] = set()
        self.crashed = 0
        self.staged = False
        self._fell_out: dict[int, dt.datetime] = {}

    def sync(
        self, *, full: bool = False, crash_at: int | None = None, merge_fails: str = ""
    ) -> SyncReport | None:
        """Make a run, and look at what it did; None if it crashed.

        ``merge_fails`` kills it ``before`` or ``after`` all that it read is in the memory.
        """
        server = self.server
        before, ledger = self.memory.orders(), self.memory.superseded()
        start = {name: shelf.shown for name, shelf in server.shelves.items()}
        kept = copy.copy(self.memory.rows["orders"]) if isinstance(self.memory, DictMemory) else None
        began = server.now
        memory = Killed(self.memory, merge_fails) if merge_fails else self.memory
        try:
            report = run_sync(server, memory, self.folder, by=self.by, full=full, crash_at=crash_at)
        except KillError:
            self.staged = True
            self._nothing_is_invented(before)
            assert merge_fails == "after" or self.memory.orders() == before
            return None
        except TransportError:
            assert self.memory.orders() == before, "a run that crashed left something"
            assert kept is None or kept == self.memory.rows["orders"]
            self.crashed += 1
            self.staged = True
            return None
        self.reports.append(report)
        self._nothing_is_lost(report, start, began)
        self._nothing_is_invented(before)
        self._counts_are_true(report, before, ledger)
        self._coverage_is_true(start["orders"])
        assert self.staged or report.started_at == began
        self.staged = self.staged and self._kind() != "full"
        return report

    # What must hold

    def _nothing_is_lost(
        self, report: SyncReport, start: dict[str, dict[int, Row]], began: dt.datetime
    ) -> None:
        server, away = self.server, self.server.stirred["deleted"]
        held = {"orders": self.memory.orders(), "withdrawals": self.memory.withdrawals()}
        for name, rows in start.items():
            there = server.shelves[name].shown
            owed = {number for number, row in rows.items() if number in there and not row.bad}
            missing = owed - held[name].keys() - self._turned_bad(since=began)
            if not (report.complete and report.verified) or LIKE_IGNORED in str(report.warnings):
                continue
            through = max(report.verified_through or NEVER, report.swept_through or NEVER)
            for number in missing:
                if name == "orders" and server.revealed.get(number, NEVER) >= through:
                    continue
                if report.resumed and server.shelves[name].order == "oldest" and self._came(number) > through:
                    # It came in behind the last page, which had been read, when the killed run was under
                    # way; such a list is read to its end by each run, and the next one meets it.
                    continue
                if name == "orders" and number not in self.lost and away and self._kind() == "incremental":
                    self.lost.add(number)
                    self._fell_out[number] = began
                assert number in self.lost, f"{name}: {number} is lost; {report}; {report.warnings}"
                assert self._fell_out[number] >= through, f"{name}: {number} stays lost; {report}"
        bad = {row.record().decode() for row in start["orders"].values() if row.bad and self._was_read(row)}
        assert bad <= self.memory.quarantined()

    def _came(self, number: int) -> dt.datetime:
        return self.server.history["orders", number][0][0]

    def _was_read(self, row: Row) -> bool:
        return self.server.workers == 1 and self.server.seen.get(("orders", row.id)) == row

    def _kind(self) -> str:
        if isinstance(self.memory, DictMemory):
            return self.memory.runs[-1][0].kind
        last = self.memory.last_run()
        return last.kind if last else ""

    def _nothing_is_invented(self, before: dict[int, dict[str, Any]]) -> None:
        """Each row is what the world had at the very moment at which it is said to have been observed."""
        for name, rows in (("orders", self.memory.orders()), ("withdrawals", self.memory.withdrawals())):
            for number, row in rows.items():
                was = self.server.at(row["observed_at"], number, name=name)
                assert was is not None, f"{name}: {number} is invented"
                assert not was.bad
                assert told(name, row) == shown(name, was), f"{name}: {number} was {was}"
                served = self.server.seen.get((name, number))
                if served is not None and not served.bad and self._knows_what_was_read():
                    assert told(name, row) == shown(name, served), f"{name}: {number} is not the last version"
        for number, row in self.memory.orders().items():
            assert number not in before or row["observed_at"] >= before[number]["observed_at"]
        assert before.keys() <= self.memory.orders().keys()

    def _counts_are_true(
        self, report: SyncReport, before: dict[int, Any], ledger: dict[int, list[Any]]
    ) -> None:
        after, superseded = self.memory.orders(), self.memory.superseded()
        new = after.keys() - before.keys()
        changed = {
            number for number in before if told("orders", before[number]) != told("orders", after[number])
        }
        assert (report.new, report.changed) == (len(new), len(changed))
        if self._knows_what_was_read() and not self._turned_bad():
            read = {number for name, number in self.server.seen if name == "orders"}
            assert report.unchanged == len(read - new - changed)
        for number in before.keys() | superseded.keys():
            more = superseded.get(number, [])[len(ledger.get(number, [])) :]
            was = [told("orders", before[number])] if number in changed else []
            assert [told("orders", row) for row in more] == was, f"the ledger of {number}"

    def _knows_what_was_read(self) -> bool:
        """Whether pages that were served were read: of those read side by side, some are not wanted then."""
        return self.server.workers == 1 and not self.staged

    def _turned_bad(self, *, since: dt.datetime = NEVER) -> set[int]:
        """Name the orders whose records could not be read at some moment."""
        return {
            number
            for (name, number), versions in self.server.history.items()
            if name == "orders" and any(row and row.bad and at >= since for at, row in versions)
        }

    def _coverage_is_true(self, start: dict[int, Row]) -> None:
        """What a run says it has covered, it was served: all rows that were there, and none of the edges."""
        if self.staged or self.server.stirred["deleted"]:
            return
        there = self.server.shelves["orders"].shown
        for one in self.memory.coverage():
            if one.list != "orders" or one.everything:
                continue
            for number, row in start.items():
                made = EPOCH + dt.timedelta(seconds=row.made - AHEAD)
                within = (one.since is None or made > one.since) and (one.until is None or made < one.until)
                if within and number in there and row.bad != "date" and number not in self.server.revealed:
                    assert ("orders", number) in self.server.seen, f"{number} is not covered by {one}"

    # What must hold where the world is at rest

    def holds_the_truth(self, *, but: Iterable[int] = ()) -> None:
        """All rows that are shown are there, each as it is now."""
        held = self.memory.orders()
        for number, row in self.server.shelves["orders"].shown.items():
            if not row.bad and number not in set(but):
                assert number in held, f"{number} is lost"
                assert told("orders", held[number]) == shown("orders", row), f"{number} is {row}"


def told(name: str, row: dict[str, Any]) -> Version:
    """Give what a stored row says."""
    if name == "orders":
        return row["status"], row["amount"], row["paid_text"]
    return int(row["status"]), row["amount"], None


def shown(name: str, row: Row) -> Version:
    """Give what a row of the world says."""
    status, amount, paid = row.version
    return status, Decimal(amount), paid if name == "orders" else None
