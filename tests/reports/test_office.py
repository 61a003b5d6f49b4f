"""What LibreOffice makes of the files: numbers are numbers, no formula is a stranger's, totals are right."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import partial

import pytest

from tegro_analytics.reports import (
    ReportFacts,
    ReportTables,
    compared,
    recorded_in,
    write_csv,
    write_report,
    write_xlsx,
)
from tegro_analytics.texts import tr
from tests.reports.office import ENGLISH, RUSSIAN, csv_filter, new_profile
from tests.reports.office import opened as open_file
from tests.reports.tables import (
    AS_OF,
    BALANCED,
    HOSTILE,
    ODD,
    WITHDRAWN,
    balances,
    golden,
    order,
    table,
    with_texts,
    withdrawals,
)
from tests.reports.workbooks import formulas, links, records, rows, sheet_names

pytestmark = [pytest.mark.office, pytest.mark.xdist_group("office")]

ZONE = "Europe/Moscow"
MARKUP = ("<r></r>", '<r><t>x</t></r></is></c><c r="Z9"><f>1+1</f></c><c t="inlineStr"><is><r></r>')


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """Give LibreOffice a folder of its own, and none of what the machine knows."""
    return new_profile(tmp_path_factory.mktemp("office-profile"), locale="en-US")


@pytest.fixture
def opened(profile, tmp_path):
    """Open a file in LibreOffice, let it compute, and save what it holds as a workbook of its own."""
    return partial(open_file, profile=profile, folder=tmp_path / "opened")


def test_the_russian_csv_has_numbers_as_numbers_and_dates_as_dates(tmp_path, opened):
    content = table([
        order(1, amount=Decimal("1234567.89"), fee=Decimal("0.12345678")),
        order(2, amount=Decimal(-5), fee=None, is_test=True),
    ])  # fmt: skip
    file = write_csv(content, tmp_path / "orders.csv", zone=ZONE, dialect="excel-ru")
    first, second = records(opened(file, infilter=csv_filter(";", RUSSIAN)))
    assert (first["Сумма"], first["Комиссия"], first["ID"]) == (1234567.89, 0.12345678, 1.0)
    assert (second["Сумма"], second["Комиссия"], second["Тестовый"]) == (-5.0, "", "да")
    assert first["Создан (Europe/Moscow)"] == dt.datetime(2026, 3, 1, 10)  # noqa: DTZ001
    assert first["День создания"] == dt.date(2026, 3, 1)
    assert first["Магазин"] == "A1B2C3"


@pytest.mark.parametrize(
    ("dialect", "separators", "language"),
    [
        ("excel-ru", ";", RUSSIAN),
        ("excel-ru", ",", ENGLISH),
        ("excel-ru", ",;\t", ENGLISH),
        ("rfc4180", ",", ENGLISH),
        ("rfc4180", ";", RUSSIAN),
        ("rfc4180", ",;\t", RUSSIAN),
    ],
)
def test_no_text_becomes_a_formula_however_the_csv_is_opened(tmp_path, opened, dialect, separators, language):
    file = write_csv(with_texts([*HOSTILE, *ODD]), tmp_path / "orders.csv", zone=ZONE, dialect=dialect)
    saved = opened(file, infilter=csv_filter(separators, language))
    assert formulas(saved) == []
    assert links(saved) == []
    assert len(rows(saved)) > len(HOSTILE)


@pytest.mark.parametrize(("separators", "language"), [(",", ENGLISH), (";", RUSSIAN)])
def test_without_the_guard_there_would_be_formulas(tmp_path, opened, separators, language):
    file = write_csv(with_texts(HOSTILE), tmp_path / "orders.csv", zone=ZONE, guard=False)
    assert "1+1" in formulas(opened(file, infilter=csv_filter(separators, language)))


def test_no_text_becomes_a_formula_in_a_workbook(tmp_path, opened):
    strange = [*HOSTILE, *ODD, *MARKUP]
    file = write_xlsx(with_texts(strange), tmp_path / "orders.xlsx", zone=ZONE, lang="en")
    saved = opened(file)
    assert formulas(saved) == []
    assert links(saved) == []
    before, after = ([row["Payment ID"] for row in records(path)] for path in (file, saved))
    assert after == before


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_report_opens_and_computes_to_the_same_numbers(tmp_path, opened, lang):
    strange = [
        order(
            100 + n,
            payment_id=text,
            payment_system=f"{text} {n}"[:200],
            payment_system_id=n,
            amount=Decimal("0.1") * n,
        )
        for n, text in enumerate([*HOSTILE, *MARKUP, "Я" * 200], start=1)
    ]
    content = table([*golden().to_pylist(), *strange])
    known = ReportFacts(
        shop_id="=1+1", report_zone=ZONE, as_of=AS_OF, sandbox=True, warnings=HOSTILE, plan="starter"
    )
    file = write_report(
        tmp_path / "report.xlsx",
        ReportTables(orders=content, withdrawals=withdrawals(*WITHDRAWN), balances=balances(*BALANCED)),
        facts=known,
        since="2026-03-01",
        until="2026-03-05",
        lang=lang,
        pii=True,
    )
    saved = opened(file)
    assert sheet_names(saved) == sheet_names(file)
    verified = compared(saved, file, recorded_in(saved))
    assert list(verified.lines())[1:] == []
    assert verified.ok
    assert len(formulas(saved)) == len(formulas(file)) > 10
    assert all(re.fullmatch(r"ROUND\(SUM\([A-Z]+\d+(:[A-Z]+\d+)?\),[02]\)", text) for text in formulas(saved))
    assert links(saved) == []
    for name in sheet_names(file):
        before, after = (
            [
                [cell for cell in row if cell != ""]
                for row in rows(path, name)
                if any(cell != "" for cell in row)
            ]
            for path in (file, saved)
        )
        assert after == [
            [pytest.approx(cell) if isinstance(cell, float) else cell for cell in row] for row in before
        ]
    total = next(
        row
        for row in rows(saved, tr("report.days_in", lang, currency="RUB"))
        if row[0] == tr("report.total", lang)
    )
    paid = sum(Decimal("0.1") * n for n in range(1, len(strange) + 1))
    assert total[1] == float(2350 + paid)
