"""The export as Spark reads it: the same rows, and the same numbers by the same functions as in the store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tegro_analytics.metrics import revenue
from tegro_analytics.reports import write_dataset
from tegro_analytics.schemas import ORDERS
from tegro_analytics.shop import Shop
from tests.documents import ROOT
from tests.reports.test_dataset import months, same_rows
from tests.spark.asked import Answers, answers, assert_same
from tests.spark.cluster import OF_EACH_KIND
from tests.spark.session import session_in

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def folder(read_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return read_shop.export("orders", tmp_path_factory.mktemp("spark") / "orders", format="parquet")


@pytest.fixture(scope="module")
def stored(read_shop: Shop) -> Answers:
    with read_shop.relation("orders") as orders:
        return answers(orders, split=True)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Moscow", "America/New_York"])
def test_every_metric_gives_the_numbers_of_the_store(zone: str, folder: Path, stored: Answers) -> None:
    orders = session_in(zone).read.parquet(str(folder))
    found = answers(orders, split=zone == "America/New_York")
    assert_same(found, {question: stored[question] for question in found})
    assert len(found["revenue", "{'money': 'decimal'}"]) == 2


def test_a_month_can_be_read_alone(folder: Path, read_shop: Shop) -> None:
    orders = session_in("UTC").read.parquet(str(folder))
    october = pd.DataFrame(revenue(orders.where("month = '2026-10'")))
    with read_shop.relation("orders") as stored:
        expected = revenue(stored.filter("created_month = '2026-10'"))
    pd.testing.assert_frame_equal(october, pd.DataFrame(expected))
    assert october["payments"].sum() > 0


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_row_comes_as_it_was_written(zone: str, tmp_path: Path) -> None:
    written = months(14, each=2)
    folder = write_dataset(written, tmp_path / "orders", schema=ORDERS, pii=True)
    found = session_in(zone).read.parquet(str(folder))
    types = dict(found.dtypes)
    assert [types[name] for name in ("amount", "created_at", "paid_date", "month")] == [
        "decimal(18,8)",
        "timestamp",
        "date",
        "string",
    ]
    rows = found.drop("month").toArrow()
    for place, field in enumerate(ORDERS.arrow()):  # instants are the same, whatever zone shows them
        rows = rows.set_column(place, field.name, rows[field.name].cast(field.type))
    assert same_rows(rows, written)


def test_without_rows_the_columns_are_there(tmp_path: Path) -> None:
    folder = write_dataset(ORDERS.arrow().empty_table(), tmp_path / "none", schema=ORDERS)
    orders = session_in("UTC").read.parquet(str(folder))
    assert orders.columns == ORDERS.names()
    assert revenue(orders, freq="day").empty


def test_two_workers_give_the_numbers_of_the_store(folder: Path, stored: Answers, tmp_path: Path) -> None:
    # A process of its own: a Java machine holds one Spark.
    command = [sys.executable, "-m", "tests.spark.cluster", str(folder), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    workers, found = pd.read_pickle(tmp_path / "found.pickle")
    assert workers == 2
    assert len(found) == len(OF_EACH_KIND)
    assert_same(found, {question: stored[question] for question in found})
