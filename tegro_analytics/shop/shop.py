"""The shop: every question is a method, and every answer comes from the store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tegro_analytics import frames, schemas
from tegro_analytics.api.client import Client
from tegro_analytics.card import card
from tegro_analytics.credentials import ShopAccess
from tegro_analytics.reference import load_reference
from tegro_analytics.sandbox.process import Sandbox
from tegro_analytics.settings import Settings, data_folder
from tegro_analytics.shop.files import Files
from tegro_analytics.shop.kept import Kept, Moment
from tegro_analytics.shop.measures import Measures
from tegro_analytics.shop.paying import Paying
from tegro_analytics.store import CHANGES, Forgetting, StoreStatus
from tegro_analytics.store.lookup import HISTORY
from tegro_analytics.sync import Member, SyncReport
from tegro_analytics.tracebacks import opaque_methods

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa


__all__ = ["MoneyForm", "Shop"]

MoneyForm = Literal["float64", "decimal"]


@opaque_methods
class Shop(Measures, Files, Paying):
    """Answer every question about one shop, or about several of one account.

    Made by :func:`connect` or :func:`demo`. Answers come from the store, as of the last :meth:`sync`,
    whichever program made it; where there is none yet, the first question makes one.
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
        self._allow_payouts = allow_payouts
        self.folder = Path(settings.store or data_folder())
        self.reference = load_reference(currencies=settings.currencies)
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
        self._kept = Kept(
            self.folder, self._members, settings, self.reference, sandbox=self._members[0].client.sandbox
        )
        self._announce()

    @property
    def clients(self) -> tuple[Client, ...]:
        """Give the clients of the API, one for each shop."""
        return tuple(member.client for member in self._members)

    @property
    def names(self) -> dict[str, str]:
        """Give the shops by id, each with the name that it was opened under."""
        return {member.shop_id: member.access.name for member in self._members}

    # Reading

    def sync(self, *, full: bool = False) -> SyncReport:
        """Read what is new over the API, merge it into the store, and say what that brought.

        The first run reads everything. Later ones read from the newest order to those that are known,
        unchanged, and older than ``TEGRO_LOOKBACK``; look up some open orders that are due; and sweep some
        pages further down the list for what has changed there. A list that does not stand newest first is
        read whole each time.

        Parameters
        ----------
        full
            Whether to read everything again, until nothing new is met.

        Raises
        ------
        ApiError, TransportError, SyncIncomplete
            If it could not be read; what was read before stays, and the next run goes on from there.
        StoreError
            If the store cannot be used, or belongs to another account.
        """
        return self._kept.sync(full=full)

    @property
    def last_sync(self) -> SyncReport | None:
        """Give the report of the last run, whichever program made it; None before the first."""
        return self._kept.last_sync

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
            A moment: the orders as they were known then, by the last run that had begun.
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
        table = self._kept.table("orders", as_of=as_of, since=since, until=until)
        return self._to_pandas(table, schemas.ORDERS, columns=columns, pii=pii, money=money)

    def withdrawals(
        self, *, as_of: Moment | None = None, pii: bool = False, money: MoneyForm | None = None
    ) -> pd.DataFrame:
        """Give the withdrawals, one row each; account numbers are masked unless ``pii=True``."""
        return self._to_pandas(
            self._kept.table("withdrawals", as_of=as_of), schemas.WITHDRAWALS, pii=pii, money=money
        )

    def balances(self, *, history: bool = False, money: MoneyForm | None = None) -> pd.DataFrame:
        """Give the balance of each currency of the account at the last sync; ``history`` gives every one."""
        return self._to_pandas(self._kept.balances(history=history), schemas.BALANCES, money=money)

    def shops(self) -> pd.DataFrame:
        """Give the shops of the account."""
        return self._to_pandas(self._kept.table("shops"), schemas.SHOPS)

    def quarantine(self, *, pii: bool = False) -> pd.DataFrame:
        """Give the records that could not be read: kept as they came, with the reason, in no number.

        E-mails, accounts and other long numbers in them are masked unless ``pii=True``.
        """
        return self._to_pandas(self._kept.table("quarantine"), schemas.QUARANTINE, pii=pii)

    @contextlib.contextmanager
    def relation(
        self, table: str, *, as_of: Moment | None = None, pii: bool = False
    ) -> Iterator[duckdb.DuckDBPyRelation]:
        """Give a table as a DuckDB relation, inside a ``with``; money is exact, instants are UTC.

        It is the store itself: nothing is loaded that a query does not ask for, and as long as the block
        lasts nobody writes. E-mail addresses and accounts are masked unless ``pii=True``, as in the frames.

        Examples
        --------
        >>> import tegro_analytics as ta
        >>> shop = ta.demo(orders=300)
        >>> with shop.relation("orders") as orders:
        ...     orders.aggregate("count(*) AS n").fetchall()
        [(300,)]
        >>> shop.close()
        """
        with self._kept.relation(table, as_of=as_of, pii=pii) as rows:
            yield rows

    def find(
        self, text: str, *, history: bool = False, pii: bool = False, money: MoneyForm | None = None
    ) -> pd.DataFrame:
        """Find orders by Tegro's number, by the shop's own number, or by the e-mail of the payer.

        Parameters
        ----------
        text
            All of it, as in ``Order #17854``.
        history
            Whether to give every version that was ever seen, with ``version_from`` and ``version_to``.
        pii
            Whether to show e-mail addresses whole.

        Returns
        -------
        pandas.DataFrame
            The orders, as :meth:`orders` gives them; no row where there is none.
        """
        self._kept.ready()
        found = self._kept.store.find(text, shop_id=self._kept.shop_ids)
        if not history:
            return self._to_pandas(found, schemas.ORDERS, pii=pii, money=money)
        return self._to_pandas(self._kept.store.histories(found), HISTORY, pii=pii, money=money)

    def changes(
        self,
        *,
        since: Moment,
        until: Moment | None = None,
        pii: bool = False,
        money: MoneyForm | None = None,
    ) -> pd.DataFrame:
        """Tell what was restated after a moment: what changed, and what that did to the money of which month.

        Parameters
        ----------
        since
            The moment at which a report was made: what was known then is compared with what is known now.
        until
            Another moment to compare with.
        pii
            Whether to show e-mail addresses whole.

        Returns
        -------
        pandas.DataFrame
            A row for each field of an order that changed, and for each sum of money that changed with it:
            ``gross_volume``, ``fees``, ``refunds`` of a ``month``, with the ``effect`` on its net volume.
        """
        self._kept.ready()
        end = None if until is None else self._kept.moment(until, name="until")
        begin = self._kept.moment(since, name="since")
        found = self._kept.store.changes(begin, end, pii=pii, shop_id=self._kept.shop_ids)
        return self._to_pandas(found, CHANGES, pii=True, money=money)

    # The store itself

    def backup(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Copy the whole store to a file, as it is at one moment.

        Raises
        ------
        ExportError
            If the file exists and ``overwrite`` is not given, or cannot be written.
        """
        return self._kept.store.backup(path, overwrite=overwrite)

    def forget(self, email: str) -> Forgetting:
        """Forget a person: blank the address in the store for good; the orders stay, without a customer.

        What later runs bring of the address is blanked before it is written.
        """
        return self._kept.forget(email)

    def status(self) -> StoreStatus:
        """Say what the store holds, and what its runs have seen; nothing is read over the API."""
        return self._kept.store.status()

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

    def _to_pandas(self, table: pa.Table, schema: schemas.Table, **options: Any) -> pd.DataFrame:
        options["money"] = options.get("money") or self.settings.money
        return frames.to_pandas(table, schema, report_zone=self.zone, **options)

    def __repr__(self) -> str:
        mark = "SANDBOX, " if self.sandbox else ""
        names = ", ".join(self.names.values())
        report = self._kept.last_sync
        if report is None:
            return f"Shop({names!r}, {mark}not read yet)"
        orders = self._kept.count("orders")
        return f"Shop({names!r}, {mark}{orders:,} orders, as of {report.moment:%Y-%m-%d %H:%M} UTC)"

    def _repr_html_(self) -> str:
        report = self._kept.last_sync
        return card(
            self.names.values(),
            sandbox=self.sandbox is not None,
            zone=self.zone,
            report=report,
            orders=self._kept.count("orders"),
            balances=self._kept.balances().to_pylist() if report else [],
            quarantined=self._kept.count("quarantine"),
            lang=self.settings.lang,
        )
