"""Read a whole shop, or several of one account, over the API, and say honestly how that went."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tegro_analytics import frames
from tegro_analytics.api.client import Client
from tegro_analytics.api.lists.capped import READINGS, End, end_of, looks_capped
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.reading import PageStream, PassReport
from tegro_analytics.credentials import ShopAccess
from tegro_analytics.exceptions import TegroDataWarning
from tegro_analytics.progress import Progress
from tegro_analytics.reference import Reference
from tegro_analytics.schemas import TABLES
from tegro_analytics.sync.report import SyncReport
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Member", "Setting", "Snapshot", "fetch"]


Ends = dict[tuple[str, str], tuple[End, ...]]
"""Where the last readings of a list ended, by shop and list."""


@dataclass(frozen=True)
class Member:
    """Pair one shop of the account with the client that reads it."""

    access: ShopAccess
    client: Client


@dataclass(frozen=True, repr=False)
class Snapshot:
    """Hold what is known after a run: canonical Arrow tables, its report, where each list ended lately."""

    tables: dict[str, pa.Table]
    report: SyncReport
    ends: Ends = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """Hold what a run goes by besides the clients."""

    reference: Reference
    salt: bytes = field(repr=False)
    source_zone: str
    report_zone: str
    sandbox: bool
    show_progress: bool
    lang: str | None

    def context(self, shop_id: str) -> frames.Context:
        """Make what the frames of one shop need to know."""
        return frames.Context(
            shop_id=shop_id,
            source_zone=self.source_zone,
            report_zone=self.report_zone,
            reference=self.reference,
            salt=self.salt,
        )


def fetch(members: Sequence[Member], setting: Setting, *, before: Snapshot | None = None) -> Snapshot:
    """Read everything that the API shows of these shops.

    Parameters
    ----------
    members
        The shops, all of one account.
    setting
        Zones, reference data, the salt of the customer keys.
    before
        The snapshot that this one follows; the report counts what is new against it. Orders that are not
        shown any more stay.

    Raises
    ------
    SyncIncomplete
        If a list has no end within the cap on pages.
    ApiError, TransportError
        If the API refuses, or no usable answer arrives after the retries.
    KeyboardInterrupt
        After Ctrl-C; it says how far the run came, and nothing is under way for it any more.
    """
    run = _Run(members, setting, started=dt.datetime.now(dt.UTC), spent=_effort(members))
    try:
        return run.read(before)
    except KeyboardInterrupt:
        pass
    # Out here the handler has ended, so that what was being done when it came is not shown.
    raise KeyboardInterrupt(run.how_far(before))


@dataclass(repr=False)
class _Run:
    """Gather what a run reads."""

    members: Sequence[Member]
    setting: Setting
    started: dt.datetime
    spent: tuple[int, int, float]
    parts: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in TABLES})
    passes: list[tuple[str, PassReport]] = field(default_factory=list)
    ends: Ends = field(default_factory=dict)
    capped: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    reading: tuple[str, PageStream] | None = None

    def read(self, before: Snapshot | None) -> Snapshot:
        """Read everything, and put it together."""
        self.ends = dict(before.ends) if before else {}
        self.read_account()
        for member in self.members:
            self.read_lists(member)
        tables = self.tables()
        report = self.report(tables, before)
        if before:
            tables["orders"] = _with_those_of(before.tables["orders"], tables["orders"])
        return Snapshot(tables, report, self.ends)

    def how_far(self, before: Snapshot | None) -> str:
        """Say of a run that was interrupted what it had read, and what stands."""
        lang = self.setting.lang
        told = [tr("sync.interrupted", lang)]
        name, stream = self.reading or ("", None)
        if stream is not None and (rows := stream.report.unique):
            oldest = stream.report.oldest_created or "–"
            told.append(tr("sync.how_far", lang, table=tr(f"table.{name}", lang), rows=rows, oldest=oldest))
        moment = f"{before.report.started_at:%Y-%m-%d %H:%M} UTC" if before else ""
        told.append(tr("sync.stands", lang, moment=moment) if before else tr("sync.first", lang))
        return " ".join(told)

    def read_account(self) -> None:
        """Read what belongs to the account: its shops and its balances."""
        client = self.members[0].client
        asked, answer = dt.datetime.now(dt.UTC), client.shops()
        with self._noticing():
            self._keep("shops", frames.shops_table(answer, asked, source_zone=self.setting.source_zone))
        asked, answer = dt.datetime.now(dt.UTC), client.balance()
        with self._noticing():
            self._keep("balances", frames.balances_table(answer, asked))

    def read_lists(self, member: Member) -> None:
        """Read the orders and the withdrawals of a shop."""
        context = self.setting.context(member.access.shop_id)
        orders = self._read_pages("orders", member, member.client.iter_orders(verify=True))
        with self._noticing():
            self._keep("orders", frames.orders_table(orders, context, as_of=self.started))
        withdrawals = self._read_pages("withdrawals", member, member.client.iter_withdrawals(verify=True))
        with self._noticing():
            self._keep("withdrawals", frames.withdrawals_table(withdrawals, context, as_of=self.started))

    def _read_pages(self, name: str, member: Member, stream: PageStream) -> list[Page]:
        pages = []
        self.reading = name, stream
        title = tr(f"table.{name}", self.setting.lang)
        with (
            contextlib.closing(stream),
            Progress(title, show=self.setting.show_progress, lang=self.setting.lang) as progress,
        ):
            for page in stream:
                pages.append(page)
                progress.page(len(page.keys), min((text for text in page.created if text), default=None))
        self.passes.append((name, stream.report))
        self._note_end(name, member.access.shop_id, stream.report)
        return pages

    def _note_end(self, name: str, shop_id: str, report: PassReport) -> None:
        """Compare where a list ended with where it ended in the runs before."""
        ends = (*self.ends.get((shop_id, name), ()), end_of(report))[-READINGS:]
        self.ends[shop_id, name] = ends
        if looks_capped(ends):
            self.capped.append(tr("sync.capped", self.setting.lang, runs=READINGS, page=report.last_page))
            self.notices.append(f"{tr(f'table.{name}', self.setting.lang)}: {self.capped[-1]}")

    def _keep(self, name: str, decoded: frames.Decoded) -> None:
        self.parts[name].append(decoded.table)
        self.parts["quarantine"].append(decoded.quarantine)

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        """Take what the frames warn of into the report, where it is kept and shown with the rest."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        for warning in caught:
            if issubclass(warning.category, TegroDataWarning):
                self.notices.append(str(warning.message))
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)

    def tables(self) -> dict[str, pa.Table]:
        """Put the parts of the shops together, sorted as the schemas say."""
        import pyarrow as pa

        joined = {name: pa.concat_tables(parts) for name, parts in self.parts.items()}
        joined["quarantine"] = _distinct(joined["quarantine"])
        return {
            name: table.sort_by([(column, "ascending") for column in TABLES[name].sort])
            if len(self.parts[name]) > 1
            else table
            for name, table in joined.items()
        }

    def report(self, tables: dict[str, pa.Table], before: Snapshot | None) -> SyncReport:
        """Say what the run brought, against the one before it."""
        import pyarrow.compute as pc

        orders = tables["orders"]
        new, changed = _compare(orders, before.tables["orders"] if before else None)
        span = pc.min_max(orders["created_at"]).as_py()
        first = next(report for name, report in self.passes if name == "orders")
        reports = [report for _, report in self.passes]
        requests, retries, waited = _effort(self.members)
        verified = all(report.complete and report.verified for report in reports)
        return SyncReport(
            run_id=uuid.uuid4().hex[:12],
            shop_id=", ".join(member.access.shop_id for member in self.members),
            sandbox=self.setting.sandbox,
            started_at=self.started,
            finished_at=dt.datetime.now(dt.UTC),
            new=new,
            changed=changed,
            unchanged=orders.num_rows - new - changed,
            quarantined=tables["quarantine"].num_rows,
            pages=sum(report.pages for report in reports),
            requests=requests - self.spent[0],
            retries=retries - self.spent[1],
            waited_seconds=waited - self.spent[2],
            page_size_seen=first.page_size_seen,
            list_order=first.list_order,
            end_seen=first.end_seen,
            workers_used=max(report.workers for report in reports),
            rereads=sum(report.rereads for report in reports),
            due_lookups=0,
            oldest_created_at=span["min"],
            newest_created_at=span["max"],
            complete=all(report.complete for report in reports),
            verified=verified,
            verified_through=self.started if verified else None,
            possibly_capped=bool(self.capped),
            resumed=False,
            warnings=tuple(self._warnings()),
        )

    def _warnings(self) -> Iterator[str]:
        for name, report in self.passes:
            for text in report.warnings:
                yield f"{tr(f'table.{name}', self.setting.lang)}: {text}"
        yield from dict.fromkeys(self.notices)


def _distinct(quarantine: pa.Table) -> pa.Table:
    """Keep a record that was read twice once: page 1 is read again at the end, and lists move."""
    import pyarrow as pa

    records = zip(quarantine["table"].to_pylist(), quarantine["raw"].to_pylist(), strict=True)
    first = {record: place for place, record in reversed(list(enumerate(records)))}
    return quarantine.take(pa.array(sorted(first.values()), pa.int64()))


def _effort(members: Sequence[Member]) -> tuple[int, int, float]:
    """Count what the clients have done since they were made: requests, retries, seconds waited."""
    clients = [member.client for member in members]
    return (
        sum(client.requests for client in clients),
        sum(client.retries for client in clients),
        sum(client.waited for client in clients),
    )


WATCHED = ("status", "amount", "fee", "paid_text", "created_text", "payment_id", "email", "payment_system_id")
"""The columns whose change makes an order a changed one."""


def _with_those_of(earlier: pa.Table, orders: pa.Table) -> pa.Table:
    """Add the orders that were known before and are not shown any more."""
    import pyarrow as pa

    keys = ["shop_id", "id"]
    places = pa.array(range(earlier.num_rows), pa.int64())
    known = earlier.select(keys).append_column("place", places)
    gone = known.join(orders.select(keys), keys, join_type="left anti")
    joined = pa.concat_tables([orders, earlier.take(gone["place"].combine_chunks())])
    return (
        joined.sort_by([(column, "ascending") for column in TABLES["orders"].sort]) if len(gone) else orders
    )


def _compare(orders: pa.Table, earlier: pa.Table | None) -> tuple[int, int]:
    """Count the orders that are new against an earlier table, and those that changed."""
    if earlier is None:
        return orders.num_rows, 0
    import duckdb

    differs = " OR ".join(f"now.{name} IS DISTINCT FROM was.{name}" for name in WATCHED)
    with duckdb.connect() as connection:
        connection.register("now", orders)
        connection.register("was", earlier)
        row = connection.execute(
            f"SELECT count(*) FILTER (was.id IS NULL), count(*) FILTER (was.id IS NOT NULL AND ({differs})) "  # noqa: S608  constants
            "FROM now LEFT JOIN was USING (shop_id, id)"
        ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
