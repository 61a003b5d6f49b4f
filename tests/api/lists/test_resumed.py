"""A reading that goes on where another one was interrupted: every call it makes, to be checked by eye."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from tegro_analytics.api.lists.look import Look
from tegro_analytics.api.lists.mark import Leg, Mark
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.reading import PageStream, read_list
from tegro_analytics.api.lists.resumed import Landing
from tegro_analytics.exceptions import TransportError
from tests.api.lists.crews import drawn_crew
from tests.api.lists.worlds import World, made, steady


def interrupted(world: World, pages: int, **settings: bool) -> tuple[list[Page], Mark]:
    """Read so many pages, and be interrupted; give them and the mark that was kept with the last one."""
    stream = read_list(world.fetch, **settings)
    staged, mark = [], stream.mark
    for page in islice(stream, pages):
        staged.append(page)
        mark = stream.mark
    world.calls.clear()
    return staged, mark


def resumed(world: World, staged: list[Page], mark: Mark | None, **settings: bool) -> PageStream:
    """Go on to the end; all rows that there are must be there."""
    stream = read_list(world.fetch, staged=iter(staged), mark=mark, **settings)
    given = list(stream)
    assert not {id(page) for page in given} & {id(page) for page in staged}, "a page was given again"
    assert world.shown <= {key for page in (*staged, *given) for key in page.keys}
    assert stream.report.requests == len(world.calls)
    return stream


def test_it_goes_on_behind_the_last_page() -> None:
    world = World(steady(30), size=3)
    staged, mark = interrupted(world, 6)
    assert [page.number for page in staged] == [1, 2, 3, 4, 5, 6]
    stream = resumed(world, staged, mark)
    # Page 1 shows rows that are known. The last page that was dealt with is 5; page 6 may not have been kept.
    assert world.calls == [1, 5, 6, 6, 7, 8, 9, 10, 11, 12, 1012, 1]
    report = stream.report
    assert (report.resumed, report.end_seen, report.verified) == (True, "empty", True)
    assert (report.pages, report.unique, report.walks) == (10, 30, 1)
    assert (report.oldest_created, report.newest_created) == (steady(1)[0].created, steady(30)[-1].created)


def test_without_a_mark_all_of_the_way_is_relied_on() -> None:
    world = World(steady(30), size=3)
    staged, _ = interrupted(world, 6)
    resumed(world, staged, None)
    assert world.calls[:4] == [1, 6, 7, 7]


def test_what_came_in_is_read_first() -> None:
    world = World(steady(30), size=3)
    staged, mark = interrupted(world, 7)
    world.arrive(7)
    stream = resumed(world, staged, mark)
    # Rows 31 to 37 stand on pages 1 to 3, 30 on page 3 too. Row 13, the last of page 6, is the first of 9.
    assert world.calls == [1, 2, 3, 9, 10, 11, 12, 13, 14, 15, 1015, 1]
    assert stream.report.newest_at_start == steady(30)[-1].created


def test_what_went_away_is_no_matter() -> None:
    world = World(steady(60), size=3)
    staged, mark = interrupted(world, 13)
    world.delete(*range(40, 50))
    stream = resumed(world, staged, mark)
    # Row 25, the last of page 12, is on page 9 now: 12, 11 and 9 are asked for, for 3 and then 4 pages less.
    assert world.calls[:5] == [1, 12, 11, 9, 10]
    assert stream.report.resumed


@pytest.mark.parametrize("size", [1, 3, 4])
def test_pages_of_another_length_are_no_matter(size: int) -> None:
    world = World(steady(1_000), size=2)
    staged, mark = interrupted(world, 401)
    world.size = size
    resumed(world, staged, mark)
    assert len(world.calls) <= 200 // size + 30


def test_all_rows_that_were_read_went_away() -> None:
    world = World(steady(30), size=3)
    staged, mark = interrupted(world, 4)
    world.delete(*range(19, 31))
    stream = resumed(world, staged, mark)
    assert world.calls == [1, 2, 3, 4, 5, 6, 7, 8, 1008, 1]
    assert (stream.report.resumed, stream.report.verified) == (False, True)
    assert stream.report.unique == 18


def test_a_page_that_is_page_1_again_is_no_page_to_go_on_from() -> None:
    world = World(steady(12), size=2, end="first-page")
    staged, mark = interrupted(world, 5)
    world.delete(9, 8, 7, 6)
    resumed(world, staged, mark)
    # Row 5, the last of page 4, is on page 2 now. Page 4 is the last one, page 5 shows page 1.
    assert world.calls[:3] == [1, 4, 3]


@pytest.mark.parametrize("order", ["hashed", "newest"])
def test_where_no_order_was_seen_it_begins_again(order: str) -> None:
    rows = steady(30) if order == "hashed" else made(*[7] * 30)
    world = World(rows, size=3, order=order)
    staged, mark = interrupted(world, 6)
    stream = resumed(world, staged, mark)
    assert world.calls == [*range(1, 13), 1012, 1]
    assert (stream.report.resumed, stream.report.unique) == (False, 30)


def test_where_the_order_is_another_one_it_begins_again() -> None:
    world = World(steady(60), size=3)
    staged, mark = interrupted(world, 12)
    world.reorder("hashed")
    stream = resumed(world, staged, mark)
    assert not stream.report.resumed or stream.report.walks > 1


def test_a_list_that_stands_oldest_first() -> None:
    world = World(steady(30), size=3, order="oldest")
    staged, mark = interrupted(world, 6)
    world.arrive(5)
    stream = resumed(world, staged, mark)
    assert world.calls == [1, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 14, 1014, 1]
    assert (stream.report.resumed, stream.report.list_order) == (True, "oldest")


def test_a_row_of_the_youngest_moment_says_nothing_of_what_stands_below() -> None:
    world = World(made(*range(1, 28), 30, 30, 30), size=3, order="out-of-step")
    staged, mark = interrupted(world, 6)
    world.arrive(9, same_time=True)
    # Rows of one moment stand in no order: some of those that came in stand below some that were there.
    resumed(world, staged, mark)


def test_a_second_walk_is_gone_on_with() -> None:
    world = World(steady(30), size=3)
    first = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1]
    staged, mark = interrupted(world, len(first) + 7, verify=True)
    assert [page.number for page in staged] == [*first, 1, 2, 3, 4, 5, 6, 7]
    assert (mark.walk, mark.legs) == (2, (Leg(begin=11, first=1, sure=6),))
    stream = resumed(world, staged, mark, verify=True)
    assert world.calls == [1, 6, 7, 7, 8, 9, 10, 11, 12, 1012, 1]
    assert (stream.report.walks, stream.report.verified, stream.report.resumed) == (2, True, True)


def test_a_row_that_the_first_walk_missed_is_found_by_the_second_one_though_interrupted() -> None:
    def delete(world: World) -> None:
        if len(world.calls) == 5:
            world.delete(25)

    world = World(steady(30), size=3, before=delete)
    staged, mark = interrupted(world, 11 + 8, verify=True)  # row 15 jumps from page 6 to page 5
    stream = resumed(world, staged, mark, verify=True)
    assert (stream.report.walks, stream.report.verified) == (3, True)


def test_an_interruption_at_the_very_end_costs_little() -> None:
    world = World(steady(300), size=3)
    staged, mark = interrupted(world, 101)
    assert staged[-1].number == 1
    resumed(world, staged, mark)
    assert world.calls == [1, 100, 101, 101, 102, 1102, 1]


def test_again_and_again() -> None:
    world = World(steady(60), size=3)
    staged, mark = interrupted(world, 5)
    for _ in range(12):
        world.arrive(2)
        stream = read_list(world.fetch, staged=iter(staged), mark=mark)
        for page in islice(stream, 6):
            staged.append(page)
            mark = Mark.from_dict(stream.mark.to_dict())
    world.calls.clear()
    stream = resumed(world, staged, mark)
    assert len(mark.legs) >= 10
    assert len(world.calls) < 20
    assert stream.report.newest_at_start == steady(60)[-1].created


def test_a_walk_that_met_a_hole_is_not_verified_afterwards() -> None:
    world = World(steady(30), size=3, hidden={24, 23, 22})
    staged, mark = interrupted(world, 6)
    stream = read_list(world.fetch, staged=iter(staged), mark=mark)
    assert {key for page in (*staged, *stream) for key in page.keys} == world.shown
    assert not stream.report.verified
    assert stream.report.warnings == ("Pages without rows, though later pages hold rows: 3",)


def test_a_walk_that_has_missed_rows_is_not_gone_on_with() -> None:
    world = World(steady(12), size=2)
    stream = read_list(world.fetch)
    staged = []
    for page in stream:
        staged.append(page)
        if len(world.calls) == 2:
            world.size = 4  # 8 to 5 are passed by
        if stream.mark.walk == 2:
            break
    mark = stream.mark
    assert mark.remarks == ("Pages became longer while the list was read, before page 3",)
    world.calls.clear()
    stream = resumed(world, staged, mark)
    assert world.calls[:3] == [1, 2, 3]
    assert stream.report.warnings == mark.remarks


def test_pages_that_were_still_to_be_made_sure_of_are_read_again() -> None:
    world = World(steady(2_000), size=5)
    stream = PageStream(world.fetch, workers=lambda: 4, crew=drawn_crew(1))
    staged = []
    for page in stream:
        staged.append(page)
        mark = stream.mark
        if page.number == 100:
            break
    assert 40 < mark.legs[0].sure < 100
    world.calls.clear()
    stream = PageStream(world.fetch, staged=iter(staged), mark=mark, workers=lambda: 4, crew=drawn_crew(2))
    assert {key for page in (*staged, *stream) for key in page.keys} == world.shown
    assert world.calls[:2] == [1, mark.legs[0].sure]
    assert stream.report.workers == 4
    assert len(world.calls) < 400 - mark.legs[0].sure + 40


def test_pages_come_from_anywhere_and_are_gone_through_once() -> None:
    world = World(steady(30), size=3)
    staged, mark = interrupted(world, 6)
    taken = []

    def pages() -> Iterator[Page]:
        for page in staged:
            taken.append(page.number)
            yield page

    stream = read_list(world.fetch, staged=pages(), mark=mark)
    assert (taken, stream.mark) == ([], mark)
    next(stream)
    assert taken == [1, 2, 3, 4, 5, 6]


def test_a_request_that_fails_on_the_way_back_is_made_again() -> None:
    world = World(steady(60), size=3)
    staged, mark = interrupted(world, 12)
    failing = [1, 11, 12]

    def fetch(number: int) -> Page:
        if number in failing:
            failing.remove(number)
            raise TransportError("cut off")
        return world.fetch(number)

    stream = read_list(fetch, staged=iter(staged), mark=mark)
    found = {key for page in staged for key in page.keys}
    for _ in range(3):
        with pytest.raises(TransportError):
            found.update(key for page in stream for key in page.keys)
    found.update(key for page in stream for key in page.keys)
    assert (found, stream.report.resumed) == (world.shown, True)


def test_it_ends_at_settled_rows_too() -> None:
    world = World(steady(300), size=3)

    def settled(page: Page) -> bool:
        return max(page.keys) < 270

    stream = read_list(world.fetch, settled=settled)
    staged = [next(stream) for _ in range(7)]
    mark = stream.mark
    world.calls.clear()
    stream = read_list(world.fetch, settled=settled, staged=iter(staged), mark=mark)
    found = {key for page in (*staged, *stream) for key in page.keys}
    assert world.calls == [1, 6, 7, 7, 8, 9, 10, 11, 12, 13, 1]
    assert found == set(range(262, 301))
    assert stream.report.end_seen == "known"


# The page to go on from


@pytest.mark.parametrize("at", [1, 7, 100, 101, 500, 9_999])
@pytest.mark.parametrize("hint", [2, 90, 100, 4_000, 20_000])
def test_however_wrong_the_hint_few_pages_are_asked_for(at: int, hint: int) -> None:
    rows = set(range(at * 10 - 3))  # the last ones stand on page ``at``, with three others
    landing = Landing(rows, look_at(1), hint=hint, front=frozenset({-1}))
    asked = 0
    while landing.wanted is not None:
        landing.take(look_at(landing.wanted))
        asked += 1
    assert landing.at.number == at
    assert asked <= 30


def look_at(number: int) -> Look:
    return Look(number, ids=frozenset(range(number * 10 - 10, number * 10)))


def test_a_last_page_for_ever_is_no_way_on() -> None:
    rows = set(range(70))
    landing = Landing(rows, look_at(1), hint=5, front=frozenset({-1}))
    asked = []
    while landing.wanted is not None and len(asked) < 50:
        asked.append(landing.wanted)
        shown = look_at(min(landing.wanted, 7))
        landing.take(Look(landing.wanted, ids=shown.ids))
    assert len(asked) < 10
    assert landing.at.ids == look_at(7).ids


ENDINGS: list[Callable[[World], None]] = [
    lambda world: world.arrive(4),
    lambda world: world.delete(*range(10, 20)),
    lambda world: world.delete(*range(1, 30)),
]


@pytest.mark.parametrize("event", ENDINGS)
@pytest.mark.parametrize("end", ["empty", "clamp", "first-page", "error", "null"])
@pytest.mark.parametrize("pages", [2, 5, 10, 11, 12])
def test_every_end_of_a_list(end: str, pages: int, event: Callable[[World], None]) -> None:
    world = World(steady(40), size=4, end=end)
    staged, mark = interrupted(world, pages)
    event(world)
    stream = resumed(world, staged, mark)
    assert stream.report.complete
