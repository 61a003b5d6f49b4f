"""A store in dictionaries: what a run asks of it, without SQL, so that thousands of worlds fit into minutes.

It imports nothing of the store but the shapes of what is handed over, and has rules of its own, written from
what the store promises.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from tegro_analytics.exceptions import WrongStore
from tegro_analytics.store import Basis, Coverage, Due, KnownRun, ListState, Merged, Owner, Run
from tegro_analytics.store.runs import Counts
from tests.store.due import due

__all__ = ["DictMemory", "Row", "version_of"]

Row = dict[str, Any]

KEYS = {
    "orders": ("shop_id", "id"),
    "withdrawals": ("id", "created_at"),
    "shops": ("id",),
    "quarantine": ("table", "raw"),
}
VERSIONS = {
    "orders": (
        "status", "amount", "fee", "paid_text", "created_text", "payment_id", "email", "payment_system_id",
        "currency_id", "is_test",
    ),
    "withdrawals": (
        "payment_id", "status", "done_at", "amount", "fee", "currency", "payment_system_id", "account",
        "extra",
    ),
    "shops": ("shop_id", "name", "url", "status", "desc"),
    "quarantine": (),
}  # fmt: skip


def version_of(name: str, row: Row) -> tuple[Any, ...]:
    """Take out of a row what makes it another version when it changes."""
    return tuple(row[column] for column in VERSIONS[name])


class DictMemory:
    """Keep the rows of runs, each version that was superseded, and the runs."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], Row]] = {name: {} for name in KEYS}
        self.ledger: dict[str, dict[tuple[Any, ...], list[Row]]] = {
            name: defaultdict(list) for name in ("orders", "withdrawals", "shops")
        }
        self.runs: list[tuple[KnownRun, Run]] = []
        self.owner: Owner | None = None

    # What a run asks

    def refuse_other(self, owner: Owner, basis: Basis) -> None:
        if self.owner not in (None, owner):
            raise WrongStore("another account")

    def list_state(self, shop_id: str, name: str) -> ListState:
        reached = [
            (known, one)
            for known, run in self.runs
            for one in run.coverage
            if (one.shop_id, one.list) == (shop_id, name) and one.until is None
        ]
        whole = [known for known, one in reached if one.since is None]
        return ListState(reached[-1][0] if reached else None, tuple(whole[-3:]))

    def all_known(self, rows: Mapping[str, pa.Table]) -> bool:
        for name, table in rows.items():
            for row in _rows(name, table):
                there = self.rows[name].get(_key(name, row))
                if there is None or version_of(name, there) != version_of(name, row):
                    return False
        return True

    def due(self, shop_id: str, *, now: dt.datetime, open_codes: tuple[int, ...], most: int) -> Due:
        asked: dict[int, dt.datetime] = {}
        for known, run in self.runs:
            for number in run.lookups.get((shop_id, "orders"), ()):
                asked[int(number)] = max(asked.get(int(number), known.started_at), known.started_at)
        still_open = [
            (row["id"], row["created_at"], max(row["observed_at"], asked.get(row["id"], row["observed_at"])))
            for row in sorted(self.rows["orders"].values(), key=lambda row: row["id"])
            if row["shop_id"] == shop_id and row["status"] in open_codes
        ]
        every = due(still_open, now=now)
        return Due(tuple(every[:most]), len(every))

    # What a run brings

    def merge(
        self,
        run: Run,
        staged: Mapping[str, pa.Table | pa.RecordBatchReader],
        *,
        report: Callable[[Merged], Mapping[str, Any]] | None = None,
    ) -> Merged:
        before = self.runs[-1][0].moment if self.runs else None
        moment = run.started_at
        if before is not None and moment <= before:
            moment = before + dt.timedelta(microseconds=1)
        rows = {name: list(_rows(name, staged[name])) for name in KEYS if name in staged}
        counts = {name: self._take(name, rows[name]) for name in self.ledger if name in rows}
        rejects = _latest("quarantine", rows.get("quarantine", []))
        self.rows["quarantine"].update(rejects)
        number = len(self.runs) + 1
        merged = Merged(number, moment, counts, len(rejects), 0, ())
        told = dict(report(merged)) if report else {}
        evidence = json.loads(json.dumps(run.evidence, default=str))
        known = KnownRun(
            number, run.run_id, run.kind, run.complete, moment, run.started_at, run.finished_at, {}, evidence,
            told,
        )  # fmt: skip
        self.owner = run.owner
        self.runs.append((known, run))
        return merged

    def _take(self, name: str, rows: list[Row]) -> dict[str, Counts]:
        new: dict[str, int] = defaultdict(int)
        changed: dict[str, int] = defaultdict(int)
        every: dict[str, int] = defaultdict(int)
        for key, row in _latest(name, rows).items():
            there = self.rows[name].get(key)
            every[row["shop_id"]] += 1
            if there is None:
                new[row["shop_id"]] += 1
            elif row["observed_at"] < there["observed_at"]:
                continue
            elif version_of(name, there) != version_of(name, row):
                changed[row["shop_id"]] += 1
                self.ledger[name][key].append(there)
            self.rows[name][key] = row
        return {
            shop: Counts(new[shop], changed[shop], count - new[shop] - changed[shop])
            for shop, count in every.items()
        }

    # What tests ask

    def orders(self) -> dict[int, Row]:
        """Give the latest version of each order."""
        return {row["id"]: row for row in self.rows["orders"].values()}

    def withdrawals(self) -> dict[int, Row]:
        """Give the latest version of each withdrawal."""
        return {int(row["id"]): row for row in self.rows["withdrawals"].values()}

    def superseded(self) -> dict[int, list[Row]]:
        """Give the versions of each order that were superseded, the oldest first."""
        return {key[1]: list(rows) for key, rows in self.ledger["orders"].items() if rows}

    def quarantined(self) -> set[str]:
        """Give the records that could not be read."""
        return {row["raw"] for row in self.rows["quarantine"].values()}

    def coverage(self) -> tuple[Coverage, ...]:
        """Say what the last run covered."""
        return self.runs[-1][1].coverage


def _columns(name: str) -> list[str]:
    """Name what is kept of a row: to make dictionaries of all columns takes most of the time."""
    order = ["shop_id", "created_at"] if name in ("orders", "withdrawals") else []
    return list(dict.fromkeys([*KEYS[name], *VERSIONS[name], *order, "observed_at"]))


def _key(name: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in KEYS[name])


def _rows(name: str, staged: pa.Table | pa.RecordBatchReader) -> Iterator[Row]:
    for batch in staged.to_batches() if isinstance(staged, pa.Table) else staged:
        yield from batch.select(_columns(name)).to_pylist()


def _latest(name: str, rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    """Keep of several rows of one record the one that was asked for last."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = _key(name, row)
        if key not in found or row["observed_at"] >= found[key]["observed_at"]:
            found[key] = row
    return found
