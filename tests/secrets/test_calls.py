"""Whatever becomes of a call: the key, its signatures and the payer are seen by no way."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.api.client import Client
from tegro_analytics.api.events import Event
from tegro_analytics.exceptions import ConfigurationError, DataError, UnsafeBaseUrl
from tests.api.faults import ACTS
from tests.api.wire import Act, serving, success
from tests.secrets.account import account, long_list
from tests.secrets.calls import CALLS, FAULTS, Call, client_of, named, outcome_of, patience_with
from tests.secrets.canaries import ACCOUNT, EMAIL, KEY, SHOP, secrets_of
from tests.secrets.looking import files_of, leaks, only_outermost, shown
from tests.secrets.routes import OF_A_THING, watched


@pytest.mark.parametrize("act", FAULTS)
def test_no_fault_of_any_call_shows_a_secret(act: Act, tmp_path: Path) -> None:
    reached = 0
    for name, call in CALLS.items():
        with serving(act) as server, client_of(server, tmp_path, deadline=patience_with(act)) as client:
            with watched() as told:
                error = outcome_of(call, client)
            ways = told() | {"files": files_of(tmp_path)}
            if error is not None:
                ways |= shown(error, cheap=True)
                assert only_outermost(error), name
            assert leaks(ways, secrets_of(server)) == {}, name
            reached += bool(server.requests)
    assert reached > len(CALLS) / 2  # on a busy machine the time may be over before anything is sent


@pytest.mark.long
@pytest.mark.parametrize("act", named("echo-refusal", "interrupted-0"))
@pytest.mark.parametrize("name", ["iter_orders", "call another", "create_withdrawal"])
def test_no_tool_shows_a_secret(act: Act, name: str, tmp_path: Path) -> None:
    with serving(act) as server, client_of(server, tmp_path) as client:
        error = outcome_of(CALLS[name], client)
        assert error is not None
        assert leaks(shown(error), secrets_of(server)) == {}


@pytest.mark.long
@pytest.mark.parametrize("act", FAULTS)
def test_no_tool_shows_a_secret_of_any_fault(act: Act, tmp_path: Path) -> None:
    for name, call in CALLS.items():
        with serving(act) as server, client_of(server, tmp_path) as client:
            error = outcome_of(call, client)
            assert error is None or leaks(shown(error), secrets_of(server)) == {}, name


@pytest.mark.long
@pytest.mark.parametrize("act", named("echo-refusal", "reset-0", "deadline-0"))
def test_no_thread_that_dies_of_a_fault_shows_a_secret(act: Act, tmp_path: Path) -> None:
    for name, call in CALLS.items():
        with serving(act) as server, client_of(server, tmp_path, deadline=patience_with(act)) as client:
            with watched() as told:
                thread = threading.Thread(target=call, args=[client])
                thread.start()
                thread.join()
            assert "Traceback" in told()["threads"], name
            assert leaks(told(), secrets_of(server)) == {}, name


@pytest.mark.long
@pytest.mark.parametrize("act", named("echo-refusal", "reset-0", "bad_json-0"))
def test_no_error_of_a_pool_shows_a_secret(act: Act, tmp_path: Path) -> None:
    with serving(act) as server, client_of(server, tmp_path) as client, ThreadPoolExecutor(4) as pool:
        for name, future in {name: pool.submit(call, client) for name, call in CALLS.items()}.items():
            error = future.exception()
            assert error is not None
            assert leaks(shown(error, cheap=True), secrets_of(server)) == {}, name


@pytest.mark.long
@pytest.mark.parametrize("act", named("echo-html", "bad_json-0", "interrupted-0"))
@pytest.mark.parametrize("name", ["iter_orders", "iter_withdrawals"])
def test_no_error_of_pages_read_ahead_shows_a_secret(act: Act, name: str, tmp_path: Path) -> None:
    with (
        serving(long_list(failing=25, fault=act)) as server,
        client_of(server, tmp_path, workers=4) as client,
        watched() as told,
    ):
        error = outcome_of(CALLS[name], client)
        assert error is not None
        assert only_outermost(error)
        assert leaks(told() | shown(error, cheap=True), secrets_of(server)) == {}


def test_no_pages_read_ahead_show_a_secret(tmp_path: Path) -> None:
    with serving(long_list(failing=0, fault=account)) as server, client_of(server, tmp_path) as client:
        with watched() as told:
            stream = client.iter_orders()
            pages = list(stream)
        ways = [way for way in OF_A_THING if way not in ("memory", "attributes", "pickle")]
        assert leaks(told() | {way: OF_A_THING[way](stream) for way in ways}, secrets_of(server)) == {}
        assert leaks({"repr": repr((pages, stream.report))}, secrets_of(server)) == {}
        assert len(pages) >= 40


def test_no_success_shows_a_secret(tmp_path: Path) -> None:
    with serving(account) as server, client_of(server, tmp_path) as client:
        with watched() as told:
            for call in CALLS.values():
                call(client)
        ways = (
            told() | {"files": files_of(tmp_path)} | {way: show(client) for way, show in OF_A_THING.items()}
        )
        assert leaks(ways, secrets_of(server)) == {}
        assert len(server.requests) > len(CALLS)


def test_a_page_shows_no_payer_unasked(tmp_path: Path) -> None:
    with serving(account) as server, client_of(server, tmp_path) as client:
        page = client.orders()
        quiet = {way: OF_A_THING[way](page) for way in ("repr", "str", "pprint", "rich", "Jupyter", "%whos")}
        assert leaks(quiet, secrets_of(server)) == {}
        assert page.records[0]["email"] == EMAIL


# What is wrong before anything is sent

HALF = "\ud800"
WRONG: dict[str, Call] = {
    "an amount": lambda client: client.create_withdrawal(
        currency="RUB", amount=0.1 + 0.2, account=ACCOUNT, payment_id="7", payment_system=5
    ),
    "no amount": lambda client: client.create_order(
        currency="RUB", amount="7,5", order_id="7", fields={"email": EMAIL}
    ),
    "half a character": lambda client: client.create_order(
        currency="RUB",
        amount=7,
        order_id="7",
        fields={"email": EMAIL, "phone": HALF},
        receipt={"to": ACCOUNT},
    ),
    "half a character in the address": lambda client: client.call("order", payment_id=f"{EMAIL}{HALF}"),
    "a thing": lambda client: client.call("pay", account=ACCOUNT, to={"email": EMAIL, "what": object()}),
    "no payment id": lambda client: client.create_withdrawal(
        currency="RUB", amount=7, account=ACCOUNT, payment_id=" ", payment_system=5
    ),
    "a parameter of ours": lambda client: client.call("pay", nonce=7, email=EMAIL),
    "a name of a method": lambda client: client.call("pay/../", email=EMAIL),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_shows_no_other(name: str, tmp_path: Path) -> None:
    with serving(success()) as server, client_of(server, tmp_path) as client:
        with pytest.raises(DataError) as caught:
            WRONG[name](client)
        assert leaks(shown(caught.value, cheap=True), secrets_of(server)) == {}
        assert not server.requests


PAYOUTS: dict[str, Call] = {
    "create_withdrawal": CALLS["create_withdrawal"],
    "call": lambda client: client.call("createWithdrawal", account=ACCOUNT),
}


@pytest.mark.parametrize("payouts", PAYOUTS)
def test_a_payout_that_is_not_allowed_shows_no_account(payouts: str, tmp_path: Path) -> None:
    with serving(success()) as server, client_of(server, tmp_path, allow_payouts=False) as client:
        with pytest.raises(ConfigurationError) as caught:
            PAYOUTS[payouts](client)
        assert leaks(shown(caught.value, cheap=True), secrets_of(server)) == {}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"api_key": f"{KEY}{HALF}"}, ConfigurationError),
        ({"api_key": KEY.encode()}, ConfigurationError),
        ({"base_url": f"https://{KEY}@tegro.money"}, UnsafeBaseUrl),
        ({"base_url": "http://evil.example"}, UnsafeBaseUrl),
        ({"shop_id": " "}, ConfigurationError),
        ({"deadline": 0}, ConfigurationError),
        ({"pace": -1.0}, ConfigurationError),
        ({"nonce": "hours"}, ConfigurationError),
        ({"workers": 0}, ConfigurationError),
        ({"unknown": 0}, TypeError),
    ],
    ids=str,
)
def test_a_client_that_is_not_made_shows_no_key(
    options: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error) as caught:
        Client(**{"api_key": KEY, "shop_id": SHOP, "data_folder": tmp_path, **options})
    assert leaks(shown(caught.value, cheap=True), [KEY]) == {}


# A client


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_client_refuses_to_be_pickled(protocol: int, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Client(KEY, SHOP, data_folder=tmp_path), protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_client_refuses_to_be_copied(copied: Callable[[Client], Client], tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot be"):
        copied(Client(KEY, SHOP, data_folder=tmp_path))


# A bug


def test_a_bug_of_a_library_shows_its_place_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AttributeError("no attribute 'sock'")

    monkeypatch.setattr("urllib3.connectionpool.HTTPConnectionPool._make_request", broken)
    with serving(success()) as server, client_of(server, tmp_path) as client:
        for name, call in CALLS.items():
            with pytest.raises(AttributeError, match="sock") as caught:
                call(client)
            assert leaks(shown(caught.value, cheap=True), secrets_of(server)) == {}, name
            assert only_outermost(caught.value), name
            assert "connectionpool.py" in caught.value.__notes__[0]


def test_ctrl_c_stays_ctrl_c(tmp_path: Path) -> None:
    (act,) = ACTS[Event.INTERRUPTED]
    with serving(act) as server, client_of(server, tmp_path) as client:
        with pytest.raises(KeyboardInterrupt) as reading:
            client.orders()
        with pytest.raises(KeyboardInterrupt, match="may have been carried out") as moving:
            client.create_order(currency="RUB", amount=7, order_id="7")
    assert "carried out" not in str(reading.value)
    assert "payment_id='7'" in str(moving.value)
