"""Bounds: what a person may write, and what is refused."""

# ruff: noqa: DTZ001  wall-clock times are meant

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics import conversion, revenue
from tegro_analytics.metrics.asking.window import instant, local_time, window
from tests.golden import MOSCOW, arrow, golden_rows

GOLDEN = arrow(golden_rows())
MIDNIGHT = dt.datetime(2026, 10, 1)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2026-10-01", MIDNIGHT),
        (" 2026-10-01 ", MIDNIGHT),
        (dt.date(2026, 10, 1), MIDNIGHT),
        (MIDNIGHT, MIDNIGHT),
        ("2026-10-01 12:30", dt.datetime(2026, 10, 1, 12, 30)),
        ("2026-10-01T09:30:00Z", dt.datetime(2026, 10, 1, 12, 30)),
        (dt.datetime(2026, 9, 30, 21, tzinfo=dt.UTC), MIDNIGHT),
        (pd.Timestamp("2026-10-01"), MIDNIGHT),
        (pd.Timestamp("2026-09-30 21:00", tz="UTC"), MIDNIGHT),
        (np.datetime64("2026-10-01"), MIDNIGHT),
        (np.datetime64("2026-10-01T12:30"), dt.datetime(2026, 10, 1, 12, 30)),
    ],
)
def test_dates_moments_and_iso_text_are_read(given: Any, read: dt.datetime) -> None:
    assert local_time(given, MOSCOW, name="since") == read
    assert type(local_time(given, MOSCOW, name="since")) is dt.datetime


@pytest.mark.parametrize(
    "given",
    [
        "",
        "yesterday",
        "2026-02-30",
        "01.10.2026",
        "2026-13-01",
        0,
        1,
        True,
        False,
        [],
        pd.NaT,
        20261001,
        b"2026-10-01",
    ],
)
@pytest.mark.parametrize("name", ["since", "until", "as_of"])
def test_anything_else_is_refused_and_never_taken_for_open(given: Any, name: str) -> None:
    with pytest.raises(DataError, match=f"{name}=.* is neither a date nor a moment"):
        revenue(GOLDEN, **{name: given})


def test_a_year_that_was_mistyped_is_refused() -> None:
    with pytest.raises(DataError, match="until='9999-12-31' lies outside the years 1900 to 2200"):
        revenue(GOLDEN, until="9999-12-31", freq="year")


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(DataError, match="since='2026-03-03' comes after until='2026-03-02': swap them"):
        revenue(GOLDEN, since="2026-03-03", until="2026-03-02")


def test_bounds_are_half_open() -> None:
    assert conversion(GOLDEN, since="2026-03-02 09:00", until="2026-03-02 12:00")["orders"].tolist() == [1]
    assert conversion(GOLDEN, since="2026-03-02", until="2026-03-02")["orders"].tolist() == [0]


def test_within_bounds_a_currency_without_payments_is_a_row_of_0() -> None:
    quiet = revenue(GOLDEN, since="2026-03-04 10:00")
    assert quiet[["currency", "gross_volume", "payments"]].to_numpy().tolist() == [
        ["RUB", 0, 0],
        ["USD", 0, 0],
    ]
    assert quiet["average_ticket"].isna().all()
    early = revenue(GOLDEN, until="2026-02-01", since="2026-01-31", freq="day")
    assert early["gross_volume"].tolist() == [0, 0]
    assert early["zero_days"].tolist() == [1, 1]
    assert len(revenue(GOLDEN, since="2026-03-04 10:00", by="family")) == 0


def test_a_moment_is_that_of_the_report_zone() -> None:
    new_york = ZoneInfo("America/New_York")
    assert instant(dt.datetime(2026, 3, 8, 1, 59), new_york) == dt.datetime(2026, 3, 8, 6, 59, tzinfo=dt.UTC)
    assert instant(dt.datetime(2026, 3, 8, 2, 30), new_york) == dt.datetime(
        2026, 3, 8, 7, 30, tzinfo=dt.UTC
    )  # a gap
    assert instant(dt.datetime(2026, 11, 1, 1, 30), new_york) == dt.datetime(
        2026, 11, 1, 5, 30, tzinfo=dt.UTC
    )


def test_only_midnights_are_days() -> None:
    assert window("2026-10-01", dt.date(2026, 10, 2), MOSCOW).by_days
    assert window(None, None, MOSCOW).by_days
    assert not window("2026-10-01 00:00:01", None, MOSCOW).by_days
    assert window("2026-09-30T21:00Z", None, MOSCOW).by_days
