"""The file of the store: made, opened, closed and replaced so that it is never there by halves."""

from __future__ import annotations

import contextlib
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from tegro_analytics.exceptions import StoreError, TegroDataWarning
from tegro_analytics.store import files, receipt
from tegro_analytics.store.access import Access, Holder, Turn
from tegro_analytics.store.failpoints import reach
from tegro_analytics.store.faults import is_damaged_log, translated
from tegro_analytics.store.meta import read_meta, write_meta
from tegro_analytics.store.migrations import MIGRATIONS, Migration, migrate, refuse_newer, schema_version
from tegro_analytics.store.session import connect, transaction

__all__ = ["StoreFile"]


class _NeedsWriter(Exception):
    """Say that a reader found what a writer has to put right first; never leaves this module."""


class StoreFile:
    """Open one DuckDB file for whoever may have it now.

    Parameters
    ----------
    folder
        The folder of the store; it is made, 0700, if its parent is there.
    patience
        How many seconds to wait for others.
    waiting
        Called once with the holder that is waited for; see :class:`~tegro_analytics.store.access.Access`.
    migrations
        The steps of the schema.
    """

    def __init__(
        self,
        folder: Path,
        *,
        patience: float,
        waiting: Callable[[Holder | None], None] | None = None,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.path = folder / "store.duckdb"
        self.receipt_path = folder / "store.receipt.json"
        self.log_path = folder / "store.duckdb.wal"
        self.access = Access(self.path, patience=patience, waiting=waiting)
        self._draft = folder / "store.duckdb.draft"
        self._migrations = migrations

    def exists(self) -> bool:
        """Tell whether there is a store.

        Raises
        ------
        StoreError
            If its folder cannot be looked into.
        """
        with translated(self.path):
            return self.path.exists()

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that can only read; it is closed with the block.

        Raises
        ------
        StoreError
            If there is no store yet, or if it cannot be used: locked, newer, damaged, rolled back.
        """
        with contextlib.ExitStack() as stack:
            connection = self._opened_for_reading(stack)
            with translated(self.path, files=False):
                yield connection

    def _opened_for_reading(self, stack: contextlib.ExitStack) -> duckdb.DuckDBPyConnection:
        for _ in range(2):
            with contextlib.ExitStack() as attempt, translated(self.path):
                try:
                    connection = self._try_reading(attempt)
                except _NeedsWriter:
                    pass
                else:
                    stack.enter_context(attempt.pop_all())
                    return connection
            with self.writing("mend"):
                pass
        raise StoreError(f"{self.path} is being changed by another version of the package. Try again.")

    def _try_reading(self, attempt: contextlib.ExitStack) -> duckdb.DuckDBPyConnection:
        self._refuse_absent()
        turn = attempt.enter_context(self.access.reading())
        with self.access.opening(turn):
            try:
                connection = connect(self.path, read_only=True, turn=turn, access=self.access)
            except duckdb.Error as error:
                if is_damaged_log(error):
                    raise _NeedsWriter from None
                raise
            attempt.callback(connection.close)
        version = schema_version(connection, self.path)
        refuse_newer(version, self._migrations, self.path)
        if version < len(self._migrations):
            raise _NeedsWriter
        receipt.compare(connection, receipt.load(self.receipt_path), self.path)
        return connection

    def _refuse_absent(self) -> None:
        if not self.path.exists():
            receipt.refuse_missing(receipt.load(self.receipt_path), self.path)
            raise StoreError(f"There is no store in {self.path.parent} yet: sync first.")

    @contextlib.contextmanager
    def writing(self, command: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection within a transaction, alone; make or migrate the file first where it is needed.

        What the block does is done whole or not at all. Afterwards the file is complete without its log, and
        its receipt is written.

        Raises
        ------
        StoreError
            If the store cannot be used, or the disk is full; what it held before is safe.
        """
        with contextlib.ExitStack() as stack:
            with translated(self.path):
                connection = self._opened_for_writing(stack, command)
            with translated(self.path, files=False), transaction(connection):
                yield connection
            with translated(self.path):
                reach("committed")
                self._fold_in(connection)
                drawn = receipt.draw(connection)
                connection.close()
                reach("closed")
                receipt.save(self.receipt_path, drawn)

    @contextlib.contextmanager
    def rewriting(
        self, command: str
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]]:
        """Give connections to the file and to an empty draft, which takes its place after the block.

        Nothing of the old file stays in the new one but what was written into it.
        """
        with contextlib.ExitStack() as stack:
            with translated(self.path):
                old = self._opened_for_writing(stack, command)
                old.execute("CHECKPOINT")
                new = connect(
                    self._draft, read_only=False, turn=Turn(self.access.patience), access=self.access
                )
                stack.callback(self._clear)
                stack.callback(new.close)
                migrate(new, self._draft, self._migrations)
                reach("rewriting begun")
            with translated(self.path, files=False), transaction(new):
                yield old, new
                write_meta(new, {"rewritten": str(int(read_meta(old)["rewritten"]) + 1)})
            with translated(self.path):
                new.execute("CHECKPOINT")
                drawn = receipt.draw(new)
                new.close()
                old.close()
                self._refuse_log()
                reach("rewritten")
                files.place(self._draft, self.path)
                reach("rewritten in place")
                receipt.save(self.receipt_path, drawn)

    def accept(self) -> Path | None:
        """Take the file as it is, whatever the receipt says; gives the receipt, moved aside."""
        aside = None
        with translated(self.path), self.access.writing("accept"):
            if self.receipt_path.exists():
                aside = files.move_aside(self.receipt_path, why="replaced")
        if self.path.exists():
            with self.writing("accept"):
                pass
        return aside

    def settle(self, stack: contextlib.ExitStack, command: str) -> None:
        """Hold the store until the stack ends, its file complete without a log, and open nowhere."""
        with translated(self.path):
            self._refuse_absent()
            self._opened_for_writing(stack, command, keep=False)

    def _opened_for_writing(
        self, stack: contextlib.ExitStack, command: str, *, keep: bool = True
    ) -> duckdb.DuckDBPyConnection:
        self._ready_folder()
        turn = stack.enter_context(self.access.writing(command))
        stack.enter_context(files.privately())
        self._clear()
        if not self.path.exists():
            self._create(turn)
        connection = self._connected(turn)
        stack.callback(connection.close)
        shutil.rmtree(
            self.path.with_name("store.duckdb.tmp"), ignore_errors=True
        )  # of a process that was killed
        refuse_newer(schema_version(connection, self.path), self._migrations, self.path)
        receipt.compare(connection, receipt.load(self.receipt_path), self.path)
        migrate(connection, self.path, self._migrations)
        reach("opened")
        if not keep:
            self._fold_in(connection)
            connection.close()
            self._refuse_log()
        return connection

    def _ready_folder(self) -> None:
        parent = self.path.parent.parent
        if not parent.is_dir():
            raise StoreError(
                f"{parent} is not there, or is not a folder, so that the store {self.path.parent} cannot be "
                "made in it. Nothing was changed. Is a disk not mounted? Else make the folder first, or "
                "correct the name (TEGRO_STORE)."
            )
        files.private_folder(self.path.parent)

    def _create(self, turn: Turn) -> None:
        """Make the file under another name, so that it is there with its schema or not at all."""
        receipt.refuse_missing(receipt.load(self.receipt_path), self.path)
        if self.log_path.exists():
            files.move_aside(self.log_path, why="stray")  # it would be replayed into the new file
        connection = connect(self._draft, read_only=False, turn=turn, access=self.access)
        try:
            reach("draft made")
            migrate(connection, self._draft, self._migrations)
        finally:
            connection.close()
        reach("draft checkpointed")
        files.place(self._draft, self.path)
        reach("draft in place")

    def _connected(self, turn: Turn) -> duckdb.DuckDBPyConnection:
        """Open the file; a log that cannot be read is moved aside: DuckDB stops at it, or passes over it."""
        had_log = self._has_log()
        try:
            connection = connect(self.path, read_only=False, turn=turn, access=self.access)
        except duckdb.Error as error:
            if not is_damaged_log(error):
                raise
            return self._without_log(turn)
        if had_log:
            connection.execute("CHECKPOINT")
            if self._has_log():
                connection.close()
                return self._without_log(turn)
        return connection

    def _without_log(self, turn: Turn) -> duckdb.DuckDBPyConnection:
        aside = files.move_aside(self.log_path, why="damaged")
        try:
            connection = connect(self.path, read_only=False, turn=turn, access=self.access)
        except duckdb.Error:
            aside.rename(self.log_path)  # the log was not the reason
            raise
        warnings.warn(
            f"The log of the store could not be read and was moved to {aside}; {self.path} is whole without "
            "it. The run that was being written when the log was damaged may be missing: sync again.",
            TegroDataWarning,
            stacklevel=2,
        )
        return connection

    def _has_log(self) -> bool:
        return self.log_path.exists() and self.log_path.stat().st_size > 0

    def _refuse_log(self) -> None:
        if self._has_log():
            raise StoreError(f"{self.path} could not be closed without its log. Nothing was lost. Try again.")

    def _fold_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fold the log into the file. Where that fails the commit stands, in the log."""
        try:
            connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            said = str(error)
        else:
            reach("checkpointed")
            return
        raise StoreError(
            f"{self.path} was written, but its log could not be folded in: {said[:200]} Nothing is lost as "
            f"long as {self.log_path.name} stays beside it. Free some space in {self.path.parent}; the next "
            "run does the rest."
        )

    def _clear(self) -> None:
        """Remove the draft of a process that was killed."""
        for draft in (self._draft, self._draft.with_name(f"{self._draft.name}.wal")):
            draft.unlink(missing_ok=True)
