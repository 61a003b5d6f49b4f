"""The key, a signature and a payer's address are looked for wherever an error could carry them."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import pytest

from tegro_analytics.api import transport
from tegro_analytics.api.client import Client
from tegro_analytics.api.events import Event
from tegro_analytics.exceptions import ConfigurationError, TegroError, UnsafeBaseUrl
from tests.api.faults import ACTS
from tests.api.wire import KEY, SHOP, Act, Server, answer, refusal, serving

EMAIL = "canary.payer@mail.example"
ACCOUNT = "4111222233334444"


def echo(status: str, kind: str) -> Act:
    def act(connection: Any, request: Any) -> bool:
        sent = f"{request.headers['authorization']} {request.body.decode()} {EMAIL}"
        return answer(sent.encode(), status=status, kind=kind)(connection, request)

    return act


def echo_refusal(connection: Any, request: Any) -> bool:
    return refusal(f"Wrong: {request.headers['authorization']} {request.body.decode()} {EMAIL}")(
        connection, request
    )


FAULTS: list[Any] = [
    pytest.param(act, id=f"{event}-{place}")
    for event, acts in ACTS.items()
    for place, act in enumerate(acts)
    if event is not Event.TOO_LARGE
] + [
    pytest.param(echo("200 OK", "text/plain"), id="echo-200"),
    pytest.param(echo("403 Forbidden", "text/html"), id="echo-html"),
    pytest.param(echo("500 Oops", "text/plain"), id="echo-500"),
    pytest.param(echo_refusal, id="echo-refusal"),
]

CALLS: dict[str, Callable[[Client], object]] = {
    "orders": lambda client: client.orders(),
    "call": lambda client: client.call("order", payment_id=EMAIL),
    "create_order": lambda client: client.create_order(
        currency="RUB", amount=7, order_id="7", fields={"email": EMAIL}, receipt={"items": [{"name": EMAIL}]}
    ),
    "create_withdrawal": lambda client: client.create_withdrawal(
        currency="RUB", amount=7, account=ACCOUNT, payment_id="7", payment_system=5
    ),
}


def client_of(server: Server, folder: Path, **options: Any) -> Client:
    # With a tenth of a second there is no pause: a fault is met once and told.
    options = {"deadline": 0.1, "nonce": "milliseconds", "allow_payouts": True, **options}
    return Client(KEY, SHOP, base_url=server.url, data_folder=folder, **options)


def frames_of(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        if "tegro_analytics/tegro_analytics" in trace.tb_frame.f_code.co_filename.replace("\\", "/") or (
            Path(trace.tb_frame.f_code.co_filename).is_relative_to(Path(transport.__file__).parents[1])
        ):
            yield trace.tb_frame
        trace = trace.tb_next


def all_of(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            yield one
            waiting += [one.__cause__, one.__context__]


def everything_shown(error: BaseException) -> str:
    """Gather what any tool could show of an exception: its chain, and the locals of our frames."""
    told = ["".join(traceback.format_exception(error))]
    for one in all_of(error):
        told += [repr(one), str(one), repr(one.args), repr(vars(one)), repr(getattr(one, "__notes__", None))]
        for frame in frames_of(one.__traceback__):
            told += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
    return "\n".join(told)


def secrets_of(server: Server) -> list[str]:
    signatures = [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]
    return [KEY, EMAIL, ACCOUNT, *signatures]


@pytest.mark.parametrize("act", FAULTS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_error_carries_a_secret(
    act: Act, call: Callable[[Client], object], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caught: BaseException | None = None
    with serving(act) as server, caplog.at_level(logging.DEBUG), client_of(server, tmp_path) as client:
        try:
            call(client)
        except (TegroError, KeyboardInterrupt) as error:
            caught = error
    shown = (everything_shown(caught) if caught else "") + caplog.text
    shown += "".join(path.read_text() for path in (tmp_path / "nonces").iterdir())
    assert server.requests
    assert not [secret for secret in secrets_of(server) if secret in shown]
    if caught is not None:
        assert caught.__cause__ is None
        assert caught.__context__ is None


def test_the_search_finds_what_is_there() -> None:
    def ours(secret: str) -> None:
        raise ValueError

    code = compile("def leak(secret):\n    raise ValueError\n", transport.__file__, "exec")
    space: dict[str, Any] = {}
    exec(code, space)
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        space["leak"](KEY)
    assert f"secret={KEY!r}" in everything_shown(caught.value)


@pytest.mark.parametrize("show", [repr, str, vars, json.dumps, pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_shows_no_key(show: Callable[[object], object], tmp_path: Path) -> None:
    client = Client(KEY, SHOP, data_folder=tmp_path)
    try:
        shown = repr(show(client))
    except TypeError as error:
        shown = str(error)
    assert KEY not in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_client_refuses_to_be_pickled(protocol: int, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Client(KEY, SHOP, data_folder=tmp_path), protocol)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"base_url": "http://evil.example"}, UnsafeBaseUrl),
        ({"shop_id": " "}, ConfigurationError),
        ({"deadline": 0}, ConfigurationError),
        ({"pace": -1.0}, ConfigurationError),
        ({"nonce": "hours"}, ConfigurationError),
    ],
)
def test_a_client_that_is_not_made_shows_no_key(
    options: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error) as caught:
        Client(**{"api_key": KEY, "shop_id": SHOP, "data_folder": tmp_path, **options})
    assert KEY not in everything_shown(caught.value)


def test_ctrl_c_stays_ctrl_c(tmp_path: Path) -> None:
    (act,) = ACTS[Event.INTERRUPTED]
    with serving(act) as server, client_of(server, tmp_path) as client:
        with pytest.raises(KeyboardInterrupt) as reading:
            client.orders()
        with pytest.raises(KeyboardInterrupt, match="may have been carried out") as moving:
            client.create_order(currency="RUB", amount=7, order_id="7")
    assert "carried out" not in str(reading.value)
    assert "payment_id='7'" in str(moving.value)
