"""What goes over the wire, and what never does."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tegro_analytics import __version__
from tegro_analytics.api.answers import Answer
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.transport import MAX_BYTES
from tests.api.faults import OK, PAGE_1010, silence
from tests.api.wire import Act, FakeTime, answer, caller_of, drip, refusal, serving, success


def read(caller: Caller, *, money: bool = False) -> Result:
    return caller.make("orders", caller.write({"page": 1}), money=money)


def event_of(result: Result) -> Event:
    assert isinstance(result.outcome, Failure)
    return result.outcome.event


def test_the_request(tmp_path: Path) -> None:
    with serving(success([])) as server:
        read(caller_of(server.url, tmp_path))
    (request,) = server.requests
    assert request.line == "POST /api/orders/ HTTP/1.1"
    assert set(request.headers) == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "authorization",
    }
    assert request.headers["user-agent"] == f"tegro_analytics/{__version__} (+python-requests)"
    assert request.headers["content-type"] == "application/json"


def test_connections_are_kept_open_for_reads_and_new_for_money(tmp_path: Path) -> None:
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path)
        for _ in range(3):
            read(caller)
        assert server.connections == 1
        for _ in range(2):
            read(caller, money=True)
        assert server.connections == 3
        caller.transport.close()


def test_no_cookie_comes_back(tmp_path: Path) -> None:
    with serving(answer(b'{"type":"success","data":[]}', Set_Cookie="id=7; Path=/")) as server:
        caller = caller_of(server.url, tmp_path)
        read(caller)
        read(caller)
    assert "cookie" not in server.requests[1].headers


def test_compressed_answers_are_read(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"type":"success","data":[1]}')
    with serving(answer(packed, Content_Encoding="gzip")) as server:
        outcome = read(caller_of(server.url, tmp_path)).outcome
    assert isinstance(outcome, Answer)
    assert outcome.data == b"[1]"


# Company


def test_one_deadline_does_not_end_another_call(tmp_path: Path) -> None:
    def late(connection: socket.socket, request: object) -> bool:
        released.wait(10)
        return answered(connection, request)  # type: ignore[arg-type]

    released, answered = threading.Event(), success([])
    results: list[Result] = []
    with serving(late) as slow, serving(silence) as silent:
        patient = threading.Thread(target=lambda: results.append(read(caller_of(slow.url, tmp_path))))
        patient.start()
        assert event_of(read(caller_of(silent.url, tmp_path, deadline=0.1))) in (
            Event.DEADLINE,
            Event.READ_TIMEOUT,
        )
        released.set()
        patient.join()
    assert isinstance(results[0].outcome, Answer)


# Size


def test_an_answer_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    start, end = b'{"type":"success","data":["', b'"]}'
    body = start + b"x" * (MAX_BYTES - len(start) - len(end)) + end
    with serving(answer(body)) as server:
        assert isinstance(read(caller_of(server.url, tmp_path)).outcome, Answer)


@pytest.mark.parametrize("packed", [False, True])
def test_a_larger_one_is_left(packed: bool, tmp_path: Path) -> None:
    body = b'{"type":"success","data":["' + b"x" * 3 * MAX_BYTES + b'"]}'
    act = answer(gzip.compress(body, 1), Content_Encoding="gzip") if packed else answer(body)
    with serving(act) as server:
        result = read(caller_of(server.url, tmp_path))
        assert len(requests.post(server.url, data=b"{}", timeout=20).content) == len(body)  # plain requests
    assert event_of(result) is Event.TOO_LARGE
    assert result.attempts == 1


def test_an_answer_that_was_packed_twice_has_the_same_limit(tmp_path: Path) -> None:
    twice = gzip.compress(gzip.compress(b"x" * 3 * MAX_BYTES, 1), 1)
    with serving(answer(twice, Content_Encoding="gzip, gzip")) as server:
        assert event_of(read(caller_of(server.url, tmp_path))) is Event.TOO_LARGE
    assert len(twice) < 10_000


def test_an_answer_without_an_end_is_left(tmp_path: Path) -> None:
    endless = drip(f"{OK}\r\n".encode(), b"[" * 2**20, every=0, pieces=10**9)
    with serving(endless) as server:
        assert event_of(read(caller_of(server.url, tmp_path, deadline=20))) is Event.TOO_LARGE


# Pace, and company


def test_the_pace_is_one_for_the_key(tmp_path: Path) -> None:
    fake = FakeTime()
    with serving(success([])) as server:
        callers = [caller_of(server.url, tmp_path, pace=4, clock=fake.clock) for _ in range(2)]
        for place in range(6):
            read(callers[place % 2])
    assert fake.slept == [0.25] * 5
    assert sum(caller.waited for caller in callers) == 1.25


def test_waiting_for_the_pace_does_not_use_the_time_of_a_call_up(tmp_path: Path) -> None:
    fake = FakeTime()
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path, pace=0.01, deadline=5, clock=fake.clock)
        read(caller)
        assert isinstance(read(caller).outcome, Answer)
    assert fake.slept == [100]


@pytest.mark.parametrize(
    ("act", "requests_in_all"),
    [
        (refusal("Order not found"), 4),
        (refusal("Wrong authorization token"), 4),
        (answer(b"", status="404 No"), 4),
        (answer(b"", status="400 No"), 4),
        (answer(PAGE_1010, status="403 Forbidden", kind="text/html"), 4),
        (success([]), 2),
    ],
)
def test_what_is_refused_in_a_crowd_is_asked_once_more_alone(
    act: Act, requests_in_all: int, tmp_path: Path
) -> None:
    both_here, most, inside, fourth = threading.Barrier(2), [], [0], threading.Event()

    def crowded(connection: socket.socket, request: object) -> bool:
        inside[0] += 1
        most.append(inside[0])
        if len(most) <= 2:
            both_here.wait(10)
        if len(most) == 3:
            fourth.wait(0.2)  # time enough for another to come in, if it may
        if len(most) == 4:
            fourth.set()
        inside[0] -= 1
        return act(connection, request)  # type: ignore[arg-type]

    with serving(crowded) as server:
        caller = caller_of(server.url, tmp_path)
        threads = [threading.Thread(target=read, args=(caller,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == requests_in_all
        assert len({request.nonce for request in server.requests}) == requests_in_all
        alone = read(caller)
    assert most[2:] == [1] * (requests_in_all - 1)
    assert alone.attempts == 1
    assert len(server.requests) == requests_in_all + 1


def test_money_is_not_asked_again_in_a_crowd(tmp_path: Path) -> None:
    both_here = threading.Barrier(2)

    def crowded(connection: socket.socket, request: object) -> bool:
        both_here.wait(10)
        return refusal("No")(connection, request)  # type: ignore[arg-type]

    with serving(crowded) as server:
        caller = caller_of(server.url, tmp_path)
        threads = [threading.Thread(target=read, args=(caller,), kwargs={"money": True}) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.requests) == 2


# First contact over the wire


@pytest.fixture
def first(tmp_path: Path) -> Iterator[tuple[Caller, FakeTime, list[str]]]:
    methods: list[str] = []

    def growing(connection: socket.socket, request: object) -> bool:
        nonce, method = request.nonce, request.line.split("/")[2]  # type: ignore[attr-defined]
        methods.append(method)
        if nonce <= largest[0]:
            return refusal("Wrong nonce: it must grow")(connection, request)  # type: ignore[arg-type]
        largest[0] = nonce
        return success({} if method == "shops" else [])(connection, request)  # type: ignore[arg-type]

    largest, fake = [0], FakeTime()
    with serving(growing) as server:
        yield caller_of(server.url, tmp_path, nonce="auto", clock=fake.clock), fake, methods


def test_first_contact_is_two_reads_then_the_call(first: tuple[Caller, FakeTime, list[str]]) -> None:
    caller, fake, methods = first
    assert isinstance(read(caller).outcome, Answer)
    assert methods == ["shops", "shops", "orders"]
    assert caller.nonces.rule == "seconds"
    assert isinstance(read(caller).outcome, Answer)
    assert fake.slept == [1, 1]
    assert caller.requests == 4
    assert caller.waited == 2


def test_a_call_that_moves_money_asks_first_too(first: tuple[Caller, FakeTime, list[str]]) -> None:
    caller, _, methods = first
    body = caller.write({"order_id": "7"})
    assert isinstance(caller.make("createWithdrawal", body, money=True).outcome, Answer)
    assert methods == ["shops", "shops", "createWithdrawal"]


def test_a_key_that_is_not_accepted_ends_the_first_contact(tmp_path: Path) -> None:
    with serving(refusal("Wrong authorization token")) as server:
        caller = caller_of(server.url, tmp_path, nonce="auto")
        assert event_of(read(caller)) is Event.AUTHORIZATION
    assert len(server.requests) == 1
    assert caller.nonces.rule is None


def test_a_nonce_refused_later_turns_to_seconds_and_asks_again(tmp_path: Path) -> None:
    fake = FakeTime()
    acts = [success({}), success({}), success([]), refusal("Wrong nonce"), success([])]
    with serving(*acts) as server:
        caller = caller_of(server.url, tmp_path, nonce="auto", clock=fake.clock)
        read(caller)
        assert caller.nonces.rule == "milliseconds"
        result = read(caller)
    assert isinstance(result.outcome, Answer)
    assert caller.nonces.rule == "seconds"
    assert [len(str(request.nonce)) for request in server.requests] == [10, 10, 13, 13, 10]


def test_a_fork_uses_no_connection_of_its_parent(tmp_path: Path) -> None:
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path)
        read(caller)
        before = caller.transport._adapter
        caller.transport._pid = -1  # what a forked process finds is another id than its own
        read(caller)
        assert caller.transport._adapter is not before
        assert server.connections == 2
        before.close()
        caller.transport.close()


def test_bodies_are_json(tmp_path: Path) -> None:
    with serving(success([])) as server:
        read(caller_of(server.url, tmp_path))
    assert json.loads(server.requests[0].body)["page"] == 1
