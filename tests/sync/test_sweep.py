"""Where the rolling sweep goes on: lists of two rows a page, named by the day on which they were made."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.sync.sweep import Place, Sweep, sweep

NOW = dt.datetime(2026, 10, 31, 12, tzinfo=dt.UTC)
BEFORE = NOW - dt.timedelta(days=1)
ANEW = Place()

Rows = list[tuple[int, int]]
"""The id of each row, and the day of October on which it was made; there is no day 0, 99 or 100."""


def days(newest: int, oldest: int = 1) -> Rows:
    """One row a day, with the day as its id, the newest first."""
    return [(day, day) for day in range(newest, oldest - 1, -1)]


class Listing:
    """Serve a list; ``asked`` are the pages that were asked for."""

    def __init__(self, rows: Rows, *, size: int = 2, end: str = "empty") -> None:
        self.rows, self.size, self.end = rows, size, end
        self.asked: list[int] = []
        self.before: dict[int, Callable[[], None]] = {}
        """What happens before a page is asked for, once."""

    def fetch(self, number: int) -> Page:
        self.before.pop(number, lambda: None)()
        self.asked.append(number)
        last = -(-len(self.rows) // self.size)
        served = number
        if number > last:
            served = {"clamp": last, "first-page": 1, "wrap": (number - 1) % last + 1}.get(self.end, number)
        rows = self.rows[(served - 1) * self.size : served * self.size]
        data = [{"id": key, "date_created": f"2026-10-{day:02} 10:00:00"} for key, day in rows]
        return page_from_json(number, json.dumps(data).encode(), requested_at=NOW)


def go(listing: Listing, place: Place = ANEW, *, most: int = 3, start: int = 2, came_in: int = 0) -> Sweep:
    front = listing.fetch(1).keys
    listing.asked = []
    return sweep(
        listing.fetch,
        place,
        most=most,
        start=start,
        came_in=came_in,
        page_size=listing.size,
        now=NOW,
        front=front,
    )


def go_to_the_end(listing: Listing, *, most: int, start: int = 1, runs: int) -> set[int]:
    """Make as many runs as may be needed, and give the rows that they read."""
    found: set[int] = set()
    place = Place()
    for _ in range(runs):
        done = go(listing, place, most=most, start=start)
        found.update(read(done))
        place = done.place
        if done.whole:
            return found
    raise AssertionError(f"the sweep has no end: {place}")


def at(page: int, day: int) -> Place:
    """The place behind a page that ended with the row of a day."""
    return Place(page, f"2026-10-{day:02} 10:00:00", BEFORE, ids=(day,))


def read(done: Sweep) -> list[int]:
    return [int(str(key)) for page in done.pages for key in page.keys]


# From one run to the next


def test_it_begins_where_what_is_new_has_ended() -> None:
    listing = Listing(days(20))
    done = go(listing, start=2, most=3)
    assert listing.asked == [2, 3, 4]
    assert read(done) == [18, 17, 16, 15, 14, 13]
    assert done.place == Place(4, "2026-10-13 10:00:00", NOW, ids=(13,))
    assert not done.whole


def test_it_goes_on_with_as_many_pages_below_the_last_one() -> None:
    listing = Listing(days(20))
    done = go(listing, at(4, 13), most=3)
    assert listing.asked == [4, 5, 6, 7]
    assert done.place == Place(7, "2026-10-07 10:00:00", BEFORE, ids=(7,))


def test_with_a_page_for_each_run_it_gets_on_too() -> None:
    listing, place, runs = Listing(days(20)), Place(), 0
    while place.swept is None and runs < 30:
        place = go(listing, place, start=1, most=1).place
        runs += 1
    assert runs == 10 + 1  # ten pages; the end is seen after the tenth


def test_where_rows_came_in_the_place_stands_further_down() -> None:
    listing = Listing(days(24))  # four rows, two pages, since the place was noted
    done = go(listing, at(4, 13), came_in=4, most=2)
    assert listing.asked == [6, 7, 8]
    assert read(done)[:4] == [14, 13, 12, 11]


def test_where_more_rows_came_in_than_were_counted_it_is_looked_for() -> None:
    listing = Listing(days(30))
    done = go(listing, at(4, 13), came_in=0, most=1)
    assert listing.asked == [4, 5, 7, 11, 9, 10]  # in steps of 1, 2, 4, then between 7 and 11
    assert read(done)[-4:] == [14, 13, 12, 11]


def test_where_rows_went_away_it_stands_further_up() -> None:
    rows = [(key, day) for key, day in days(20) if key not in (19, 17, 16, 15)]
    listing = Listing(rows)  # 20 18 | 14 13 | 12 11 | 10 9 …
    done = go(listing, at(4, 13), most=1)
    assert listing.asked == [4, 3, 1, 2, 3]  # page 2 is the place
    assert done.place.created == "2026-10-11 10:00:00"


def test_where_its_row_went_away_the_one_above_counts() -> None:
    rows = [(key, day) for key, day in days(20) if key != 13]
    listing = Listing(rows)  # … 16 15 | 14 12 | 11 10 …
    done = go(listing, at(4, 13), most=1)
    assert listing.asked == [4, 5]
    assert read(done) == [14, 12, 11, 10]


def test_where_all_above_it_went_away_it_begins_anew() -> None:
    listing = Listing(days(12))
    done = go(listing, at(4, 13))
    assert done.place == ANEW
    assert not done.whole
    assert go(listing, done.place, start=1).place.began == NOW


def test_rows_of_one_moment_are_not_passed_by() -> None:
    rows = [*days(20, 11), *((number, 10) for number in range(109, 100, -1)), *days(9)]
    listing = Listing(rows)  # 20 19 | … | 12 11 | 109 108 | 107 106 | 105 104 | 103 102 | 101 9 | …
    found: list[int] = []
    place = Place()
    for _ in range(30):
        done = go(listing, place, start=1, most=1)
        found += read(done)
        place = done.place
        if done.whole:
            break
    assert done.whole
    assert set(found) == {key for key, _ in rows}


def test_rows_of_one_moment_are_told_by_id_where_pages_moved() -> None:
    rows = [*days(20, 11), *((number, 10) for number in range(109, 100, -1)), *days(9)]
    place = Place(7, "2026-10-10 10:00:00", BEFORE, ids=(107, 106))
    listing = Listing([(key, day) for key, day in rows if key not in (20, 19)])
    done = go(listing, place, most=1)
    assert 105 in read(done)  # page 7 shows 105 104 now, of the same moment: it goes up, not on


def test_rows_of_one_moment_are_read_again_where_the_last_ones_went_away() -> None:
    rows = [*days(20, 11), *((number, 10) for number in range(109, 100, -1)), *days(9)]
    place = Place(7, "2026-10-10 10:00:00", BEFORE, ids=(107, 106))
    listing = Listing([(key, day) for key, day in rows if key not in (20, 19, 107, 106)])
    # 18 17 | 16 15 | 14 13 | 12 11 | 109 108 | 105 104 | 103 102 | …: page 7 is not where it was
    done = go(listing, place, most=3)
    assert {105, 104} <= set(read(done))


def test_a_row_out_of_order_neither_ends_a_sweep_nor_moves_its_place() -> None:
    listing = Listing([*days(20, 15), (99, 1), *days(14)])
    done = go(listing, start=1, most=5)
    assert (done.whole, done.place.created) == (False, "2026-10-12 10:00:00")


# Dates that cannot be read


def without_date(rows: Rows, *numbers: int, day: int = 0) -> Rows:
    return [(key, day if key in numbers else made) for key, made in rows]


@pytest.mark.parametrize("day", [0, 99])
def test_a_date_that_is_none_is_no_place(day: int) -> None:
    listing = Listing(without_date(days(20), 13, day=day))
    first = go(listing, start=2, most=3)
    assert listing.asked == [2, 3, 4]  # page 4 shows 14 and 13
    assert first.place == Place(4, "2026-10-14 10:00:00", NOW, ids=(14,))
    assert (first.until, first.since) == ("2026-10-18 10:00:00", "2026-10-14 10:00:00")


@pytest.mark.parametrize("day", [0, 99])
@pytest.mark.parametrize("key", range(1, 13))
def test_a_sweep_ends_wherever_a_date_cannot_be_read(key: int, day: int) -> None:
    for most in (1, 2, 3, 4, 5):
        listing = Listing(without_date(days(12), key, day=day))
        assert go_to_the_end(listing, most=most, runs=6 + 1) == set(range(1, 13))


@pytest.mark.parametrize("day", [0, 100])
@pytest.mark.parametrize("first", range(3, 13))
def test_a_sweep_ends_where_no_date_of_a_page_can_be_read(first: int, day: int) -> None:
    for most in (1, 2, 3, 4, 5):
        listing = Listing(without_date(days(12), *range(first - 2, first + 1), day=day))
        assert go_to_the_end(listing, most=most, runs=6 + 1) == set(range(1, 13))


def test_where_no_date_can_be_read_it_begins_anew_when_the_rows_are_gone() -> None:
    listing = Listing(without_date(days(20), 18, 17))
    done = go(listing, start=2, most=1)
    assert done.place == Place(2, None, NOW, ids=(18, 17))
    listing.rows = [(key, day) for key, day in listing.rows if key not in (18, 17)]
    assert go(listing, done.place).place == ANEW


def test_where_no_date_can_be_read_the_last_one_that_could_says_where_to_look() -> None:
    place, listing = at(2, 17), Listing(without_date(days(20), *range(11, 17)))
    for page in (3, 4):  # a page for each run, and neither has a date
        place = go(listing, place, most=1).place
        assert place == Place(page, "2026-10-17 10:00:00", BEFORE, ids=(22 - 2 * page, 21 - 2 * page))
    listing.rows = [(key, day) for key, day in listing.rows if key not in (14, 13)]
    done = go(listing, place, most=1)
    assert done.place.page == 3  # 20 19 | 18 17 | 16 15 | …: from 17 on it is read again
    assert {18, 17, 16, 15} <= set(read(done))


def test_a_wrong_date_of_the_last_row_does_not_keep_a_sweep_from_its_end() -> None:
    # There is such a date, so it is believed; no date of the list is as old, though its end is reached.
    listing = Listing(without_date(days(20, 2), 13, day=1))
    first = go(listing, start=2, most=3)
    assert first.place.created == "2026-10-01 10:00:00"
    assert go(listing, first.place, most=9).whole


# The end


@pytest.mark.parametrize(
    ("end", "asked"),
    [
        ("empty", [8, 9, 10, 11, 12, 1012]),
        ("clamp", [8, 9, 10, 11, 12, 1012]),
        ("first-page", [8, 9, 10, 11, 1, 12, 2, 1012]),  # pages 11 and 12 show what page 1 does
    ],
)
def test_the_end_is_where_any_page_shows_the_same(end: str, asked: list[int]) -> None:
    listing = Listing(days(20), end=end)
    done = go(listing, at(8, 5), most=9)
    assert listing.asked == asked
    assert done.whole
    assert done.place == Place(swept=BEFORE)  # when it began, not when it ended


def test_the_end_of_a_list_that_wraps() -> None:
    listing = Listing(days(6), end="wrap")  # three pages, again and again
    done = go(listing, start=2, most=9)
    assert done.whole
    assert listing.asked == [2, 3, 4, 1, 5, 2]  # page 4 shows what 1 does, and page 5 what 2 does


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("end", ["empty", "clamp", "first-page", "wrap"])
@pytest.mark.parametrize("older", [0, 1, 2])
def test_the_end_of_a_list_whose_rows_are_of_one_moment(older: int, end: str, most: int) -> None:
    rows = [*((number, 10) for number in range(120, 100, -1)), *days(older)]
    assert go_to_the_end(Listing(rows, end=end), most=most, runs=11 + 1) == {key for key, _ in rows}


def test_a_page_that_a_server_mistook_for_page_1_is_no_end() -> None:
    listing = Listing([(number, 10) for number in range(20, 0, -1)])
    real = listing.fetch

    def fetch(number: int) -> Page:
        return replace(real(1), number=6) if number == 6 else real(number)

    listing.fetch = fetch  # type: ignore[method-assign]
    done = go(listing, Place(5, "2026-10-10 10:00:00", BEFORE, ids=(12, 11)), most=3)
    assert listing.asked == [5, 1, 1, 7, 2, 8]
    assert not done.whole


def test_rows_of_the_front_that_a_burst_pushes_down_are_no_end() -> None:
    listing = Listing([(number, 10) for number in range(20, 0, -1)], end="wrap")

    def burst() -> None:
        newest = listing.rows[0][0]
        listing.rows = [*((newest + more, 10) for more in range(10, 0, -1)), *listing.rows]

    listing.before = {6: burst}
    done = go(listing, Place(5, "2026-10-10 10:00:00", BEFORE, ids=(12, 11)), most=3)
    assert listing.asked == [5, 6, 1, 7, 8]  # page 6 shows 20 19, and page 1 now 30 29
    assert not done.whole


def test_a_sweep_that_ends_with_its_last_page_sees_the_end_the_next_time() -> None:
    listing = Listing(days(8))
    first = go(listing, start=2, most=3)
    assert (listing.asked, first.whole) == ([2, 3, 4], False)
    second = go(listing, first.place, most=3)
    assert second.whole
    assert second.place == Place(swept=NOW)


def test_after_the_end_it_begins_anew_below_the_young_rows() -> None:
    listing = Listing(days(20))
    done = go(listing, Place(swept=BEFORE), start=3, most=1)
    assert listing.asked == [3]
    assert done.place == Place(3, "2026-10-15 10:00:00", NOW, BEFORE, ids=(15,))


@pytest.mark.parametrize("end", ["empty", "clamp", "first-page"])
def test_bursts_of_a_page_are_no_end(end: str) -> None:
    listing = Listing(days(20), end=end)

    def burst() -> None:
        newest = listing.rows[0][0]
        listing.rows = [(newest + 2, 30), (newest + 1, 30), *listing.rows]

    listing.before = {5: burst, 6: burst}
    done = go(listing, at(4, 13), most=4)
    assert listing.asked[:3] == [4, 5, 6]  # all three show 14 13
    assert not done.whole
    assert read(done)[-4:] == [12, 11, 10, 9]


def test_one_empty_page_is_no_end() -> None:
    listing = Listing(days(20))
    real = listing.fetch
    empty = page_from_json(6, b"[]", requested_at=NOW)
    listing.fetch = lambda number: empty if number == 6 else real(number)  # type: ignore[method-assign]
    done = go(listing, at(4, 13), most=4)
    assert not done.whole
    assert read(done)[-2:] == [6, 5]


def test_two_empty_pages_are_no_end_where_a_far_page_holds_rows() -> None:
    listing = Listing(days(20), end="clamp")
    real = listing.fetch
    listing.rows[10:14] = []
    listing.rows[10:10] = [(0, 0)] * 4

    def fetch(number: int) -> Page:
        page = real(number)
        return page if 0 not in page.keys else page_from_json(number, b"[]", requested_at=NOW)

    listing.fetch = fetch  # type: ignore[method-assign]
    done = go(listing, at(4, 13), most=4)
    assert not done.whole
    assert read(done)[-2:] == [6, 5]


def test_an_end_above_the_place_is_none() -> None:
    listing = Listing(days(20), size=10, end="first-page")  # pages were of two rows when the place was noted
    done = go(listing, at(9, 3))
    assert not done.whole
    assert done.place == ANEW


# Nothing to spend, and what is written down


def test_without_a_budget_nothing_is_asked_for() -> None:
    listing = Listing(days(20))
    done = go(listing, at(4, 13), most=0)
    assert listing.asked == []
    assert done.place == at(4, 13)


def test_what_was_read_without_a_gap() -> None:
    done = go(Listing(days(20)), at(4, 13), most=3)
    assert (done.until, done.since) == ("2026-10-14 10:00:00", "2026-10-07 10:00:00")
    away = go(Listing(days(30)), at(4, 13), most=1)  # page 4 and others were asked for to find the place
    assert (away.until, away.since) == ("2026-10-14 10:00:00", "2026-10-11 10:00:00")
    ended = go(Listing(days(20), end="first-page"), at(8, 5), most=9)  # page 1 came again in the end
    assert (ended.until, ended.since) == ("2026-10-06 10:00:00", "2026-10-01 10:00:00")


def test_a_place_outlives_json() -> None:
    place = Place(4, "2026-10-13 10:00:00", BEFORE, BEFORE - dt.timedelta(days=9), ids=(13, "sha256:ab"))
    assert Place.from_dict(json.loads(json.dumps(place.to_dict()))) == place
    assert Place.from_dict({"page": 4, "created": "2026", "began": None, "swept": None}) == Place(4, "2026")


def test_a_whole_reading_ends_the_sweep() -> None:
    known = at(4, 13).to_dict()
    assert Place.from_dict(known, swept=BEFORE) == Place(swept=BEFORE)
    later = Place(4, "2026-10-13 10:00:00", NOW, NOW)
    assert Place.from_dict(later.to_dict(), swept=BEFORE) == later
    assert Place.from_dict(None, swept=BEFORE) == Place(swept=BEFORE)
