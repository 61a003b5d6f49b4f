"""Pages read side by side: nothing is lost, whatever is served first; the usual window loses rows."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import UTC, datetime

import pytest

from tegro_analytics.api.lists.crew import Crew, Ticket
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import PassReport
from tegro_analytics.api.lists.reading import PageStream, read_list
from tegro_analytics.api.lists.segment import Fence, Segment
from tegro_analytics.exceptions import TransportError
from tests.api.lists.crews import drawn_crew, window
from tests.api.lists.worlds import ENDS, Row, World, happen, steady

SEEDS = 400
SENT = datetime(2026, 10, 31, tzinfo=UTC)


def page(number: int, *ids: int) -> Page:
    return Page(number, b"[]", ids, tuple(None for _ in ids), SENT)


def segment(*pages: Page, front: tuple[int, ...]) -> Segment:
    tickets = {one.number: Ticket(one.number, one.number, 100 + one.number, one) for one in pages}
    return Segment(min(tickets), frozenset(front), max(tickets), tickets, closed=True)


# What page 1 says of a segment


@pytest.mark.parametrize(
    ("fence", "verdict"),
    [
        ((9, 8, 7), "whole"),  # nothing came in
        ((9, 8), "whole"),  # rows went away: no matter of a fence
        ((10, 9, 8), "again"),  # one came in: a row on a border may have moved
        ((11, 10, 9), "again"),  # two, fewer than a page
        ((12, 11, 10), "alone"),  # a page or more: nobody knows how many
    ],
)
def test_what_a_fence_says(fence: tuple[int, ...], verdict: str) -> None:
    read = segment(page(2, 6, 5, 4), page(3, 3, 2), front=(9, 8, 7))
    assert read.judge(Fence(frozenset(fence), sent=200)) == verdict


def test_two_rounds_are_enough_where_fewer_rows_than_a_page_came_in() -> None:
    read = segment(page(2, 6, 5, 4), page(3, 3, 2), front=(9, 8, 7))
    read.twice = True
    assert read.due == [2, 3, 4]
    assert read.in_since() is None
    read.again = {number: Ticket(number, 200, 201, page(number)) for number in (2, 3, 4)}
    assert read.due == []
    assert read.in_since() == 201
    assert read.judge(Fence(frozenset((11, 10, 9)), sent=202)) == "whole"
    assert read.judge(Fence(frozenset((12, 11, 10)), sent=202)) == "alone"


@pytest.mark.parametrize("pages", [(page(2, 6, 5), page(3, 4, 3, 2)), (page(2, 6), page(3, 5), page(4, 4))])
def test_where_pages_differ_in_length_nobody_knows_how_far_a_row_moves(pages: tuple[Page, ...]) -> None:
    read = segment(*pages, front=(9, 8, 7))
    assert read.judge(Fence(frozenset((10, 9, 8)), sent=200)) == "alone"
    assert read.judge(Fence(frozenset((9, 8, 7)), sent=200)) == "whole"


# Worlds


def drawn(seed: int, *, rate: float | None = None, order: str | None = None, end: str | None = None) -> World:
    """Draw a list of 3 to 60 pages; while it is read rows come in, one by one and in bursts."""
    rng = random.Random(f"ahead {seed}")
    size = rng.choice((5, 10, 20, 50))
    count = rng.randint(size * 3, size * 60)
    rows = [Row(number, rng.randint(1, 10**6)) for number in rng.sample(range(1, 4 * count), count)]
    orders = ("newest", "newest", "oldest", "out-of-step", "hashed")
    world = World(rows, order=order or rng.choice(orders), end=end or rng.choice(ENDS), size=size)
    rate = rng.choice((0.02, 0.1, 0.3, 0.8)) if rate is None else rate
    burst, left = rng.choice((1, 2, size - 1, size, size * 3)), [rng.choice((size, size * 8, size * 30))]

    def arrive(world: World) -> None:
        if left[0] > 0 and rng.random() < rate:
            count = rng.choice((1, 1, 1, burst))
            left[0] -= count
            world.arrive(count)

    happen(world, arrive)
    return world


def read(world: World, seed: int, *, workers: int, verify: bool = False) -> tuple[set[object], PassReport]:
    stream = PageStream(world.fetch, workers=lambda: workers, crew=drawn_crew(seed), verify=verify)
    return {key for page in stream for key in page.keys}, stream.report


@pytest.mark.long
def test_nothing_is_lost_whatever_is_served_first() -> None:
    used: Counter[int] = Counter()
    for seed in range(SEEDS):
        world = drawn(seed)
        start, workers = world.shown, (2, 4, 16)[seed % 3]
        found, report = read(world, seed, workers=workers, verify=seed % 5 == 0)
        assert start <= found, f"seed {seed}: {len(start - found)} rows lost; {report}"
        assert report.complete, f"seed {seed}"
        assert report.workers <= workers, f"seed {seed}"
        used[report.workers] += 1
    assert min(used[workers] for workers in (1, 2, 4, 16)) >= SEEDS / 20


@pytest.mark.parametrize("seed", [615, 1122, 1449, 1692, 2488, 3706])
def test_a_burst_while_a_second_round_is_under_way(seed: int) -> None:
    world = drawn(seed)
    start = world.shown
    found, _ = read(world, seed, workers=4)
    # The segment before the burst was not whole yet: it is read one by one too.
    assert start <= found


@pytest.mark.parametrize("seed", [2048, 2971, 3510, 3764, 6053, 7105, 7229])
def test_bursts_while_the_end_is_looked_for(seed: int) -> None:
    world = drawn(seed, rate=0.3, order="newest")
    start = world.shown
    found, _ = read(world, seed, workers=(2, 4, 16)[seed % 3])
    # What seemed to be the end was read before a burst pushed rows onto it.
    assert start <= found


def test_the_usual_window_loses_rows_in_the_same_worlds() -> None:
    lost = 0
    for seed in range(60):
        world = drawn(seed, rate=0.3, order="newest", end="empty")
        start = world.shown
        lost += not start <= window(world.fetch, workers=4, seed=seed)
    assert lost >= 30


def test_in_a_quiet_world_little_is_read_for_nothing() -> None:
    for seed in range(200):
        world = drawn(seed, rate=0.0)
        pages, workers = world.pages, (2, 4, 16)[seed % 3]
        found, report = read(world, seed, workers=workers)
        assert found == world.shown, f"seed {seed}"
        assert report.verified, f"seed {seed}: {report}"
        assert len(world.calls) <= 3 * pages + 10, f"seed {seed}: {world.calls}"


def test_a_quiet_list_is_read_twice_and_no_more_to_verify_it() -> None:
    for seed in range(200):
        world = drawn(seed, rate=0.0)
        pages, workers = world.pages, (1, 4, 16)[seed % 3]
        _, once = read(drawn(seed, rate=0.0), seed, workers=workers)
        found, report = read(world, seed, workers=workers, verify=True)
        assert found == world.shown, f"seed {seed}"
        assert (report.verified, report.walks) == (True, 2), f"seed {seed}: {report}"
        assert report.requests - once.requests <= pages + pages / 16 + 5, f"seed {seed}: {world.calls}"


def test_a_list_in_no_order_is_read_one_by_one() -> None:
    for seed in range(40):
        world = drawn(seed, order="hashed")
        start = world.shown
        found, report = read(world, seed, workers=16)
        assert start <= found, f"seed {seed}"
        assert report.workers == 1 or report.walks > 1, f"seed {seed}: {report}"


# One small world each


def test_a_fence_follows_each_segment() -> None:
    world = World(steady(400), size=5)
    _, report = read(world, 1, workers=4)
    # Pages 3 to 82 were read side by side, 16, then 32, as nothing came in, then the rest; page 1 followed
    # the first two segments. Then the end is looked for, and page 1 in the end is the fence of the last.
    assert world.calls.count(1) == 1 + 2 + 1
    assert (report.workers, report.verified) == (4, True)


def test_one_worker_needs_no_fence() -> None:
    world = World(steady(400), size=5)
    _, report = read(world, 1, workers=1)
    assert world.calls == [*range(1, 83), 1082, 1]
    assert report.workers == 1


def test_a_nonce_that_is_refused_in_mid_read_makes_it_go_on_one_by_one() -> None:
    workers = [4]
    world = World(steady(400), size=5)

    def fetch(number: int) -> Page:
        if number == 20:
            workers[0] = 1
        return world.fetch(number)

    stream = PageStream(fetch, workers=lambda: workers[0], crew=drawn_crew(3))
    assert {key for page in stream for key in page.keys} == world.shown
    after = world.calls.index(20) + 4  # three more were under way
    assert [number for number in world.calls[after:] if number != 1] == [
        *range(max(world.calls[:after]) + 1, 83),
        1082,
    ]
    assert stream.report.verified


def test_a_page_that_fails_is_told_where_it_is_wanted_and_asked_for_again() -> None:
    world = World(steady(100), size=5)
    failing = {7, 19}

    def fetch(number: int) -> Page:
        if number in failing:
            raise TransportError(f"page {number} is not to be had")
        return world.fetch(number)

    stream = PageStream(fetch, workers=lambda: 4, crew=drawn_crew(1))
    found: set[object] = set()
    for number in (7, 19):
        with pytest.raises(TransportError, match=f"page {number} "):
            found.update(key for page in stream for key in page.keys)
        failing.discard(number)
    found.update(key for page in stream for key in page.keys)
    assert found == world.shown
    assert stream.report.verified


def test_a_page_past_the_end_that_fails_is_nobodys_business() -> None:
    world = World(steady(60), size=5)

    def fetch(number: int) -> Page:
        if 14 < number < 100:
            raise TransportError("there is nothing here")
        return world.fetch(number)

    found = {key for page in PageStream(fetch, workers=lambda: 16, crew=drawn_crew(1)) for key in page.keys}
    assert found == world.shown


def test_a_list_that_loses_its_order_is_walked_again_one_by_one() -> None:
    def disorder(world: World) -> None:
        if len(world.calls) == 10:
            world.reorder("hashed")

    world = World(steady(300), size=5, before=disorder)
    found, report = read(world, 1, workers=4)
    assert found >= set(range(1, 301))
    assert report.walks > 1
    assert any("in no order" in text for text in report.warnings)


# Threads


def test_pages_come_side_by_side_in_threads_of_their_own() -> None:
    world = World(steady(200), size=5)
    lock, together = threading.Lock(), threading.Barrier(4)
    places: Counter[str] = Counter()

    def fetch(number: int) -> Page:
        places[threading.current_thread().name] += 1
        if 10 < number < 15:
            together.wait(10)  # four of them are here at once, or this breaks
        with lock:
            return world.fetch(number)

    stream = read_list(fetch, workers=lambda: 4)
    assert {key for page in stream for key in page.keys} == world.shown
    assert stream.report.workers == 4


def test_a_crew_hands_an_error_over() -> None:
    def fetch(number: int) -> Page:
        raise TransportError("no")

    crew = Crew(fetch)
    ticket = crew.send(1)
    crew.wait()
    assert ticket.done
    assert isinstance(ticket.error, TransportError)
    assert crew.busy == 0
