"""Each fault is on the wire what its name says, is met by the calls that it is for, and by no others."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tegro_analytics import sandbox
from tegro_analytics.sandbox.command import parse
from tegro_analytics.sandbox.faults import BROKEN, METHODS, NAMES, REFUSED, RESET_BEFORE, fault
from tegro_analytics.sandbox.methods import Methods
from tegro_analytics.sandbox.plan import Plan
from tests.sandbox.wire import NOW, Caller, served

ORDER = {"currency": "RUB", "amount": 150, "order_id": "cup-7", "payment_system": 25}
ROWS = [
    {"id": 5, "created_at": "2026-03-01 10:00:00", "amount": "100", "email": "ann@tea.example"},
    {"id": 6, "created_at": "2026-03-02 10:00:00", "amount": "200", "email": "bob@tea.example"},
]

JSON, TEXT, HTML = "application/json", "text/plain", "text/html"
PHRASES = {
    400: "Bad Request",
    404: "Not Found",
    408: "Request Timeout",
    425: "Too Early",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    527: "Railgun error",
}
STATUSES = {
    # name: status, kind of the body, Retry-After
    **{name: (int(name), TEXT, None) for name in ("400", "404", "408", "425", "429")},
    **{f"{status}-seconds": (status, TEXT, "1") for status in (408, 425, 429)},
    **{f"{status}-date": (status, TEXT, "Wed, 04 Mar 2026 09:00:0") for status in (408, 425, 429)},
    **{f"{status}-json": (status, JSON, None) for status in (400, 404, 429)},
    **{f"{status}": (status, JSON, None) for status in (500, 502, 503, 504)},
    **{f"{status}-html": (status, HTML, None) for status in (500, 502, 503, 504)},
    **{f"{status}": (status, HTML, None) for status in range(520, 528)},
}
WHOLE = b'{"type":"success","desc":"","data":['
BODIES: dict[str, Callable[[bytes], bool]] = {
    # name: whether a body of orders, 200 and JSON, is what the name says
    "bad-gzip": lambda body: body.startswith(WHOLE),
    "cut-gzip": lambda body: zlib.decompressobj(31).decompress(body).startswith(WHOLE[:20]),
    "not-json": lambda body: body == b"Database connection failed",
    "empty-body": lambda body: body == b"",
    "deep-json": lambda body: body.count(b"[") == body.count(b"]") == 100_000,
    "shape-array": lambda body: json.loads(body)[0]["type"] == "success",
    "shape-no-type": lambda body: set(json.loads(body)) == {"desc", "data"},
    "shape-type-number": lambda body: json.loads(body)["type"] == 1,
    "shape-data": lambda body: len(json.loads(body)["data"]["rows"]) == 2,
    "shape-data-null": lambda body: json.loads(body)["data"] is None,
    "shape-no-data": lambda body: json.loads(body) == {"type": "success", "desc": ""},
    "duplicate-keys": lambda body: body.startswith(WHOLE + b'{"id":null,"id":6,'),
    "lone-surrogate": lambda body: (
        [row["email"][:5] for row in json.loads(body)["data"]] == ["half\ud83d", "ann@t"]
    ),
    "nonce-refused": lambda body: json.loads(body)["desc"].startswith("Wrong nonce: "),
    "key-refused": lambda body: json.loads(body)["desc"] == "Wrong authorization token",
    "rejected": lambda body: json.loads(body)["type"] == "error",
}
ON_THE_SOCKET = {REFUSED, RESET_BEFORE, *BROKEN}
FROM_THE_EDGE = {"html-200", "html-1010", "redirect-301", "redirect-307"}


@pytest.fixture(scope="module")
def _one() -> Iterator[Caller]:
    with served(orders=0) as one:
        one.sandbox.control("insert", orders=ROWS)
        yield one


@pytest.fixture
def faulty(_one: Caller) -> Iterator[Caller]:
    """A caller of a sandbox with two orders; it shows the faults of one test."""
    yield _one
    _one.sandbox.control("forget-faults")
    _one.sandbox.control("forget-log")
    _one.connection.close()


def request(caller: Caller, method: str = "orders", *, whole: bool = True, **params: Any) -> bytes:
    body = caller.body(**({"page": 1} | params))
    lines = [f"{name}: {value}" for name, value in caller.headers(body).items()]
    head = [f"POST /api/{method}/ HTTP/1.1", f"Host: {caller.host}", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join([*head, "", ""]).encode() + (body if whole else b"")


def connected(caller: Caller) -> socket.socket:
    host, _, port = caller.host.partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def everything(caller: Caller, method: str = "orders", **params: Any) -> bytes:
    """Read all that comes for one call until the connection ends."""
    with connected(caller) as connection:
        connection.sendall(request(caller, method, **params))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def answered(
    caller: Caller, method: str = "orders", **params: Any
) -> tuple[int, http.client.HTTPMessage, bytes]:
    body = caller.body(**({"page": 1} | params))
    caller.connection.request("POST", f"/api/{method}/", body=body, headers=caller.headers(body))
    answer = caller.connection.getresponse()
    return answer.status, answer.headers, answer.read()


def orders_there(caller: Caller) -> int:
    return int(caller.sandbox.truth()["counts"]["orders"])


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)


def last(caller: Caller) -> tuple[str | None, bool, int | None, str | None]:
    entry = caller.sandbox.log(limit=1)["entries"][0]
    return entry["fault"], entry["acted"], entry["status"], entry["type"]


def test_every_fault_is_looked_at_here() -> None:
    assert {*STATUSES, *BODIES, *ON_THE_SOCKET, *FROM_THE_EDGE} == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


# Whole on the wire


@pytest.mark.parametrize("name", STATUSES)
def test_a_status(name: str, faulty: Caller) -> None:
    status, kind, retry_after = STATUSES[name]
    faulty.sandbox.control("fault", name=name)
    code, headers, body = answered(faulty)
    assert code == status
    assert headers["Content-Type"].startswith(kind)
    assert (headers["Retry-After"] or "").startswith(retry_after or "")
    assert bool(headers["Retry-After"]) == bool(retry_after)
    assert PHRASES[status] in body.decode()
    assert (kind == JSON) == body.startswith(b'{"type": "error", ')
    assert (kind == HTML) == body.startswith(b"<!DOCTYPE html>") == (headers["CF-RAY"] is not None)
    assert last(faulty) == (name, status >= 500 and status not in (521, 522, 523, 525, 526), status, None)


@pytest.mark.parametrize("name", BODIES)
def test_a_body(name: str, faulty: Caller) -> None:
    faulty.sandbox.control("fault", name=name)
    code, headers, body = answered(faulty)
    assert code == 200
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["Content-Encoding"] == ("gzip" if name.endswith("gzip") else None)
    assert BODIES[name](body)
    assert last(faulty)[:2] == (name, name not in ("nonce-refused", "key-refused", "rejected"))


def test_a_gzip_that_was_cut_does_not_come_to_its_end(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="cut-gzip")
    unpacking = zlib.decompressobj(31)
    unpacking.decompress(answered(faulty)[2])
    assert not unpacking.eof


def test_the_pages_of_the_edge(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="html-200", times=1)
    status, headers, body = answered(faulty)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
    assert b"Just a moment..." in body
    faulty.sandbox.control("fault", name="html-1010", times=1)
    status, headers, body = answered(faulty)
    assert (status, headers["CF-RAY"]) == (403, "8f1e5a7b9c0d1e2f-DME")
    assert b"Error code 1010" in body


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_goes_where_it_is_told_to(status: int, faulty: Caller) -> None:
    faulty.sandbox.control("fault", name=f"redirect-{status}", location="http://127.0.0.1:9/api/orders/")
    code, headers, _ = answered(faulty)
    assert (code, headers["Location"]) == (status, "http://127.0.0.1:9/api/orders/")


def test_retry_after_is_counted_from_the_present_of_the_sandbox(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="429-date", retry_after=3600)
    assert answered(faulty)[1]["Retry-After"].startswith("Wed, 04 Mar 2026 10:00:")
    faulty.sandbox.control("fault", name="503", retry_after=9)
    assert answered(faulty)[1]["Retry-After"] == "9"
    faulty.sandbox.control("fault", name="429-seconds", retry_after=0)
    assert answered(faulty)[1]["Retry-After"] == "0"


@pytest.mark.parametrize(
    ("method", "params", "start"),
    [
        ("order", {"order_id": 5}, b'{"email":"half\\ud83d@example.com",'),
        ("shops", {}, b'{"email":"half\\ud83d@example.com","user_id"'),
        ("withdrawals", {}, b"[]"),
    ],
)
def test_half_a_character_in_one_record(
    method: str, params: dict[str, Any], start: bytes, faulty: Caller
) -> None:
    faulty.sandbox.control("fault", name="lone-surrogate")
    body = answered(faulty, method, **params)[2]
    assert body.count(b"\\ud83d") == (method != "withdrawals")
    if method != "order":
        assert body.partition(b'"data":')[2].startswith(start)


# Broken on the wire


def test_a_reset_before_the_body_is_read(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="reset-before")
    with connected(faulty) as connection:
        connection.sendall(request(faulty, whole=False))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    entry = faulty.sandbox.log()["entries"][0]
    assert (entry["method"], entry["fault"], entry["acted"], entry["nonce"]) == (
        "orders",
        "reset-before",
        False,
        None,
    )


def test_a_reset_after_the_request_was_read(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="reset-after")
    with connected(faulty) as connection:
        connection.sendall(request(faulty))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert last(faulty) == ("reset-after", True, None, None)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("close", b""), ("half-status-line", b"HTTP/1.1 2"), ("no-http", b"SSH-2.0-OpenSSH_9.6\r\n\r\n")],
)
def test_what_comes_is_no_answer(name: str, answer: bytes, faulty: Caller) -> None:
    faulty.sandbox.control("fault", name=name)
    assert everything(faulty) == answer
    assert last(faulty) == (name, True, None, None)


def test_silence_lasts_as_long_as_it_was_told_to(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="silence", seconds=0.1)
    start = time.monotonic()
    assert everything(faulty) == b""
    assert time.monotonic() - start >= 0.1


def test_a_body_that_is_shorter_than_its_length(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="short-body")
    head, _, body = everything(faulty).partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    assert 0 < len(body) == length // 2


def test_half_a_body_without_a_length(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="cut-body")
    head, _, body = everything(faulty).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length" not in head
    assert b"Transfer-Encoding" not in head
    assert body.startswith(WHOLE)
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_chunks(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="bad-chunk", times=1)
    head, _, body = everything(faulty).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body.startswith(b"zz\r\n" + WHOLE)
    faulty.sandbox.control("fault", name="cut-chunk", times=1)
    _, _, body = everything(faulty).partition(b"\r\n\r\n")
    size, _, piece = body.partition(b"\r\n")
    assert 0 < len(piece) == int(size, 16) // 2


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("drip-status", b"HTTP/1.1 200 OK ..."),
        ("drip-headers", b"HTTP/1.1 200 OK\r\n"),
        ("drip-body", b"HTTP/1.1 200 OK\r\n"),
    ],
)
def test_a_drip_comes_little_by_little_and_is_a_good_answer_at_last(
    name: str, start: bytes, faulty: Caller
) -> None:
    faulty.sandbox.control("fault", name=name, seconds=0.1, every=0.01)
    pieces: list[bytes] = []
    with connected(faulty) as connection:
        connection.sendall(request(faulty))
        while piece := connection.recv(65536):
            pieces.append(piece)
    assert len(pieces) > 4
    assert b"".join(pieces).startswith(start)
    status, _, body = answered(faulty)
    assert status == 200
    assert body.lstrip().startswith(WHOLE)
    assert body.startswith(b" ") == (name == "drip-body")


def test_a_huge_answer(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="huge", size=1_000_001)
    status, headers, body = answered(faulty)
    assert (status, headers["Content-Length"], len(body)) == (200, "1000001", 1_000_001)
    assert json.loads(body)["type"] == "success"
    faulty.sandbox.control("fault", name="huge")
    with connected(faulty) as connection:
        connection.sendall(request(faulty))
        assert b"\r\nContent-Length: 100000000\r\n" in connection.recv(65536)


def ask(connection: http.client.HTTPConnection, caller: Caller, path: str, **body: Any) -> None:
    """Ask the control plane over a connection that is kept."""
    token = {"X-Sandbox-Token": caller.sandbox.facts["control_token"]}
    connection.request("POST", f"/_sandbox/{path}", body=json.dumps(body), headers=token)
    answer = connection.getresponse()
    assert (answer.status, answer.read()[:1]) == (200, b"{")


def refuses(caller: Caller) -> bool:
    try:
        connected(caller).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_closed_port_ends_all_connections_but_the_one_that_asked() -> None:
    with served(orders=5) as own, contextlib.closing(http.client.HTTPConnection(own.host)) as asking:
        own.data("shops")
        kept = own.connection.sock
        ask(asking, own, "fault", name="refused", seconds=300)
        assert refuses(own)
        assert kept.recv(1) == b""
        ask(asking, own, "forget-faults")
        assert not refuses(own)
        own.connection.close()
        own.data("shops")
        assert own.sandbox.log()["attempts"] == 2


def test_a_closed_port_opens_again_by_itself() -> None:
    with served(orders=5) as own:
        start = time.monotonic()
        own.sandbox.control("fault", name="refused", seconds=0.2)
        wait_until(lambda: not refuses(own))
        assert time.monotonic() - start >= 0.2
        own.data("shops")


def test_a_port_that_is_closed_from_the_start() -> None:
    start = time.monotonic()
    with sandbox.start(orders=5, now=NOW, fault=["refused"]) as running:
        caller = Caller(running)
        wait_until(lambda: not refuses(caller))
        assert time.monotonic() - start >= 1.0
        caller.data("shops")
        caller.close()


def test_a_sandbox_ends_while_its_port_is_closed() -> None:
    with served(orders=5) as own:
        own.sandbox.control("fault", name="refused", seconds=300)
        assert refuses(own)


# Whether a call is carried out


@pytest.mark.parametrize("name", ["close", "503", "shape-no-type", "429", "drip-body"])
@pytest.mark.parametrize("acts", [True, False])
def test_a_call_is_carried_out_or_not_as_told(name: str, acts: bool, faulty: Caller) -> None:
    before = orders_there(faulty)
    faulty.sandbox.control("fault", name=name, acts=acts, seconds=0.02)
    everything(faulty, "createOrder", **ORDER) if name in BROKEN else answered(faulty, "createOrder", **ORDER)
    assert last(faulty)[:2] == (name, acts)
    assert faulty.sandbox.log()["entries"][0]["nonce"] is not None
    assert orders_there(faulty) - before == acts


def test_a_call_is_carried_out_late(faulty: Caller) -> None:
    before = orders_there(faulty)
    faulty.sandbox.control("fault", name="close", acts="late", late_seconds=0.1)
    assert everything(faulty, "createOrder", **ORDER) == b""
    assert orders_there(faulty) == before
    assert last(faulty)[:2] == ("close", False)
    wait_until(lambda: orders_there(faulty) == before + 1)
    wait_until(lambda: last(faulty)[:2] == ("close", True))


def test_what_the_api_refuses_is_not_carried_out(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="500")
    assert answered(faulty, "order", order_id=77)[0] == 500
    assert last(faulty)[:2] == ("500", False)
    assert faulty.sandbox.log()["entries"][0]["reason"] == "Order not found"


def test_without_a_fault_the_log_says_what_was_carried_out(faulty: Caller) -> None:
    answered(faulty)
    assert last(faulty) == (None, True, 200, "success")
    answered(faulty, "order", order_id=77)
    assert last(faulty) == (None, False, 200, "error")


# Which calls meet a fault


def test_the_control_plane_meets_none(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="reset-before")
    assert faulty.sandbox.truth()["counts"]["orders"] > 0
    faulty.sandbox.control("forget-faults")
    assert answered(faulty)[0] == 200


def test_what_another_host_asks_meets_none(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="close")
    body = faulty.body(page=1)
    headers = faulty.headers(body) | {"Host": "evil.example"}
    assert faulty.send("/api/orders/", body, headers)[0] == 403
    assert faulty.sandbox.log()["attempts"] == 0


def test_a_fault_is_shown_so_many_times(faulty: Caller) -> None:
    faulty.sandbox.control("fault", name="503", times=2)
    assert [answered(faulty)[0] for _ in range(3)] == [503, 503, 200]


def test_a_fault_of_some_methods_and_pages(faulty: Caller) -> None:
    told = faulty.sandbox.control("fault", name="503", methods=["orders"], pages=[2])
    assert [answered(faulty, "orders", page=page)[0] for page in (1, 2, 3)] == [200, 503, 200]
    assert answered(faulty, "withdrawals", page=2)[0] == 200
    assert told["faults"][0]["shown"] == 0
    told = faulty.sandbox.control("fault", name="close", methods=["shops"])
    assert [(one["name"], one["shown"]) for one in told["faults"]] == [("close", 0), ("503", 1)]


def test_shares_are_drawn_from_the_seed() -> None:
    def names(seed: int) -> list[str | None]:
        plan = Plan([fault("close", share=0.25), fault("503", share=0.5)], seed=seed)
        met = [plan.pick(plan.draw(), method="orders") for _ in range(1_000)]
        return [one.name if one else None for one in met]

    met = names(7)
    assert met == names(7) != names(8)
    assert 220 < met.count("close") < 280
    assert 460 < met.count("503") < 540


def test_the_fault_told_last_comes_first_and_the_early_one_before_it() -> None:
    plan = Plan([fault("close"), fault("503")], seed=7)

    def met(*, head_only: bool = False) -> str | None:
        one = plan.pick(0.9, method="orders", head_only=head_only)
        return one.name if one else None

    assert (met(head_only=True), met()) == (None, "503")
    plan.tell(fault("reset-before", times=1))
    plan.tell(fault("404"))
    assert (met(head_only=True), met(head_only=True), met()) == ("reset-before", None, "404")


def test_a_share_of_nothing_is_never_met() -> None:
    plan = Plan([fault("close", share=0)], seed=7)
    assert plan.pick(0.0, method="orders") is None


# How a fault is told


def test_the_command_line() -> None:
    told = parse(["--fault=429-date:0.5", "--fault=close"]).fault
    assert [(one.name, one.share, one.acts) for one in told] == [
        ("429-date", 0.5, False),
        ("close", 1.0, True),
    ]


def test_a_sandbox_that_misbehaves_from_the_start() -> None:
    with sandbox.start(orders=5, now=NOW, fault=["503:0.5", "404:0.5"]) as running:
        caller = Caller(running)
        statuses = {answered(caller)[0] for _ in range(30)}
        caller.close()
    assert statuses == {503, 404}


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--fault=slience", "no fault 'slience'; is it 'silence'?"),
        ("--fault=zzzzzz", "no fault 'zzzzzz'; there are refused, reset-before"),
        ("--fault=close:2", "share of a fault is a number from 0 to 1, and 2.0 is not"),
        ("--fault=close:often", "share of a fault is a number from 0 to 1"),
        ("--fault=close:nan", "share of a fault is a number from 0 to 1"),
        ("--fault=refused:0.5", "refused has seconds and nothing else"),
    ],
)
def test_a_wrong_fault_is_a_usage_error(option: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse([option])
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "htlm-200"}, "is it 'html-200'"),
        ({"name": "close", "page": 1}, "a fault has no 'page'; it has share, times"),
        ({"name": "close", "times": 0}, "times of a fault is a whole number from 1"),
        ({"name": "close", "methods": ["order", "ordres"]}, "methods of a fault is a list of createOrder"),
        ({"name": "close", "pages": 1}, "pages of a fault is a list"),
        ({"name": "close", "acts": "later"}, 'acts of a fault is true, false or "late"'),
        ({"name": "redirect-301", "location": "a\r\nb"}, "location of a fault is an address"),
        ({"name": "reset-before", "acts": True}, "reset-before never acts"),
        ({"name": "reset-before", "pages": [1]}, "reset-before knows no pages"),
        ({"name": "refused", "times": 1}, "refused has seconds and nothing else"),
        ({}, "name"),
    ],
)
def test_a_wrong_fault_is_refused_and_changes_nothing(
    fields: dict[str, Any], says: str, faulty: Caller
) -> None:
    with pytest.raises(sandbox.SandboxError, match=says.replace("?", r"\?")):
        faulty.sandbox.control("fault", **fields)
    assert answered(faulty)[0] == 200


def test_help_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parse(["--help"])
    _, _, listed = capsys.readouterr().out.partition("Faults: ")
    assert listed.partition(". ")[0].replace("\n", " ").split(", ") == list(NAMES)


def test_a_fault_knows_the_methods(faulty: Caller) -> None:
    methods = Methods(faulty.server.exchange._world, "")
    assert set(methods._table) == set(METHODS)


# The end


SLOW = ("silence", "drip-status", "drip-headers", "drip-body", "huge")


@contextlib.contextmanager
def stuck(caller: Caller) -> Iterator[list[socket.socket]]:
    """Hold connections on which the sandbox is silent, drips, or writes to somebody who does not read."""
    with contextlib.ExitStack() as closing:
        connections = []
        for number, name in enumerate(SLOW, start=1):
            caller.sandbox.control("fault", name=name, times=1, every=0.01)
            connection = closing.enter_context(connected(caller))
            connection.sendall(request(caller))
            connections.append(connection)
            wait_until(lambda number=number: caller.sandbox.log()["attempts"] == number)  # type: ignore[misc]
        yield connections


def test_no_thread_stays_when_its_peer_has_gone() -> None:
    with served(orders=5) as own:
        before = threading.active_count()
        with stuck(own):
            assert threading.active_count() >= before + len(SLOW)
        wait_until(lambda: threading.active_count() <= before)


@pytest.mark.parametrize("way", ["close", "stop", "terminate"])
def test_a_stuck_connection_does_not_keep_the_process(way: str) -> None:
    running = sandbox.start(orders=5, now=NOW)
    caller = Caller(running)
    with stuck(caller):
        if way == "stop":
            running.control("stop")
        elif way == "terminate":
            running.process.send_signal(signal.SIGTERM)
        else:
            running.process.stdin.close()  # type: ignore[union-attr]
        assert running.process.wait(5) == (1 if way == "terminate" and sys.platform == "win32" else 0)
    running.close()
    caller.close()


def test_a_late_call_does_not_keep_the_process() -> None:
    with sandbox.start(orders=5, now=NOW) as running:
        caller = Caller(running)
        running.control("fault", name="500", acts="late", late_seconds=3600)
        assert answered(caller, "createOrder", **ORDER)[0] == 500
        caller.close()
        running.process.stdin.close()  # type: ignore[union-attr]
        assert running.process.wait(5) == 0
