"""What the sheets of fees, conversion, customers and the account say of the golden orders."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tegro_analytics.texts import tr
from tests.marks import first_of
from tests.reports.tables import BALANCED, MOSCOW, balances, golden, order, table, withdrawals
from tests.reports.workbooks import MARCH, facts, formulas, parts, report, rows, sheet_names

FEES, CONVERSION, CUSTOMERS, ACCOUNT = (
    "Fees and audit",
    "Conversion",
    "Customers",
    "Withdrawals and balance",
)


def under(path, sheet, title):
    """Read the lines under a heading, to the next empty one: their cells that hold something."""
    lines = [[cell for cell in row if cell != ""] for row in rows(path, sheet)] + [[]]
    start = lines.index([title]) + 1
    return lines[start : lines.index([], start)]


def about(rate):
    """Take a rate that is written to six places."""
    return pytest.approx(rate, abs=1e-6)


def told(path, sheet):
    return [cell for row in rows(path, sheet) for cell in row if isinstance(cell, str)]


def test_fees_stand_in_every_currency_by_itself(march):
    assert under(march["en"], FEES, "Effective fee by currency")[1:] == [
        ["RUB", 5.0, pytest.approx(95 / 2350), 2.0, 0.4, about(0.117621), about(0.769276)],
        ["USD", 1.0, 0.04, 0.0, 0.0, 0.0, about(0.793451)],
    ]
    assert under(march["en"], FEES, "Fees by payment system, RUB")[1:] == [
        ["PS#25", 3.0, 1900.0, 95.0, 0.05, pytest.approx(95 / 3), 0.0],
        ["PS#28", 2.0, 450.0, 0.0, 0.0, 0.0, 2.0],
        ["Total", 5.0, 2350.0, 95.0, 2.0],
    ]


def test_fees_are_held_against_the_tariff(march):
    audit = under(march["en"], FEES, "Audit of fees, RUB, plan “starter”")
    # 6.75 % of 1,900 are 128.25; the tariff has nothing for PS#28
    assert audit[-2] == [
        "Bank cards · Tinkoff Bank (25)", 3.0, 3.0, 0.0, 0.0, 95.0, 128.25, -33.25, 0.0, 0.0, 3.0, 33.25,
    ]  # fmt: skip
    assert audit[-1] == ["Total", 5.0, 3.0, 2.0, 0.0, 95.0, 128.25, -33.25, 0.0, 0.0, 3.0, 33.25]
    found = under(march["en"], FEES, "Payments whose fee differs most, RUB")[1:]
    assert [(row[1], row[2], *row[3:7]) for row in found] == [
        (1.0, dt.datetime(2026, 3, 1, 10, 2), 1000.0, 50.0, 67.5, -17.5),  # noqa: DTZ001
        (2.0, dt.datetime(2026, 3, 2, 0, 10), 500.0, 25.0, 33.75, -8.75),  # noqa: DTZ001
        (7.0, dt.datetime(2026, 3, 3, 11, 3), 400.0, 20.0, 27.0, -7.0),  # noqa: DTZ001
    ]


def test_without_a_plan_it_says_what_to_set(doubtful):
    said = next(text for text in told(doubtful["ru"], "Комиссии и проверка") if "TEGRO_PLAN" in text)
    assert "не сверены с тарифом" in said
    assert "starter" in said
    assert not any(
        text.startswith("Проверка комиссий, ") for text in told(doubtful["ru"], "Комиссии и проверка")
    )


@pytest.mark.long
def test_a_plan_that_the_tariff_table_does_not_have_is_named(tmp_path):
    path = report(tmp_path, golden(), known=facts(plan="gold"), **MARCH)
    assert any("has no plan “gold”. It has these: starter" in text for text in told(path, FEES))


def test_the_funnel_is_that_of_the_metric(march):
    funnel = {row[0]: row[1] for row in under(march["en"], CONVERSION, "What became of the orders")[1:]}
    assert funnel == {
        "Orders": 9.0,
        "Mature orders": 7.0,
        "Paid within 24 h": 4.0,
        "Paid late": 1.0,
        "Mature and paid": 5.0,
        "Abandoned": 1.0,
        "Unresolved": 0.0,
        "Paid orders": 6.0,
        "Lost orders": 1.0,
        "Pending": 1.0,
        "Unknown status": 0.0,
    }
    rates = {row[0]: row[1:] for row in under(march["en"], CONVERSION, "Rates and time to pay")[1:]}
    low, high = about(0.250458), about(0.841780)
    assert rates["Conversion in 24 h"] == [pytest.approx(4 / 7), low, high, 7.0]
    assert rates["Conversion in 24 h, at least"] == [pytest.approx(4 / 7)]
    assert rates["Time to pay, median"] == [dt.timedelta(seconds=150)]


def test_conversion_has_its_interval_for_each_system_and_day(march):
    systems = under(march["en"], CONVERSION, "Payment systems")
    assert systems[1][:6] == ["PS#25", 4.0, 0.75, about(0.300642), about(0.954413), 4.0]
    days = under(march["en"], CONVERSION, "By day of creation")
    assert [(row[0].day, row[1], row[2]) for row in days[1:5]] == [
        (1, 2, 1),
        (2, 4, 0.25),
        (3, 1, 1),
        (4, 2, 0),
    ]
    assert days[4][3] == "n/a"  # nothing of that day is mature: no rate, and none in the chart
    assert days[5][:3] == ["Total", 9.0, 7.0]
    chart = next(text for text in parts(march["en"]).values() if "<c:lineChart>" in text)
    assert chart.count("<c:ser>") == 3
    assert chart.count("<c:dPt>") == 2  # the two days that are young


def test_what_each_kind_of_customers_brought_adds_up(march):
    assert under(march["en"], CUSTOMERS, "What they brought, RUB")[1:5] == [
        ["New customers", 3.0, 4.0, 2050.0, 95.0, 400.0, 1555.0, pytest.approx(2050 / 2350)],
        ["Without an e-mail", 0.0, 1.0, 300.0, 0.0, 0.0, 300.0, pytest.approx(300 / 2350)],
        ["Total", 3.0, 5.0, 2350.0, 95.0, 400.0, 1855.0],
        ["Gross volume of those who paid on several days", 1500.0],
    ]
    who = {row[0]: row[1] for row in under(march["en"], CUSTOMERS, "Who paid")[1:]}
    assert (who["Customers who paid"], who["New customers"], who["Paid on several days"]) == (4.0, 4.0, 1.0)


def test_those_who_had_paid_before_are_returning(tmp_path):
    """One came in January and again in March, twice; another is new; a third was here in February.

    The new one paid in the first moment of March.
    """
    moments = [(1, 5, 10), (2, 3, 10), (3, 1, 10), (3, 3, 10), (3, 1, 0)]
    customers = (7, 9, 7, 7, 8)
    rows_ = [
        order(
            n,
            created_at=dt.datetime(2026, month, day, hour, tzinfo=MOSCOW) - dt.timedelta(minutes=1),
            paid_at=dt.datetime(2026, month, day, hour, tzinfo=MOSCOW),
            customer=customers[n],
            amount=Decimal(10**n),
        )
        for n, (month, day, hour) in enumerate(moments)
    ]
    path = report(tmp_path, table(rows_), **MARCH)
    assert [row[:4] for row in under(path, CUSTOMERS, "What they brought, RUB")[1:5]] == [
        ["New customers", 1.0, 1.0, 10_000.0],
        ["Returning customers", 1.0, 2.0, 1_100.0],
        ["Total", 2.0, 3.0, 11_100.0],
        ["Gross volume of those who paid on several days", 1_100.0],
    ]
    months = under(path, CUSTOMERS, "By month")[1:]
    assert [(row[0].month, row[2], row[3], row[4]) for row in months] == [
        (1, 1, 1, 0),
        (2, 1, 1, 0),
        (3, 2, 1, 1),
    ]
    triangle = under(path, CUSTOMERS, "Cohorts of customers")[1:]
    assert [row[1:] for row in triangle] == [[1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.0]]
    who = {row[0]: row[1] for row in under(path, CUSTOMERS, "Who paid")[1:]}
    assert (who["New customers"], who["Returning customers"], who["Paid on several days"]) == (1.0, 1.0, 1.0)
    assert [name for name, text in parts(path).items() if "<colorScale>" in text] == [
        "xl/worksheets/sheet6.xml"
    ]


def test_the_bridge_stands_on_two_balances(march):
    bridge = {row[0]: row[1] for row in under(march["en"], ACCOUNT, "Balance bridge")[1:]}
    assert bridge == {
        "Opening snapshot": dt.date(2026, 3, 1),
        "Balance at the start": 100.0,
        "Gross volume": 2350.0,
        "− Fees": -95.0,
        "− Refunds": -400.0,
        "− Withdrawn": -1000.0,
        "− Fees of withdrawals": -20.0,
        "Expected change": 835.0,
        "Closing snapshot": dt.datetime(2026, 3, 4, 12),  # noqa: DTZ001
        "Balance at the end": 940.0,
        "Change of the balance": 840.0,
        "Gap": 5.0,
        "Explained": 0.0,
        "Unexplained": 5.0,
        "Causes": "–",
        "Possible causes": "–",
        "Undated refunds": 1.0,
    }
    assert "ROUND(SUM(B8:B12),2)" in formulas(march["en"])
    assert tr("report.nothing_moved", "en", currencies="EUR") in told(march["en"], ACCOUNT)


def test_the_bridge_takes_off_the_part_of_the_fees_that_the_merchant_bears(doubtful):
    lines = dict(row[:2] for row in rows(doubtful["ru"], "Выводы и баланс"))
    assert (lines["− Комиссия"], lines["Ожидаемое изменение"]) == (-47.5, 882.5)


def test_the_withdrawals_of_the_period_are_summed_and_listed(march):
    path = march["en"]
    lines = [[cell for cell in row if cell != ""] for row in rows(path, ACCOUNT)]
    system, half_an_hour = "Bank cards · Tinkoff Bank (25)", dt.timedelta(minutes=30)
    assert ["done", system, 1.0, 1000.0, 20.0, 0.0, 0.0, half_an_hour, half_an_hour] in lines
    assert ["failed", system, 1.0, 300.0, "n/a", 0.0, 1.0, "n/a", "n/a"] in lines
    assert ["Total", 2.0, 1300.0, 20.0, 0.0, 1.0] in lines
    listed = under(path, ACCOUNT, "Withdrawals one by one")[1:]
    assert [(row[-1], row[-3]) for row in listed] == [("901", "***1111"), ("902", "***1111")]
    assert [row[:2] for row in under(path, ACCOUNT, "Balances")[1:]] == [
        ["EUR", 0.0],
        ["RUB", 940.0],
        ["USD", 19.2],
    ]


@pytest.mark.long
def test_accounts_stand_whole_where_they_are_asked_for(tmp_path):
    path = report(
        tmp_path,
        golden(),
        more={"withdrawals": withdrawals(("1", "03-02 10:00", None, "1", "0", "new"))},
        pii=True,
        **MARCH,
    )
    assert "4111111111111111" in told(path, ACCOUNT)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_where_there_is_nothing_each_sheet_says_so(tmp_path, lang):
    path = report(tmp_path, table([]), lang=lang, **MARCH)
    said = {name: told(path, name) for name in sheet_names(path)}
    for title, key in (
        ("report.summary", "report.no_payments"),
        ("report.orders", "report.no_orders"),
        ("report.fees", "report.no_payments"),
        ("metric.conversion.title", "report.no_created"),
        ("metric.customers.title", "report.no_customers"),
        ("report.account", "report.never_withdrawn"),
        ("report.account", "report.no_balances"),
        ("report.account", "report.no_bridge"),
    ):
        assert tr(key, lang) in said[tr(title, lang)]


@pytest.mark.long
def test_withdrawals_of_another_month_and_without_a_date_are_told_apart(tmp_path):
    one = withdrawals(
        ("800", "02-20 10:00", None, "50", "1", "done"), ("801", "02-21 10:00", None, "5", "1", "x")
    )
    undated = one.set_column(4, one.schema.field(4), [[one["created_at"][0], None]])
    path = report(
        tmp_path, golden(), more={"withdrawals": undated, "balances": balances(*BALANCED[:1])}, **MARCH
    )
    said = told(path, ACCOUNT)
    assert tr("report.no_withdrawals", "en") in said
    assert tr("report.undated_withdrawals", "en", count=1) in said
    assert tr("report.no_bridge", "en") in said


def test_the_new_sheets_are_defined(march):
    cells = rows(march["en"], "Definitions")
    defined = {row[1]: row[2] for row in cells}
    for name in ("fee_difference", "new_payers", "retention", "withdrawn", "unexplained", "tariff_rate"):
        assert defined[tr(f"column.{name}", "en")] == tr(f"formula.{name}", "en")
    facts_told = {row[0]: row[1] for row in cells}
    assert facts_told["Plan of the tariff"] == "starter; the published tariff, which is no contract"
    assert facts_told["Withdrawals in the period"] == "2"
    spans = facts_told["Snapshots of the balance"].splitlines()
    assert spans[1] == ("RUB: 01.03.2026 00:00:00 (Europe/Moscow) – 04.03.2026 12:00:00 (Europe/Moscow)")
