"""Threads that go from one page to the next, and end with their crew."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tegro_analytics.api.lists.crew import Crew
from tegro_analytics.api.lists.page import Page
from tegro_analytics.exceptions import TransportError

SENT = datetime(2026, 10, 31, tzinfo=UTC)


def page(number: int) -> Page:
    return Page(number, b"[]", (), (), SENT)


def of_crews() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "tegro-pages"]


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_threads_go_from_page_to_page() -> None:
    seen: set[int] = set()

    def fetch(number: int) -> Page:
        seen.add(threading.get_ident())
        return page(number)

    crew = Crew(fetch)
    tickets = []
    for number in range(100):
        while crew.busy >= 3:
            crew.wait()
        tickets.append(crew.send(number))
    crew.wait_for_rest(10)
    assert [ticket.page.number for ticket in tickets if ticket.page] == list(range(100))
    assert len(seen) <= crew.most == 3
    assert threading.get_ident() not in seen


def test_what_came_is_counted_when_it_is_seen() -> None:
    crew = Crew(page)
    first, second = crew.send(1), crew.send(2)
    assert (first.sent, second.sent, crew.busy) == (1, 2, 2)
    assert not first.done  # whatever it has come to meanwhile
    crew.wait_for_rest(10)
    assert {first.received, second.received} == {3, 4}
    assert (crew.now, crew.busy) == (4, 0)


@pytest.mark.parametrize("parted", [True, False])
def test_threads_end_with_their_crew(*, parted: bool) -> None:
    wait_until(lambda: not of_crews())
    crew = Crew(page)
    crew.send(1)
    crew.wait()
    assert len(of_crews()) == 1
    if parted:
        crew.wait_for_rest(1)
    else:
        del crew
        gc.collect()
    wait_until(lambda: not of_crews())


def test_a_silent_server_is_not_waited_for() -> None:
    silent = threading.Event()

    def fetch(number: int) -> Page:
        silent.wait(10)
        return page(number)

    crew = Crew(fetch)
    ticket = crew.send(1)
    begin = time.monotonic()
    crew.wait_for_rest(0.05)
    assert time.monotonic() - begin < 5
    assert (ticket.done, crew.busy) == (False, 1)
    silent.set()
    wait_until(lambda: not of_crews())


def test_what_a_thread_raises_is_handed_over() -> None:
    def fetch(number: int) -> Page:
        raise TransportError("no")

    crew = Crew(fetch)
    ticket = crew.send(1)
    crew.wait()
    assert ticket.done
    assert isinstance(ticket.error, TransportError)
    crew.wait()  # nothing is under way, so there is nothing to wait for
