"""What the database and the system say when a store cannot be used, in words that help.

DuckDB tells most conditions by its text alone. Each entry of :data:`_FAULTS` knows signs of one of them, the
exception that it becomes, and what a person should know: what happened, what is safe, what to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from tegro_analytics.exceptions import StoreDamaged, StoreError, StoreNewer, TegroError
from tegro_analytics.privacy import mask_emails

__all__ = ["explain", "is_busy", "is_damaged_log", "translated"]

_SHOWN = 300

BUSY: Final = (
    "Conflicting lock is held",
    "Could not set lock on file",
    "different configuration than existing connections",
    "is already attached by",
    "being used by another process",  # as Windows says it
)
"""Signs that somebody else has the file open in a way that excludes us."""

_DAMAGED_LOG: Final = ("replaying WAL file", "Corrupt WAL file")


@dataclass(frozen=True, slots=True)
class _Fault:
    """Know one condition by its signs, and tell it."""

    signs: tuple[str, ...]
    kind: type[StoreError]
    message: str
    of_files: bool = False
    """Whether only errors of files can mean it: the same words stand in other errors too."""


_FAULTS: Final = (
    _Fault(
        ("file with version number", "storage version number", "Unsupported Storage Version"),
        StoreNewer,
        "{path} was written by another version of DuckDB than the one that is installed here (duckdb "
        f"{duckdb.__version__}), which cannot read it. Nothing was changed. Bring duckdb up to date "
        "(pip install --upgrade duckdb), or put back a backup that this version wrote.",
    ),
    _Fault(
        ("not a valid DuckDB database file",),
        StoreDamaged,
        "{path} is not a DuckDB file. Nothing was changed. Move it away, or name another folder "
        "(TEGRO_STORE); then put back a backup, or sync to begin a new store.",
    ),
    _Fault(
        ("Is a directory", "is a directory"),
        StoreError,
        "{path} is a folder, where the file of the store should stand. Nothing was changed. Move it away, or "
        "name another folder for the store (TEGRO_STORE).",
        of_files=True,
    ),
    _Fault(
        ("No space left", "File too large", "Disk quota", "not enough space", "max_temp_directory_size"),
        StoreError,
        "The disk is full: {path} could not be written. What the store held before is safe, and nothing is "
        "there by halves. Free some space in {folder}, and do it again.",
    ),
    _Fault(
        ("Permission denied", "Read-only file system", "Access is denied", "Operation not permitted"),
        StoreError,
        "{path} cannot be written: its folder or its disk is read-only for you. Nothing was changed. Give "
        "yourself the right to write to {folder}, or name another folder (TEGRO_STORE).",
        of_files=True,
    ),
    _Fault(
        ("No such file", "Not a directory", "File exists", "cannot find the path", "does not exist"),
        StoreError,
        "{folder} is not there, or is not a folder, so that there can be no store in it. Nothing was "
        "changed. Is a disk not mounted? Else correct the folder of the store (TEGRO_STORE).",
        of_files=True,
    ),
    _Fault(
        (
            "Corrupt",
            "Could not read enough bytes",
            "checksum",
            "INTERNAL Error",
            "FATAL Error",
            "Serialization",
        ),
        StoreDamaged,
        "{path} is damaged: a part of it is missing or was changed. Nothing was changed. Keep the file, and "
        "put back a backup (tegro backup makes them); without one move the file away and sync to begin a new "
        "store: the orders come back, their history does not. DuckDB says: {text}",
    ),
    _Fault(
        ("Out of Memory", "failed to allocate"),
        StoreError,
        "There is not enough memory for this in {path}. Nothing was changed. Close other programs, or ask "
        "for less at a time. DuckDB says: {text}",
    ),
)


def is_busy(error: Exception) -> bool:
    """Tell whether a database error says that somebody else has the file open."""
    return any(sign in str(error) for sign in BUSY)


def is_damaged_log(error: Exception) -> bool:
    """Tell whether a database error says that the write-ahead log cannot be replayed."""
    return any(sign in str(error) for sign in _DAMAGED_LOG)


def explain(error: Exception, path: Path) -> TegroError:
    """Tell an error of the database or the system in words that help; an error of the package stays."""
    if isinstance(error, TegroError):
        return error
    said = f"{error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
    text = mask_emails(said)[:_SHOWN]
    of_files = isinstance(error, OSError | duckdb.IOException)
    for fault in _FAULTS:
        if (of_files or not fault.of_files) and any(sign in said for sign in fault.signs):
            return fault.kind(fault.message.format(path=path, folder=path.parent, text=text))
    return StoreError(
        f"The store {path} could not do this; what it held before is unchanged. The database says: {text}"
    )


@contextlib.contextmanager
def translated(path: Path, *, files: bool = True) -> Iterator[None]:
    """Let no error of the database out of the block, nor of the system, but only the package's own.

    DuckDB answers Ctrl-C with a RuntimeError; it becomes the KeyboardInterrupt that it was.

    Parameters
    ----------
    path
        The file of the store, for the message.
    files
        Whether errors of the system are about the store; not so where a caller's code runs in the block.
    """
    told: BaseException
    try:
        yield
        return
    except duckdb.Error as error:
        told = explain(error, path)
    except OSError as error:
        if not files:
            raise
        told = explain(error, path)
    except RuntimeError as error:
        if "Query interrupted" not in str(error):
            raise
        told = KeyboardInterrupt()
    raise told from None
