"""What a notebook holds: the shops that a key opens, and every question that can be asked of them."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from tegro_analytics import frames, metrics, reports, schemas
from tegro_analytics.api.client import Client
from tegro_analytics.card import card
from tegro_analytics.credentials import ShopAccess
from tegro_analytics.exceptions import ConfigurationError, StoreError
from tegro_analytics.metrics.window import instant, local_time, window
from tegro_analytics.privacy import load_salt
from tegro_analytics.progress import wanted
from tegro_analytics.reference import load_reference
from tegro_analytics.reports.masking import masked
from tegro_analytics.sandbox.process import Sandbox
from tegro_analytics.settings import Settings, data_folder
from tegro_analytics.sync.report import SyncReport
from tegro_analytics.sync.run import Member, Setting, Snapshot, fetch
from tegro_analytics.texts import tr
from tegro_analytics.tracebacks import opaque_methods

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

    from tegro_analytics.metrics import MetricFrame

__all__ = ["Moment", "MoneyForm", "Shop"]

Moment = str | dt.date | dt.datetime
MoneyForm = Literal["float64", "decimal"]


@opaque_methods
class Shop:
    """Answer every question about one shop, or about several of one account.

    Made by :func:`connect` or :func:`demo`. The first question reads the shop over the API and keeps what it
    read; :meth:`sync` reads it again.
    """

    def __init__(
        self,
        access: Sequence[ShopAccess],
        settings: Settings,
        *,
        sandbox: Sandbox | None = None,
        allow_payouts: bool = False,
    ) -> None:
        self.settings = settings
        self.sandbox = sandbox
        self.folder = Path(settings.store or data_folder())
        self.reference = load_reference(currencies=settings.currencies)
        self._snapshot: Snapshot | None = None
        self._members = [
            Member(
                one,
                Client(
                    one.key,
                    one.shop_id,
                    base_url=settings.base_url,
                    allow_host=settings.allow_host,
                    data_folder=self.folder if sandbox else data_folder(),
                    pace=settings.pace,
                    nonce=settings.nonce,
                    workers=settings.workers,
                    allow_payouts=allow_payouts,
                ),
            )
            for one in access
        ]

    # Reading

    def sync(self, *, full: bool = False) -> SyncReport:  # noqa: ARG002  every run is full until there is a store
        """Read the shop over the API, and say what that brought.

        Parameters
        ----------
        full
            Whether to read everything again; every run does, until there is a store to add to.

        Raises
        ------
        ApiError, TransportError, SyncIncomplete
            If it could not be read; what was read before stays.
        """
        self._snapshot = fetch(self._members, self._setting(), before=self._snapshot)
        return self._snapshot.report

    @property
    def last_sync(self) -> SyncReport | None:
        """Give the report of the last run, or None before the first."""
        return self._snapshot.report if self._snapshot else None

    def orders(
        self,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        columns: Literal["all"] | Sequence[str] | None = None,
        pii: bool = False,
        money: MoneyForm | None = None,
    ) -> pd.DataFrame:
        """Give the orders, one row each, sorted by ``created_at`` and ``id``.

        Parameters
        ----------
        since, until
            Bounds on ``created_at``, half-open, in the report zone.
        as_of
            A moment: the orders as they were known then.
        columns
            Some columns, or ``"all"`` with those for the engines.
        pii
            Whether to show e-mail addresses whole; they are masked otherwise.
        money
            ``float64`` or ``decimal``; by default what the shop was opened with.

        Returns
        -------
        pandas.DataFrame
            The columns of ``contract``: see ``tegro_analytics.schemas.ORDERS``.
        """
        table = self._clip(self._table("orders", as_of=as_of), since, until)
        return self._to_pandas(table, schemas.ORDERS, columns=columns, pii=pii, money=money)

    def withdrawals(
        self, *, as_of: Moment | None = None, pii: bool = False, money: MoneyForm | None = None
    ) -> pd.DataFrame:
        """Give the withdrawals, one row each; account numbers are masked unless ``pii=True``."""
        return self._to_pandas(
            self._table("withdrawals", as_of=as_of), schemas.WITHDRAWALS, pii=pii, money=money
        )

    def balances(self, *, money: MoneyForm | None = None) -> pd.DataFrame:
        """Give the balance of each currency of the account at the last sync."""
        return self._to_pandas(self._table("balances"), schemas.BALANCES, money=money)

    def shops(self) -> pd.DataFrame:
        """Give the shops of the account."""
        return self._to_pandas(self._table("shops"), schemas.SHOPS)

    def quarantine(self, *, pii: bool = False) -> pd.DataFrame:
        """Give the records that could not be read: kept as they came, with the reason, in no number.

        E-mails, accounts and other long numbers in them are masked unless ``pii=True``.
        """
        return self._to_pandas(self._table("quarantine"), schemas.QUARANTINE, pii=pii)

    @contextlib.contextmanager
    def relation(self, table: str, *, pii: bool = False) -> Iterator[duckdb.DuckDBPyRelation]:
        """Give a table as a DuckDB relation, inside a ``with``; money is exact, instants are UTC.

        E-mail addresses and accounts are masked unless ``pii=True``, as in the frames.

        Examples
        --------
        >>> import tegro_analytics as ta
        >>> shop = ta.demo(orders=300)
        >>> with shop.relation("orders") as orders:
        ...     orders.aggregate("count(*) AS n").fetchall()
        [(300,)]
        >>> shop.close()
        """
        import duckdb

        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            # Kept in no variable: a traceback that passes here would show it.
            yield connection.from_arrow(masked(self._table(table), pii=pii))

    # Metrics

    def revenue(self, **options: Any) -> MetricFrame:
        """Measure what came in: :func:`tegro_analytics.revenue` over the orders of the shop."""
        options.setdefault("merchant_share", self.settings.merchant_share)
        return self._measure(metrics.revenue, options)

    def fees(self, **options: Any) -> MetricFrame:
        """Measure what the fees were: :func:`tegro_analytics.fees` over the orders of the shop."""
        return self._measure(metrics.fees, options)

    def conversion(self, **options: Any) -> MetricFrame:
        """Measure how many checkouts were paid: :func:`tegro_analytics.conversion` over the orders."""
        return self._measure(metrics.conversion, options)

    def conversion_value(self, **options: Any) -> MetricFrame:
        """Measure conversion in money: :func:`tegro_analytics.conversion_value` over the orders."""
        return self._measure(metrics.conversion_value, options)

    def payment_systems(self, **options: Any) -> MetricFrame:
        """Compare the payment systems: :func:`tegro_analytics.payment_systems` over the orders."""
        options.setdefault("merchant_share", self.settings.merchant_share)
        return self._measure(metrics.payment_systems, options)

    # Files

    def export(
        self,
        table: str,
        path: str | Path,
        *,
        format: Literal["csv", "parquet", "xlsx"] | None = None,  # noqa: A002  the word that people look for
        dialect: Literal["rfc4180", "excel-ru"] = "rfc4180",
        since: Moment | None = None,
        until: Moment | None = None,
        pii: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write a table to a file: its ending says whether CSV, Parquet or XLSX.

        Raises
        ------
        ExportError
            If the file exists and ``overwrite`` is not given, or cannot be written.
        """
        held = self._table(table)
        if table == "orders":
            held = self._clip(held, since, until)
        return reports.write_table(
            held,
            path,
            schema=schemas.TABLES[table],
            format=format,
            dialect=dialect,
            zone=self.zone,
            pii=pii,
            overwrite=overwrite,
            lang=self.settings.lang,
        )

    def report(
        self,
        path: str | Path,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        lang: str | None = None,
        pii: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write the report as a workbook: summary, days, payment systems, orders, definitions.

        Parameters
        ----------
        path
            The file, as in ``october.xlsx``.
        since, until
            The period, half-open, in the report zone; without both, the last calendar month that is over.
        lang
            ``ru`` or ``en``; by default what the shop was opened with.
        pii
            Whether to write e-mail addresses whole.
        overwrite
            Whether a file that is there may be replaced.

        Raises
        ------
        ExportError
            If the file exists and ``overwrite`` is not given, or cannot be written.
        """
        done = self._read().report
        names = {row["shop_id"]: row["name"] for row in self._table("shops").to_pylist()}
        facts = reports.ReportFacts(
            shop_id=done.shop_id,
            shop_name=names.get(done.shop_id),
            report_zone=self.zone,
            source_zone=self.settings.source_timezone,
            as_of=done.started_at,
            sandbox=self.sandbox is not None,
            merchant_share=self.settings.merchant_share,
            complete=done.complete,
            verified=done.verified,
            quarantined=done.quarantined,
            warnings=done.warnings,
            reference=self.reference,
        )
        return reports.write_report(
            path,
            self._table("orders"),
            facts=facts,
            since=since,
            until=until,
            lang=lang or self.settings.lang,
            pii=pii,
            overwrite=overwrite,
        )

    def close(self) -> None:
        """End the connections, and the sandbox if this is one; what was read stays usable."""
        for member in self._members:
            member.client.close()
        if self.sandbox is not None:
            self.sandbox.close()

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    # Inside

    @property
    def zone(self) -> str:
        """Name the report zone."""
        return self.settings.report_timezone

    def _setting(self) -> Setting:
        return Setting(
            reference=self.reference,
            salt=load_salt(self.folder),
            source_zone=self.settings.source_timezone,
            report_zone=self.zone,
            sandbox=self.sandbox is not None,
            show_progress=wanted(progress=self.settings.progress),
            lang=self.settings.lang,
        )

    def _read(self) -> Snapshot:
        """Give what was read, reading it first where nothing was, and saying so."""
        if self._snapshot is None:
            if wanted(progress=self.settings.progress):
                print(tr("shop.first_read", self.settings.lang), file=sys.stderr)
            self.sync()
        assert self._snapshot is not None  # noqa: S101  sync() has just made it, or raised
        return self._snapshot

    def _table(self, name: str, *, as_of: Moment | None = None) -> pa.Table:
        if name not in schemas.TABLES:
            raise ConfigurationError(
                f"There is no table {name!r}. The tables are {', '.join(schemas.TABLES)}."
            )
        snapshot = self._read()
        if as_of is not None and self._instant(as_of) < snapshot.report.started_at:
            raise StoreError(
                f"{name} as of {as_of} are not known: the only reading began at "
                f"{snapshot.report.started_at:%Y-%m-%d %H:%M} UTC. Leave as_of out, or take a later moment."
            )
        return snapshot.tables[name]

    def _instant(self, as_of: Moment) -> dt.datetime:
        zone = ZoneInfo(self.zone)
        return instant(local_time(as_of, zone, name="as_of"), zone)

    def _clip(self, table: pa.Table, since: Moment | None, until: Moment | None) -> pa.Table:
        """Keep the orders that were created within the bounds, half-open, in the report zone."""
        import pyarrow.compute as pc

        start, end = window(since, until, ZoneInfo(self.zone)).instants()
        if start is not None:
            table = table.filter(pc.field("created_at") >= start)
        return table if end is None else table.filter(pc.field("created_at") < end)

    def _to_pandas(self, table: pa.Table, schema: schemas.Table, **options: Any) -> pd.DataFrame:
        options["money"] = options.get("money") or self.settings.money
        return frames.to_pandas(table, schema, report_zone=self.zone, **options)

    def _measure(self, metric: Callable[..., MetricFrame], options: dict[str, Any]) -> MetricFrame:
        options["money"] = options.get("money") or self.settings.money
        return metric(self._table("orders"), zone=self.zone, **options)

    def __repr__(self) -> str:
        mark = "SANDBOX, " if self.sandbox else ""
        names = ", ".join(member.access.name for member in self._members)
        if self._snapshot is None:
            return f"Shop({names!r}, {mark}not read yet)"
        report = self._snapshot.report
        orders = self._snapshot.tables["orders"].num_rows
        return f"Shop({names!r}, {mark}{orders:,} orders, as of {report.started_at:%Y-%m-%d %H:%M} UTC)"

    def _repr_html_(self) -> str:
        return card(
            [member.access.name for member in self._members],
            sandbox=self.sandbox is not None,
            zone=self.zone,
            report=self.last_sync,
            tables=self._snapshot.tables if self._snapshot else None,
            lang=self.settings.lang,
        )
