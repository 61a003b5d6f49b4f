"""What is written as CSV comes back as it was, in both dialects, and no text becomes a formula."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tegro_analytics.exceptions import ConfigurationError, DataError
from tegro_analytics.reports.csv_read import read_csv, read_csv_table
from tegro_analytics.reports.csv_write import write_csv
from tegro_analytics.reports.dialects import DIALECTS
from tegro_analytics.schemas import BALANCES, ORDERS, QUARANTINE, SHOPS, WITHDRAWALS
from tests.reports.tables import HOSTILE, MOSCOW, ODD, golden, order, table, with_texts

ZONE = "Europe/Moscow"
BOTH = pytest.mark.parametrize("dialect", list(DIALECTS))


def round_trip(written, path, *, dialect, zone=ZONE, **options):
    file = write_csv(written, path, zone=zone, dialect=dialect, pii=True, overwrite=True, **options)
    back, _, _ = read_csv_table(file, zone=zone, guard=options.get("guard", True))
    return back


def shown(written):
    return nullable(written.select(ORDERS.names(engine=False)))


def nullable(written):
    """Say that every column may have gaps: a file cannot say otherwise."""
    return written.cast(pa.schema([field.with_nullable(True) for field in written.schema]))


@BOTH
def test_orders_come_back_as_they_were(tmp_path, dialect):
    assert round_trip(golden(), tmp_path / "orders.csv", dialect=dialect) == shown(golden())


@BOTH
@pytest.mark.parametrize("text", [*HOSTILE, *ODD], ids=ascii)
def test_texts_come_back_as_they_were(tmp_path, dialect, text):
    written = table([order(1, payment_id=text, extra=text), order(2, payment_id=None)])
    assert round_trip(written, tmp_path / "orders.csv", dialect=dialect) == shown(written)


@BOTH
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.none() | st.text(max_size=20), min_size=1, max_size=6))
def test_drawn_texts_come_back_as_they_were(tmp_path, dialect, texts):
    written = with_texts(texts)
    assert round_trip(written, tmp_path / "orders.csv", dialect=dialect) == shown(written)


@pytest.mark.parametrize(("dialect", "separator"), [("rfc4180", ","), ("excel-ru", ";")])
def test_no_cell_begins_like_a_formula(tmp_path, dialect, separator):
    file = write_csv(with_texts(HOSTILE), tmp_path / "orders.csv", zone=ZONE, dialect=dialect)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        cells = [row[2] for row in csv.reader(lines, delimiter=separator)][1:]
    assert len(cells) == len(HOSTILE)
    assert [
        cell
        for cell in cells
        if cell.lstrip('\ufeff\u200b\u00a0\u3000 \t\r\n\x00"')[:1] in tuple("=+-@＝＋－＠−")
    ] == []


@pytest.mark.parametrize(("dialect", "other"), [("rfc4180", ";"), ("excel-ru", ",")])
def test_no_cell_is_a_formula_for_a_program_that_cuts_elsewhere(tmp_path, dialect, other):
    file = write_csv(with_texts(HOSTILE), tmp_path / "orders.csv", zone=ZONE, dialect=dialect)
    text = file.read_text(encoding="utf-8-sig")
    cells = [cell for line in text.splitlines() for cell in line.split(other)]
    assert [cell for cell in cells if cell.lstrip(' "')[:1] in tuple("=+-@")] == []


@BOTH
def test_a_formula_is_written_where_that_was_asked_for(tmp_path, dialect):
    written = with_texts(["=1+1", "'=1+1"])
    file = write_csv(written, tmp_path / "orders.csv", zone=ZONE, dialect=dialect, guard=False, pii=True)
    assert f"1{DIALECTS[dialect].separator}=1+1" in file.read_text(encoding="utf-8-sig")
    assert round_trip(written, tmp_path / "again.csv", dialect=dialect, guard=False) == shown(written)


def test_numbers_stay_numbers(tmp_path):
    written = table([order(-5, amount=Decimal("-1.5"), fee=Decimal("0.12345678"), seconds_to_pay=-60)])
    line = write_csv(written, tmp_path / "a.csv", zone=ZONE).read_text().splitlines()[1]
    assert ",-5," in line
    assert ",-60,-1.50,0.12345678,RUB," in line
    line = write_csv(written, tmp_path / "b.csv", zone=ZONE, dialect="excel-ru").read_text().splitlines()[1]
    assert ";-60;-1,50;0,12345678;RUB;" in line


def test_amounts_have_the_places_of_their_currency(tmp_path):
    rows = [
        order(1, currency="RUB", amount=Decimal(1000)),
        order(2, currency="JPY", amount=Decimal(1000)),
        order(3, currency="JPY", amount=Decimal("0.5")),
        order(4, currency="USD", amount=Decimal("9999999999.99999999")),
        order(5, currency="CUR#7", amount=Decimal(0)),
        order(6, currency="it's", amount=Decimal("-0.1")),
    ]
    file = write_csv(table(rows), tmp_path / "orders.csv", zone=ZONE)
    with file.open(encoding="utf-8", newline="") as lines:
        amounts = [row["amount"] for row in csv.DictReader(lines)]
    assert amounts == ["1000.00", "1000", "0.5", "9999999999.99999999", "0.00", "-0.10"]


def test_machines_read_offsets_and_people_read_clocks(tmp_path):
    moment = dt.datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=MOSCOW)
    written = table([order(1, observed_at=moment)]).select(
        ["shop_id", "id", "created_at", "observed_at", "is_test"]
    )
    rfc = write_csv(written, tmp_path / "a.csv", zone="Asia/Yekaterinburg").read_bytes()
    assert rfc == (
        b"shop_id,id,created_at,observed_at,is_test\r\n"
        b"A1B2C3,1,2026-03-01T12:00:00+05:00,2026-03-04T14:00:00.123456+05:00,false\r\n"
    )
    ru = write_csv(written, tmp_path / "b.csv", zone=ZONE, dialect="excel-ru").read_bytes()
    assert ru.decode() == (
        "\ufeffМагазин;ID;Создан (Europe/Moscow);Получен (Europe/Moscow);Тестовый\r\n"
        "A1B2C3;1;01.03.2026 10:00:00;04.03.2026 12:00:00,123456;нет\r\n"
    )
    en = write_csv(written, tmp_path / "c.csv", zone=ZONE, dialect="excel-ru", lang="en").read_bytes()
    assert (
        en.decode().splitlines()[0] == "\ufeffShop;ID;Created (Europe/Moscow);Observed (Europe/Moscow);Test"
    )
    assert en.decode().splitlines()[1].endswith(";no")


@BOTH
@pytest.mark.parametrize(
    "zone", ["Europe/Moscow", "Europe/Berlin", "America/St_Johns", "UTC", "Asia/Kathmandu"]
)
def test_every_instant_comes_back_in_every_zone(tmp_path, dialect, zone):
    start = dt.datetime(2014, 10, 25, 18, tzinfo=dt.UTC)  # Moscow set its clocks back that night
    moments = [start + dt.timedelta(minutes=10 * step) for step in range(90)]
    moments += [dt.datetime(1, 1, 2, tzinfo=dt.UTC), dt.datetime(1899, 12, 31, 23, 59, 59, tzinfo=dt.UTC)]
    moments += [dt.datetime(9999, 12, 30, tzinfo=dt.UTC)]
    written = table(order(n, created_at=m, paid_at=None) for n, m in enumerate(moments))
    assert round_trip(written, tmp_path / "o.csv", dialect=dialect, zone=zone) == shown(written)


def test_people_see_the_offset_only_where_the_clock_showed_a_time_twice(tmp_path):
    moments = [dt.datetime(2014, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (20, 21, 22, 23)]
    written = table(order(n, created_at=m, paid_at=None) for n, m in enumerate(moments)).select(
        ["id", "created_at"]
    )
    file = write_csv(written, tmp_path / "o.csv", zone=ZONE, dialect="excel-ru")
    assert file.read_text(encoding="utf-8-sig").splitlines()[1:] == [
        "0;26.10.2014 00:30:00",
        "1;26.10.2014 01:30:00 +04:00",
        "2;26.10.2014 01:30:00 +03:00",
        "3;26.10.2014 02:30:00",
    ]


@BOTH
@pytest.mark.parametrize("schema", [WITHDRAWALS, BALANCES, SHOPS, QUARANTINE], ids=lambda schema: schema.name)
def test_every_table_comes_back_as_it_was(tmp_path, dialect, schema):
    moment = dt.datetime(2026, 3, 4, 9, tzinfo=dt.UTC)
    values = {"text": "=x", "int": 7, "money": Decimal("1.5"), "instant": moment, "bool": True}
    full = {column.name: values[column.kind] for column in schema.columns}
    gaps = {column.name: None if column.nullable else full[column.name] for column in schema.columns}
    written = pa.Table.from_pylist([full, gaps], schema=schema.arrow())
    assert round_trip(written, tmp_path / "t.csv", dialect=dialect) == nullable(written)


@BOTH
def test_an_empty_table_keeps_its_columns(tmp_path, dialect):
    assert round_trip(table([]), tmp_path / "orders.csv", dialect=dialect) == shown(table([]))


def test_rows_stay_in_order_however_finely_they_are_cut(tmp_path):
    small = [
        pa.table({"id": pa.array(range(n * 20, n * 20 + 20)), "payment_id": ["x"] * 20})
        for n in range(20_000)
    ]
    back = round_trip(pa.concat_tables(small), tmp_path / "orders.csv", dialect="rfc4180")
    assert back.column("id").combine_chunks() == pa.chunked_array([pa.array(range(400_000))]).combine_chunks()


@BOTH
def test_columns_may_be_missing_or_added(tmp_path, dialect):
    written = table([order(1), order(2)]).select(["id", "amount", "created_at"])
    written = written.append_column("=note (x)", pa.array(["=1", None]))
    assert round_trip(written, tmp_path / "orders.csv", dialect=dialect) == nullable(written)


def test_people_are_masked_unless_asked_for(tmp_path):
    written = table([order(1, email="user@site.ru", extra='{"mail": "other@site.ru"}')])
    masked = write_csv(written, tmp_path / "a.csv", zone=ZONE).read_text()
    assert "user@site.ru" not in masked
    assert "other@site.ru" not in masked
    assert "u***@site.ru" in masked
    whole = write_csv(written, tmp_path / "b.csv", zone=ZONE, pii=True).read_text()
    assert "user@site.ru" in whole
    assert "other@site.ru" in whole


def test_accounts_are_masked_unless_asked_for(tmp_path):
    written = pa.table({"shop_id": ["a"], "id": ["1"], "account": ["4111111111111111"]})
    assert "***1111" in write_csv(written, tmp_path / "a.csv", zone=ZONE).read_text()
    assert "4111111111111111" in write_csv(written, tmp_path / "b.csv", zone=ZONE, pii=True).read_text()


@pytest.mark.parametrize(
    ("content", "culprit"),
    [
        (b"", "empty"),
        (b"id,amount\r\n1,12x\r\n", "row 1, column 'amount': '12x' is not an amount"),
        (b"id,amount\r\n1,0.123456789\r\n", "'0.123456789' is not an amount"),
        (b"id,created_date\r\n1,2026-02-30\r\n", "'2026-02-30' is not a day"),
        (b"id,created_at\r\n1,2026-03-01T10:00:00\r\n", "'2026-03-01T10:00:00' is not a moment"),
        ("ID;Создан (Europe/Moscow)\r\n1;26.10.2014 01:30:00\r\n".encode(), "is not a moment"),
        (b"id,is_test\r\n1,maybe\r\n", "'maybe' is not a yes or no"),
        (b"id,amount\r\n1,2,3\r\n", "not a CSV file as written"),
        (b"id,id\r\n1,2\r\n", "the same column twice"),
        ("id,payment_id\r\n1,Заказ\r\n".encode("cp1251"), "CSV UTF-8"),
        ("ид;payment_id\r\n1;Заказ\r\n".encode("cp1251"), "CSV UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, culprit):
    file = tmp_path / "orders.csv"
    file.write_bytes(content)
    with pytest.raises(DataError, match=culprit):
        read_csv(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.csv cannot be read"):
        read_csv(tmp_path / "nothing.csv")


def test_a_wrong_dialect_or_zone_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="no CSV dialect 'tsv'"):
        write_csv(golden(), tmp_path / "a.csv", zone=ZONE, dialect="tsv")
    with pytest.raises(ConfigurationError, match="'Mars/Olympus' is not a time zone"):
        write_csv(golden(), tmp_path / "a.csv", zone="Mars/Olympus")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_a_spreadsheet_program_saved_again_is_read(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(
        "Номер заказа;Сумма;Тестовый;Создан (Europe/Moscow)\r\n7;1\u00a0000,5;ЛОЖЬ;01.03.2026 10:00\r\n",
        encoding="utf-8-sig",
    )
    back, _, zone = read_csv_table(file, zone="UTC")
    assert zone == ZONE
    assert back.to_pylist() == [
        {
            "payment_id": "7",
            "amount": Decimal("1000.50000000"),
            "is_test": False,
            "created_at": dt.datetime(2026, 3, 1, 10, tzinfo=MOSCOW),
        }
    ]
