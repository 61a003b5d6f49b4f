"""The register of payments: its lines are the operations, its totals are those of the metrics."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tegro_analytics import metrics
from tegro_analytics.cli import run as run_command
from tegro_analytics.exceptions import ConfigurationError, DataError, ExportError
from tegro_analytics.interruption import heeding
from tegro_analytics.reports import register, write_register
from tegro_analytics.reports.register import register_bounds
from tests.marks import first_of
from tests.reports.tables import AS_OF, HOSTILE, MOSCOW, golden, order, table

MARCH = ("2026-03-01", "2026-03-05")


def written(folder, orders, since=MARCH[0], until=MARCH[1], *, zone="Europe/Moscow", **options):
    bounds = register_bounds(since, until, as_of=AS_OF, zone=ZoneInfo(zone))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        rows = connection.from_arrow(orders)
        return write_register(folder / "march.csv", rows, bounds=bounds, overwrite=True, **options)


def lines(file, separator=","):
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text, delimiter=separator))


def machine(folder, orders, *bounds, **options):
    return lines(written(folder, orders, *bounds, dialect="rfc4180", **options))


def refunded(number, *, seen, **values):
    return order(number, status=3, status_name="refunded", refund_first_seen_at=seen, **values)


RUSSIAN = """\
\ufeffДата;Дата и время (Europe/Moscow);Операция;ID;Номер заказа;Платёжная система;Сумма;Комиссия;Возврат;\
К получению;Валюта;Возвращён
01.03.2026;01.03.2026 10:02:00;оплата;1;o-1;"PS#25";1000,00;50,00;;950,00;RUB;нет
02.03.2026;02.03.2026 00:10:00;оплата;2;o-2;"PS#25";500,00;25,00;;475,00;RUB;нет
02.03.2026;02.03.2026 13:01:00;оплата;5;o-5;"PS#51";20,00;0,80;;19,20;USD;нет
03.03.2026;03.03.2026 11:03:00;оплата;7;o-7;"PS#25";400,00;20,00;;380,00;RUB;да
03.03.2026;03.03.2026 11:03:00;возврат;7;o-7;"PS#25";;;400,00;-400,00;RUB;
03.03.2026;03.03.2026 18:00:00;оплата;4;o-4;"PS#28";300,00;0,00;;300,00;RUB;нет
04.03.2026;04.03.2026 08:31:00;оплата;9;o-9;"PS#28";150,00;0,00;;150,00;RUB;нет
;;Итого;;;;2350,00;95,00;400,00;1855,00;RUB;
;;Итого;;;;20,00;0,80;;19,20;USD;
""".replace("\n", "\r\n")

# Its lines


def test_the_golden_orders_as_russian_accountants_read_them(tmp_path):
    text = written(tmp_path, golden()).read_bytes().decode("utf-8")
    assert text == RUSSIAN


def test_machines_and_english_readers_have_words_of_their_own(tmp_path):
    found = machine(tmp_path, golden(), daily=True)
    assert list(found[0]) == [
        "day", "moment", "operation", "id", "payment_id", "payment_system", "amount", "fee", "refund",
        "net_volume", "currency", "is_refunded",
    ]  # fmt: skip
    assert {row["operation"] for row in found} == {"payment", "refund", "day_total", "total"}
    assert found[0]["moment"] == "2026-03-01T10:02:00+03:00"
    english = written(tmp_path, golden(), lang="en", daily=True, sandbox=True)
    assert {row["Operation"] for row in lines(english, ";")} == {
        "payment",
        "refund",
        "Total of the day (SANDBOX)",
        "Total (SANDBOX)",
    }


def test_a_refund_stands_on_its_own_day(tmp_path):
    march = dt.datetime(2026, 3, 3, 9, tzinfo=MOSCOW)
    february = dt.datetime(2026, 2, 20, 10, tzinfo=MOSCOW)
    orders = table(
        [
            refunded(1, seen=march, created_at=february),
            refunded(2, seen=march.replace(month=4)),
            refunded(3, seen=march, amount=Decimal(7)),
        ]
    )
    found = [
        (row["day"], row["operation"], row["id"], row["is_refunded"]) for row in machine(tmp_path, orders)
    ]
    assert found == [
        ("2026-03-01", "payment", "2", "true"),
        ("2026-03-01", "payment", "3", "true"),
        ("2026-03-03", "refund", "1", ""),
        ("2026-03-03", "refund", "3", ""),
        ("", "total", "", ""),
    ]


def test_the_totals_of_a_day_follow_its_lines_each_currency_by_itself(tmp_path):
    found = machine(tmp_path, golden(), daily=True)
    assert [
        (row["day"], row["currency"], row["amount"], row["net_volume"]) for row in found if not row["id"]
    ] == [
        ("2026-03-01", "RUB", "1000.00", "950.00"),
        ("2026-03-02", "RUB", "500.00", "475.00"),
        ("2026-03-02", "USD", "20.00", "19.20"),
        ("2026-03-03", "RUB", "700.00", "280.00"),
        ("2026-03-04", "RUB", "150.00", "150.00"),
        ("", "RUB", "2350.00", "1855.00"),
        ("", "USD", "20.00", "19.20"),
    ]
    assert [row["day"] for row in found] == sorted((row["day"] for row in found), key=lambda day: day or "~")


def test_what_is_in_no_metric_is_in_no_line(tmp_path):
    orders = table(
        [
            order(1, is_test=True),
            order(2, amount=Decimal(-5)),
            order(3, status=9, status_name="unknown:9"),
            order(4, paid_at=None),
            order(5, fee=None, amount=Decimal(10)),
            order(6, amount=Decimal(0), fee=Decimal(0)),
        ]
    )
    found = machine(tmp_path, orders)
    assert [(row["id"], row["amount"], row["fee"], row["net_volume"]) for row in found] == [
        ("5", "10.00", "", "10.00"),
        ("6", "0.00", "0.00", "0.00"),
        ("", "10.00", "0.00", "10.00"),
    ]


def test_the_shop_is_named_where_there_are_several(tmp_path):
    found = machine(tmp_path, table([order(1), order(2, shop_id="B")]), several_shops=True)
    assert [row["shop_id"] for row in found] == ["A1B2C3", "B", ""]


def test_no_payer_is_named_and_no_text_becomes_a_formula(tmp_path):
    rows = [
        order(number, payment_id=text, payment_system=text, email="user@site.ru")
        for number, text in enumerate(HOSTILE, start=1)
    ]
    file = written(tmp_path, table(rows))
    assert "site.ru" not in file.read_text(encoding="utf-8")
    for row in lines(file, ";"):
        for cell in (row["Номер заказа"], row["Платёжная система"]):
            assert (
                cell.lstrip('\ufeff\u200b\u00a0\u3000 \t\r\n\x00"')[:1] not in tuple("=+-@＝＋－＠−")
                or not cell
            )


def test_a_period_without_payments_has_its_heads_alone(tmp_path):
    assert machine(tmp_path, golden(), "2025-01-01", "2025-02-01", daily=True) == []
    assert machine(tmp_path, table([])) == []


# Its sums


@pytest.mark.parametrize(
    ("bounds", "share"),
    first_of(
        (("2026-03-02", "2026-03-04"), Decimal("0.5")),
        (MARCH, Decimal(1)),
        ((None, "2026-03-03"), Decimal("0.25")),
        (("2026-03-03 10:00", None), Decimal(0)),
        (("2026-03-01 10:02", "2026-03-03 11:03"), Decimal(1)),
    ),
)
def test_its_totals_are_those_of_revenue_and_fees(tmp_path, bounds, share):
    seen = dt.datetime(2026, 3, 3, 11, 2, 59, 999999, tzinfo=MOSCOW)
    fine = {"amount": Decimal("0.12345678"), "fee": Decimal("0.00000004"), "currency": "BTC"}
    more = [refunded(20, seen=seen), refunded(21, seen=seen, **fine), order(22, status=3), order(23, **fine)]
    orders = table([*golden().to_pylist(), *more])
    found = {
        row["currency"]: row
        for row in machine(tmp_path, orders, *bounds, merchant_share=share)
        if row["operation"] == "total"
    }
    asked = {
        "since": bounds[0],
        "until": bounds[1],
        "as_of": AS_OF,
        "money": "decimal",
        "zone": "Europe/Moscow",
    }
    revenue = metrics.revenue(orders, merchant_share=share, **asked).to_dict("records")
    fees = {row["currency"]: row["fees"] for row in metrics.fees(orders, **asked).to_dict("records")}
    counted = [row for row in revenue if row["payments"] or row["refunds"]]
    assert set(found) == {row["currency"] for row in counted} != set()
    for row in counted:
        total = {
            name: Decimal(found[row["currency"]][name] or 0)
            for name in ("amount", "fee", "refund", "net_volume")
        }
        assert total == {
            "amount": row["gross_volume"],
            "fee": fees[row["currency"]],
            "refund": row["refunds"],
            "net_volume": row["net_volume"],
        }


def test_its_days_are_those_of_revenue_where_clocks_go_back_at_midnight(tmp_path):
    havana = ZoneInfo("America/Havana")  # at 1:00 on 1 November 2026 it was 0:00 again
    moments = [
        dt.datetime(2026, 10, 31, 23, 59, tzinfo=havana),
        dt.datetime(2026, 11, 1, 0, 30, tzinfo=havana, fold=1),
        dt.datetime(2026, 11, 1, 23, tzinfo=havana),
    ]
    rows = [refunded(number, seen=moment) for number, moment in enumerate(moments, start=1)]
    found = machine(tmp_path, table(rows), "2026-10-31", "2026-11-02", zone="America/Havana", daily=True)
    days = [(row["day"], row["refund"]) for row in found if row["operation"] == "day_total"]
    assert days == [("2026-10-31", "1000.00"), ("2026-11-01", "2000.00")]
    until = dt.datetime(2026, 11, 1, 0, 40, tzinfo=havana)  # the first of two
    found = machine(tmp_path, table(rows), "2026-10-31 12:00", until, zone="America/Havana")
    assert found[-1]["refund"] == "1000.00"


@pytest.mark.parametrize("most", first_of(3, 1, 4))
def test_days_that_are_sorted_one_after_the_others_stand_as_those_sorted_at_once(tmp_path, monkeypatch, most):
    at_once = written(tmp_path, golden(), daily=True).read_bytes()
    monkeypatch.setattr(register, "_SORTED_AT_ONCE", most)
    assert written(tmp_path, golden(), daily=True).read_bytes() == at_once


def test_sums_larger_than_an_amount_may_be_are_exact(tmp_path):
    orders = table(
        [order(number, amount=Decimal("9999999999.99999999"), currency="BTC") for number in range(3)]
    )
    assert machine(tmp_path, orders)[-1]["amount"] == "29999999999.99999997"


def test_it_adds_up_to_the_shop(read_shop, tmp_path):
    file = read_shop.register(tmp_path / "october.csv", dialect="rfc4180")
    totals = {row["currency"]: row for row in lines(file) if row["operation"] == "total"}
    october = {"since": "2026-10-01", "until": "2026-11-01", "money": "decimal"}
    for row in read_shop.revenue(**october).to_dict("records"):
        assert Decimal(totals[row["currency"]]["net_volume"]) == row["net_volume"]
    for row in read_shop.fees(**october).to_dict("records"):
        assert Decimal(totals[row["currency"]]["fee"]) == row["fees"]


@pytest.mark.long
def test_the_command_writes_it_and_refuses_what_it_cannot_write(credentials, capsys):
    def command(*words):
        with heeding() as heed:
            code = run_command(["register", *words], heed)
        return code, capsys.readouterr()

    code, said = command("october.csv", "--dialect", "rfc4180", "--daily", "--json")
    assert (code, said.out) == (0, '{"files": ["october.csv"]}\n')
    code, said = command("october.csv")
    assert code == 2
    assert "exists already" in said.err
    assert command("october.xlsx")[0] == 2
    assert command("other.csv", "--dialect", "excel")[0] == 2


# What is refused


@pytest.mark.parametrize(
    ("name", "options", "error", "said"),
    [
        ("march.xlsx", {}, ExportError, r"end its name with \.csv"),
        ("march.csv", {"dialect": "excel"}, ConfigurationError, "no CSV dialect 'excel'"),
        ("nowhere/march.csv", {}, ExportError, "does not exist"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, name, options, error, said):
    bounds = register_bounds(*MARCH, as_of=AS_OF, zone=MOSCOW)
    with duckdb.connect() as connection, pytest.raises(error, match=said):
        write_register(tmp_path / name, connection.from_arrow(golden()), bounds=bounds, **options)
    assert list(tmp_path.iterdir()) == []


def test_bounds_are_half_open_and_last_month_by_default():
    bounds = register_bounds(None, None, as_of=AS_OF, zone=MOSCOW)
    assert (bounds.since, bounds.until) == (dt.datetime(2026, 2, 1), dt.datetime(2026, 3, 1))  # noqa: DTZ001
    with pytest.raises(DataError, match="swap them"):
        register_bounds("2026-03-05", "2026-03-01", as_of=AS_OF, zone=MOSCOW)
