"""The register of payments: what an accountant books, one operation a line, and what it all sums to."""

# ruff: noqa: S608  every name in the SQL is a constant; values are numbers, moments, or quoted

from __future__ import annotations

import datetime as dt
import itertools
import os
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import ExportError
from tegro_analytics.metrics.asking.populations import REFUNDED
from tegro_analytics.metrics.asking.window import Bound, Window, window
from tegro_analytics.reference import Reference, load_reference
from tegro_analytics.reports.csv_write import write_batches
from tegro_analytics.reports.dialects import DialectName, dialect_named
from tegro_analytics.reports.files import refuse
from tegro_analytics.reports.workbook.period import period_of
from tegro_analytics.schemas import MONEY_SCALE
from tegro_analytics.texts import language, tr

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["register_bounds", "write_register"]

_ROWS_AT_A_TIME = 100_000
_SORTED_AT_ONCE = 250_000
"""So many lines are sorted at once, and never less than those of a day."""
_VIEW = "register_orders"
_MONEY = ("amount", "fee", "refund", "net_volume")
_TYPES = {
    "day": "DATE",
    "moment": "TIMESTAMPTZ",
    "operation": "VARCHAR",
    "id": "BIGINT",
    "payment_id": "VARCHAR",
    "payment_system": "VARCHAR",
    **dict.fromkeys(_MONEY, f"DECIMAL(38, {MONEY_SCALE})"),
    "currency": "VARCHAR",
    "is_refunded": "BOOLEAN",
    "shop_id": "VARCHAR",
}
"""The columns, and what they hold in DuckDB; the shop is there where there are several."""
_DAY, _MOMENT = "coalesce(paid_date, created_date)", "coalesce(paid_at, created_at)"
_OPERATIONS = ("payment", "refund", "day_total", "total")


def write_register(
    path: str | os.PathLike[str],
    orders: duckdb.DuckDBPyRelation,
    *,
    bounds: Window,
    dialect: DialectName = "excel-ru",
    daily: bool = False,
    merchant_share: Decimal = Decimal(1),
    several_shops: bool = False,
    sandbox: bool = False,
    lang: str | None = None,
    overwrite: bool = False,
    reference: Reference | None = None,
) -> Path:
    """Write the register of payments as CSV: a line for each payment, and one for each refund.

    A refund is an operation of its own, on its own day: the payment that it takes back may lie in another
    month, and the sums of a day are those that were settled on it. The payment is marked as refunded too. A
    refund that nobody saw happen stands on the day of its payment, as in ``revenue``.

    The lines of all currencies follow one another by time, so that the file can be filtered and read by a
    program; they are never added. The totals stand at its end, a line for each currency, and equal what
    :func:`tegro_analytics.revenue` and :func:`tegro_analytics.fees` give for the period. Test orders and
    orders with a negative amount are left out, as there.

    Parameters
    ----------
    path : path
        Where the file will stand, ending in ``.csv``; it appears whole or not at all, and belongs to its
        owner alone. There is no address of a payer in it.
    orders : duckdb.DuckDBPyRelation
        All known orders, with the types of ``schemas.ORDERS``. They are sorted in DuckDB, some days after
        the others, and written as they come: memory does not grow with them.
    bounds : Window
        The period, half-open, in the report zone.
    dialect : {"excel-ru", "rfc4180"}
        For people with a Russian spreadsheet program, or for machines.
    daily : bool
        Write the totals of each day after its lines, for each currency.
    merchant_share : Decimal
        Which part of the fee the merchant bears: what is received is the amount less so much of the fee,
        rounded for each line, so that a total is the sum of its lines to the last digit.
    several_shops : bool
        Whether the shop of each operation is named.
    sandbox : bool
        Whether the shop is made up: the totals for people say so.
    lang : {"ru", "en"}, optional
        The language of ``excel-ru``; Russian by default.
    overwrite : bool
        Replace an existing file.
    reference : Reference, optional
        Which statuses are paid, and the minor units of the currencies.

    Returns
    -------
    pathlib.Path
        The file. Its columns: ``day`` (in the report zone), ``moment`` (of the payment, or when the refund
        was first seen), ``operation`` (``payment``, ``refund``, ``day_total``, ``total``), ``id``,
        ``payment_id``, ``payment_system``, ``amount``, ``fee``, ``refund``, ``net_volume``, ``currency``,
        ``is_refunded``, and ``shop_id`` with several shops.

    Raises
    ------
    ExportError
        If the name does not end in ``.csv``, or the file exists or cannot be written; what stood there is
        untouched.

    Examples
    --------
    >>> import tempfile
    >>> import tegro_analytics as ta
    >>> shop = ta.demo(orders=300)
    >>> file = shop.register(Path(tempfile.mkdtemp()) / "register.csv", dialect="rfc4180")
    >>> file.read_text().splitlines()[0]
    'day,moment,operation,id,payment_id,payment_system,amount,fee,refund,net_volume,currency,is_refunded'
    >>> shop.close()
    """
    target = Path(path).expanduser().resolve()
    if target.suffix.lower() != ".csv":
        raise ExportError(f"{target.name!r}: the register is a CSV file, so end its name with .csv.")
    refuse(target, overwrite=overwrite)
    known = reference or load_reference()
    lines = _Lines(bounds, known, merchant_share, daily=daily, several_shops=several_shops)
    words = _words(dialect, language(lang or "ru"), sandbox=sandbox)
    totals = _asked(orders, lines.totals(words)).to_arrow_table()
    return write_batches(
        itertools.chain(_in_order(orders, lines, words), totals.to_batches()),
        target,
        sample=totals,
        zone=bounds.zone.key,
        dialect=dialect,
        overwrite=overwrite,
        lang=lang,
        reference=known,
    )


def _in_order(
    orders: duckdb.DuckDBPyRelation, lines: _Lines, words: dict[str, str]
) -> Iterator[pa.RecordBatch]:
    """Give the lines by time, some days after the others: no more are sorted at once than fit in memory."""
    spans: list[list[dt.date]] = []
    held = _SORTED_AT_ONCE
    for day, count in _asked(orders, lines.counts()).fetchall():
        if held + count > _SORTED_AT_ONCE:
            spans.append([])
            held = 0
        spans[-1].append(day)
        held += count
    for days in spans:
        rows = _asked(orders, lines.of_days(words, days[0], days[-1]))
        yield from rows.to_arrow_reader(_ROWS_AT_A_TIME)


def _asked(orders: duckdb.DuckDBPyRelation, query: str) -> duckdb.DuckDBPyRelation:
    return cast("duckdb.DuckDBPyRelation", orders.query(_VIEW, query))  # a SELECT has rows


def _words(dialect: DialectName, lang: str, *, sandbox: bool) -> dict[str, str]:
    """Name the operations: in the language of people, or by the names that programs know."""
    if not dialect_named(dialect).labels:
        return {name: name for name in _OPERATIONS}
    words = {name: tr(f"register.{name}", lang) for name in _OPERATIONS}
    if sandbox:
        words |= {name: tr("register.sandbox", lang, what=words[name]) for name in ("day_total", "total")}
    return words


def register_bounds(
    since: Bound | None, until: Bound | None, *, as_of: dt.datetime, zone: ZoneInfo
) -> Window:
    """Read the bounds of a register; without any, it is of the last calendar month that was over.

    Examples
    --------
    >>> moscow = ZoneInfo("Europe/Moscow")
    >>> register_bounds(None, None, as_of=dt.datetime(2026, 11, 3, tzinfo=moscow), zone=moscow).until
    datetime.datetime(2026, 11, 1, 0, 0)
    """
    if since is None and until is None:
        month = period_of(None, None, as_of=as_of, zone=zone.key, first=None)
        return Window(month.since, month.until, zone)
    return window(since, until, zone)


class _Lines:
    """Write the query whose rows are the lines of a register; its names are ours, and numbers are numbers."""

    def __init__(
        self, bounds: Window, reference: Reference, share: Decimal, *, daily: bool, several_shops: bool
    ) -> None:
        self.bounds, self.daily = bounds, daily
        self.names = [name for name in _TYPES if several_shops or name != "shop_id"]
        self.paid = ", ".join(str(code) for code in reference.codes("paid"))
        self.share = share.quantize(Decimal(1).scaleb(-MONEY_SCALE), ROUND_HALF_EVEN)

    def counts(self) -> str:
        """Write the query that counts the operations of each day."""
        return f"{self._operations()} SELECT day, count(*) FROM operations GROUP BY day ORDER BY day"

    def totals(self, words: dict[str, str]) -> str:
        """Write the query of the totals."""
        sums = self._sums("total", by=("currency",))
        return f"{self._operations()} {self._shown(words)} FROM ({sums}) ORDER BY currency"

    def of_days(self, words: dict[str, str], first: dt.date, last: dt.date) -> str:
        """Write the query of the lines of some days, with the totals of each where they are wanted."""
        parts = ["SELECT * FROM operations"]
        if self.daily:
            parts.append(self._sums("day_total", by=("day", "currency")))
        days = f"day BETWEEN DATE '{first}' AND DATE '{last}'"
        return (
            f"{self._operations()}, lines AS NOT MATERIALIZED ({' UNION ALL '.join(parts)}) "
            f"{self._shown(words)} FROM lines WHERE {days} "
            "ORDER BY lines.day, lines.moment NULLS LAST, id, lines.operation, currency"
        )

    def _operations(self) -> str:
        return f"WITH operations AS NOT MATERIALIZED ({self._payments()} UNION ALL {self._refunds()})"

    def _shown(self, words: dict[str, str]) -> str:
        """Write the columns of a line, each of its type, the operation in words."""
        named = " ".join(f"WHEN '{name}' THEN {_literal(word)}" for name, word in words.items())
        values = {"operation": f"CASE operation {named} END"}
        columns = (f"({values.get(name, name)})::{_TYPES[name]} AS {name}" for name in self.names)
        return f"SELECT {', '.join(columns)}"

    def _select(self, **values: str) -> str:
        """Write the columns of an operation: those that are not named are those of the order."""
        return "SELECT " + ", ".join(f"{values.get(name, name)} AS {name}" for name in self.names)

    def _payments(self) -> str:
        net = "amount - coalesce(fee, 0)"
        if self.share != 1:
            borne = f"coalesce(fee, 0) * {self.share:f}::DECIMAL(9, {MONEY_SCALE})"
            net = f"amount - round({borne}, {MONEY_SCALE})"
        columns = self._select(
            day=_DAY,
            moment=_MOMENT,
            operation="'payment'",
            refund="NULL",
            net_volume=net,
            is_refunded=f"status = {REFUNDED}",
        )
        return f"{columns} FROM {_VIEW} WHERE {self._counts()} AND {self._within(_DAY, _MOMENT)}"

    def _refunds(self) -> str:
        """Write the refunds: by the moment at which one was first seen, else by that of the payment."""
        seen = f"timezone({_literal(self.bounds.zone.key)}, refund_first_seen_at)::DATE"
        day, moment = f"coalesce({seen}, {_DAY})", f"coalesce(refund_first_seen_at, {_MOMENT})"
        columns = self._select(
            day=day,
            moment=moment,
            operation="'refund'",
            amount="NULL",
            fee="NULL",
            refund="amount",
            net_volume="-amount",
            is_refunded="NULL",
        )
        inside = self._within(day, moment)
        return f"{columns} FROM {_VIEW} WHERE {self._counts()} AND status = {REFUNDED} AND {inside}"

    def _counts(self) -> str:
        """Say which orders are payments, as the metrics do."""
        return f"NOT coalesce(is_test, false) AND amount >= 0 AND status IN ({self.paid})"

    def _within(self, day: str, moment: str) -> str:
        """Say whether an operation lies within the bounds: by its day, where they are days."""
        if self.bounds.by_days:
            name, kind, ends = day, "DATE", (self.bounds.since, self.bounds.until)
        else:
            name, kind, ends = moment, "TIMESTAMPTZ", self.bounds.instants()
        parts = [
            f"{name} {compare} {_literal(end.isoformat())}::{kind}"
            for compare, end in zip((">=", "<"), ends, strict=True)
            if end is not None
        ]
        return " AND ".join(parts) or "true"

    def _sums(self, operation: str, *, by: tuple[str, ...]) -> str:
        values = dict.fromkeys(self.names, "NULL") | {name: f"sum({name})" for name in _MONEY}
        values |= {name: name for name in by} | {"operation": f"'{operation}'"}
        return f"{self._select(**values)} FROM operations GROUP BY {', '.join(by)}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
