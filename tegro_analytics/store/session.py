"""Connections to the file: how they are opened, what they may do, and how a transaction ends."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from tegro_analytics.store.access import Access, Turn
from tegro_analytics.store.faults import is_busy
from tegro_analytics.store.sql import one_row

__all__ = ["connect", "transaction"]

_SESSION: Final[dict[str, str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
STORAGE_VERSION: Final = "v1.0.0"
"""The format of the file: programs with an older DuckDB read it too."""
WRITER_MEMORY: Final = "256MB"
"""What a writer takes before it uses the disk: a merge grows by this, whatever it merges."""


def connect(path: Path, *, read_only: bool, turn: Turn, access: Access) -> duckdb.DuckDBPyConnection:
    """Open the file, waiting for others as long as there is time.

    The session works in UTC and reaches nothing outside the file: no other files, no extensions, no variables
    of Python. None of that can be changed any more.

    Raises
    ------
    StoreLocked
        If others had it open all the time.
    """
    while True:
        said = ""
        try:
            if connection := _Opening(path, read_only=read_only).within(turn.left):
                return _closed_in(connection)
        except duckdb.Error as error:
            if not is_busy(error):
                raise
            said = str(error)
        if not turn.pause():
            raise access.busy(turn, said)


class _Opening:
    """Open a connection in a thread of its own.

    DuckDB waits without end where a result of this process, that outlived its connection, has the file open.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._config: dict[str, str | bool | int | float | list[str]] = dict(_SESSION)
        if not read_only:
            self._config |= {"storage_compatibility_version": STORAGE_VERSION, "memory_limit": WRITER_MEMORY}
        self._path, self._read_only = path, read_only
        self._done = threading.Lock()
        self._abandoned = False
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._error: Exception | None = None

    def within(self, seconds: float) -> duckdb.DuckDBPyConnection | None:
        """Give the connection; None if that took longer. Whatever opens afterwards is closed at once."""
        thread = threading.Thread(target=self._open, daemon=True)
        thread.start()
        try:
            thread.join(max(seconds, _LEAST))
        except BaseException:
            if not self._abandon() and self._connection is not None:
                self._connection.close()
            raise
        if thread.is_alive() and self._abandon():
            return None
        if self._error is not None:
            raise self._error
        return self._connection

    def _open(self) -> None:
        try:
            connection = duckdb.connect(self._path, read_only=self._read_only, config=self._config)
        except Exception as error:  # noqa: BLE001  it is raised where it was waited for
            self._error = error
            return
        with self._done:
            if not self._abandoned:
                self._connection = connection
                return
        connection.close()

    def _abandon(self) -> bool:
        """Stop waiting; False if the connection came at the last moment."""
        with self._done:
            if self._connection is None:
                self._abandoned = True
        return self._abandoned


_LEAST: Final = 0.5
"""So many seconds an opening has even where there is no more time to wait: a large file takes a while."""


def _closed_in(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Set the zone, and lock the settings; another connection of this process may have done it."""
    locked = one_row(connection, "SELECT current_setting('lock_configuration')")
    if locked and not locked[0]:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
    return connection


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do everything in the block or nothing; whatever goes wrong, Ctrl-C too, takes all of it back."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # where the commit failed there is nothing to take back
            connection.rollback()
        raise
