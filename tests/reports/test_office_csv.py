"""The files for Russian spreadsheet programs, opened by one: numbers are numbers, and days are days."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.reports.office import OF_THE_SYSTEM, RUSSIAN, csv_filter, new_profile, opened
from tests.reports.tables import HOSTILE, golden, order, table
from tests.reports.test_register import written
from tests.reports.workbooks import formulas, links, records

pytestmark = [pytest.mark.office, pytest.mark.xdist_group("office")]


@pytest.fixture(scope="module")
def moscow(tmp_path_factory):
    """Open files as a person in Moscow does, whose spreadsheet program speaks Russian."""
    profile = new_profile(tmp_path_factory.mktemp("moscow"), locale="ru-RU")

    def open_file(path, language):
        folder = tmp_path_factory.mktemp("opened")
        return opened(path, profile=profile, folder=folder, infilter=csv_filter(";", language))

    return open_file


LANGUAGES = pytest.mark.parametrize("language", [RUSSIAN, OF_THE_SYSTEM], ids=["asked for", "of the program"])


@LANGUAGES
def test_the_register_has_numbers_to_sum_and_days_to_sort_by(tmp_path, moscow, language):
    rows = records(moscow(written(tmp_path, golden(), daily=True), language))
    first, last = rows[0], rows[-2]
    assert first["Дата"] == dt.date(2026, 3, 1)
    assert first["Дата и время (Europe/Moscow)"] == dt.datetime(2026, 3, 1, 10, 2)  # noqa: DTZ001
    assert [first[name] for name in ("Сумма", "Комиссия", "К получению", "ID")] == [1000.0, 50.0, 950.0, 1.0]
    assert (first["Операция"], first["Валюта"], first["Возвращён"]) == ("оплата", "RUB", "нет")
    assert last["Операция"] == "Итого"
    for name in ("Сумма", "Комиссия", "Возврат", "К получению"):
        lines = [row[name] for row in rows if row["Валюта"] == "RUB" and row["ID"] != ""]
        assert last[name] == sum(number for number in lines if number != "")
    numbers = ("Сумма", "Комиссия", "Возврат", "К получению")
    assert {type(row[name]) for row in rows for name in numbers if row[name] != ""} == {float}
    assert {type(row["Дата"]) for row in rows if row["Дата"] != ""} == {dt.date}


@LANGUAGES
def test_the_exported_orders_have_numbers_and_dates(read_shop, tmp_path, moscow, language):
    file = read_shop.export("orders", tmp_path / "orders.csv", dialect="excel-ru", since="2026-11-20")
    heads = ("Сумма", "Комиссия", "Создан (Europe/Moscow)", "День создания")
    rows = records(moscow(file, language))
    kinds = [{type(row[name]) for row in rows if row[name] != ""} for name in heads]
    assert kinds == [{float}, {float}, {dt.datetime}, {dt.date}]
    known = read_shop.orders(since="2026-11-20")
    assert [row["Сумма"] for row in rows] == known["amount"].tolist()
    assert [row["День создания"] for row in rows] == known["created_date"].dt.date.tolist()


def test_no_text_of_a_register_becomes_a_formula(tmp_path, moscow):
    rows = [
        order(number, payment_id=text, payment_system=text) for number, text in enumerate(HOSTILE, start=1)
    ]
    saved = moscow(written(tmp_path, table(rows)), RUSSIAN)
    assert formulas(saved) == []
    assert links(saved) == []
    assert len(records(saved)) > len(HOSTILE)
