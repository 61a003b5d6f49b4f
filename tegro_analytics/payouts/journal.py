"""The journal of calls that move money: written before a byte is sent, on the disk before it goes on.

One small SQLite file of its own, apart from the store, which people delete and read again. It is never
pruned: the same id is known for ever. Accounts stand in it masked, and as keyed hashes whose key is in the
same file, so that the file goes to nobody but its owner (0600).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tegro_analytics.exceptions import StoreDamaged, StoreError, StoreNewer
from tegro_analytics.payouts.intent import Intent, Kind, State, Wish
from tegro_analytics.payouts.steps import reach
from tegro_analytics.store.files import place_new

__all__ = ["FILE", "Journal", "Scope"]

FILE = "payouts.sqlite3"
VERSION = 1
_PRIVATE = 0o600
_PATIENCE = 30.0  # seconds that one program waits while another writes a row
_SECRET_BYTES = 32
_DURABLE = "PRAGMA synchronous = EXTRA"
"""More than FULL: after a power cut a commit that was the last of all is still there."""

_TABLES = """
CREATE TABLE secret (value BLOB NOT NULL);
CREATE TABLE intents (
    server TEXT NOT NULL, shop_id TEXT NOT NULL, kind TEXT NOT NULL, payment_id TEXT NOT NULL,
    digest TEXT NOT NULL, account_mark TEXT, account TEXT,
    amount TEXT NOT NULL, currency TEXT NOT NULL, payment_system INTEGER,
    state TEXT NOT NULL, prepared_at TEXT NOT NULL, sent_at TEXT, ended_at TEXT, sends INTEGER NOT NULL,
    tegro_id TEXT, url TEXT, adopted INTEGER NOT NULL, reason TEXT,
    PRIMARY KEY (server, shop_id, kind, payment_id)
) WITHOUT ROWID;
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    server TEXT NOT NULL, shop_id TEXT NOT NULL, kind TEXT NOT NULL, payment_id TEXT NOT NULL,
    moment TEXT NOT NULL, event TEXT NOT NULL, detail TEXT
);
CREATE INDEX events_of ON events (server, shop_id, kind, payment_id);
"""

Scope = tuple[str, str]
"""Whose intents they are: the server (the own id of a sandbox, whatever its port) and the shop."""

_COLUMNS = (
    "kind, payment_id, state, amount, currency, payment_system, account, prepared_at, sent_at, ended_at, "
    "sends, tegro_id, url, adopted, reason"
)
_KEY = "(server, shop_id, kind, payment_id) = (?, ?, ?, ?)"


class Journal:
    """Keep what was meant, what was sent, and what became of it.

    Nothing is made before the first intent is written down. Several programs may use one file.

    Parameters
    ----------
    folder
        Where the file stands; it is made, 0700, with the first intent.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    # Writing

    def prepare(self, scope: Scope, wish: Wish, *, now: dt.datetime) -> None:
        """Write an intent down, before anything is sent."""
        with self._writing() as db:
            secret = _secret(db)
            mark = _mark(secret, wish.parameters().get("account"))
            reach("preparing")
            db.execute(
                "INSERT INTO intents VALUES (?,?,?,?,?,?,?,?,?,?,?,?,NULL,NULL,0,NULL,NULL,0,NULL)",
                (
                    *(*scope, wish.kind, wish.payment_id, wish.digest(secret), mark, wish.masked),
                    *(f"{wish.amount:f}", wish.currency, wish.payment_system, State.PREPARED, _text(now)),
                ),
            )
            _log(db, (*scope, wish.kind, wish.payment_id), "prepared", now)
        reach("prepared")

    def change(
        self,
        scope: Scope,
        kind: Kind,
        payment_id: str,
        state: State,
        *,
        now: dt.datetime,
        sent: bool = False,
        facts: Mapping[str, Any] | None = None,
        only_from: State | None = None,
    ) -> None:
        """Move an intent on; ``facts`` are columns that are known now.

        With ``only_from`` it must still be in that state: should a lock ever fail, nobody sends what another
        program has begun to send.
        """
        facts = facts or {}
        key = (*scope, kind, payment_id)
        where, wanted = (_KEY, key) if only_from is None else (f"{_KEY} AND state = ?", (*key, only_from))
        columns: dict[str, Any] = {"state": state, **facts}
        if sent:
            columns |= {"sent_at": _text(now), "ended_at": None}
        elif state in (State.ACCEPTED, State.REJECTED, State.PRESUMED_ABSENT):
            columns["ended_at"] = _text(now)
        names = ", ".join(f"{name} = ?" for name in columns) + (", sends = sends + 1" if sent else "")
        with self._writing() as db:
            changed = db.execute(
                f"UPDATE intents SET {names} WHERE {where}",  # noqa: S608  names of columns
                (*columns.values(), *wanted),
            )
            if changed.rowcount != 1:
                raise StoreError(
                    f"{payment_id!r} is not in {self.path} as it was a moment ago: another program moved it "
                    "on, or the file was replaced. Nothing more was sent."
                )
            _log(db, key, state.value, now, facts.get("reason"))

    def note(
        self, scope: Scope, kind: Kind, payment_id: str, event: str, *, now: dt.datetime, detail: Any = None
    ) -> None:
        """Add to what is known of an intent, which stays where it is."""
        with self._writing() as db:
            _log(db, (*scope, kind, payment_id), event, now, detail)

    # Reading

    def find(self, scope: Scope, kind: Kind, payment_id: str) -> Intent | None:
        """Give one intent, or None."""
        found = self._ask(
            f"SELECT {_COLUMNS} FROM intents WHERE {_KEY}",  # noqa: S608  names of columns
            (*scope, kind, payment_id),
        )
        return _intent(found[0]) if found else None

    def all(self, scope: Scope | None = None) -> list[Intent]:
        """Give the intents of a shop, or of all, in the order in which they were written down."""
        where, values = ("", ()) if scope is None else (" WHERE (server, shop_id) = (?, ?)", scope)
        rows = self._ask(f"SELECT {_COLUMNS} FROM intents{where} ORDER BY prepared_at, payment_id", values)  # noqa: S608  names of columns
        return [_intent(row) for row in rows]

    def names(self, scope: Scope) -> set[str]:
        """Give the ids of the withdrawals of a shop."""
        rows = self._ask(
            "SELECT payment_id FROM intents WHERE (server, shop_id, kind) = (?, ?, 'withdrawal')", scope
        )
        return {name for (name,) in rows}

    def open_of(self, shop_ids: Iterable[str]) -> list[Intent]:
        """Give the intents of some shops, on whatever server, whose outcome nobody knows."""
        rows = self._ask(
            f"SELECT {_COLUMNS}, shop_id FROM intents WHERE state IN ('sent', 'unknown') ORDER BY sent_at",  # noqa: S608  names of columns
            (),
        )
        wanted = set(shop_ids)
        return [_intent(row[:-1]) for row in rows if row[-1] in wanted]

    def is_same(self, scope: Scope, wish: Wish) -> bool:
        """Say whether the body of an intent that is written down is that of a wish."""
        rows = self._ask(
            f"SELECT digest, value FROM intents, secret WHERE {_KEY}",  # noqa: S608  a constant
            (*scope, wish.kind, wish.payment_id),
        )
        return bool(rows) and hmac.compare_digest(rows[0][0], wish.digest(rows[0][1]))

    def is_account(self, scope: Scope, payment_id: str, account: str) -> bool:
        """Say whether an account is the one that a withdrawal was meant for."""
        rows = self._ask(
            "SELECT account_mark, value FROM intents, secret "
            "WHERE (server, shop_id, kind, payment_id) = (?, ?, 'withdrawal', ?)",
            (*scope, payment_id),
        )
        return bool(rows) and hmac.compare_digest(rows[0][0] or "", _mark(rows[0][1], account) or "-")

    def events(
        self, scope: Scope, kind: Kind, payment_id: str, *, since: dt.datetime | None = None
    ) -> list[tuple[dt.datetime, str, Any]]:
        """Give what happened to an intent, in order: moment, event, detail."""
        rows = self._ask(
            f"SELECT moment, event, detail FROM events WHERE {_KEY} ORDER BY number",  # noqa: S608  a constant
            (*scope, kind, payment_id),
        )
        told = [(dt.datetime.fromisoformat(moment), event, detail) for moment, event, detail in rows]
        return [one for one in told if since is None or one[0] >= since]

    def sum_since(self, scope: Scope, currency: str, since: dt.datetime) -> Decimal:
        """Add up the withdrawals of a currency, sent since a moment, that may have been carried out."""
        rows = self._ask(
            "SELECT amount FROM intents WHERE (server, shop_id, kind, currency) = (?, ?, 'withdrawal', ?) "
            "AND sent_at >= ? AND state IN ('sent', 'accepted', 'unknown')",
            (*scope, currency, _text(since)),
        )
        return sum((Decimal(amount) for (amount,) in rows), Decimal(0))

    # The file

    def _ask(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._open() as db:
            return db.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, on the disk when it ends."""
        self._make()
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        problem: Exception | None = None
        # Opened, never made: a file that vanished meanwhile must not come back empty.
        address = f"{self.path.absolute().as_uri()}?mode=rw"
        try:
            with contextlib.closing(
                sqlite3.connect(address, timeout=_PATIENCE, isolation_level=None, uri=True)
            ) as db:
                db.execute(_DURABLE)
                self._check(db)
                yield db
        except sqlite3.Error as error:
            problem = self._explained(error)
        if problem is not None:
            raise problem

    def _check(self, db: sqlite3.Connection) -> None:
        """Refuse a file of a newer version of the package, and one that is no journal.

        A journal comes into being whole, so an empty file is one that was cut off: to begin it anew would be
        to forget what was paid.
        """
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StoreNewer(
                f"The journal {self.path} was written by a newer tegro_analytics. Update the package: "
                "nothing was sent, and the journal is as it was."
            )
        if version != VERSION:
            raise sqlite3.DatabaseError("it is empty, or no journal")

    def _make(self) -> None:
        """Make the file, for its owner alone: SQLite gives its passing files the same mode."""
        if self.path.exists():
            return
        problem = ""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self.path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
            try:
                _draft(draft)
                with contextlib.suppress(FileExistsError):  # another program was faster
                    place_new(draft, self.path)
            finally:
                draft.unlink(missing_ok=True)
        except (OSError, sqlite3.Error) as error:
            problem = getattr(error, "strerror", None) or str(error)
        if problem:
            raise StoreError(
                f"The journal of payouts {self.path} cannot be made: {problem}. Nothing was sent."
            )

    def _explained(self, error: sqlite3.Error) -> StoreError:
        if isinstance(error, sqlite3.OperationalError):
            return StoreError(
                f"The journal of payouts {self.path} cannot be used: {error}. Without it nothing is sent."
            )
        return StoreDamaged(
            f"The journal of payouts {self.path} is damaged: {error}. Nothing is sent without it. Keep the "
            "file, put back its last backup, and compare shop.payouts with the list of withdrawals."
        )


def _draft(path: Path) -> None:
    """Write a whole journal without an intent, under another name."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(_DURABLE)
        db.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";\n"):
            db.execute(statement)
        db.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(_SECRET_BYTES),))
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")


def _secret(db: sqlite3.Connection) -> bytes:
    return bytes(db.execute("SELECT value FROM secret").fetchone()[0])


def _mark(secret: bytes, account: str | None) -> str | None:
    """Make the keyed hash by which an account is known again, however it is spaced."""
    if account is None:
        return None
    plain = "".join(account.split()).casefold()
    return hmac.new(secret, f"account {plain}".encode(), "sha256").hexdigest()


def _log(
    db: sqlite3.Connection, key: tuple[str, str, str, str], event: str, now: dt.datetime, detail: Any = None
) -> None:
    told = detail if detail is None or isinstance(detail, str) else json.dumps(detail, sort_keys=True)
    db.execute(
        "INSERT INTO events (server, shop_id, kind, payment_id, moment, event, detail) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*key, _text(now), event, told),
    )


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _intent(row: tuple[Any, ...]) -> Intent:
    kind, payment_id, state, amount, currency, system, account, *moments = row[:10]
    sends, tegro_id, url, adopted, reason = row[10:]
    prepared, sent, ended = (None if one is None else dt.datetime.fromisoformat(one) for one in moments)
    assert prepared is not None  # noqa: S101  the column takes no null
    return Intent(
        kind=kind,
        payment_id=payment_id,
        state=State(state),
        amount=Decimal(amount),
        currency=currency,
        payment_system=system,
        account=account,
        prepared_at=prepared,
        sent_at=sent,
        ended_at=ended,
        sends=sends,
        tegro_id=tegro_id,
        url=url,
        adopted=bool(adopted),
        reason=reason,
    )
