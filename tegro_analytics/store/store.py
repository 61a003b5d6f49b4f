"""The store: one DuckDB file that remembers every observation, and the questions that can be asked of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tegro_analytics.reference import Reference, load_reference
from tegro_analytics.store import backup, changes, lookup, merge, reading, rewrite, status
from tegro_analytics.store.access import Holder
from tegro_analytics.store.batch import Rows
from tegro_analytics.store.faults import translated
from tegro_analytics.store.knowing import Knowing
from tegro_analytics.store.migrations import MIGRATIONS, Migration
from tegro_analytics.store.opening import StoreFile
from tegro_analytics.store.reading import Choice, held_of
from tegro_analytics.store.rewrite import Forgetting
from tegro_analytics.store.runs import Merged, Run, mark_of_reference
from tegro_analytics.store.status import KnownRun, StoreStatus
from tegro_analytics.tracebacks import opaque_methods

__all__ = ["PATIENCE_SECONDS", "Store"]

PATIENCE_SECONDS = 60.0
"""So long a call waits for others: many times what a merge of a million orders takes."""


@opaque_methods
class Store(Knowing):
    """Keep what runs read, and tell what is known, and what was known at any moment since the first run.

    Nothing is opened or made before it is used, and nothing stays open between two calls. Threads of one
    process, and several processes, may use one store at once: they wait for one another.

    Parameters
    ----------
    folder
        The store's own folder. It is made, 0700, with the first merge; its parent has to be there.
    reference
        What codes mean: names are derived with it, and it says which statuses are paid.
    patience
        How many seconds a call waits for others before it gives up with StoreLocked.
    waiting
        Called once with the :class:`Holder` (None where it is not known) when a call has to wait; by default
        the log is told.
    migrations
        The steps of the schema; for tests.

    Examples
    --------
    >>> import tempfile
    >>> from tegro_analytics.frames import empty
    >>> from tegro_analytics.schemas import ORDERS
    >>> from tegro_analytics.store import Basis, Coverage, Owner, Run, mark_of_salt
    >>> store = Store(Path(tempfile.mkdtemp()) / "store")
    >>> began = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    >>> run = Run(
    ...     "first", "full", began, began,
    ...     owner=Owner("https://tegro.money", user_id=1),
    ...     basis=Basis("Europe/Moscow", "Europe/Moscow", mark_of_salt(b"salt")),
    ...     coverage=(Coverage("SHOP", "orders"),),
    ... )
    >>> store.merge(run, {"orders": empty(ORDERS)}).total()
    Counts(new=0, changed=0, unchanged=0)
    >>> store.table("orders").num_rows, store.status().runs
    (0, 1)
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        reference: Reference | None = None,
        patience: float = PATIENCE_SECONDS,
        waiting: Callable[[Holder | None], None] | None = None,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.reference = reference or load_reference()
        self._migrations = migrations
        self._file = StoreFile(self.folder, patience=patience, waiting=waiting, migrations=migrations)

    @property
    def path(self) -> Path:
        """Name the file."""
        return self._file.path

    @property
    def _paid(self) -> tuple[int, ...]:
        return self.reference.codes("paid")

    # Connections

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that can only read, inside a ``with``.

        It works in UTC and reaches nothing outside the file. Results must not outlive the block: an Arrow
        reader that is kept open keeps everybody else from writing.

        Raises
        ------
        StoreError
            If there is no store yet, or it cannot be used: StoreLocked, StoreNewer, StoreDamaged,
            StoreRolledBack, WrongStore.
        """
        with self._file.reading() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, command: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection within a transaction, alone; for what no other method does.

        Parameters
        ----------
        command
            What others are told that is being done.

        Raises
        ------
        StoreError
            As :meth:`reading`; also if the disk is full or read-only. Nothing of the block is kept then.
        """
        with self._file.writing(command) as connection:
            yield connection

    # Writing

    def merge(
        self,
        run: Run,
        staged: Mapping[str, Rows],
        *,
        report: Callable[[Merged], Mapping[str, Any]] | None = None,
    ) -> Merged:
        """Merge what a finished run read: all of it or nothing, in one transaction.

        A row whose watched columns differ becomes the latest one, and the one before goes to the ledger. A
        row that is the same is marked as seen. ``first_seen_at`` stays that of the first observation, and
        ``refund_first_seen_at`` is set where a refund was seen to happen. Balances are added. A record in
        quarantine takes the place of the same one.

        Parameters
        ----------
        run
            What it was, and what it covered.
        staged
            Rows by the name of their table, each in its canonical schema; any order, with repeats: the later
            request wins. A RecordBatchReader is read once, in bounded memory.
        report
            Makes the report that is kept with the run, of what the merge did.

        Returns
        -------
        Merged
            Counts for each table and shop, and what a person should look at.

        Raises
        ------
        WrongStore
            If the store belongs to another account or server; nothing was written.
        StoreError
            If the store cannot be written; what it held before is safe.
        DataError
            If the rows are not in their canonical schema.
        """
        with self._file.writing("sync") as connection:
            return merge.merge(connection, self.path, run, staged, reference=self.reference, report=report)

    def forget(self, email: str) -> Forgetting:
        """Forget a person: blank the address everywhere, write the file anew, and keep a salted mark of it.

        It goes from orders, their ledger, the quarantine, and every other text; the orders stay, without a
        customer. What later runs bring of the address is blanked before it is written. It takes as much free
        space as the store has, and replaces the file as a whole at the end.
        """
        return rewrite.forget(self._file, email)

    def rederive(self, *, source_zone: str, report_zone: str) -> None:
        """Derive every date, name and flag anew, for other zones or another reference.

        From the texts as received where they are kept (orders); withdrawals, shops and the bounds of what was
        read of a list keep the local time that they had. The file is replaced as a whole at the end.
        """
        rewrite.rederive(
            self._file, source_zone=source_zone, report_zone=report_zone, reference=self.reference
        )

    def backup(self, file: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Copy the store, as it is at one moment, to a file that is there whole or not at all.

        Raises
        ------
        ExportError
            If the file exists and ``overwrite`` is not set, or cannot be written.
        """
        return backup.backup(self._file, file, overwrite=overwrite)

    def accept(self) -> Path | None:
        """Take the file as it is after StoreRolledBack; a full sync should follow.

        Returns
        -------
        Path or None
            The receipt, which was moved aside.
        """
        return self._file.accept()

    # Reading

    def table(
        self,
        name: str,
        *,
        as_of: dt.datetime | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        columns: Sequence[str] | None = None,
        shop_id: str | Sequence[str] | None = None,
    ) -> pa.Table:
        """Give a table in its canonical schema and order.

        Parameters
        ----------
        name
            ``orders``, ``withdrawals``, ``balances``, ``shops`` or ``quarantine``.
        as_of
            A moment: each row as it was known then. A run counts from the moment at which it began.
        since, until
            Bounds, half-open: on ``created_at``, for balances and quarantine on ``observed_at``.
        columns
            Some columns; all of them by default.
        shop_id
            One shop, or some.

        Returns
        -------
        pyarrow.Table
            The column ``as_of`` says when the last run began that read the list as far as it had to be read
            (of several shops, the oldest).

        Raises
        ------
        StoreError
            If nothing was known at ``as_of``, or there is no run yet.
        """
        held = held_of(name)
        choice = Choice(as_of=as_of, since=since, until=until, columns=columns, shop_id=shop_id)
        with self._file.reading() as connection:
            return reading.read(connection, self.path, held, choice, paid=self._paid)

    @contextlib.contextmanager
    def relation(
        self,
        name: str,
        *,
        as_of: dt.datetime | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        shop_id: str | Sequence[str] | None = None,
        shown: Mapping[str, Callable[[pa.Array], pa.Array]] | None = None,
    ) -> Iterator[duckdb.DuckDBPyRelation]:
        """Give a table as a DuckDB relation, inside a ``with``; its rows are in no order.

        ``shown`` says of columns of text how they are shown; only those that a query asks for are touched.
        """
        held, choice = held_of(name), Choice(as_of=as_of, since=since, until=until, shop_id=shop_id)
        with self._file.reading() as connection:
            rows = connection.sql(reading.query(connection, self.path, held, choice, paid=self._paid))
            yield reading.shown(connection, rows, shown) if shown else rows

    @contextlib.contextmanager
    def batches(
        self,
        name: str,
        *,
        as_of: dt.datetime | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        shop_id: str | Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatchReader]:
        """Give a table batch by batch, inside a ``with``: in its schema, in no order, in bounded memory."""
        with self.relation(name, as_of=as_of, since=since, until=until, shop_id=shop_id) as rows:
            yield reading.batches(rows, held_of(name))

    def count(self, name: str, *, shop_id: str | Sequence[str] | None = None) -> int:
        """Count the rows of a table; 0 where there is no store yet."""
        if not self._file.exists():
            return 0
        with self.relation(name, shop_id=shop_id) as rows:
            return int(rows.aggregate("count(*)").fetchall()[0][0])

    def changes(
        self,
        since: dt.datetime,
        until: dt.datetime | None = None,
        *,
        pii: bool = False,
        shop_id: str | Sequence[str] | None = None,
    ) -> pa.Table:
        """Tell what was restated after one moment and up to another; columns: ``CHANGES``.

        A row is a field of an order that changed (status, amount, …), or a sum of money that changed with it:
        ``gross_volume``, ``fees``, ``refunds`` of a ``month`` and ``currency``, with its ``effect`` on the
        net volume of that month. Orders that were found late count too: created before the last run at
        ``since``, seen after it.

        Parameters
        ----------
        since, until
            Runs after ``since`` (that moment itself is known: the ``as_of`` of a report) and up to ``until``.
        pii
            Whether to show e-mail addresses whole.
        shop_id
            One shop, or some.

        Raises
        ------
        StoreError
            If nothing was known at ``since`` yet.
        """
        with self._file.reading() as connection:
            reading.refuse_unknown(connection, self.path, since)
            return changes.changes(
                connection, since=since, until=until, paid=self._paid, pii=pii, shop_id=shop_id
            )

    def history(self, number: int | str, *, shop_id: str | None = None, table: str = "orders") -> pa.Table:
        """Give every version of a record, the oldest first, with ``version_from`` and ``version_to``."""
        with self._file.reading() as connection:
            return lookup.history(connection, held_of(table), number, shop_id=shop_id)

    def histories(self, found: pa.Table) -> pa.Table:
        """Give every version of many orders: of each one that ``found`` has, in ``id`` and ``shop_id``.

        Those of one order follow one another, the oldest first; the schema is ``HISTORY``.
        """
        if not found.num_rows:
            return lookup.HISTORY.arrow().empty_table()
        with self._file.reading() as connection:
            return lookup.histories(connection, found)

    def find(
        self, text: str, *, table: str = "orders", shop_id: str | Sequence[str] | None = None
    ) -> pa.Table:
        """Find rows by their id, their ``payment_id`` or the e-mail of the payer, exactly."""
        held = held_of(table)
        with self._file.reading() as connection:
            return lookup.find(connection, self.path, held, text, paid=self._paid, shop_id=shop_id)

    def runs(self) -> pa.Table:
        """Give every run that was merged, the first one first."""
        with self._file.reading() as connection:
            return status.runs(connection)

    def last_run(self) -> KnownRun | None:
        """Give the last run that was merged; None where there is none, or no store yet."""
        if not self._file.exists():
            return None
        with self._file.reading() as connection:
            return status.last_run(connection)

    def status(self) -> StoreStatus:
        """Say what the store holds; a store that is not there yet holds nothing."""
        if not self._file.exists():
            return StoreStatus(self.path, 0, 0, len(self._migrations))
        with self._file.reading() as connection:
            return status.status(connection, self.path, known=len(self._migrations))

    def names_are_stale(self) -> bool:
        """Tell whether names were derived with another reference than today's; :meth:`rederive` mends it."""
        return self.status().reference not in ("", mark_of_reference(self.reference))

    def holder(self) -> Holder | None:
        """Say who holds the store at this moment; None where nobody writes."""
        with translated(self.path):
            return self._file.access.holder()

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"
