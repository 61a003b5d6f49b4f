"""A table in a workbook: nothing lost, nothing bent, no text a formula."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from tegro_analytics.reports.cells import cell_text, fits_number, safe_title
from tegro_analytics.reports.xlsx import write_xlsx
from tegro_analytics.schemas import BALANCES, ORDERS, QUARANTINE, SHOPS, WITHDRAWALS
from tests.reports.tables import HOSTILE, MOSCOW, ODD, golden, order, table, with_texts
from tests.reports.workbooks import formulas, links, parts, records, rows, sheet_names

ZONE = "Europe/Moscow"
MARKUP = (
    "<r></r>",
    "<r>&</r>",
    "<r><t>x</t></r></si></sst></r>",
    '<r><t>x</t></r></is></c><c r="Z9"><f>1+1</f></c><c t="inlineStr"><is><r></r>',
    "<f>1+1</f>",
    "]]>&amp;",
)
"""Texts that a writer of workbooks may take for ready markup."""


def wall(*parts: int) -> dt.datetime:
    """Make a time as a cell has it: without a zone."""
    return dt.datetime(*parts)  # noqa: DTZ001


def written(path, content, **options):
    return write_xlsx(content, path / "orders.xlsx", zone=ZONE, lang="en", overwrite=True, **options)


def test_every_value_of_an_order_is_what_it_was(tmp_path):
    file = written(tmp_path, golden(), pii=True)
    first = records(file)[0]
    assert first == {
        "Shop": "A1B2C3",
        "ID": 1.0,
        "Payment ID": "o-1",
        "Status code": 1.0,
        "Status": "paid",
        "Test": "no",
        "Created (Europe/Moscow)": wall(2026, 3, 1, 10, 0),
        "Paid (Europe/Moscow)": wall(2026, 3, 1, 10, 2),
        "Day created": dt.date(2026, 3, 1),
        "Day paid": dt.date(2026, 3, 1),
        "Seconds to pay": 120.0,
        "Amount": 1000.0,
        "Fee": 50.0,
        "Currency": "RUB",
        "Payment system ID": 25.0,
        "Payment system": "PS#25",
        "Family": "card",
        "Rail": "Tinkoff Bank",
        "Customer": first["Customer"],
        "E-mail": "a@x.ru",
        "First seen (Europe/Moscow)": wall(2026, 3, 4, 12, 0),
        "Observed (Europe/Moscow)": wall(2026, 3, 4, 12, 0),
        "Refund first seen (Europe/Moscow)": "",
        "As of (Europe/Moscow)": wall(2026, 3, 4, 12, 0),
        "Flags": "",
        "Other fields": "",
    }
    assert len(records(file)) == 10


@pytest.mark.parametrize("text", [*HOSTILE, *ODD, *MARKUP], ids=ascii)
def test_texts_are_texts_and_come_back(tmp_path, text):
    file = written(tmp_path, table([order(1, payment_id=text, extra=text)]), pii=True)
    record = records(file)[0]
    assert (record["Payment ID"], record["Other fields"]) == (cell_text(text), cell_text(text))
    assert formulas(file) == []
    assert links(file) == []


def test_a_text_like_a_formula_stays_text_when_somebody_edits_it(tmp_path):
    file = written(tmp_path, with_texts(["=1+1"]))
    assert 'quotePrefix="1"' in parts(file)["xl/styles.xml"]
    assert 'quotePrefix="1"' not in parts(written(tmp_path, with_texts(["Order 1"])))["xl/styles.xml"]


def test_a_text_that_is_too_long_says_so(tmp_path):
    texts = ["я" * 32_767, "я" * 32_768, "😀" * 20_000]
    found = [record["Payment ID"] for record in records(written(tmp_path, with_texts(texts)))]
    assert found[0] == texts[0]
    assert found[1].endswith("… [✂ 32768]")
    assert found[2].endswith("… [✂ 20000]")
    assert [len(text.encode("utf-16-le")) // 2 <= 32_767 for text in found] == [True] * 3
    assert found[2].startswith("😀" * 16_000)


def test_numbers_that_a_spreadsheet_would_round_are_texts(tmp_path):
    amounts = [
        Decimal(text) for text in ("12345678.12345678", "1234567890.12", "-0.00000001", "9999999.99999999")
    ]
    customers = [2**62 + 1, -5, None, 7]
    content = table(
        order(number, amount=amount, customer=customer)
        for number, (amount, customer) in enumerate(zip(amounts, customers, strict=True))
    )
    found = records(written(tmp_path, content))
    assert [record["Amount"] for record in found] == [
        "12345678.12345678",
        1234567890.12,
        -0.00000001,
        9999999.99999999,
    ]
    assert [record["Customer"] for record in found] == ["4611686018427387905", "-5", "", "7"]


@pytest.mark.parametrize(
    ("amount", "fits"),
    [
        ("1234567890.12", True),
        ("1234567890.123456", False),
        ("999999999999999", True),
        ("9999999999999999", False),
    ],
)
def test_fifteen_digits_fit(amount, fits):
    assert fits_number(Decimal(amount)) is fits


def test_amounts_show_the_places_of_their_currency(tmp_path):
    content = table(
        [order(1), order(2, currency="JPY", amount=Decimal(5)), order(3, amount=Decimal("0.12345"))]
    )
    styles = parts(written(tmp_path, content))["xl/styles.xml"]
    assert [
        code for code in ("#,##0.00", "#,##0", "#,##0.00######") if f'formatCode="{code}"' not in styles
    ] == []


def test_times_that_a_clock_showed_twice_say_which(tmp_path):
    moments = [dt.datetime(2014, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (20, 21, 22)]
    moments.append(dt.datetime(1899, 12, 31, tzinfo=dt.UTC))
    content = table(order(n, created_at=m, paid_at=None) for n, m in enumerate(moments))
    found = records(written(tmp_path, content))
    assert [record["Created (Europe/Moscow)"] for record in found] == [
        wall(2014, 10, 26, 0, 30),
        "2014-10-26 01:30:00 +04:00",
        "2014-10-26 01:30:00 +03:00",
        "1899-12-31 00:00:00 +00:00",
    ]
    assert found[3]["Day created"] == "1899-12-31"


@pytest.mark.long
def test_more_than_a_million_orders_lose_nothing(tmp_path):
    count = 1_200_000
    content = pa.table(
        {"id": pa.array(range(count)), "amount": pa.array([1.5] * count).cast(pa.decimal128(18, 8))}
    )
    file = written(tmp_path, content)
    assert len(sheet_names(file)) == 2
    ids = [row[0] for sheet in range(2) for row in rows(file, sheet)[1:]]
    assert ids == list(range(count))


def test_more_rows_than_a_sheet_holds_go_to_the_next(tmp_path):
    content = table(order(number) for number in range(25))
    file = written(tmp_path, content, sheet_rows=11)
    assert sheet_names(file) == ["Orders", "Orders (2)", "Orders (3)"]
    ids = [record["ID"] for sheet in range(3) for record in records(file, sheet)]
    assert ids == list(range(25))
    assert [len(rows(file, sheet)) for sheet in range(3)] == [11, 11, 6]


@pytest.mark.parametrize("schema", [WITHDRAWALS, BALANCES, SHOPS, QUARANTINE], ids=lambda schema: schema.name)
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_table_can_be_written(tmp_path, schema, lang):
    moment = dt.datetime(2026, 3, 4, 12, tzinfo=MOSCOW)
    values = {"text": "=x", "int": 7, "money": Decimal("1.5"), "instant": moment, "bool": True}
    row = {column.name: values[column.kind] for column in schema.columns}
    content = pa.Table.from_pylist([row], schema=schema.arrow())
    file = write_xlsx(content, tmp_path / "t.xlsx", zone=ZONE, lang=lang, pii=True)
    heads, cells = rows(file)
    assert len(set(heads)) == len(schema.columns)
    shown = {"text": "=x", "int": 7.0, "money": 1.5, "instant": wall(2026, 3, 4, 12)}
    assert cells == [shown[column.kind] for column in schema.columns]


def test_an_empty_table_keeps_its_headers(tmp_path):
    assert len(rows(written(tmp_path, table([])))[0]) == len(ORDERS.names(engine=False))


def test_headers_stay_in_sight_and_filter(tmp_path):
    sheet = parts(written(tmp_path, golden()))["xl/worksheets/sheet1.xml"]
    assert '<pane ySplit="1" topLeftCell="A2"' in sheet
    assert '<autoFilter ref="A1:Z11"/>' in sheet
    assert 'orientation="landscape"' in sheet


def test_people_are_masked_unless_asked_for(tmp_path):
    assert {record["E-mail"] for record in records(written(tmp_path, golden()))} >= {"a***@x.ru", "b***@x.ru"}
    assert {record["E-mail"] for record in records(written(tmp_path, golden(), pii=True))} >= {
        "a@x.ru",
        "b@x.ru",
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("=Заказы", "Заказы"),
        ("a/b\\c?d*e[f]g:h", "a-b-c-d-e(f)g-h"),
        ("'quoted'", "quoted"),
        ("x" * 40, "x" * 31),
        ("\x00\n", "Sheet"),
    ],
)
def test_sheet_names_are_safe(text, name):
    assert safe_title(text) == name


def test_sheet_names_differ_in_any_case():
    assert safe_title("ORDERS", taken={"orders"}) == "ORDERS (2)"
    assert safe_title("x" * 31, taken={"x" * 31}) == "x" * 27 + " (2)"
