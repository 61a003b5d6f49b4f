"""What the file knows of itself: whose it is, what it was made with, and how often it was rewritten."""

from __future__ import annotations

import secrets
import uuid
from pathlib import Path

import duckdb

from tegro_analytics.exceptions import StoreError, WrongStore
from tegro_analytics.store.runs import Basis, Owner

__all__ = ["basis_of", "bind", "new_meta", "owner_of", "read_meta", "refuse_other", "write_meta"]

_SALT_BYTES = 32


def new_meta(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a new file a name of its own, and a salt for the marks of people who are forgotten."""
    salt = secrets.token_hex(_SALT_BYTES)
    write_meta(connection, {"store": uuid.uuid4().hex, "rewritten": "0", "tombstone_salt": salt})


def read_meta(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Read all of it, by name."""
    return dict(connection.execute("SELECT name, value FROM meta").fetchall())


def write_meta(connection: duckdb.DuckDBPyConnection, values: dict[str, str]) -> None:
    """Set some of it."""
    for name, value in values.items():
        connection.execute("DELETE FROM meta WHERE name = ?", [name])
        connection.execute("INSERT INTO meta VALUES (?, ?)", [name, value])


def owner_of(meta: dict[str, str]) -> Owner | None:
    """Say whose data a store holds; None before the first merge."""
    if "server" not in meta:
        return None
    return Owner(meta["server"], int(meta["user_id"]) if "user_id" in meta else None)


def basis_of(meta: dict[str, str]) -> Basis | None:
    """Say what the derived columns of a store were made with; None before the first merge."""
    if "salt" not in meta:
        return None
    return Basis(meta["source_zone"], meta["report_zone"], meta["salt"])


def bind(
    connection: duckdb.DuckDBPyConnection, path: Path, *, owner: Owner, basis: Basis, reference: str
) -> None:
    """Bind a new store to its owner, and refuse what is another's or was made otherwise.

    Raises
    ------
    WrongStore
        If it is another server's or account's.
    StoreError
        If the rows were made with another salt or other zones.
    """
    meta = read_meta(connection)
    refuse_other(meta, owner, basis, path)
    if basis_of(meta) is None:
        first = {"server": owner.server, "reference": reference, "salt": basis.salt}
        write_meta(connection, {**first, "source_zone": basis.source_zone, "report_zone": basis.report_zone})
    if owner.user_id is not None and "user_id" not in meta:
        write_meta(connection, {"user_id": str(owner.user_id)})


def refuse_other(meta: dict[str, str], owner: Owner, basis: Basis, path: Path) -> None:
    """Refuse what is another's or was made otherwise than the rows that are there; see :func:`bind`."""
    there, made = owner_of(meta), basis_of(meta)
    if there is not None and made is not None:
        _refuse_other_owner(there, owner, path)
        _refuse_other_basis(made, basis, path)


def _refuse_other_owner(there: Owner, owner: Owner, path: Path) -> None:
    known = None not in (there.user_id, owner.user_id)
    if there.server == owner.server and (not known or there.user_id == owner.user_id):
        return
    raise WrongStore(
        f"{path} holds the data of account {_shown(there)}, not of account {_shown(owner)}. Nothing was "
        "written. Name another folder for this account (store= or TEGRO_STORE), or use the key that belongs "
        "to the store."
    )


def _shown(owner: Owner) -> str:
    return f"{owner.user_id if owner.user_id is not None else '(unknown)'} on {owner.server}"


def _refuse_other_basis(made: Basis, basis: Basis, path: Path) -> None:
    if made.salt != basis.salt:
        raise StoreError(
            f"The customer keys in {path} were made with another salt than the one in the data folder. "
            "Nothing was written: two keys for one customer would be counted as two. Put the salt file back "
            "that belongs to the store."
        )
    if made != basis:
        raise StoreError(
            f"The dates in {path} were made for {made.source_zone} (API) and {made.report_zone} (report), "
            f"not for {basis.source_zone} and {basis.report_zone}. Nothing was written. Derive them anew "
            "first (Store.rederive), or leave the zones as they were."
        )
