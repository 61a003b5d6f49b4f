"""One small world for each thing that may happen to a list, with every call made, to be checked by eye.

Rows are numbered as they were made: of ``steady(9)``, newest first, three to a page, page 1 shows 9, 8, 7.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.reading import PageStream, read_list
from tegro_analytics.exceptions import Rejected, SyncIncomplete, TransportError
from tests.api.lists.worlds import World, before_call, made, naive, steady

SENT = datetime(2026, 10, 31, tzinfo=UTC)


def read(world: World, **settings: int) -> tuple[list[tuple[int, ...]], PageStream]:
    """Read a world to its end; give what came, page by page, and the stream."""
    stream = read_list(world.fetch, **settings)
    return [page.keys for page in stream], stream


def rows_of(pages: list[tuple[int, ...]]) -> set[int]:
    return {key for keys in pages for key in keys}


def test_p1_a_burst_of_exactly_one_page_is_no_end() -> None:
    world = World(steady(6), size=3, before=before_call(call_2=lambda world: world.arrive(3)))
    pages, stream = read(world)
    # Page 2 shows page 1 again: is there an end at all? Two far pages say so. Page 1 in the end shows the
    # burst, so the end is looked at once more.
    assert world.calls == [1, 2, 1002, 1003, 3, 4, 5, 1, 6, 7, 1]
    assert pages == [(6, 5, 4), (6, 5, 4), (3, 2, 1), (9, 8, 7), (9, 8, 7)]
    assert (stream.report.list_order, stream.report.end_seen) == ("newest", "empty")
    assert (stream.report.complete, stream.report.verified) == (True, True)


def test_p1_the_usual_reader_loses_half_of_that_list() -> None:
    world = World(steady(6), size=3, before=before_call(call_2=lambda world: world.arrive(3)))
    assert naive(world.fetch, stop_short=False) == {6, 5, 4}


def test_p1_a_burst_in_a_list_without_an_end() -> None:
    world = World(steady(9), size=3, end="clamp", before=before_call(call_2=lambda world: world.arrive(3)))
    pages, stream = read(world)
    # 1002 shows the last page (3, 2, 1), page 1 the burst: page 2 is like neither, so it is no end.
    assert world.calls == [1, 2, 1002, 1, 3, 4, 1004, 1005, 1]
    assert pages[:5] == [(9, 8, 7), (9, 8, 7), (3, 2, 1), (12, 11, 10), (6, 5, 4)]
    assert (stream.report.unique, stream.report.end_seen, stream.report.verified) == (12, "clamp", True)


def test_p1_bursts_again_and_again_in_a_list_without_an_end() -> None:
    def burst(world: World) -> None:
        last = world.calls[-1] if world.calls else 1
        if last < 1_000 and last % 2 == 0 and len(world.rows) < 300:
            world.arrive(2)

    world = World(steady(200), size=2, end="clamp", before=burst)
    pages, stream = read(world)
    # Every other page is one that was read: 50 such pages, but never 20 in a row.
    assert set(range(1, 201)) <= rows_of(pages)
    assert world.calls.count(2) == 1
    assert (stream.report.end_seen, stream.report.verified) == ("clamp", True)


def test_p1_a_burst_where_far_pages_wrap_to_the_very_page() -> None:
    burst = before_call(call_6=lambda world: world.arrive(3))
    world = World(steady(27), size=3, end="wrap", before=burst)
    pages, _ = read(world)
    # Of ten pages, 1006 is page 6, which shows page 5 again: like a last page for ever. Page 1007 is not.
    assert world.calls[:9] == [1, 2, 3, 4, 5, 6, 1006, 1007, 1]
    assert set(range(1, 28)) <= rows_of(pages)


def test_p2_rows_that_went_away_from_page_1_are_noticed() -> None:
    world = World(steady(9), size=3, before=before_call(call_3=lambda world: world.delete(8)))
    pages, stream = read(world)
    # 8 goes away when 9 … 4 were read: 3 moves up to page 2, past the reader. Page 1 shows 6, which stood on
    # page 2: so the list is walked again. Page 3 is the last one as before: its end is not looked for again.
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1, 1, 2, 3, 1]
    assert 3 in rows_of(pages)
    assert stream.report.warnings == ("1 rows of later pages moved up to page 1 while the list was read",)
    assert stream.report.verified


def test_p2_rows_that_never_stop_going_away_are_not_verified() -> None:
    world = World(steady(30), size=3)
    world.before = lambda world: world.delete(max(world.shown)) if len(world.calls) % 3 == 2 else None
    _, stream = read(world)
    assert (stream.report.complete, stream.report.verified) == (True, False)
    assert "moved up to page 1" in stream.report.warnings[0]


def test_p3_the_last_page_for_ever() -> None:
    world = World(steady(7), size=3, end="clamp")
    pages, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 1004, 1005, 1]
    assert pages == [(7, 6, 5), (4, 3, 2), (1,), (1,), (1,), (1,), (7, 6, 5)]
    report = stream.report
    assert (report.end_seen, report.pages, report.complete, report.verified) == ("clamp", 3, True, True)


@pytest.mark.parametrize(("end", "seen"), [("empty", "empty"), ("error", "error"), ("null", "error")])
def test_p4_nothing_past_the_end(end: str, seen: str) -> None:
    world = World(steady(7), size=3, end=end)
    pages, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1]
    assert pages == [(7, 6, 5), (4, 3, 2), (1,), (7, 6, 5)]
    assert (stream.report.end_seen, stream.report.verified) == (seen, True)


def test_p4_page_1_again_past_the_end() -> None:
    world = World(steady(7), size=3, end="first-page")
    _, stream = read(world)
    # Page 4 may begin a lap; page 5 is not page 2, so it does not. Far pages and page 1 are alike.
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1006, 1]
    assert (stream.report.end_seen, stream.report.pages, stream.report.verified) == ("first_page", 3, True)


def test_p4_page_1_again_past_the_end_while_a_row_comes_in() -> None:
    world = World(
        steady(7), size=3, end="first-page", before=before_call(call_3=lambda world: world.arrive(1))
    )
    _, stream = read(world)
    # Page 3 shows 2 1. That page 4 is longer says nothing: it is page 1. It shows 8, and so does page 1.
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1006, 1]
    assert (stream.report.unique, stream.report.verified, stream.report.warnings) == (8, True, ())


def test_p4_page_1_again_past_the_end_of_a_busy_list() -> None:
    def arrive(world: World) -> None:
        world.arrive(len(world.calls) % 3 == 0)

    world = World(steady(473), size=10, end="first-page", before=arrive)
    _, stream = read(world)
    # Rows that were first seen where page 1 was shown for another page did not move up to page 1.
    assert stream.report.warnings in (
        (),
        ("New rows kept coming in at the front when the end had been reached",),
    )
    assert (stream.report.end_seen, stream.report.verified) == ("first_page", True)
    assert len(world.calls) < 90


def test_p4_the_last_page_again_up_to_a_page_that_is_refused() -> None:
    world = World(steady(9), size=3, end="clamp")

    def fetch(number: int) -> Page:
        page = world.fetch(number)
        return page if number <= 1_000 else Page(number, b"[]", (), (), SENT, refusal="error: too far")

    stream = read_list(fetch)
    assert {key for page in stream for key in page.keys} == set(range(1, 10))
    # There is an end before page 1004; after 20 barren pages one half-way is asked for, not all of them.
    assert world.calls == [1, 2, 3, 4, 1004, 1005, *range(5, 24), 513, 514, 1]
    assert (stream.report.end_seen, stream.report.verified) == ("clamp", True)


def test_p4_the_far_page_of_a_long_list_is_farther() -> None:
    world = World(steady(200), size=1)
    read(world)
    assert world.calls == [*range(1, 203), 2_020, 1]


def test_a_page_that_wrongly_shows_page_1() -> None:
    world = World(steady(9), size=3, end="clamp")
    stream = read_list(lambda number: world.fetch(1 if number == 2 else number))
    assert [page.keys for page in stream][:4] == [(9, 8, 7), (9, 8, 7), (3, 2, 1), (9, 8, 7)]
    assert (stream.report.end_seen, stream.report.verified) == ("clamp", False)
    assert stream.report.warnings == ("Page 2 showed the rows of page 1, though it is no end",)


def test_p4b_an_empty_page_in_the_middle() -> None:
    world = World(steady(9), size=3, hidden={4, 5, 6})
    pages, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1]
    assert pages == [(9, 8, 7), (3, 2, 1), (9, 8, 7)]
    assert (stream.report.complete, stream.report.verified) == (True, False)
    assert stream.report.warnings == ("Pages without rows, though later pages hold rows: 2",)


def test_p4b_a_page_refused_in_the_middle() -> None:
    world = World(steady(9), size=3)

    def fetch(number: int) -> Page:
        page = world.fetch(number)
        return Page(2, b"[]", (), (), SENT, refusal="error: busy") if number == 2 else page

    stream = read_list(fetch)
    assert [page.keys for page in stream] == [(9, 8, 7), (3, 2, 1), (9, 8, 7)]
    assert (stream.report.end_seen, stream.report.verified) == ("empty", False)


def test_p4b_the_usual_reader_stops_at_the_hole() -> None:
    assert naive(World(steady(9), size=3, hidden={4, 5, 6}).fetch, stop_short=False) == {9, 8, 7}


def test_p4b_a_hole_that_a_burst_pushes_along_with_the_reader() -> None:
    def burst(world: World) -> None:
        world.arrive(3)

    world = World(steady(9), size=3, hidden={4, 5, 6}, before=before_call(call_3=burst))
    pages, stream = read(world)
    # Page 3 is the empty page 2 again. Page 1 shows that the list moved, so the end is looked at once more.
    assert world.calls == [1, 2, 3, 1003, 1, 4, 5, 6, 1]
    assert pages == [(9, 8, 7), (12, 11, 10), (3, 2, 1), (12, 11, 10)]
    assert not stream.report.verified


def test_p4b_two_empty_pages_and_rows_far_ahead() -> None:
    hidden = set(range(1_007, 1_013))  # pages 5 and 6 of 341
    world = World(steady(1_024), size=3, hidden=hidden, end="clamp")
    pages, stream = read(world)
    assert world.calls[:8] == [1, 2, 3, 4, 5, 6, 1006, 7]
    assert (1_006, 1_005, 1_004) in pages
    assert stream.report.unique == 1_018
    assert not stream.report.verified


def test_p4b_empty_pages_without_end_are_given_up() -> None:
    def fetch(number: int) -> Page:
        keys = (number,) if number < 3 or number > 1_000 else ()
        return Page(number, b"[]", keys, (None,) * len(keys), SENT)

    stream = read_list(fetch)
    assert [page.keys for page in stream] == [(1,), (2,), (1004,), (1,)]
    assert (stream.report.complete, stream.report.verified) == (False, False)
    assert stream.report.warnings == ("Pages 3 to 22 hold no rows, though page 1004 does",)


def test_p5_short_pages_in_the_middle() -> None:
    world = World(steady(9), size=3, hidden={8, 5, 4})
    pages, stream = read(world)
    # Pages of 2, 1 and 3 rows. Page 3 is longer than those before: had the pages grown, page 2 would be too.
    assert world.calls == [1, 2, 3, 2, 4, 5, 1005, 1]
    assert pages == [(9, 7), (6,), (3, 2, 1), (6,), (9, 7)]
    assert (stream.report.page_size_seen, stream.report.verified, stream.report.warnings) == (3, True, ())


def test_p5_a_page_longer_than_the_last_one_but_not_the_longest() -> None:
    world = World(steady(9), lengths=(3, 1, 2))
    _, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 5, 6, 1006, 1]
    assert (stream.report.unique, stream.report.pages) == (9, 4)


def test_p5_the_usual_reader_stops_at_the_short_page() -> None:
    assert naive(World(steady(9), size=3, hidden={8, 5, 4}).fetch, stop_short=True) == {9, 7, 6}


def test_p6_pages_become_longer() -> None:
    world = World(steady(12), size=2, before=before_call(call_3=lambda world: setattr(world, "size", 4)))
    pages, stream = read(world)
    # 12 11 | 10 9 were read; page 3 is 4 3 2 1 now, and 8 … 5 are skipped. Page 2 is longer too: once more.
    assert world.calls == [1, 2, 3, 2, 1, 2, 3, 4, 5, 1005, 1]
    assert pages[2:4] == [(4, 3, 2, 1), (8, 7, 6, 5)]
    assert (stream.report.unique, stream.report.verified) == (12, True)
    assert stream.report.warnings == ("Pages became longer while the list was read, before page 3",)


def test_p6_pages_become_longer_than_the_rest_of_the_list() -> None:
    world = World(steady(5), size=2, before=before_call(call_3=lambda world: setattr(world, "size", 4)))
    pages, stream = read(world)
    # Page 3 is empty now, and 1 was never shown; page 1 shows rows of page 2.
    assert world.calls == [1, 2, 3, 4, 1004, 1, 1, 2, 3, 4, 1004, 1]
    assert (1,) in pages
    assert stream.report.verified


def test_p6_pages_become_shorter() -> None:
    world = World(steady(12), size=4, before=before_call(call_3=lambda world: setattr(world, "size", 2)))
    _, stream = read(world)
    # Page 3 shows 8 7, page 4 6 5: read already, and not what a burst would show.
    assert world.calls == [1, 2, 3, 1003, 1004, 4, 1, 2, 3, 4, 5, 6, 7, 8, 1008, 1]
    assert (stream.report.unique, stream.report.verified) == (12, True)


def test_p6_pages_become_longer_and_shorter_again() -> None:
    def resize(size: int) -> Callable[[World], None]:
        return lambda world: setattr(world, "size", size)

    world = World(
        steady(10), size=2, end="first-page", before=before_call(call_3=resize(5), call_4=resize(2))
    )
    _, stream = read(world)
    # Of two pages of five, page 3 is page 1: 10 … 6. Longer than pages were: once more, and 5 is found.
    assert world.calls[:4] == [1, 2, 3, 1]
    assert (stream.report.unique, stream.report.verified) == (10, True)


@pytest.mark.parametrize(
    ("order", "seen"),
    [("newest", "newest"), ("out-of-step", "newest"), ("oldest", "oldest"), ("hashed", "mixed")],
)
def test_p8_the_order_of_the_list(order: str, seen: str) -> None:
    world = World(steady(9), size=3, order=order)
    _, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1]
    report = stream.report
    assert (report.list_order, report.verified) == (seen, True)
    assert (report.oldest_created, report.newest_created) == ("2026-10-01 00:00:01", "2026-10-01 00:00:09")


@pytest.mark.parametrize(("before", "after"), [("newest", "oldest"), ("oldest", "newest")])
def test_p8_the_order_changes_while_the_list_is_read(before: str, after: str) -> None:
    def reorder(world: World) -> None:
        world.reorder(after)

    world = World(steady(12), size=2, order=before, before=before_call(call_4=reorder))
    _, stream = read(world)
    # Pages 4 … 6 show the first half again; page 1 shows rows that were not met: the list is walked again.
    assert world.calls == [1, 2, 3, 4, 1004, 1005, 5, 6, 7, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8, 1008, 1]
    assert (stream.report.unique, stream.report.list_order, stream.report.verified) == (12, after, True)


def test_p9_equal_times_and_ids_out_of_step() -> None:
    world = World(made(5, 5, 5, 5, 5, 5, 5), size=3, order="out-of-step")
    pages, stream = read(world)
    assert rows_of(pages) == {1, 2, 3, 4, 5, 6, 7}
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1]
    assert (stream.report.list_order, stream.report.verified) == ("unknown", True)


@pytest.mark.parametrize("end", ["empty", "clamp", "first-page", "error", "null"])
def test_p16_no_rows(end: str) -> None:
    world = World([], end=end)
    pages, stream = read(world)
    assert world.calls == [1, 2, 1002, 1]
    assert pages == []
    report = stream.report
    assert (report.unique, report.pages, report.page_size_seen, report.oldest_created) == (0, 0, None, None)
    assert (report.end_seen, report.complete, report.verified) == ("empty", True, True)


def test_p16_the_first_row_comes_in_while_nothing_is_read() -> None:
    world = World([], before=before_call(call_4=lambda world: world.arrive(1)))
    pages, stream = read(world)
    assert world.calls == [1, 2, 1002, 1, 1, 2, 3, 1003, 1]
    assert pages == [(1,), (1,), (1,)]
    assert stream.report.verified


def test_p16_one_page() -> None:
    world = World(steady(3), size=5)
    pages, stream = read(world)
    assert world.calls == [1, 2, 3, 1003, 1]
    assert pages == [(3, 2, 1), (3, 2, 1)]
    assert stream.report.verified


@pytest.mark.parametrize(
    ("end", "calls"),
    [
        ("empty", [1, 2, 3, 4, 1004, 1]),
        ("error", [1, 2, 3, 4, 1004, 1]),
        ("clamp", [1, 2, 3, 1003, 1004, 1]),
        ("first-page", [1, 2, 3, 4, 1004, 1005, 1]),
    ],
)
def test_p16_exactly_two_full_pages(end: str, calls: list[int]) -> None:
    world = World(steady(6), size=3, end=end)
    _, stream = read(world)
    assert world.calls == calls
    assert (stream.report.unique, stream.report.pages, stream.report.verified) == (6, 2, True)


def test_a_server_that_ignores_the_page_number() -> None:
    world = World(steady(35), size=10, end="ignored")
    _, stream = read(world)
    assert world.calls == [1, 2, 1002, 1003, 1]
    report = stream.report
    assert (report.end_seen, report.complete, report.verified) == ("ignored", False, False)
    assert "ignores the page number" in report.warnings[0]


@pytest.mark.parametrize("end", ["clamp", "first-page"])
def test_one_page_that_comes_again_may_be_all_or_not(end: str) -> None:
    _, few = read(World(steady(7), size=100, end=end))
    assert (few.report.end_seen, few.report.verified) == ("first_page", True)
    assert "would look the same" in few.report.warnings[0]
    _, full = read(World(steady(50), size=100, end=end))
    assert (full.report.end_seen, full.report.verified) == ("ignored", False)


def test_one_page_that_comes_again_is_all_where_full_pages_are_longer() -> None:
    _, stream = read(World(steady(50), size=100, end="clamp"), full_page=100)
    assert (stream.report.end_seen, stream.report.verified, stream.report.warnings) == (
        "first_page",
        True,
        (),
    )
    _, stream = read(World(steady(50), size=7, end="ignored"), full_page=7)
    assert (stream.report.end_seen, stream.report.verified) == ("ignored", False)


def test_a_server_that_ignores_the_page_number_while_rows_come_in() -> None:
    world = World(
        steady(50), size=10, end="ignored", before=before_call(call_2=lambda world: world.arrive(6))
    )
    _, stream = read(world)
    # Page 2 brings six rows, as another page would; page 3 does not. Page 2 is read again, between page 1 and
    # page 1: it is page 1.
    assert world.calls == [1, 2, 3, 1003, 1004, 1, 2, 1]
    assert (stream.report.end_seen, stream.report.verified) == ("ignored", False)


def test_a_server_that_ignores_the_page_number_while_a_row_comes_in_before_each_call() -> None:
    world = World(steady(50), size=10, end="ignored", before=lambda world: world.arrive(1))
    _, stream = read(world)
    assert world.calls == [1, 2, 1002, 1003, 1, 1, 1, 1, 1]
    assert stream.report.end_seen == "ignored"


def test_a_list_that_begins_again_with_an_empty_last_page() -> None:
    world = World(steady(9), size=3, end="wrap", hidden={1, 2, 3})
    _, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 5, 6, 1]
    assert stream.report.warnings[0] == "Pages without rows, though later pages hold rows: 3"
    assert (stream.report.end_seen, stream.report.unique) == ("wrap", 6)


def test_a_list_that_begins_again_after_its_last_page() -> None:
    world = World(steady(9), size=3, end="wrap")
    _, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 5, 6, 1]
    report = stream.report
    assert (report.end_seen, report.pages, report.complete, report.verified) == ("wrap", 3, True, False)


def test_a_long_list_that_begins_again_is_known_by_twenty_pages() -> None:
    world = World(steady(100), size=2, end="wrap")
    _, stream = read(world)
    assert world.calls == [*range(1, 71), 1]
    assert (stream.report.end_seen, stream.report.unique, stream.report.verified) == ("wrap", 100, False)


def test_twenty_barren_pages_are_enough() -> None:
    shown = [(1, 2, 3), (4, 5, 6), (7, 8, 9)]
    calls: list[int] = []

    def fetch(number: int) -> Page:
        calls.append(number)
        # From page 4 on: rows that were read, never twice the same page, and no end.
        keys = shown[number - 1] if number < 4 else tuple(row[(number + row[0]) % 3] for row in shown)
        return Page(number, b"[]", keys, (None,) * len(keys), SENT)

    stream = read_list(fetch)
    rows = {key for page in stream for key in page.keys}
    assert rows == {1, 2, 3, 4, 5, 6, 7, 8, 9}
    assert (stream.report.complete, stream.report.verified) == (False, False)
    assert "20 pages up to page 23 held nothing but rows already read" in stream.report.warnings
    assert calls.count(2) == calls.count(23) == 3  # walked three times
    assert len(calls) < 3 * 70


def test_more_pages_than_the_cap() -> None:
    world = World(steady(30), size=3)
    stream = read_list(world.fetch, max_pages=4)
    with pytest.raises(
        SyncIncomplete, match="no end within 4 pages: 15 rows back to 2026-10-01 00:00:16"
    ) as caught:
        list(stream)
    assert world.calls == [1, 2, 3, 4, 5]
    assert caught.value.pages == 5
    assert caught.value.report == stream.report
    assert (stream.report.end_seen, stream.report.complete, stream.report.verified) == ("cap", False, False)
    with pytest.raises(SyncIncomplete):
        next(stream)


def test_as_many_pages_as_the_cap() -> None:
    _, stream = read(World(steady(12), size=3), max_pages=4)
    assert (stream.report.end_seen, stream.report.complete) == ("empty", True)


def test_a_list_that_grows_for_ever_ends() -> None:
    world = World(steady(8), size=3, before=lambda world: world.arrive(1))
    pages, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 5, 1005, 1006, 6, 7, 8, 1, 9, 10, 1, 11, 12, 1, 13, 14, 1, 15, 16, 1]
    assert set(range(1, 9)) <= rows_of(pages)
    assert "New rows kept coming in" in stream.report.warnings[0]


def test_page_1_refused_is_an_error() -> None:
    stream = read_list(lambda number: Page(number, b"[]", (), (), SENT, refusal="error: no such shop"))
    with pytest.raises(Rejected, match="error: no such shop"):
        next(stream)


def test_a_failed_request_is_asked_for_again() -> None:
    world = World(steady(6), size=3)
    failures = [TransportError("cut off")]

    def fetch(number: int) -> Page:
        if number == 2 and failures:
            raise failures.pop()
        return world.fetch(number)

    stream = read_list(fetch)
    assert next(stream).keys == (6, 5, 4)
    with pytest.raises(TransportError):
        next(stream)
    assert [page.keys for page in stream] == [(3, 2, 1), (6, 5, 4)]
    assert (stream.report.requests, stream.report.verified) == (6, True)


def test_the_report_tells_how_far_the_reading_is() -> None:
    stream = read_list(World(steady(9), size=3).fetch)
    assert (stream.report.requests, stream.report.started_at, stream.report.end_seen) == (0, None, "unknown")
    next(stream)
    next(stream)
    report = stream.report
    assert (report.pages, report.unique, report.oldest_created) == (2, 6, "2026-10-01 00:00:04")
    assert (report.end_seen, report.complete, report.verified) == ("unknown", False, False)


def test_the_report_counts() -> None:
    def fetch(number: int) -> Page:
        keys = {1: (3, 2), 2: (1,)}.get(number, ())
        sent = SENT.replace(second=min(number, 59))
        return Page(number, b"[]", keys, (None,) * len(keys), sent, retries=number % 2, waited=0.5)

    stream = read_list(fetch)
    assert [page.keys for page in stream] == [(3, 2), (1,), (3, 2)]  # asked for: 1, 2, 3, 4, 1004, 1
    report = stream.report
    assert (report.requests, report.rereads, report.rows, report.unique) == (6, 1, 5, 3)
    assert (report.retries, report.waited) == (3, 3.0)
    assert (report.list_order, report.oldest_created) == ("unknown", None)
    assert (report.started_at, report.finished_at) == (SENT.replace(second=1), SENT.replace(second=1))
