"""A reading that ends at settled rows: how far it goes, and when it goes on to the end instead."""

from __future__ import annotations

import datetime as dt

import pytest

from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.reading import PageStream
from tegro_analytics.api.lists.recent import horizon
from tests.api.lists.crews import drawn_crew
from tests.api.lists.worlds import World, before_call, made, steady


def read(
    world: World, *, unsettled: set[int] | None = None, workers: int = 1, verify: bool = False
) -> tuple[set[int], PageStream]:
    """Read a world of which all rows but these are settled."""

    def settled(page: Page) -> bool:
        return not unsettled & set(page.keys) if unsettled else True

    stream = PageStream(
        world.fetch, settled=settled, verify=verify, workers=lambda: workers, crew=drawn_crew(1)
    )
    return {key for page in stream for key in page.keys}, stream


@pytest.mark.parametrize("count", [9, 900, 90_000])
def test_nothing_new_is_three_calls_however_long_the_list_is(count: int) -> None:
    world = World(steady(count), size=3)
    found, stream = read(world)
    assert world.calls == [1, 2, 1]
    assert found == set(range(count - 5, count + 1))
    report = stream.report
    assert (report.end_seen, report.complete, report.verified) == ("known", True, True)
    assert (report.last_page, report.newest_at_start) == (2, steady(count)[-1].created)


def test_it_goes_two_pages_beyond_the_last_row_that_is_not_settled() -> None:
    world = World(steady(90), size=3)
    found, _ = read(world, unsettled={90, 84})
    assert world.calls == [1, 2, 3, 4, 5, 1]  # 84 is on page 3
    assert found == set(range(76, 91))


def test_settled_pages_that_are_not_neighbours_do_not_end_it() -> None:
    world = World(steady(90), size=3)
    read(world, unsettled={85, 79})  # pages 2 and 4
    assert world.calls == [1, 2, 3, 4, 5, 6, 1]


def test_to_verify_it_the_recent_rows_are_read_twice() -> None:
    world = World(steady(90), size=3)
    _, stream = read(world, unsettled={90, 84}, verify=True)
    assert world.calls == [1, 2, 3, 4, 5, 1, 1, 2, 3, 4, 5, 1]
    assert (stream.report.end_seen, stream.report.verified) == ("known", True)


def test_rows_that_come_in_at_the_end_are_read_and_no_more() -> None:
    world = World(steady(90), size=3, before=before_call(call_3=lambda world: world.arrive(2)))
    found, _ = read(world)
    assert world.calls == [1, 2, 1, 1]
    assert {91, 92} <= found


def test_a_burst_of_one_page_does_not_make_two_settled_pages_of_one() -> None:
    world = World(steady(90), size=3, before=before_call(call_2=lambda world: world.arrive(3)))
    found, stream = read(world)
    # Page 2 shows 90 89 88 again. A far page says that there is an end ahead; then 87 86 85.
    assert world.calls == [1, 2, 1002, 1003, 3, 1, 1]
    assert {85, 90, 93} <= found
    assert stream.report.end_seen == "known"


@pytest.mark.parametrize("order", ["oldest", "hashed"])
def test_a_list_in_another_order_is_read_to_its_end(order: str) -> None:
    world = World(steady(90), size=3, order=order)
    found, stream = read(world)
    assert found == set(range(1, 91))
    assert (stream.report.end_seen, stream.report.list_order) == (
        "empty",
        "mixed" if order == "hashed" else order,
    )


def test_rows_of_one_moment_prove_no_order() -> None:
    world = World(made(*range(1, 81), *[90] * 10), size=3)
    _, stream = read(world)
    assert world.calls == [1, 2, 3, 4, 1]  # on page 4 a row is older
    assert stream.report.end_seen == "known"
    found, stream = read(World(made(*[90] * 20), size=3))
    assert (len(found), stream.report.end_seen) == (20, "empty")


def test_a_list_that_is_found_out_of_order_is_not_ended_on_a_later_walk() -> None:
    shuffled = before_call(call_5=lambda world: world.reorder("hashed"))
    world = World(steady(300), size=5, before=shuffled)
    found, stream = read(world, unsettled={300, 291}, workers=4)
    assert found >= set(range(1, 301))
    assert stream.report.end_seen == "empty"
    assert stream.report.walks > 1


@pytest.mark.parametrize("end", ["empty", "clamp", "first-page", "error", "null"])
def test_a_list_that_ends_before_two_settled_pages(end: str) -> None:
    world = World(steady(7), size=5, end=end)
    found, stream = read(world, unsettled={7})
    assert found == set(range(1, 8))
    assert stream.report.end_seen not in ("known", "unknown")
    assert stream.report.complete


def test_an_empty_page_is_no_settled_one() -> None:
    world = World(steady(90), size=3, hidden={84, 83, 82})
    found, stream = read(world, unsettled={90})
    assert world.calls == [1, 2, 3, 4, 5, 1]  # 2 is settled, 3 is empty, 4 and 5 are settled
    assert {81, 76} <= found
    assert not stream.report.verified


def test_rows_that_went_away_from_page_1_make_it_begin_again() -> None:
    world = World(steady(90), size=3, before=before_call(call_3=lambda world: world.delete(89, 88, 87)))
    found, stream = read(world, unsettled={87})
    assert 84 in found
    assert (stream.report.walks, stream.report.end_seen, stream.report.verified) == (2, "known", True)


@pytest.mark.parametrize("workers", [4, 16])
def test_reading_ahead_reads_little_for_nothing(workers: int) -> None:
    world = World(steady(5_000), size=5)
    recent = set(range(4_801, 5_001))  # 40 pages
    found, stream = read(world, unsettled=recent, workers=workers)
    assert set(range(4_791, 5_001)) <= found
    assert stream.report.end_seen == "known"
    assert stream.report.workers == workers
    assert len(world.calls) <= 42 + 3 * workers + 10


def test_a_burst_that_looks_like_disorder_side_by_side_is_no_reason_to_read_everything() -> None:
    world = World(steady(5_000), size=5, before=lambda world: world.arrive(len(world.calls) % 4 == 0))
    found, stream = read(world, unsettled=set(range(4_801, 5_001)), workers=16)
    assert set(range(4_791, 5_001)) <= found
    assert stream.report.end_seen == "known"
    assert len(world.calls) <= 6 * 42


def test_nothing_new_is_three_calls_for_many_workers_too() -> None:
    world = World(steady(900), size=3)
    _, stream = read(world, workers=16)
    assert world.calls == [1, 2, 1]
    assert stream.report.workers == 1


# How old a row must be


def test_the_horizon_counts_from_the_earlier_moment() -> None:
    moments = ("2026-10-03 10:00:00", "2026-10-02 09:00:00")
    assert horizon(*moments, look_back=dt.timedelta(hours=48)) == "2026-09-30 09:00:00"


@pytest.mark.parametrize("moment", [None, "yesterday", "2026-02-30 10:00:00", "0001-01-01 10:00:00"])
def test_without_a_moment_nothing_is_settled(moment: str | None) -> None:
    assert horizon(moment, "2026-10-02 09:00:00", look_back=dt.timedelta(hours=48)) is None
