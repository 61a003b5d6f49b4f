"""When an open order is looked up by itself: each case can be counted on the fingers."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.store.due import due, due_at

MADE = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("seen", "days"),
    [
        (dt.timedelta(), 2),
        (2 * DAY - SECOND, 2),
        (2 * DAY, 4),  # looked at on the very moment: not again
        (4 * DAY - SECOND, 4),
        (4 * DAY, 8),
        (30 * DAY, 32),
        (32 * DAY, 64),
        (3_000 * DAY, 4_096),
        (-DAY, 2),  # a clock that went wrong
    ],
)
def test_the_age_doubles(seen: dt.timedelta, days: int) -> None:
    assert due_at(MADE, MADE + seen) == MADE + days * DAY


def test_an_order_that_was_not_seen_since_it_was_made_is_due_first_after_two_days() -> None:
    assert due_at(MADE) == MADE + 2 * DAY
    assert due([("a", MADE, None)], now=MADE + 2 * DAY) == ["a"]
    assert due([("a", MADE, None)], now=MADE + 2 * DAY - SECOND) == []


def test_those_that_are_due_longest_come_first() -> None:
    orders = [
        ("since today", MADE, MADE + 3 * DAY),
        ("not yet", MADE + SECOND, MADE + 3 * DAY),
        ("since two days", MADE, MADE + DAY),
        ("since a year", MADE - 400 * DAY, MADE - 390 * DAY),
    ]
    # The last one was seen at 10 days of age, so it was due at 16; that of three days' age at 4.
    assert due(orders, now=MADE + 4 * DAY) == ["since a year", "since two days", "since today"]


def test_orders_that_are_due_since_the_same_moment_keep_their_order() -> None:
    assert due([(key, MADE, MADE) for key in (3, 1, 2)], now=MADE + 9 * DAY) == [3, 1, 2]


def test_daily_looks_find_an_order_five_times_in_a_month_and_then_ever_more_rarely() -> None:
    looks, seen = [], MADE
    for day in range(1, 300):
        now = MADE + day * DAY
        if due([("order", MADE, seen)], now=now):
            looks.append(day)
            seen = now
    assert looks == [2, 4, 8, 16, 32, 64, 128, 256]
