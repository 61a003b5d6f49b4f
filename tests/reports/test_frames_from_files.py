"""A frame that is read from a file equals the one that it was written from, types included."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tegro_analytics import frames
from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.reports import read_csv, read_parquet, write_csv, write_parquet
from tegro_analytics.schemas import ORDERS
from tests.reports.tables import HOSTILE, ODD, golden, with_texts

ZONE = "Europe/Moscow"
MONEY = pytest.mark.parametrize("money", ["float64", "decimal"])
TABLES = pytest.mark.parametrize("written", [golden(), with_texts([*HOSTILE, *ODD])], ids=["golden", "texts"])


def expected(written, money, **options):
    return frames.to_pandas(written, ORDERS, report_zone=ZONE, money=money, **options)


@MONEY
@TABLES
@pytest.mark.parametrize("dialect", ["rfc4180", "excel-ru"])
def test_csv(tmp_path, written, money, dialect):
    file = write_csv(written, tmp_path / "orders.csv", zone=ZONE, dialect=dialect)
    pd.testing.assert_frame_equal(read_csv(file, money=money), expected(written, money))


@MONEY
@TABLES
def test_parquet(tmp_path, written, money):
    file = write_parquet(written, tmp_path / "orders.parquet", zone=ZONE)
    pd.testing.assert_frame_equal(read_parquet(file, money=money), expected(written, money))
    pd.testing.assert_frame_equal(
        read_parquet(file, money=money, columns="all"), expected(written, money, columns="all")
    )


def test_parquet_holds_exactly_the_schema_for_other_engines(tmp_path):
    file = write_parquet(golden(), tmp_path / "orders.parquet", zone=ZONE, pii=True)
    assert pq.read_table(file).equals(golden())
    assert pq.read_schema(file).remove_metadata() == ORDERS.arrow()


def test_parquet_masks_people(tmp_path):
    file = write_parquet(golden(), tmp_path / "orders.parquet", zone=ZONE)
    assert b"b@x.ru" not in file.read_bytes()
    assert set(pq.read_table(file).column("email").to_pylist()) >= {"a***@x.ru", None, ""}


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_the_zone_comes_with_the_file_unless_another_is_asked_for(tmp_path, zone):
    written = write_parquet(golden(), tmp_path / "orders.parquet", zone="Europe/Berlin")
    assert str(read_parquet(written, zone=zone)["created_at"].dt.tz) == (zone or "Europe/Berlin")
    written = write_csv(golden(), tmp_path / "orders.csv", zone="Europe/Berlin", dialect="excel-ru")
    assert str(read_csv(written, zone=zone)["created_at"].dt.tz) == (zone or "Europe/Berlin")


def test_an_unknown_column_is_kept_where_it_stood(tmp_path):
    written = golden().select(["id", "amount"]).add_column(1, "note", pa.array(["=1"] * 10))
    frame = read_csv(write_csv(written, tmp_path / "orders.csv", zone=ZONE))
    assert list(frame.columns) == ["id", "note", "amount"]
    assert frame["note"].tolist() == ["=1"] * 10
    file = tmp_path / "mine.csv"
    file.write_text('when;what\r\n1;"a;b"\r\n')
    assert read_csv(file).to_dict("records") == [{"when": "1", "what": "a;b"}]


def test_a_gap_where_nothing_may_be_missing_is_named(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("id,amount\n1,5\n,6\n")
    with pytest.raises(DataError, match="row 2: 'id' is missing"):
        read_csv(file)


def test_a_column_of_parquet_that_is_not_there_is_named(tmp_path):
    file = write_parquet(golden(), tmp_path / "orders.parquet", zone=ZONE)
    assert list(read_parquet(file, columns=["amount", "id"]).columns) == ["amount", "id"]
    with pytest.raises(MissingColumn, match="'colour'"):
        read_parquet(file, columns=["id", "colour"])


def test_what_is_not_parquet_is_named(tmp_path):
    (tmp_path / "orders.parquet").write_text("id,amount\n")
    for name in ("orders.parquet", "nothing.parquet"):
        with pytest.raises(DataError, match=f"{name} cannot be read as Parquet"):
            read_parquet(tmp_path / name)
