"""Write a table as CSV, at the speed of DuckDB's ``COPY`` and guarded against formulas."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import ExportError
from tegro_analytics.reference import DEFAULT_MINOR_UNIT, Reference, load_reference
from tegro_analytics.reports.batches import in_batches, one_batch
from tegro_analytics.reports.clocks import check_zone, wall_times
from tegro_analytics.reports.dialects import Dialect, DialectName, dialect_named, label, shown
from tegro_analytics.reports.files import new_file, plain_reason
from tegro_analytics.reports.guard import guard as guard_text
from tegro_analytics.reports.guard import guarded
from tegro_analytics.reports.masking import masked
from tegro_analytics.texts import language, tr

__all__ = ["write_batches", "write_csv"]

_ROWS_AT_A_TIME = 122_880  # a row group of DuckDB
_NARROW, _WIDE = 18, 38  # digits of an amount, and of a sum

_CLOSED: Mapping[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def write_csv(
    table: pa.Table,
    path: str | os.PathLike[str],
    *,
    zone: str,
    dialect: DialectName = "rfc4180",
    guard: bool = True,
    overwrite: bool = False,
    lang: str | None = None,
    pii: bool = False,
    reference: Reference | None = None,
) -> Path:
    """Write a table of the package as a CSV file, one line for each row.

    Parameters
    ----------
    table : pyarrow.Table
        Orders, withdrawals, balances, shops or quarantine, with the types of ``schemas``; columns made for
        the engines are left out.
    path : path
        Where the file will stand; it appears whole or not at all, and belongs to its owner alone.
    zone : str
        The report zone: instants are written as its clocks show them.
    dialect : {"rfc4180", "excel-ru"}
        For machines, or for people with a Russian spreadsheet program. See
        :mod:`tegro_analytics.reports.dialects`.
    guard : bool
        Put an apostrophe before text that a spreadsheet program would take for a formula; ``read_csv``
        takes it off again. Without it a payer can put a formula into your file.
    overwrite : bool
        Replace an existing file.
    lang : {"ru", "en"}, optional
        Language of the headers of ``excel-ru``; Russian by default. ``rfc4180`` has the names of the columns.
    pii : bool
        Write e-mail addresses and payout accounts in full; they are masked by default.
    reference : Reference, optional
        Where the minor units of the currencies come from.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ExportError
        If the file exists, or cannot be written; what stood there is untouched.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> table = pa.table({"id": [1], "payment_id": ["=1+1"]})
    >>> print(write_csv(table, folder / "orders.csv", zone="Europe/Moscow").read_text())
    id,payment_id
    1,'=1+1
    <BLANKLINE>
    """
    table = masked(shown(table), pii=pii)
    return write_batches(
        in_batches(table, _ROWS_AT_A_TIME),
        path,
        sample=table,
        zone=zone,
        dialect=dialect,
        guard=guard,
        overwrite=overwrite,
        lang=lang,
        reference=reference,
    )


def write_batches(
    batches: Iterable[pa.RecordBatch],
    path: str | os.PathLike[str],
    *,
    sample: pa.Table,
    zone: str,
    dialect: DialectName = "rfc4180",
    guard: bool = True,
    overwrite: bool = False,
    lang: str | None = None,
    reference: Reference | None = None,
) -> Path:
    """Write rows as they come, in memory that does not grow; the parameters are those of :func:`write_csv`.

    ``sample`` is a table of the same columns in which every currency occurs: it says how amounts are written.
    """
    style = dialect_named(dialect)
    writer = _Writer(style, zone=check_zone(zone), lang=language(lang or "ru"), guard=guard)
    query = writer.query(sample, reference or load_reference())
    with new_file(path, overwrite=overwrite) as (draft, target):
        try:
            _copy(writer.batches(batches, sample), query, draft, style)
        except duckdb.Error as error:
            raise ExportError(plain_reason(error, target)) from error
    return target


class _Writer:
    """Turn columns into what DuckDB writes: one expression for each cell, over batches prepared for it."""

    def __init__(self, style: Dialect, *, zone: str, lang: str, guard: bool) -> None:
        self.style, self.zone, self.lang, self.guard = style, zone, lang, guard

    def query(self, table: pa.Table, reference: Reference) -> str:
        """Write the query that makes the file from the prepared batches."""
        money = self._money(table, reference)
        cells = ", ".join(
            f"{self._cell(f'c{place}', field, money)} AS {_name(head)}"
            for place, (field, head) in enumerate(zip(table.schema, self._heads(table.schema), strict=True))
        )
        return f"SELECT {cells} FROM bound"  # noqa: S608  names are quoted, and cells are numbered

    def batches(self, rows: Iterable[pa.RecordBatch], sample: pa.Table) -> pa.RecordBatchReader:
        """Prepare the rows, some at a time: they are never in memory twice."""
        empty = self._prepared(one_batch(sample.slice(0, 0)))
        parts = (self._prepared(batch) for batch in rows)
        return pa.RecordBatchReader.from_batches(empty.schema, parts)

    def _prepared(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns: dict[str, pa.Array] = {}
        for place, values in enumerate(batch.columns):
            columns |= self._prepare(f"c{place}", values)
        return pa.RecordBatch.from_pydict(columns)

    def _prepare(self, cell: str, values: pa.Array) -> dict[str, pa.Array]:
        """Guard text; read instants off the clock of the zone, the offset beside them where it is shown."""
        if pa.types.is_timestamp(values.type):
            wall = wall_times(values, self.zone)
            if self.style.labels:
                spaced = pc.binary_join_element_wise("", wall.offset, " ")
                return {cell: wall.local, f"{cell}_offset": pc.if_else(wall.unclear(self.zone), spaced, "")}
            return {cell: wall.local, f"{cell}_offset": wall.offset}
        if self.guard and _is_text(values.type):
            return {cell: guarded(values, separator=self.style.separator)}
        return {cell: values}

    def _heads(self, schema: pa.Schema) -> Iterator[str]:
        """Write the headers; the first one carries the byte order mark."""
        for place, field in enumerate(schema):
            zone = self.zone if pa.types.is_timestamp(field.type) else None
            head = label(field.name, self.lang, zone=zone) if self.style.labels else field.name
            head = guard_text(head, separator=self.style.separator) if self.guard else head
            yield self.style.mark + head if place == 0 else head

    def _cell(self, cell: str, field: pa.Field, money: str) -> str:
        """Write the expression of one cell."""
        style = self.style
        if pa.types.is_timestamp(field.type):
            return (
                f"CASE WHEN epoch_us({cell}) % 1000000 = 0 THEN strftime({cell}, '{style.instant}') "
                f"ELSE strftime({cell}, '{style.instant}{style.decimal}%f') END || {cell}_offset"
            )
        if pa.types.is_date(field.type):
            return f"strftime({cell}, '{style.date}')"
        if pa.types.is_boolean(field.type):
            return (
                f"CASE {cell} WHEN true THEN '{self._word('yes')}' WHEN false THEN '{self._word('no')}' END"
            )
        if pa.types.is_decimal(field.type):
            width = _NARROW if field.type.precision <= _NARROW else _WIDE
            return self._pointed(money.format(cell=cell, width=width))
        return self._pointed(f"{cell}::VARCHAR") if pa.types.is_floating(field.type) else cell

    def _word(self, key: str) -> str:
        if self.style.labels:
            return tr(f"report.{key}", self.lang)
        return "true" if key == "yes" else "false"

    def _pointed(self, number: str) -> str:
        return number if self.style.decimal == "." else f"replace({number}, '.', '{self.style.decimal}')"

    def _money(self, table: pa.Table, reference: Reference) -> str:
        """Write exact decimals with the places of their currency, and more where the amount has more."""
        if "currency" not in table.column_names:
            return _decimal(DEFAULT_MINOR_UNIT)
        by_places: dict[int, list[str]] = {}
        for code in pc.unique(table.column("currency")).drop_null().to_pylist():
            by_places.setdefault(reference.minor_unit(code), []).append(_literal(code))
        currency = f"c{table.column_names.index('currency')}"
        if len(by_places) <= 1:
            return _decimal(*by_places or [DEFAULT_MINOR_UNIT])
        cases = (
            f"WHEN {currency} IN ({', '.join(codes)}) THEN {_decimal(n)}" for n, codes in by_places.items()
        )
        return f"CASE {' '.join(cases)} ELSE {_decimal(DEFAULT_MINOR_UNIT)} END"


def _decimal(places: int) -> str:
    short = f"{{cell}}::DECIMAL({{width}}, {places})"
    return f"CASE WHEN {{cell}} = {short} THEN {short}::VARCHAR ELSE rtrim({{cell}}::VARCHAR, '0') END"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _copy(rows: pa.RecordBatchReader, query: str, draft: Path, style: Dialect) -> None:
    """Let DuckDB write the file; its connection can reach the folder of the file and nothing else."""
    with duckdb.connect(":memory:", config=dict(_CLOSED)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("bound", rows)
        connection.execute(f"SET allowed_directories = [{_literal(str(draft.parent))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        connection.execute(
            f"COPY ({query}) TO {_literal(str(draft))} (FORMAT csv, HEADER true, "
            f"DELIMITER '{style.separator}', NEW_LINE '\\r\\n', USE_TMP_FILE false)"
        )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
