"""Read a whole shop, or several of one account, over the API, and say honestly how that went."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tegro_analytics import frames
from tegro_analytics.api.client import Client
from tegro_analytics.api.page import Page
from tegro_analytics.api.paging import PageStream, PassReport
from tegro_analytics.credentials import ShopAccess
from tegro_analytics.progress import Progress
from tegro_analytics.reference import Reference
from tegro_analytics.texts import plural, tr

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Member", "Snapshot", "SyncReport", "fetch"]


@dataclass(frozen=True)
class SyncReport:
    """Say what a run brought, and how far it can be trusted.

    Attributes
    ----------
    run_id, shop_id, sandbox, started_at, finished_at
        Which run of which shops it was, and when (UTC).
    new, changed, unchanged, quarantined
        Orders that were not there before, that differ, that do not; records that could not be read.
    pages, requests, retries, waited_seconds, rereads, due_lookups, workers_used
        What it took. ``pages`` counts pages with rows of all lists, ``requests`` every call.
    page_size_seen, list_order, end_seen
        How the API was seen to page its orders: rows on a full page; ``newest``, ``oldest``, ``mixed`` or
        ``unknown``; ``empty``, ``clamp``, ``first_page``, ``error``, ``ignored``, ``wrap`` or ``cap``.
    oldest_created_at, newest_created_at
        The span of the orders (UTC).
    complete, verified, verified_through, possibly_capped, resumed
        Whether every list was read to an end that the evidence supports.
    warnings
        What a person should know, in plain words.
    """

    run_id: str
    shop_id: str
    sandbox: bool
    started_at: dt.datetime
    finished_at: dt.datetime
    new: int
    changed: int
    unchanged: int
    quarantined: int
    pages: int
    requests: int
    retries: int
    waited_seconds: float
    page_size_seen: int | None
    list_order: str
    end_seen: str
    workers_used: int
    rereads: int
    due_lookups: int
    oldest_created_at: dt.datetime | None
    newest_created_at: dt.datetime | None
    complete: bool
    verified: bool
    verified_through: dt.datetime | None
    possibly_capped: bool
    resumed: bool
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a dictionary, in order."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __str__(self) -> str:
        seconds = (self.finished_at - self.started_at).total_seconds()
        state = tr(f"sync.{'verified' if self.complete and self.verified else 'unverified'}")
        mark = tr("shop.sandbox_mark") + " " if self.sandbox else ""
        return mark + tr(
            "sync.line",
            orders=plural("count.orders", self.new + self.changed + self.unchanged),
            new=self.new,
            changed=self.changed,
            quarantined=self.quarantined,
            requests=plural("count.requests", self.requests),
            seconds=f"{seconds:.1f}",
            state=state,
        )

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><th style='text-align:left;font-weight:normal;color:#666'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(value)}</td></tr>"
            for name, value in self._facts()
        )
        notes = "".join(f"<li>{escape(text)}</li>" for text in self.warnings)
        return f"<p>{escape(str(self))}</p><table>{rows}</table>" + (f"<ul>{notes}</ul>" if notes else "")

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield tr("sync.shop"), self.shop_id
        if self.oldest_created_at and self.newest_created_at:
            yield tr("sync.span"), f"{self.oldest_created_at:%Y-%m-%d} – {self.newest_created_at:%Y-%m-%d}"
        yield (
            tr("sync.list"),
            tr("sync.list_seen", order=self.list_order, end=self.end_seen, size=self.page_size_seen),
        )
        yield (
            tr("sync.effort"),
            tr(
                "sync.effort_seen",
                pages=self.pages,
                requests=self.requests,
                retries=self.retries,
                rereads=self.rereads,
            ),
        )


@dataclass(frozen=True)
class Member:
    """Pair one shop of the account with the client that reads it."""

    access: ShopAccess
    client: Client


@dataclass(frozen=True)
class Snapshot:
    """Hold what a run read: canonical Arrow tables, and the report."""

    tables: dict[str, pa.Table]
    report: SyncReport


@dataclass(frozen=True)
class Setting:
    """Hold what a run goes by besides the clients."""

    reference: Reference
    salt: bytes
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
        The snapshot that this one follows; the report counts what is new against it.

    Raises
    ------
    SyncIncomplete
        If a list has no end within the cap on pages.
    ApiError, TransportError
        If the API refuses, or no usable answer arrives after the retries.
    """
    started = dt.datetime.now(dt.UTC)
    spent = _effort(members)
    parts: dict[str, list[pa.Table]] = {name: [] for name in ("orders", "withdrawals", "quarantine")}
    passes: list[tuple[str, PassReport]] = []
    account = _read_account(members[0], setting)
    for member in members:
        context = setting.context(member.access.shop_id)
        for name, lists, make in (
            ("orders", member.client.iter_orders, frames.orders_table),
            ("withdrawals", member.client.iter_withdrawals, frames.withdrawals_table),
        ):
            pages, report = _read_list(lists(), title=tr(f"table.{name}", setting.lang), setting=setting)
            decoded = make(pages, context, as_of=started)
            parts[name].append(decoded.table)
            parts["quarantine"].append(decoded.quarantine)
            passes.append((name, report))
    tables = account | {name: _join(tables, name) for name, tables in parts.items()}
    return Snapshot(
        tables, _report(members, setting, tables, passes, started=started, spent=spent, before=before)
    )


def _read_account(member: Member, setting: Setting) -> dict[str, pa.Table]:
    """Read what belongs to the account: its shops and its balances."""
    asked = dt.datetime.now(dt.UTC)
    shops = frames.shops_table(member.client.shops(), asked, source_zone=setting.source_zone)
    asked = dt.datetime.now(dt.UTC)
    return {"shops": shops, "balances": frames.balances_table(member.client.balance(), asked)}


def _read_list(stream: PageStream, *, title: str, setting: Setting) -> tuple[list[Page], PassReport]:
    pages = []
    with Progress(title, show=setting.show_progress, lang=setting.lang) as progress:
        for page in stream:
            pages.append(page)
            progress.page(len(page.keys), min((text for text in page.created if text), default=None))
    return pages, stream.report


def _join(tables: list[pa.Table], name: str) -> pa.Table:
    """Put the tables of the shops together, sorted as the schema says."""
    import pyarrow as pa

    from tegro_analytics.schemas import TABLES

    joined = pa.concat_tables(tables)
    return (
        joined
        if len(tables) == 1
        else joined.sort_by([(column, "ascending") for column in TABLES[name].sort])
    )


def _report(
    members: Sequence[Member],
    setting: Setting,
    tables: dict[str, pa.Table],
    passes: list[tuple[str, PassReport]],
    *,
    started: dt.datetime,
    spent: tuple[int, int, float],
    before: Snapshot | None,
) -> SyncReport:
    import pyarrow.compute as pc

    orders = tables["orders"]
    new, changed = _compare(orders, before.tables["orders"] if before else None)
    span = pc.min_max(orders["created_at"]).as_py()
    first = next(report for name, report in passes if name == "orders")
    reports = [report for _, report in passes]
    finished = dt.datetime.now(dt.UTC)
    requests, retries, waited = _effort(members)
    verified = all(report.complete and report.verified for report in reports)
    return SyncReport(
        run_id=uuid.uuid4().hex[:12],
        shop_id=", ".join(member.access.shop_id for member in members),
        sandbox=setting.sandbox,
        started_at=started,
        finished_at=finished,
        new=new,
        changed=changed,
        unchanged=orders.num_rows - new - changed,
        quarantined=tables["quarantine"].num_rows,
        pages=sum(report.pages for report in reports),
        requests=requests - spent[0],
        retries=retries - spent[1],
        waited_seconds=waited - spent[2],
        page_size_seen=first.page_size_seen,
        list_order=first.list_order,
        end_seen=first.end_seen,
        workers_used=1,
        rereads=sum(report.rereads for report in reports),
        due_lookups=0,
        oldest_created_at=span["min"],
        newest_created_at=span["max"],
        complete=all(report.complete for report in reports),
        verified=verified,
        verified_through=started if verified else None,
        possibly_capped=False,
        resumed=False,
        warnings=tuple(
            f"{tr(f'table.{name}')}: {text}" for name, report in passes for text in report.warnings
        ),
    )


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
