"""The report: every number is the metric's, each currency stands alone, a stranger's text is only text."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest

from tegro_analytics import metrics
from tegro_analytics.exceptions import ConfigurationError, DataError, ExportError
from tegro_analytics.reports import ReportTables, write_report
from tegro_analytics.reports.workbook.amounts import rounded
from tegro_analytics.reports.workbook.lines import CONVERSION, MONEY
from tegro_analytics.reports.workbook.period import period_of
from tegro_analytics.schemas import FLAGS
from tegro_analytics.texts import catalogue, tr
from tests.marks import first_of
from tests.reports.tables import AS_OF, HOSTILE, MOSCOW, ODD, golden, order, table
from tests.reports.workbooks import MARCH, facts, formulas, links, parts, records, report, rows, sheet_names

SHEETS = 8
"""Sheets of every report; those of days come beside them, one for each currency."""
LANGS = pytest.mark.parametrize("lang", first_of("en", "ru"))
LANGS_OF_DOUBT = pytest.mark.parametrize("lang", first_of("ru", "en"))


def block(path, title, *, sheet=0):
    """Read the lines of the summary under a heading, by their label."""
    cells = rows(path, sheet)
    start = next(place for place, row in enumerate(cells) if row[0] == title) + 2
    found = {}
    for row in cells[start:]:
        if row[0] == "":
            return found
        found[row[0]] = row[1:]
    return found


def texts(path):
    return [
        cell
        for name in sheet_names(path)
        for row in rows(path, name)
        for cell in row
        if isinstance(cell, str)
    ]


# What the summary says


def test_the_golden_orders_give_every_number_of_the_summary(march):
    path = march["en"]
    rub = {label: cells[0] for label, cells in block(path, "Money, RUB").items()}
    assert rub == {
        "Gross volume": 2350.0,
        "Fees": 95.0,
        "Refunds": 400.0,
        "Net volume": 1855.0,
        "Payments": 5.0,
        "Average ticket": 470.0,
        "Effective fee rate": pytest.approx(95 / 2350),
        "Refund rate": 0.2,
        "Days with payments": 4.0,
    }
    usd = block(path, "Money, USD")
    assert [usd[label][0] for label in ("Gross volume", "Fees", "Net volume")] == [20.0, 0.8, 19.2]
    conversion = block(path, "Conversion")
    assert conversion["Conversion in 24 h"][0] == pytest.approx(4 / 7)
    assert conversion["Conversion in 24 h"][3:6] == [
        pytest.approx(0.250458, abs=1e-6),
        pytest.approx(0.841780, abs=1e-6),
        7.0,
    ]
    assert conversion["Conversion ever"][0] == pytest.approx(5 / 7)
    assert [conversion[label][0] for label in ("Orders", "Mature orders", "Pending", "Abandoned")] == [
        9,
        7,
        1,
        1,
    ]


def test_amounts_of_different_currencies_are_never_added(march):
    path = march["en"]
    added = {2370.0, 95.8, 1874.2, 2350.0 + 9999}
    cells = [cell for name in sheet_names(path) for row in rows(path, name) for cell in row]
    assert [cell for cell in cells if isinstance(cell, float) and cell in added] == []


@LANGS
def test_totals_are_formulas_with_the_value_of_the_metric(march, lang):
    path = march[lang]
    totals = {
        row["currency"]: row for row in metrics.revenue(golden(), money="decimal", **MARCH).to_dict("records")
    }
    for currency in ("RUB", "USD"):
        name = tr("report.days_in", lang, currency=currency)
        bottom = next(row for row in rows(path, name) if row[0] == tr("report.total", lang))
        exact = totals[currency]
        assert bottom[1:6] == [
            float(rounded(exact[column], 2)) for column in ("gross_volume", "fees", "refunds", "net_volume")
        ] + [exact["payments"]]
    assert "ROUND(SUM(B5:B8),2)" in formulas(path)
    assert {re.sub(r"\([A-Z]+\d+(:[A-Z]+\d+)?\)", "(area)", formula) for formula in formulas(path)} == {
        "ROUND(SUM(area),2)",
        "ROUND(SUM(area),0)",
    }


def test_the_days_are_the_days_of_the_metric(march):
    path = march["en"]
    days = records(path, "Days, RUB", head=3)[:4]
    assert [day["Day"] for day in days] == [dt.date(2026, 3, number) for number in (1, 2, 3, 4)]
    assert [day["Gross volume"] for day in days] == [1000.0, 500.0, 700.0, 150.0]
    assert [day["Net volume"] for day in days] == [950.0, 475.0, 280.0, 150.0]
    assert [day["Complete"] for day in days] == ["yes", "yes", "yes", "no"]


def test_a_day_that_is_not_over_is_hatched_and_explained(march):
    path = march["en"]
    chart = parts(path)["xl/charts/chart1.xml"]
    assert chart.count("<a:pattFill") == 1
    assert '<c:idx val="3"/>' in chart
    assert tr("report.print.incomplete", "en") in texts(path)


@pytest.mark.long
def test_no_day_is_hatched_where_all_are_over(tmp_path):
    whole = report(tmp_path, golden(), since="2026-03-01", until="2026-03-04")
    assert "<a:pattFill" not in parts(whole)["xl/charts/chart1.xml"]
    assert tr("report.print.incomplete", "en") not in texts(whole)


def test_the_payment_systems_add_up_to_the_currency(march):
    path = march["en"]
    cells = rows(path, "Payment systems")
    totals = [row for row in cells if row[0] == "Total"]
    assert [(row[1], row[3], row[5], row[7], row[8], row[9]) for row in totals] == [
        (5.0, 2350.0, 95.0, 400.0, 1855.0, 8.0),
        (1.0, 20.0, 0.8, 0.0, 19.2, 1.0),
    ]


@pytest.mark.long
def test_an_amount_finer_than_its_currency_keeps_its_places(tmp_path):
    rows_ = [
        order(1, amount=Decimal("0.12345678"), fee=Decimal(0)),
        order(2, amount=Decimal("1.005"), fee=Decimal(0)),
    ]
    path = report(tmp_path, table(rows_), **MARCH)
    assert block(path, "Money, RUB")["Gross volume"][0] == 1.12845678
    bottom = next(row for row in rows(path, "Days, RUB") if row[0] == "Total")
    assert bottom[1] == 1.13
    assert "#,##0.00??????" in parts(path)["xl/styles.xml"]


@pytest.mark.long
def test_an_amount_of_more_digits_than_a_spreadsheet_shows_is_rounded_or_text(tmp_path):
    finer = [order(number, amount=Decimal("9999999999.99999999")) for number in range(3)]
    path = report(tmp_path, table(finer), **MARCH)
    assert block(path, "Money, RUB")["Gross volume"][0] == 30_000_000_000.0
    many = [order(number, amount=Decimal("9999999999.99")) for number in range(1101)]
    path = report(tmp_path, table(many), **MARCH, limit=0)
    assert block(path, "Money, RUB")["Gross volume"][0] == "11009999999988.99"
    bottom = next(row for row in rows(path, "Days, RUB") if row[0] == "Total")
    assert bottom[1:3] == ["11009999999988.99", 1101 * 50.0]


def test_the_merchant_share_of_the_fee_is_used_and_told(doubtful):
    assert block(doubtful["ru"], "Деньги, RUB")["К получению"][0] == 2350 - 47.5 - 400
    assert any("Магазин несёт 0.5 каждой комиссии" in text for text in texts(doubtful["ru"]))


# The period, and the one before


@pytest.mark.long
def test_without_bounds_it_is_the_last_month_that_is_over(tmp_path):
    rows_ = [order(1, created_at=dt.datetime(2026, 1, 1, 10, tzinfo=MOSCOW))]
    rows_ += [order(n, created_at=dt.datetime(2026, 2, n, 10, tzinfo=MOSCOW)) for n in (2, 3, 4)]
    path = report(tmp_path, table(rows_))
    assert rows(path)[1][0].startswith(
        "A1B2C3 · 1–28 February 2026 · as of 04.03.2026 12:00:00 (Europe/Moscow)"
    )
    gross = block(path, "Money, RUB")["Gross volume"]
    assert gross[:3] == [3000.0, "", ""]
    assert tr("report.print.no_before", "en") in texts(path)


def test_the_period_before_is_compared_where_the_history_reaches_back_over_it(tmp_path):
    rows_ = [order(0, created_at=dt.datetime(2025, 12, 31, 10, tzinfo=MOSCOW))]
    rows_ += [order(1, created_at=dt.datetime(2026, 1, 7, 10, tzinfo=MOSCOW), fee=Decimal(10))]
    rows_ += [order(n, created_at=dt.datetime(2026, 2, n, 10, tzinfo=MOSCOW)) for n in (2, 3, 4)]
    path = report(tmp_path, table(rows_))
    money = block(path, "Money, RUB")
    assert money["Gross volume"][:3] == [3000.0, 1000.0, 2.0]
    assert money["Effective fee rate"][:3] == [0.05, 0.01, pytest.approx(4.0)]
    assert money["Refunds"][:3] == [0.0, 0.0, "n/a"]
    assert rows(path)[4][1:3] == ["1–28 February 2026", "1–31 January 2026"]


@pytest.mark.long
def test_a_period_that_goes_on_is_compared_with_nothing(tmp_path):
    rows_ = [
        order(n, created_at=dt.datetime(2026, month, 2, 10, tzinfo=MOSCOW))
        for n, month in enumerate((1, 2, 3))
    ]
    path = report(tmp_path, table(rows_), since="2026-03-01", until="2026-04-01")
    assert block(path, "Money, RUB")["Gross volume"][:3] == [1000.0, 1000.0, "n/a"]
    assert any(text.startswith("•  The period is not over") for text in texts(path))


@pytest.mark.parametrize(
    ("since", "until", "text", "before"),
    [
        ("2026-10-01", "2026-11-01", "1–31 October 2026", "1–30 September 2026"),
        ("2026-01-01", "2026-04-01", "1 January – 31 March 2026", "1 October – 31 December 2025"),
        ("2025-12-31", "2026-01-02", "31 December 2025 – 1 January 2026", "29–30 December 2025"),
        ("2026-03-05", "2026-03-06", "5 March 2026", "4 March 2026"),
        ("2026-03-05 10:00", "2026-03-05 12:00", "5 March 2026, 10:00 – 5 March 2026, 12:00",
         "5 March 2026, 08:00 – 5 March 2026, 10:00"),
        (None, "2026-03-04", "1–3 March 2026", "26–28 February 2026"),
        ("2026-03-03", None, "3–4 March 2026", "1–2 March 2026"),
        (None, None, "1–28 February 2026", "1–31 January 2026"),
    ],
)  # fmt: skip
def test_periods(since, until, text, before):
    first = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
    period = period_of(since, until, as_of=AS_OF, zone="Europe/Moscow", first=first)
    assert (period.text("en"), period.before.text("en")) == (text, before)


def test_an_empty_period_is_named(tmp_path):
    with pytest.raises(DataError, match=r"from 2026-03-05 00:00 until 2026-03-05 00:00 is empty"):
        report(tmp_path, golden(), since="2026-03-05", until="2026-03-05")
    with pytest.raises(ConfigurationError, match="'Mars' is not a time zone"):
        report(tmp_path, golden(), known=facts(report_zone="Mars"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("orders", "lang"), [(golden(), "ru"), (table([]), "en")], ids=["other times", "none"]
)
def test_a_period_without_orders_says_so(tmp_path, orders, lang):
    path = report(tmp_path, orders, lang=lang, since="2025-01-01", until="2025-02-01")
    assert tr("report.no_payments", lang) in texts(path)
    assert tr("report.no_orders", lang) in texts(path)
    assert len(sheet_names(path)) == SHEETS


# What a reader is told


@pytest.mark.long
def test_what_is_odd_is_said_first(doubtful):
    said = [row[0] for row in rows(doubtful["en"])[:12]]
    for line in (
        "•  The period is not over: the numbers go up to 04.03.2026 12:00:00 (Europe/Moscow).",
        "•  NOT verified as complete: the lists of the API gave reason to doubt. Numbers may grow.",
        "•  Records that could not be read, and are in no number: 3",
        "•  Refunded, and when is not known; dated by the payment: 1",
        "•  Test orders, left out of every number: 1",
        "•  Page 7 moved",
    ):
        assert line in said


@LANGS_OF_DOUBT
def test_every_sheet_of_a_sandbox_says_so(march, doubtful, lang):
    path = doubtful[lang]
    for name in sheet_names(path):
        assert tr("report.sandbox", lang) in [row[0] for row in rows(path, name)[:3]]
    printed = [text for name, text in parts(path).items() if name.startswith("xl/worksheets/sheet")]
    assert all(f"&amp;L&amp;8{tr('report.sandbox_mark', lang)}" in text for text in printed)
    real = march["en"]
    assert [text for text in texts(real) if "SANDBOX" in text or "ПЕСОЧНИЦА" in text] == []


@LANGS_OF_DOUBT
def test_the_last_sheet_says_where_the_numbers_come_from(doubtful, lang):
    path = doubtful[lang]
    cells = rows(path, -1 % len(sheet_names(path)))
    told = {row[0]: row[1] for row in cells}
    assert told[tr("report.fact.shop", lang)] == "Чайная лавка (A1B2C3)"
    assert told[tr("report.fact.as_of", lang)] == "04.03.2026 12:00:00 (Europe/Moscow)"
    assert told[tr("report.fact.known_orders", lang)] == "10"
    assert told[tr("report.fact.tests", lang)] == "1"
    assert told[tr("report.fact.quarantined", lang)] == "3"
    assert told[tr("report.fact.version", lang)].startswith("tegro_analytics ")
    formulas_told = {row[1]: row[2] for row in cells}
    shown = {name for _, name in MONEY} | set(CONVERSION)
    for name in shown:
        assert formulas_told[tr(f"column.{name}", lang)] == tr(f"formula.{name}", lang)
    assert set(FLAGS) <= set(told)


def test_the_properties_hold_what_it_takes_to_compute_it_again(doubtful):
    custom = parts(doubtful["ru"])["docProps/custom.xml"]
    kept = dict(re.findall(r'name="tegro\.(\w+)"><vt:lpwstr>([^<]*)<', custom))
    assert kept.pop("version").startswith("tegro_analytics ")
    assert kept == {
        "since": "2026-03-01T00:00:00",
        "until": "2026-03-05T00:00:00",
        "zone": "Europe/Moscow",
        "as_of": "2026-03-04T12:00:00+03:00",
        "shop_id": "A1B2C3",
        "merchant_share": "0.5",
        "sandbox": "true",
        "lang": "ru",
        "pii": "false",
        "plan": "",
        "quarantined": "3",
        "known_at": "2026-03-04T12:00:00+03:00",
        "limit": "50000",
        "companion": "",
    }


def test_every_text_stands_in_both_languages():
    mine = {key: entry for key, entry in catalogue().items() if key.startswith("report.")}
    assert len(mine) > 70
    for key, entry in mine.items():
        assert set(entry) == {"en", "ru"}, key
        assert set(re.findall(r"{\w+}", entry["en"])) == set(re.findall(r"{\w+}", entry["ru"])), key
        assert re.search("[А-Яа-я]", entry["en"]) is None, key
    assert {f"report.flag.{flag}" for flag in FLAGS} <= set(mine)


# The orders


@pytest.mark.long
def test_the_orders_are_those_to_which_something_happened(tmp_path):
    february = dt.datetime(2026, 2, 28, 10, tzinfo=MOSCOW)
    march = dt.datetime(2026, 3, 1, 9, tzinfo=MOSCOW)
    refunded = {"refund_first_seen_at": march, "status": 3, "status_name": "refunded"}
    rows_ = [
        order(1, created_at=february),
        order(2, created_at=february, paid_at=march),
        order(3, created_at=february, **refunded),
        order(4, created_at=dt.datetime(2026, 3, 4, 10, tzinfo=MOSCOW), paid_at=None),
        order(5, created_at=dt.datetime(2026, 3, 5, tzinfo=MOSCOW)),
    ]
    path = report(tmp_path, table(rows_), pii=True, **MARCH)
    shown = records(path, "Orders", head=3)
    assert {row["E-mail"] for row in shown} == {"user@site.ru"}
    assert [row["ID"] for row in shown] == [2, 3, 4]
    assert [row["Status"] for row in shown] == ["paid", "refunded", "new"]
    assert shown[0]["Paid (Europe/Moscow)"] == march.replace(tzinfo=None)


def test_statuses_are_named_in_the_language(doubtful):
    named = {row["ID"]: row["Статус"] for row in records(doubtful["ru"], "Заказы", head=4)}
    assert (named[1], named[3], named[7]) == ("оплачен", "новый", "возвращён")


def test_too_many_orders_go_to_a_file_beside_it(pair, march):
    path, companion = pair, pair.parent / "report-orders.xlsx"
    assert sorted(pair.parent.iterdir()) == [companion, path]
    assert len(records(companion)) == 10
    assert any(
        "10 orders do not fit in this workbook: they are in report-orders.xlsx" in text
        for text in texts(path)
    )
    assert records(companion)[0]["Amount"] == 1000.0
    assert len(records(march["en"], "Orders", head=3)) == 10


def test_a_file_that_stands_in_the_way_of_either_stays(tmp_path):
    companion, target = tmp_path / "report-orders.xlsx", tmp_path / "report.xlsx"
    companion.write_text("mine")
    with pytest.raises(ExportError, match=r"report-orders\.xlsx exists already"):
        write_report(target, ReportTables(orders=golden()), facts=facts(), lang="en", limit=9, **MARCH)
    assert [path.name for path in tmp_path.iterdir()] == ["report-orders.xlsx"]
    assert companion.read_text() == "mine"
    target.write_text("mine too")
    with pytest.raises(ExportError, match=r"report\.xlsx exists already"):
        write_report(target, ReportTables(orders=golden()), facts=facts(), lang="en", **MARCH)


def test_people_are_masked_unless_asked_for(march):
    shown = {row["E-mail"] for row in records(march["en"], "Orders", head=3)}
    assert shown == {"a***@x.ru", "b***@x.ru", "c***@x.ru", "d***@x.ru", "t***@x.ru", ""}


# Strangers


def test_no_text_of_a_stranger_is_more_than_text(tmp_path):
    strange = [*HOSTILE, *ODD, "<r><t>x</t></r></si></sst></r>", "<r></r>"]
    rows_ = [
        order(n, payment_id=text, payment_system=f"{text} {n}"[:250] or "x", payment_system_id=n, email=text)
        for n, text in enumerate(strange, start=1)
    ]
    known = facts(shop_id="=1+1", shop_name="&P=cmd|' /C calc'!A0 [x]:*?/\\", warnings=tuple(HOSTILE))
    path = report(tmp_path, table(rows_), known=known, pii=True, **MARCH)
    assert all(
        re.fullmatch(r"ROUND\(SUM\([A-Z]+\d+(:[A-Z]+\d+)?\),[02]\)", formula) for formula in formulas(path)
    )
    assert links(path) == []
    assert len(records(path, "Orders", head=3)) == len(strange)


@pytest.mark.long
def test_odd_currencies_get_sheets_and_tables_of_their_own(tmp_path):
    codes = ["CUR#7", "CUR_7", "cur#7", "=1+1", "[]:*?/\\", "'", "JPY"]
    rows_ = [order(n, currency=code, amount=Decimal(n + 1), fee=Decimal(0)) for n, code in enumerate(codes)]
    path = report(tmp_path, table(rows_), **MARCH)
    assert len(set(map(str.casefold, sheet_names(path)))) == SHEETS + len(codes)
    totals = [
        next(row for row in rows(path, name) if row[0] == "Total")[1]
        for name in sheet_names(path)[1 : 1 + len(codes)]
    ]
    assert sorted(totals) == [1, 2, 3, 4, 5, 6, 7]
    names = re.findall(r'displayName="([^"]+)"', "".join(parts(path).values()))
    assert len(set(map(str.casefold, names))) == len(names) == 4 * len(codes) + 6


def test_the_workbook_is_made_to_be_read_and_printed(march):
    path = march["en"]
    found = parts(path)
    sheets = [text for name, text in found.items() if name.startswith("xl/worksheets/sheet")]
    assert ['fitToHeight="0"' in text for text in sheets] == [False] + [True] * (len(sheets) - 1)
    assert 'orientation="portrait"' in sheets[0]
    assert all("<pane " in text for text in sheets)
    # summary, days by currency, fees, conversion, systems, customers, account, orders, definitions
    assert [text.count("<tablePart ") for text in sheets] == [0, 1, 1, 6, 2, 2, 4, 3, 1, 0]
    assert found["xl/workbook.xml"].count("_xlnm.Print_Titles") == 3
    tables = [text for name, text in found.items() if name.startswith("xl/tables/")]
    assert len(tables) == 20
    assert all("<autoFilter" in text for text in tables)
    assert "Column chart: gross volume in RUB" in found["xl/drawings/drawing1.xml"]
    assert "A1B2C3: 1–4 March 2026" in found["docProps/core.xml"]
