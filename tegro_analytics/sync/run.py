"""One run: read what the plan says of every shop, merge all of it or nothing, and say how it went."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tegro_analytics import frames
from tegro_analytics.api.answers import public_keys
from tegro_analytics.exceptions import StoreError, TegroDataWarning, WrongStore
from tegro_analytics.store import ListState, Merged, Owner, Run
from tegro_analytics.sync.decode import Decoding, different
from tegro_analytics.sync.evidence import coverage_of, evidence_of, list_evidence, moment_of
from tegro_analytics.sync.memory import Memory
from tegro_analytics.sync.plan import LISTS, plan_list
from tegro_analytics.sync.reading import ListRead, ListReader
from tegro_analytics.sync.report import SyncReport
from tegro_analytics.sync.setting import Member, Setting
from tegro_analytics.sync.telling import Telling, effort
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["sync"]

MANY_ROWS = 100_000
"""From so many on, what was needed to read them is looked for and let go of before they are merged."""


def sync(
    members: Sequence[Member], setting: Setting, memory: Memory, *, folder: Path, full: bool = False
) -> SyncReport:
    """Read what is new of these shops, or everything, and merge it into the store.

    Parameters
    ----------
    members
        The shops, all of one account.
    setting
        Zones, reference data, the salt of the customer keys, the budget.
    memory
        The store.
    folder
        Where pages wait until all is read. What a run leaves there that was killed, the next one uses.
    full
        Whether to read every list to its end, until a walk meets nothing new.

    Raises
    ------
    SyncIncomplete
        If a list has no end within the cap on pages.
    ApiError, TransportError
        If the API refuses, or no usable answer arrives after the retries.
    StoreError
        If the store cannot be used, or is another's.
    KeyboardInterrupt
        After Ctrl-C; it says how far the run came, and nothing is under way for it any more.
    """
    run = _Run(members, setting, memory, folder, full=full)
    try:
        with contextlib.ExitStack() as stack:
            return run.go(stack)
    except KeyboardInterrupt:
        pass
    # Out here the handler has ended, so that what was being done when it came is not shown.
    raise KeyboardInterrupt(run.how_far())


@dataclass(repr=False)
class _Run:
    """Gather what a run reads."""

    members: Sequence[Member]
    setting: Setting
    memory: Memory
    folder: Path
    full: bool
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    reads: list[ListRead] = field(default_factory=list)
    states: dict[tuple[str, str], ListState] = field(default_factory=dict)
    tables: dict[str, pa.Table] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    reader: ListReader | None = None
    run_id: str = ""
    """Set when everything is written but for the end of the transaction."""

    def __post_init__(self) -> None:
        self.spent = effort(self.members)

    def go(self, stack: contextlib.ExitStack) -> SyncReport:
        """Read everything, merge it, and forget the pages."""
        owner = self.read_account()
        self.memory.refuse_other(owner, self.setting.basis)
        self.reader = ListReader(self.setting, self.memory, self.folder, stack, self.now)
        for member in self.members:
            for name in LISTS:
                self.read_list(member, name, self.reader)
        if sum(read.report.unique for read in self.reads) > MANY_ROWS:
            gc.collect()  # a walk points at itself, and would hold the ids of all rows until it is found
        report = self.merge(owner)
        for read in self.reads:
            read.staging.drop()
        return report

    def read_account(self) -> Owner:
        """Read what belongs to the account: its shops and its balances."""
        client = self.members[0].client
        asked, answer = dt.datetime.now(dt.UTC), client.shops()
        self.keep("shops", frames.shops_table, answer, asked, source_zone=self.setting.source_zone)
        asked, balance = dt.datetime.now(dt.UTC), client.balance()
        self.keep("balances", frames.balances_table, balance, asked)
        user, known = _user_of(answer), public_keys(answer)
        for member in self.members[1:]:
            if member.access.key.fingerprint != self.members[0].access.key.fingerprint:
                self.refuse_other_account(member, user)
        for member in self.members:
            if known and member.shop_id not in known:
                self.notices.append(tr("sync.shop_unknown", self.setting.lang, shop=member.shop_id))
        return Owner(client.server, user)

    def refuse_other_account(self, member: Member, user: int | None) -> None:
        """Refuse a shop whose key belongs to another account: a store holds one."""
        other = _user_of(member.client.shops())
        if None not in (user, other) and other != user:
            raise WrongStore(
                f"The key of shop {member.access.name} belongs to account {other}, that of "
                f"{self.members[0].access.name} to account {user}. Nothing was read. A store holds the shops "
                "of one account: open the others with a store of their own (store=, TEGRO_STORE)."
            )

    def read_list(self, member: Member, name: str, reader: ListReader) -> None:
        """Read one list as what is known of it asks for."""
        state = self.memory.list_state(member.shop_id, name)
        self.states[member.shop_id, name] = state
        plan = plan_list(
            member.shop_id,
            name,
            state,
            full=self.full,
            look_back=self.setting.budget.look_back,
            source_zone=self.setting.source_zone,
        )
        read = reader.read(member, plan)
        self.reads.append(read)
        if name == "withdrawals":
            context = self.setting.context(member.shop_id)
            self.keep(name, frames.withdrawals_table, different(read.pages()), context, as_of=self.now)

    def keep(self, name: str, make: Any, *values: Any, **options: Any) -> None:
        """Decode what is small, and take what the frames warn of into the report."""
        with self._noticing():
            decoded = make(*values, **options)
        for table_name, table in ((name, decoded.table), ("quarantine", decoded.quarantine)):
            self.tables[table_name] = _joined(self.tables.get(table_name), table)

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        for warning in caught:
            if issubclass(warning.category, TegroDataWarning):
                self.notices.append(str(warning.message))
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)

    # Into the store

    def merge(self, owner: Owner) -> SyncReport:
        """Merge all that was read, in one transaction, with the report that says what it was worth."""
        orders = [read for read in self.reads if read.plan.list == "orders"]
        sources = [(read.pages, self.setting.context(read.plan.shop_id)) for read in orders]
        decoding = Decoding(sources, self.now, quarantine=[self.tables.pop("quarantine")])
        lists = self.evidence()
        newest = [seen["newest_created"] for seen in (shop["orders"] for shop in lists.values())]
        evidence = evidence_of(
            self.members,
            lists,
            newest=moment_of(max(filter(None, newest), default=None), self.setting.source_zone),
            fields=self.withdrawal_fields(),
        )
        run = Run(
            run_id=uuid.uuid4().hex[:12],
            kind="full" if all(read.plan.kind == "full" for read in self.reads) else "incremental",
            started_at=min([self.now, *(read.since for read in self.reads)]),
            finished_at=dt.datetime.now(dt.UTC),
            owner=owner,
            basis=self.setting.basis,
            complete=all(read.report.complete for read in self.reads),
            coverage=tuple(
                one for read in self.reads for one in coverage_of(read, source_zone=self.setting.source_zone)
            ),
            lookups={(read.plan.shop_id, read.plan.list): read.asked for read in self.reads if read.asked},
            evidence=evidence,
        )
        told = Telling(run, self.reads, lists, decoding, self.members, self.setting, self.spent, self.notices)
        made: list[SyncReport] = []

        def report(merged: Merged) -> dict[str, Any]:
            self.run_id = run.run_id
            evidence["unknown"] = [*self.notices, *decoding.notices]  # only now the orders are decoded
            made.append(told.report(merged))
            return made[0].to_json()

        staged = {**self.tables, "orders": decoding.orders(), "quarantine": decoding.rejects()}
        self.memory.merge(run, staged, report=report)
        return made[0]

    def evidence(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Say what each list has shown, by shop and list."""
        lists: dict[str, dict[str, dict[str, Any]]] = {}
        for read in self.reads:
            shop_id, name = read.plan.shop_id, read.plan.list
            lists.setdefault(shop_id, {})[name] = list_evidence(read, self.states[shop_id, name])
        return lists

    def withdrawal_fields(self) -> list[str]:
        """Name the fields that the records of withdrawals have: they are documented nowhere."""
        names: set[str] = set()
        for read in self.reads:
            if read.plan.list == "withdrawals":
                for page in read.staging.pages():
                    names.update(*page.records)
                    break
        return sorted(names)

    def is_merged(self) -> bool:
        """Tell whether the interruption came when everything was in the store."""
        if not self.run_id:
            return False
        try:
            last = self.memory.list_state(self.members[0].shop_id, "orders").last
        except StoreError:
            return False
        return last is not None and last.run_id == self.run_id

    def how_far(self) -> str:
        """Say of a run that was interrupted what it had read, and what stands."""
        lang = self.setting.lang
        told = [tr("sync.interrupted", lang)]
        if self.is_merged():
            return f"{told[0]} {tr('sync.merged', lang)}"
        plan, stream = (self.reader and self.reader.current) or (None, None)
        if plan and stream and (rows := stream.report.unique):
            how = "sync.how_far" if plan.kind == "full" else "sync.how_far_new"
            oldest = stream.report.oldest_created or "–"
            told.append(tr(how, lang, table=tr(f"table.{plan.list}", lang), rows=rows, oldest=oldest))
        last = [state.last for state in self.states.values() if state.last is not None]
        moment = f"{max(run.started_at for run in last):%Y-%m-%d %H:%M} UTC" if last else ""
        told.append(tr("sync.stands", lang, moment=moment) if last else tr("sync.first", lang))
        return " ".join(told)


def _user_of(answer: Mapping[str, Any]) -> int | None:
    user = str(answer.get("user_id", ""))
    return int(user) if user.isascii() and user.isdecimal() else None


def _joined(before: pa.Table | None, table: pa.Table) -> pa.Table:
    import pyarrow as pa

    return table if before is None else pa.concat_tables([before, table])
