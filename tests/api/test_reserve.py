"""An outage does not multiply load: the calls of a key share what further attempts there are."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tegro_analytics.api.answers import Answer
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.clock import Budget, Clock
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.reserve import FULL, Reserve
from tegro_analytics.api.retry import Attempts
from tests.api.test_retry import closed_port
from tests.api.wire import Act, FakeTime, answer, caller_of, refusal, serving, success

HURRIED = Clock(sleep=lambda _: None)
"""A clock whose pauses are over at once."""

STILL = Clock(monotonic=lambda: 0.0, sleep=lambda _: None)
"""A clock by which no time passes."""

BUSY = answer(b"", status="503 Busy")


def read(caller: Caller) -> Result:
    return caller.make("orders", caller.write({"page": 1}))


def failure_of(result: Result) -> Failure:
    assert isinstance(result.outcome, Failure)
    return result.outcome


def left_in(reserve: Reserve, time: FakeTime) -> int:
    taken = 0
    while reserve.take(time.clock):
        taken += 1
    return taken


# The reserve by itself


def test_five_calls_put_one_further_attempt_in() -> None:
    reserve, time = Reserve(), FakeTime()
    assert left_in(reserve, time) == FULL == 16
    for _ in range(5):
        reserve.begin()
    assert left_in(reserve, time) == 1


@pytest.mark.parametrize(("seconds", "left"), [(9, 0), (10, 1), (160, 16), (100_000, 16)])
def test_time_fills_it_and_does_not_overfill_it(seconds: float, left: int) -> None:
    reserve, time = Reserve(), FakeTime()
    left_in(reserve, time)
    time.elapsed += seconds
    assert left_in(reserve, time) == left


@pytest.mark.parametrize(("taken", "left"), [(0, 1), (1, 1), (4, 4), (40, 16)])
def test_a_call_that_is_answered_puts_back_what_it_took(taken: int, left: int) -> None:
    reserve, time = Reserve(), FakeTime()
    left_in(reserve, time)
    reserve.put_back(taken)
    assert left_in(reserve, time) == left


# An outage


def in_threads(work: Callable[[], object], *, threads: int, each: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work) for _ in range(threads * each)]:
            future.result()


def test_an_outage_costs_a_fifth_more_and_the_reserve(tmp_path: Path) -> None:
    with serving(BUSY) as server:
        caller = caller_of(server.url, tmp_path, clock=HURRIED)
        in_threads(lambda: read(caller), threads=16, each=10)
        caller.transport.close()
    calls = 16 * 10
    assert len(server.requests) == caller.requests
    assert calls + FULL < caller.requests <= 1.2 * calls + FULL + 1  # and a tenth for a second


def test_without_it_an_outage_costs_five_times_as_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reserve, "take", lambda *_: True)
    with serving(BUSY) as server:
        caller = caller_of(server.url, tmp_path, clock=HURRIED)
        in_threads(lambda: read(caller), threads=16, each=5)
        caller.transport.close()
    assert len(server.requests) == 5 * 16 * 5


def test_four_calls_have_their_five_attempts_and_the_next_one_says_why_not(tmp_path: Path) -> None:
    with serving(BUSY) as server:
        caller = caller_of(server.url, tmp_path, clock=STILL)
        attempts = [read(caller).attempts for _ in range(6)]
        told = failure_of(read(caller))
        caller.transport.close()
    assert attempts == [5, 5, 5, 5, 1, 2]
    assert (told.event, told.held_back, told.attempts) == (Event.SERVER_ERROR, True, 1)
    assert str(told.as_error()) == (
        "orders: the API failed (HTTP 503), and not again for now, because many calls of the key get no "
        "answer. Try again later; what was read before stands."
    )


def test_who_had_all_five_attempts_says_nothing_of_it(tmp_path: Path) -> None:
    with serving(BUSY) as server:
        told = failure_of(read(caller_of(server.url, tmp_path, clock=HURRIED)))
    assert not told.held_back
    assert "after 5 attempts" in str(told.as_error())
    assert "many calls" not in str(told.as_error())


def test_calls_that_move_money_take_from_it_too(tmp_path: Path) -> None:
    caller = caller_of(f"http://127.0.0.1:{closed_port()}", tmp_path, clock=STILL)
    body = caller.write({"order_id": "7"})
    attempts = [caller.make("createOrder", body, money=True).attempts for _ in range(6)]
    assert attempts == [5, 5, 5, 5, 1, 2]


def test_it_is_one_for_the_clients_of_a_key_at_an_address(tmp_path: Path) -> None:
    with serving(BUSY) as server, serving(BUSY) as elsewhere:
        clients = [caller_of(server.url, tmp_path, clock=HURRIED) for _ in range(2)]
        for place in range(6):
            read(clients[place % 2])
        other = caller_of(elsewhere.url, tmp_path, clock=HURRIED)
        assert failure_of(read(clients[0])).held_back
        assert read(other).attempts == 5
        for caller in (*clients, other):
            caller.transport.close()


@pytest.mark.parametrize("spoken", [success([]), refusal("Order not found"), answer(b"", status="404 No")])
def test_whoever_speaks_fills_it_again(spoken: Act, tmp_path: Path) -> None:
    with serving(*[BUSY] * 21, spoken, BUSY) as server:
        caller = caller_of(server.url, tmp_path, clock=STILL)
        attempts = [read(caller).attempts for _ in range(7)]
        caller.transport.close()
    assert attempts == [5, 5, 5, 5, 1, 1, 3]


# Lists are read to their end all the same


def make(reserve: Reserve, attempt: Callable[[], Answer | Failure]) -> Answer | Failure:
    attempts = Attempts(
        money=False, budget=Budget(600, STILL), reserve=reserve, clock=STILL, before_pause=lambda: None
    )
    return attempts.make(attempt)


def outcome(failed: bool) -> Answer | Failure:
    return Failure(Event.RESET, "reset") if failed else Answer(b"[]", dt.datetime.now(dt.UTC))


def calls_that_failed(fails: Callable[[int], bool], *, threads: int, each: int) -> int:
    """Make calls side by side, of which the n-th attempt in all fails as told."""

    def attempt() -> Answer | Failure:
        with counting:
            asked[0] += 1
            return outcome(fails(asked[0]))

    reserve, asked, counting = Reserve(), [0], threading.Lock()
    with ThreadPoolExecutor(threads) as pool:
        made = pool.map(lambda _: make(reserve, attempt), range(threads * each))
        return sum(isinstance(one, Failure) for one in made)


def test_with_one_fault_in_a_hundred_no_call_of_ten_thousand_fails() -> None:
    faults = random.Random(7)
    assert calls_that_failed(lambda _: faults.random() < 0.01, threads=16, each=625) == 0


def test_with_every_second_attempt_failing_no_call_fails() -> None:
    assert calls_that_failed(lambda number: number % 2 == 0, threads=1, each=1_000) == 0


def test_an_outage_that_ends_in_time_ends_no_call_of_four_workers() -> None:
    def call() -> Answer | Failure:
        rounds = iter([True, True, True, True, False])

        def attempt() -> Answer | Failure:
            together.wait(10)
            return outcome(next(rounds))

        return make(reserve, attempt)

    reserve, together = Reserve(), threading.Barrier(4)
    for _ in range(3):  # and the reserve is whole again each time
        with ThreadPoolExecutor(4) as pool:
            made = [pool.submit(call) for _ in range(4)]
        assert all(isinstance(one.result(), Answer) for one in made)


def test_one_fault_in_five_is_no_outage() -> None:
    faults = random.Random(7)
    # A fifth to the fifth of the calls has no luck five times: one of 3,125, with a reserve and without.
    assert calls_that_failed(lambda _: faults.random() < 0.2, threads=16, each=100) <= 2
