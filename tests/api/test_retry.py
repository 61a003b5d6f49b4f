"""The rules of asking again, row by row, each against what really happens on a socket."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tegro_analytics.api import transport
from tegro_analytics.api.answers import Answer
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.events import RULES, Event, Failure
from tegro_analytics.exceptions import (
    AuthorizationError,
    BadAnswer,
    DeadlineExceeded,
    EdgeError,
    NeverSent,
    NonceRefused,
    OutcomeUnknown,
    Rejected,
    TransportError,
)
from tests.api.faults import ACTS, PAGE_1010
from tests.api.wire import Act, FakeTime, answer, caller_of, raw, refusal, serving, success

ATTEMPTS = {
    # event: attempts of a read, what it raises, attempts of a call that moves money, what that raises
    Event.PORT_CLOSED: (5, NeverSent, 5, NeverSent),
    Event.NAME_NOT_FOUND: (5, NeverSent, 5, NeverSent),
    Event.CONNECT_TIMEOUT: (5, NeverSent, 5, NeverSent),
    Event.PROXY: (5, NeverSent, 5, NeverSent),
    Event.KEY_BUSY: (1, NeverSent, 1, NeverSent),
    Event.TLS: (1, TransportError, 1, TransportError),
    Event.RESET: (5, TransportError, 1, OutcomeUnknown),
    Event.READ_TIMEOUT: (5, DeadlineExceeded, 1, OutcomeUnknown),
    Event.DEADLINE: (1, DeadlineExceeded, 1, OutcomeUnknown),
    Event.TOO_LATE: (1, DeadlineExceeded, 1, DeadlineExceeded),
    Event.INTERRUPTED: (1, KeyboardInterrupt, 1, KeyboardInterrupt),
    Event.CALLED_OFF: (1, NeverSent, 1, NeverSent),
    Event.CUT_SHORT: (1, TransportError, 1, OutcomeUnknown),
    Event.BAD_STATUS_LINE: (5, BadAnswer, 1, OutcomeUnknown),
    Event.SHORT_BODY: (5, BadAnswer, 1, OutcomeUnknown),
    Event.BAD_CHUNK: (5, BadAnswer, 1, OutcomeUnknown),
    Event.TOO_LARGE: (1, BadAnswer, 1, OutcomeUnknown),
    Event.BAD_JSON: (5, BadAnswer, 1, OutcomeUnknown),
    Event.WRONG_SHAPE: (1, BadAnswer, 1, OutcomeUnknown),
    Event.NO_DATA: (1, BadAnswer, 1, OutcomeUnknown),
    Event.DUPLICATE_KEYS: (1, BadAnswer, 1, OutcomeUnknown),
    Event.HTML: (5, EdgeError, 1, OutcomeUnknown),
    Event.BLOCKED: (1, EdgeError, 1, OutcomeUnknown),
    Event.REDIRECT: (1, EdgeError, 1, OutcomeUnknown),
    Event.NOT_FOUND: (1, BadAnswer, 1, OutcomeUnknown),
    Event.CLIENT_ERROR: (1, BadAnswer, 1, OutcomeUnknown),
    Event.COME_BACK_LATER: (5, BadAnswer, 1, OutcomeUnknown),
    Event.RATE_LIMIT: (5, BadAnswer, 1, OutcomeUnknown),
    Event.SERVER_ERROR: (5, BadAnswer, 1, OutcomeUnknown),
    Event.EDGE_ERROR: (5, EdgeError, 1, OutcomeUnknown),
    Event.AUTHORIZATION: (1, AuthorizationError, 1, AuthorizationError),
    Event.NONCE: (5, NonceRefused, 1, NonceRefused),
    Event.REJECTED: (1, Rejected, 1, Rejected),
}
"""The rules once more, written down by hand from what was decided."""

ROWS = [
    pytest.param(event, act, id=f"{event}-{place}")
    for event, acts in ACTS.items()
    for place, act in enumerate(acts)
]


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)


def read(caller: Caller) -> Result:
    return caller.make("orders", caller.write({"page": 1}))


def move(caller: Caller) -> Result:
    return caller.make("createOrder", caller.write({"order_id": "7"}), money=True)


def deadline_of(event: Event) -> float:
    return 0.15 if event is Event.DEADLINE else 60.0


def failure_of(result: Result) -> Failure:
    assert isinstance(result.outcome, Failure)
    return result.outcome


def test_every_event_has_a_rule_and_a_row() -> None:
    assert set(RULES) == set(Event) == set(ATTEMPTS)


@pytest.mark.parametrize(("event", "act"), ROWS)
def test_a_read(event: Event, act: Act, tmp_path: Path) -> None:
    attempts, error, _, _ = ATTEMPTS[event]
    with serving(act) as server:
        caller = caller_of(server.url, tmp_path, deadline=deadline_of(event), clock=FakeTime().clock)
        result = read(caller)
    assert failure_of(result).event is event
    assert type(failure_of(result).as_error()) is error
    assert len(server.requests) == result.attempts == caller.requests == attempts
    assert caller.retries == attempts - 1
    assert len({request.nonce for request in server.requests}) == attempts
    assert len({request.headers["authorization"] for request in server.requests}) == attempts


@pytest.mark.parametrize(("event", "act"), ROWS)
def test_a_call_that_moves_money(event: Event, act: Act, tmp_path: Path) -> None:
    _, _, attempts, error = ATTEMPTS[event]
    with serving(act) as server:
        caller = caller_of(server.url, tmp_path, deadline=deadline_of(event), clock=FakeTime().clock)
        result = move(caller)
    if event is Event.RATE_LIMIT and failure_of(result).event is Event.REJECTED:
        error = Rejected  # JSON that refuses is definite, whatever its status below 500
    elif event is Event.WRONG_SHAPE and isinstance(result.outcome, Answer):
        assert result.outcome.data == b'{"no": "list"}'  # what is wrong for a list is right for an object
        return
    else:
        assert failure_of(result).event is event
    assert type(failure_of(result).as_money_error(look="Look.")) is error
    assert len(server.requests) == result.attempts == attempts


def test_an_object_that_names_a_key_twice_is_not_believed_where_money_moves(tmp_path: Path) -> None:
    twice = b'{"type": "success", "data": {"id": 1, "id": 2}}'
    with serving(answer(twice)) as server:
        caller = caller_of(server.url, tmp_path)
        moved = failure_of(move(caller))
        order = caller.make("order", caller.write({"order_id": 1})).outcome
    assert moved.event is Event.DUPLICATE_KEYS
    assert type(moved.as_money_error(look="Look.")) is OutcomeUnknown
    assert isinstance(order, Answer)


# Never sent: proven on the way to the connection


@contextlib.contextmanager
def full_backlog() -> Iterator[str]:
    """Give an address that takes no more connections and does not refuse them."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as fillers:
        for _ in range(4):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def both(url: str, folder: Path, *, allow_host: str | None = None) -> tuple[Result, Result]:
    made = []
    for call in (read, move):
        caller = caller_of(url, folder, clock=FakeTime().clock, allow_host=allow_host)
        made.append(call(caller))
    return made[0], made[1]


def assert_never_sent(results: tuple[Result, Result], event: Event) -> None:
    reading, moving = results
    assert failure_of(reading).event is failure_of(moving).event is event
    assert (reading.attempts, moving.attempts) == (ATTEMPTS[event][0], ATTEMPTS[event][2])
    assert type(failure_of(reading).as_error()) is ATTEMPTS[event][1]
    assert type(failure_of(moving).as_money_error(look="Look.")) is ATTEMPTS[event][3]


def test_port_closed(tmp_path: Path) -> None:
    assert_never_sent(both(f"http://127.0.0.1:{closed_port()}", tmp_path), Event.PORT_CLOSED)


def test_name_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert_never_sent(
        both("https://nobody.example", tmp_path, allow_host="nobody.example"), Event.NAME_NOT_FOUND
    )


def test_connect_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.05)
    with full_backlog() as url:
        assert_never_sent(both(url, tmp_path), Event.CONNECT_TIMEOUT)


def test_a_proxy_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    results = both("https://tegro.money", tmp_path)
    assert_never_sent(results, Event.PROXY)
    assert "secret" not in str(failure_of(results[0]).as_error())


def test_a_proxy_that_refuses_the_tunnel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(raw(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert_never_sent(both("https://tegro.money", tmp_path), Event.PROXY)
    assert {request.line for request in proxy.requests} == {"CONNECT tegro.money:443 HTTP/1.0"}
    assert not any("authorization" in request.headers for request in proxy.requests)


def test_no_time_left(tmp_path: Path) -> None:
    with serving(success([])) as server:
        time = FakeTime()
        caller = caller_of(server.url, tmp_path, deadline=60, clock=time.clock)
        caller.nonces.learn = lambda *_, **__: time.sleep(61)  # type: ignore[method-assign, assignment, return-value]
        results = read(caller), move(caller)
    assert_never_sent(results, Event.TOO_LATE)
    assert not server.requests


# The pauses


def pauses(act: Act, folder: Path, **options: float) -> tuple[list[float], Result]:
    time = FakeTime()
    with serving(act) as server:
        result = read(caller_of(server.url, folder, clock=time.clock, **options))
    return time.slept, result


def test_pauses_grow_with_jitter(tmp_path: Path) -> None:
    slept, _ = pauses(answer(b"", status="500 Oops"), tmp_path)
    assert [low <= pause <= low + 0.5 for low, pause in zip((0.5, 1, 2, 4), slept, strict=True)] == [True] * 4
    assert len({round(pause % 0.5, 6) for pause in slept}) == 4


def test_retry_after_in_seconds_is_obeyed(tmp_path: Path) -> None:
    slept, result = pauses(answer(b"", status="429 Slow", Retry_After="7"), tmp_path)
    assert set(slept) == {7}
    assert result.waited == 28


def test_retry_after_as_a_date_is_obeyed(tmp_path: Path) -> None:
    date = dt.datetime.fromtimestamp(FakeTime().now + 9, dt.UTC)
    slept, _ = pauses(
        answer(b"", status="503 Busy", Retry_After=email.utils.format_datetime(date, usegmt=True)), tmp_path
    )
    assert slept[0] == 9


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "-3",
        "²",
        "",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Tue, 14 Nov 2023 99999999999999999999:13:21 GMT",
    ],
)
def test_retry_after_that_cannot_be_read_is_passed_over(text: str, tmp_path: Path) -> None:
    slept, _ = pauses(answer(b"", status="503 Busy", Retry_After=text), tmp_path)
    assert 0.5 <= slept[0] <= 1.0


def test_more_than_a_minute_is_not_waited_for(tmp_path: Path) -> None:
    slept, result = pauses(answer(b"", status="429 Slow", Retry_After="61"), tmp_path, deadline=600)
    assert (slept, result.attempts) == ([], 1)


def test_a_pause_that_would_use_the_time_up_is_not_begun(tmp_path: Path) -> None:
    slept, result = pauses(answer(b"", status="503 Busy", Retry_After="25"), tmp_path)
    assert (slept, result.attempts) == ([25, 25], 3)


def test_retry_after_holds_every_call_of_the_key_up(tmp_path: Path) -> None:
    time = FakeTime()
    with serving(answer(b"", status="429 Slow", Retry_After="50"), success([]), success([])) as server:
        caller = caller_of(server.url, tmp_path, clock=time.clock, deadline=1)
        other = caller_of(server.url, tmp_path, clock=time.clock)
        assert (
            failure_of(read(caller)).event is Event.RATE_LIMIT
        )  # no time to wait, and others are told all the same
        read(other)
    assert time.slept == [50]


def test_what_comes_after_the_fault_is_the_answer(tmp_path: Path) -> None:
    with serving(raw(b""), answer(b"", status="500 Oops"), success([{"id": 1}])) as server:
        result = read(caller_of(server.url, tmp_path, clock=FakeTime().clock))
    assert isinstance(result.outcome, Answer)
    assert result.outcome.data == b'[{"id": 1}]'
    assert result.attempts == 3
    assert [request.nonce for request in server.requests] == sorted({r.nonce for r in server.requests})


def test_a_message_says_what_was_seen_and_what_to_do(tmp_path: Path) -> None:
    with serving(refusal("Wrong authorization token")) as server:
        error = failure_of(read(caller_of(server.url, tmp_path))).as_error()
    assert isinstance(error, AuthorizationError)
    assert str(error) == (
        "orders: Tegro did not accept the key or the shop id: Wrong authorization token. "
        "Look at TEGRO_API_KEY and TEGRO_SHOP_ID: both stand on the settings page of the same shop."
    )
    assert (error.method, error.status, error.text, error.nonce) == (
        "orders",
        200,
        "Wrong authorization token",
        server.requests[0].nonce,
    )


@pytest.mark.parametrize(
    ("page", "status", "code", "advice"),
    [
        (PAGE_1010, 403, "code 1010", "Try from another network"),
        (
            b"<html><title>524: A timeout occurred</title>Error code 524</html>",
            524,
            "code 524",
            "Try again later",
        ),
        (b"<html>Just a moment...</html>", 200, "code 200", "Try again later"),
    ],
)
def test_the_edge_names_its_code_and_its_ray_and_what_to_do(
    page: bytes, status: int, code: str, advice: str, tmp_path: Path
) -> None:
    act = answer(page, status=f"{status} Edge", kind="text/html", CF_RAY="8f1-DME")
    with serving(act) as server:
        error = failure_of(read(caller_of(server.url, tmp_path, clock=FakeTime().clock))).as_error()
    assert isinstance(error, EdgeError)
    assert code in str(error)
    assert advice in str(error)
    assert (error.ray, error.status) == ("8f1-DME", status)
