"""A data set is what Spark, DuckDB, Polars and pyarrow read as one table, exactly; it stands whole or not."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import subprocess
import sys
import textwrap
import threading
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from tegro_analytics import frames
from tegro_analytics.exceptions import DataError, ExportError, MissingColumn
from tegro_analytics.reports import folders, parts, read_parquet, write_dataset
from tegro_analytics.schemas import BALANCES, ORDERS, QUARANTINE, SHOPS, WITHDRAWALS
from tests.reports.tables import AS_OF, HOSTILE, MOSCOW, ODD, golden, order, table, with_texts

ZONE = "Europe/Moscow"
UTC = dt.UTC
NO_MONTH = "month=__HIVE_DEFAULT_PARTITION__"


def by_duckdb(folder, options=""):
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.sql(
            f"SELECT * FROM read_parquet('{folder}/**/*.parquet'{options})"
        ).to_arrow_table()


def by_duckdb_without_keys(folder):
    return by_duckdb(folder, ", hive_partitioning = false")


def by_polars(folder):
    return pl.read_parquet(f"{folder}/**/*.parquet").to_arrow(compat_level=pl.CompatLevel.oldest())


def by_polars_with_keys(folder):
    files = pl.scan_parquet(f"{folder}/**/*.parquet", hive_partitioning=True)
    return files.collect().to_arrow(compat_level=pl.CompatLevel.oldest())


def by_dataset(folder):
    return pyarrow.dataset.dataset(folder, partitioning="hive").to_table()


ENGINES = pytest.mark.parametrize(
    "read", [by_duckdb, by_duckdb_without_keys, by_polars, by_polars_with_keys, by_dataset, pq.read_table]
)


def sorted_by_id(rows):
    return rows.sort_by("id").combine_chunks()


def same_rows(found, written, schema=ORDERS):
    """Compare what an engine gave with the source; texts may be of its own kind of text, nothing else."""
    found = found.select(schema.names())
    kinds = {
        field.name: pa.string() if pa.types.is_large_string(field.type) else field.type
        for field in found.schema
    }
    assert kinds == {field.name: field.type for field in schema.arrow()}
    return sorted_by_id(found.cast(schema.arrow())).equals(sorted_by_id(written))


def months(count, each=1):
    """Make orders of so many months, one after the other in every month, in turn: no month comes together."""
    return table(
        order(
            turn * count + number,
            created_at=dt.datetime(1977 + number // 12, 1 + number % 12, 5, 10, tzinfo=MOSCOW),
            amount=Decimal(number) + Decimal("0.00000001"),
        )
        for turn in range(each)
        for number in range(count)
    )


def withdrawal(number, created_at=None, **values):
    return {
        "shop_id": "A1",
        "id": str(number),
        "created_at": created_at,
        "account": "4111111111111111",
        "observed_at": AS_OF,
        "as_of": AS_OF,
        **values,
    }


def withdrawals(*rows):
    return pa.Table.from_pylist(list(rows), schema=WITHDRAWALS.arrow())


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def contents(folder):
    return {name: (folder / name).read_bytes() for name in files_of(folder)}


# What is read back


@ENGINES
@pytest.mark.parametrize(
    "written", [golden(), with_texts([*HOSTILE, *ODD]), months(14, each=2)], ids=["golden", "texts", "months"]
)
def test_every_engine_reads_exactly_what_was_written(tmp_path, read, written):
    folder = write_dataset(written, tmp_path / "orders", schema=ORDERS, pii=True)
    assert same_rows(read(folder), written)


@ENGINES
def test_a_data_set_without_rows_has_its_columns(tmp_path, read):
    folder = write_dataset(ORDERS.arrow().empty_table(), tmp_path / "orders", schema=ORDERS)
    assert same_rows(read(folder), ORDERS.arrow().empty_table())
    assert files_of(folder) == ["_tegro.json", "part-00000.parquet"]


@pytest.mark.parametrize("read", [by_duckdb, by_polars_with_keys, by_dataset])
def test_the_key_is_text_and_leaves_files_unread(tmp_path, read):
    found = read(write_dataset(months(3), tmp_path / "orders", schema=ORDERS))
    assert found.column("month").cast(pa.string()).equals(found.column("created_month").cast(pa.string()))


def test_one_file_alone_holds_everything(tmp_path):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS, zone=ZONE, pii=True)
    part = folder / "month=2026-03" / "part-00000.parquet"
    assert pq.read_schema(part).remove_metadata() == ORDERS.arrow()
    assert pq.read_table(part, partitioning=None).equals(golden())


def test_files_are_what_spark_takes_as_it_comes(tmp_path):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    file = pq.ParquetFile(folder / "month=2026-03" / "part-00000.parquet")
    instant, month = (ORDERS.names().index(name) for name in ("created_at", "created_month"))
    assert json.loads(file.schema.column(instant).logical_type.to_json())["timeUnit"] == "microseconds"
    chunk = file.metadata.row_group(0).column(month)
    assert (chunk.compression, chunk.statistics.min) == ("ZSTD", "2026-03")
    assert file.metadata.row_group(0).column(ORDERS.names().index("amount")).physical_type == "INT64"


@pytest.mark.parametrize("money", ["float64", "decimal"])
@pytest.mark.parametrize("inside", ["", "month=2026-03", "month=2026-03/part-00000.parquet"])
def test_pandas_gets_the_types_of_the_shop(tmp_path, inside, money):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS, zone=ZONE)
    frame = read_parquet(folder / inside, money=money, columns=ORDERS.names())
    assert list(frame.columns) == ORDERS.names()
    expected = frames.to_pandas(golden(), ORDERS, report_zone=ZONE, money=money, columns="all")
    pd.testing.assert_frame_equal(frame, expected)


def test_pandas_gets_no_column_that_the_shop_does_not_have(tmp_path):
    folder = write_dataset(months(13), tmp_path / "orders", schema=ORDERS, zone=ZONE)
    expected = frames.to_pandas(months(13), ORDERS, report_zone=ZONE, money="float64")
    pd.testing.assert_frame_equal(read_parquet(folder, money="float64"), expected)


def test_the_zone_comes_with_the_files(tmp_path):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS, zone="Asia/Tokyo")
    assert str(read_parquet(folder)["created_at"].dt.tz) == "Asia/Tokyo"


# Months


def test_orders_lie_by_the_month_of_the_report_zone(tmp_path):
    late = dt.datetime(2026, 10, 31, 22, tzinfo=UTC)  # in Moscow it is November
    rows = table([order(1, created_at=late.astimezone(MOSCOW)), order(2)])
    folder = write_dataset(rows, tmp_path / "orders", schema=ORDERS)
    assert files_of(folder) == [
        "_tegro.json",
        "month=2026-03/part-00000.parquet",
        "month=2026-11/part-00000.parquet",
    ]


@ENGINES
def test_withdrawals_lie_by_the_month_in_utc_and_those_without_a_date_apart(tmp_path, read):
    late = dt.datetime(2026, 10, 31, 22, tzinfo=UTC)
    written = withdrawals(withdrawal(1, late), withdrawal(2), withdrawal(3, late.replace(year=201)))
    folder = write_dataset(written, tmp_path / "withdrawals", schema=WITHDRAWALS, pii=True)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        "month=2026-10",
        "month=0201-10",
        NO_MONTH,
    }
    assert same_rows(read(folder), written, WITHDRAWALS)


@ENGINES
def test_withdrawals_without_any_date_can_be_read(tmp_path, read):
    written = withdrawals(withdrawal(1), withdrawal(2))
    folder = write_dataset(written, tmp_path / "withdrawals", schema=WITHDRAWALS, pii=True)
    assert files_of(folder) == ["_tegro.json", "part-00000.parquet"]
    assert same_rows(read(folder), written, WITHDRAWALS)


@pytest.mark.parametrize("schema", [BALANCES, SHOPS, QUARANTINE], ids=lambda schema: schema.name)
def test_other_tables_are_one_file(tmp_path, schema):
    values = {"text": "x", "int": 7, "money": Decimal("-0.00000001"), "instant": AS_OF}
    row = {column.name: values[column.kind] for column in schema.columns}
    written = pa.Table.from_pylist([row, row], schema=schema.arrow())
    folder = write_dataset(written, tmp_path / "a", schema=schema, pii=True)
    assert files_of(folder) == ["_tegro.json", "part-00000.parquet"]
    assert pq.read_table(folder).equals(written)


@pytest.mark.parametrize("year", [1, 201, 1969, 9999])
def test_odd_years(tmp_path, year):
    created = dt.datetime(year, 7, 1, tzinfo=UTC)
    written = table([order(1, created_at=created, paid_at=None) | {"created_month": f"{year:04}-07"}])
    folder = write_dataset(written, tmp_path / "orders", schema=ORDERS, pii=True)
    assert files_of(folder)[1] == f"month={year:04}-07/part-00000.parquet"
    assert same_rows(by_duckdb(folder), written)


@pytest.mark.parametrize(
    "month",
    ["../../evil", "/etc", "2026-13", "2026-00", "10000-01", "-001-01", "２０２６-10", "2026-10\n", "", "."],
)
def test_a_folder_has_no_name_but_a_month(tmp_path, month):
    written = table([order(1) | {"created_month": month}, order(2)])
    folder = write_dataset(written, tmp_path / "orders", schema=ORDERS, pii=True)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"month=2026-03", NO_MONTH}
    assert list(tmp_path.iterdir()) == [folder]
    assert same_rows(by_dataset(folder), written)


@pytest.mark.parametrize("number", [253_402_300_800_000_000, -62_135_596_800_000_001])
def test_an_instant_beyond_four_digits_has_no_month(tmp_path, number):
    beyond = pa.array([number, 0]).cast(pa.timestamp("us", tz="UTC"))
    rows = withdrawals(withdrawal(1, AS_OF), withdrawal(2, AS_OF))
    rows = rows.set_column(4, WITHDRAWALS.arrow().field("created_at"), beyond)
    folder = write_dataset(rows, tmp_path / "withdrawals", schema=WITHDRAWALS)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"month=1970-01", NO_MONTH}


@pytest.mark.long
def test_fifty_years_of_mixed_months_are_one_file_a_month(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_WAITING", 400_000)
    written = months(600, each=2)
    reader = pa.RecordBatchReader.from_batches(written.schema, written.to_batches(max_chunksize=250))
    folder = write_dataset(reader, tmp_path / "orders", schema=ORDERS, pii=True)
    assert len(files_of(folder)) == 601
    assert same_rows(by_duckdb(folder), written)


def test_rows_of_a_month_stay_in_order_over_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_WAITING", 20_000)
    monkeypatch.setattr(parts, "_SMALL", 10)
    written = table(order(number) for number in range(2_000))
    reader = pa.RecordBatchReader.from_batches(written.schema, written.to_batches(max_chunksize=50))
    folder = write_dataset(reader, tmp_path / "orders", schema=ORDERS, pii=True)
    assert len(files_of(folder)) > 12
    assert pq.read_table(folder, partitioning=None).equals(written)


def test_small_files_are_put_together_in_order_and_in_row_groups_of_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_WAITING", 20_000)
    monkeypatch.setattr(parts, "ROW_GROUP", 600)
    written = table(order(number) for number in range(2_000))
    reader = pa.RecordBatchReader.from_batches(written.schema, written.to_batches(max_chunksize=50))
    folder = write_dataset(reader, tmp_path / "orders", schema=ORDERS, pii=True)
    assert files_of(folder) == ["_tegro.json", "month=2026-03/part-00000.parquet"]
    file = pq.ParquetFile(folder / "month=2026-03" / "part-00000.parquet")
    assert file.num_row_groups <= 8
    assert file.read().equals(written)


def test_small_files_are_put_together_some_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "ROW_GROUP", 15)
    paths = [tmp_path / f"{number}.parquet" for number in range(5)]
    for path in paths:
        pq.write_table(golden(), path)
    assert [rows.num_rows for rows in parts._gathered(paths)] == [20, 20, 10]


@pytest.mark.long
@pytest.mark.parametrize("mixed", [False, True], ids=["in order", "mixed"])
def test_memory_does_not_grow_with_the_rows(tmp_path, monkeypatch, mixed):
    monkeypatch.setattr(parts, "_WAITING", 4 << 20)
    batch = months(20, each=200).combine_chunks()
    batch = (batch if mixed else batch.sort_by("created_at")).to_batches()[0]
    before, held = pa.total_allocated_bytes(), []

    def batches():
        for _ in range(30):
            held.append(pa.total_allocated_bytes() - before)
            yield batch

    reader = pa.RecordBatchReader.from_batches(batch.schema, batches())
    folder = write_dataset(reader, tmp_path / "orders", schema=ORDERS)
    assert batch.nbytes * 30 > 30 << 20
    assert max(held) < 12 << 20
    assert json.loads((folder / "_tegro.json").read_text())["rows"] == 120_000


# People, facts, modes


def test_people_are_masked_unless_asked_for(tmp_path):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    assert set(by_dataset(folder).column("email").to_pylist()) == {
        "a***@x.ru",
        "b***@x.ru",
        "c***@x.ru",
        "d***@x.ru",
        "t***@x.ru",
        None,
        "",
    }
    assert not any(b"b@x.ru" in content for content in contents(folder).values())
    paid = withdrawals(withdrawal(1, AS_OF, extra='{"card": "4111111111111111"}'))
    folder = write_dataset(paid, tmp_path / "withdrawals", schema=WITHDRAWALS)
    assert by_dataset(folder).column("account").to_pylist() == ["***1111"]
    assert not any(b"411111111111" in content for content in contents(folder).values())


def test_the_folder_says_what_it_holds(tmp_path):
    rows = [order(1, as_of=AS_OF), order(2, as_of=AS_OF - dt.timedelta(days=1))]
    batches = [table([row]).to_batches()[0] for row in rows]
    reader = pa.RecordBatchReader.from_batches(ORDERS.arrow(), batches)
    folder = write_dataset(reader, tmp_path / "orders", schema=ORDERS, zone=ZONE)
    assert json.loads((folder / "_tegro.json").read_text()) == {
        "version": 1,
        "table": "orders",
        "columns": ORDERS.names(),
        "rows": 2,
        "as_of": "2026-03-04T09:00:00+00:00",
        "zone": ZONE,
        "pii": False,
    }


def test_a_data_set_belongs_to_its_owner_alone(tmp_path):
    seen = []

    def batches():
        yield from golden().to_batches()
        seen.extend(path for path in tmp_path.iterdir())
        seen.extend(path for path in tmp_path.rglob("*.parquet"))

    reader = pa.RecordBatchReader.from_batches(ORDERS.arrow(), batches())
    folder = write_dataset(reader, tmp_path / "orders", schema=ORDERS)
    assert [path.name[:7] for path in seen] == [".tegro-"]
    if os.name == "posix":
        modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in [folder, *folder.rglob("*")]}
        assert modes == {(True, 0o700), (False, 0o600)}


# What is refused


def test_rows_of_another_shape_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(MissingColumn, match="'fee'"):
        write_dataset(golden().drop_columns("fee"), tmp_path / "orders", schema=ORDERS)
    with pytest.raises(DataError, match="orders have no column 'colour'"):
        write_dataset(golden().append_column("colour", golden()["id"]), tmp_path / "orders", schema=ORDERS)
    with pytest.raises(DataError, match="'fee' is there twice"):
        write_dataset(golden().append_column("fee", golden()["fee"]), tmp_path / "orders", schema=ORDERS)
    assert list(tmp_path.iterdir()) == []


def test_a_value_that_does_not_fit_is_refused_and_not_shown(tmp_path):
    place = ORDERS.names().index("amount")
    wide = golden().set_column(place, "amount", pa.array([Decimal("4111111111111111.123456789")] * 10))
    with pytest.raises(
        DataError, match=r"A value of 'amount' does not fit its type decimal128\(18, 8\)"
    ) as caught:
        write_dataset(wide, tmp_path / "orders", schema=ORDERS)
    assert "4111" not in str(caught.value)
    gap = golden().set_column(place, "amount", pa.nulls(10, pa.decimal128(18, 8)))
    with pytest.raises(DataError, match="'amount' is missing in a row"):
        write_dataset(gap, tmp_path / "orders", schema=ORDERS)
    assert list(tmp_path.iterdir()) == []


def test_an_old_data_set_stays_unless_told_otherwise(tmp_path):
    folder = write_dataset(months(3), tmp_path / "orders", schema=ORDERS)
    old = contents(folder)
    with pytest.raises(ExportError, match=r"holds a data set already\. Pass overwrite=True"):
        write_dataset(golden(), folder, schema=ORDERS)
    assert contents(folder) == old
    assert write_dataset(golden(), folder, schema=ORDERS, overwrite=True) == folder
    assert files_of(folder) == ["_tegro.json", "month=2026-03/part-00000.parquet"]
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("mine.txt", "mine", "was not written by this export"),
        ("_tegro.json", "not json", "was not written by this export"),
        ("_tegro.json", "[1]", "was not written by this export"),
        ("_tegro.json", "[" * 60_000, "was not written by this export"),
        ("_tegro.json", '{"version": 2, "table": "orders"}', "was written by another version"),
        ("_tegro.json", '{"version": 1, "table": "mine"}', "was written by another version"),
    ],
)
def test_a_folder_of_someone_else_is_never_replaced(tmp_path, overwrite, name, content, reason):
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / name).write_text(content)
    with pytest.raises(ExportError, match=rf"{reason}.*Choose another folder, or move what is in it away"):
        write_dataset(golden(), folder, schema=ORDERS, overwrite=overwrite)
    assert contents(folder) == {name: content.encode()}
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    "name", ["notes.txt", "month=2026-03/notes.txt", "month=2026-3/part-00000.parquet", "x/y"]
)
def test_a_data_set_in_which_someone_put_something_is_not_replaced(tmp_path, name):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    with pytest.raises(ExportError, match=r"holds '[^']+', which this export did not write"):
        write_dataset(golden(), folder, schema=ORDERS, overwrite=True)
    assert (folder / name).read_text() == "mine"


def test_a_link_in_a_data_set_is_not_followed(tmp_path):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    (tmp_path / "mine").mkdir()
    (folder / "month=2026-04").symlink_to(tmp_path / "mine")
    with pytest.raises(ExportError, match="holds 'month=2026-04'"):
        write_dataset(golden(), folder, schema=ORDERS, overwrite=True)


def test_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "orders").mkdir()
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    assert same_rows(
        by_dataset(folder).drop_columns("email").append_column("email", golden()["email"]), golden()
    )


def test_a_file_and_a_missing_folder_are_named(tmp_path):
    (tmp_path / "orders").write_text("mine")
    with pytest.raises(ExportError, match=r"orders is a file\. Give the name of a folder"):
        write_dataset(golden(), tmp_path / "orders", schema=ORDERS, overwrite=True)
    with pytest.raises(ExportError, match=r"nowhere does not exist\. Make it first"):
        write_dataset(golden(), tmp_path / "nowhere" / "orders", schema=ORDERS)
    with pytest.raises(ExportError, match="too long"):
        write_dataset(golden(), tmp_path / ("x" * 300), schema=ORDERS)
    assert (tmp_path / "orders").read_text() == "mine"


def test_the_longest_name(tmp_path):
    folder = write_dataset(golden(), tmp_path / ("x" * 255), schema=ORDERS)
    write_dataset(golden(), folder, schema=ORDERS, overwrite=True)
    assert list(tmp_path.iterdir()) == [folder]


# What stops the writing


def failing(error):
    def batches():
        yield from months(3).to_batches()
        raise error

    return pa.RecordBatchReader.from_batches(ORDERS.arrow(), batches())


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_whatever_stops_the_writing_leaves_the_old_data_set(tmp_path, error):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    old = contents(folder)
    with pytest.raises(type(error)):
        write_dataset(failing(error), folder, schema=ORDERS, overwrite=True)
    assert contents(folder) == old
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("error", [pa.ArrowInvalid("user@site.ru"), pa.ArrowKeyError("user@site.ru")])
def test_rows_that_break_off_are_an_error_of_ours_without_a_value(tmp_path, error):
    with pytest.raises(ExportError, match="could not be read to their end") as caught:
        write_dataset(failing(error), tmp_path / "orders", schema=ORDERS)
    assert "user@" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_came_in_the_meantime_stays(tmp_path):
    def batches():
        yield from golden().to_batches()
        (tmp_path / "orders").mkdir()
        (tmp_path / "orders" / "theirs").write_text("theirs")

    reader = pa.RecordBatchReader.from_batches(ORDERS.arrow(), batches())
    with pytest.raises(ExportError, match="was not written by this export"):
        write_dataset(reader, tmp_path / "orders", schema=ORDERS, overwrite=True)
    assert contents(tmp_path / "orders") == {"theirs": b"theirs"}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("fails", [1, 2])
def test_a_name_that_cannot_be_given_leaves_the_old_data_set(tmp_path, monkeypatch, fails):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    old, rename, calls = contents(folder), Path.rename, []

    def closed(self, target):
        calls.append(self)
        if len(calls) == fails:
            raise PermissionError(13, "Permission denied", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", closed)
    with pytest.raises(ExportError, match="closed to you"):
        write_dataset(months(3), folder, schema=ORDERS, overwrite=True)
    assert contents(folder) == old
    assert list(tmp_path.iterdir()) == [folder]


def test_a_closed_folder_is_named(tmp_path, monkeypatch):
    def closed(self, *_, **__):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", closed)
    with pytest.raises(ExportError, match="its folder is closed to you"):
        write_dataset(golden(), tmp_path / "orders", schema=ORDERS)


KILLED = """
    import os, sys
    from pathlib import Path
    from tegro_analytics.reports import folders, write_dataset
    from tegro_analytics.schemas import ORDERS
    from tests.reports.tables import golden
    rename, calls = Path.rename, []
    def killed(self, target):
        calls.append(self)
        if len(calls) == int(sys.argv[2]):
            os._exit(9)
        return rename(self, target)
    Path.rename = killed
    write_dataset(golden(), sys.argv[1], schema=ORDERS, overwrite=True)
"""


def run(program, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        **options,
    )


@pytest.mark.long
def test_a_kill_between_the_two_names_is_mended_by_the_next_writer(tmp_path):
    folder = write_dataset(months(3), tmp_path / "orders", schema=ORDERS)
    old = contents(folder)
    assert run(KILLED, folder, 1).returncode == 9
    assert contents(folder) == old
    assert run(KILLED, folder, 2).returncode == 9
    assert not folder.exists()
    with pytest.raises(ExportError, match="holds a data set already"):
        write_dataset(golden(), folder, schema=ORDERS)
    assert contents(folder) == old


LIMITED = """
    import resource, sys
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    from tegro_analytics.exceptions import ExportError
    from tegro_analytics.reports import write_dataset
    from tegro_analytics.schemas import ORDERS
    from tests.reports.tables import order, table
    rows = table([order(number, payment_id=f"order {number * 7919}") for number in range(3000)])
    try:
        write_dataset(rows, sys.argv[1], schema=ORDERS, overwrite=True)
    except ExportError as error:
        print(error)
"""


@pytest.mark.long
def test_a_full_disk_leaves_the_old_data_set(tmp_path):
    folder = write_dataset(golden(), tmp_path / "orders", schema=ORDERS)
    old = contents(folder)
    done = run(LIMITED, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"The disk is full: {folder} was not written" in done.stdout
    assert contents(folder) == old
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.long
def test_two_writers_at_once_leave_one_whole_data_set(tmp_path):
    folder, refused = tmp_path / "orders", []

    def write():
        try:
            write_dataset(golden(), folder, schema=ORDERS)
        except ExportError as error:
            refused.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert by_dataset(folder).num_rows == 10
    assert list(tmp_path.iterdir()) == [folder]


def test_files_are_on_the_disk_before_they_get_their_name(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(
        folders, "flush_file", lambda path: flushed.append((path.name, (tmp_path / "a").exists()))
    )
    write_dataset(golden(), tmp_path / "a", schema=ORDERS)
    assert sorted(flushed) == [("_tegro.json", False), ("part-00000.parquet", False)]


def test_passing_names_of_two_folders_differ(tmp_path):
    assert folders._aside(tmp_path / "a") != folders._aside(tmp_path / "b")
