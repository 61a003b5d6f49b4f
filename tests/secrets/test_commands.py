"""The commands, with a key in the environment: whatever they print and write shows no secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tegro_analytics import cli
from tests.api.wire import Act, Server, serving, success
from tests.secrets.account import account, account_until
from tests.secrets.calls import named
from tests.secrets.canaries import KEY, PEOPLE, SHOP, found_in, secrets_of
from tests.secrets.looking import files_of, leaks, not_of_people, shown, store_of
from tests.secrets.routes import watched

COMMANDS = [
    ["show", "revenue", "--json"],
    ["show", "conversion", "--by", "payment_system"],
    ["export", "orders", "orders.csv", "--json"],
    ["export", "withdrawals", "withdrawals.xlsx"],
    ["report", "report.xlsx", "--since", "2026-03-01", "--until", "2026-04-01"],
    ["register", "register.csv", "--since", "2026-03-01"],
    ["sync", "--json"],
    ["find", "1", "--history"],
    ["doctor"],
    ["status", "--json"],
    ["export", "orders", "dataset", "--format", "parquet"],
]

Run = Callable[..., tuple[int, dict[str, str]]]


@pytest.fixture
def run(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command beside a server; gives its exit code, and what was seen on every way."""

    def run(server: Server, *words: str) -> tuple[int, dict[str, str]]:
        monkeypatch.setenv("TEGRO_API_BASE", server.url)
        with watched() as told, pytest.raises(SystemExit) as end:
            cli.main([*words, "--store", str(in_folder / "data")])
        assert isinstance(end.value.code, int)
        ways = {**told(), **shown(end.value, cheap=True), "files": files_of(in_folder)}
        assert leaks({"store": store_of(in_folder)}, not_of_people(server)) == {}
        return end.value.code, ways

    for name, value in {
        "API_KEY": KEY,
        "SHOP_ID": SHOP,
        "CURRENCIES": "1=RUB",
        "NONCE": "milliseconds",
        "PROGRESS": "true",
    }.items():
        monkeypatch.setenv(f"TEGRO_{name}", value)
    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_that_succeeds(words: list[str], run: Run) -> None:
    with serving(account) as server:
        code, ways = run(server, *words)
    assert code in (0, 5)
    assert leaks(ways, secrets_of(server)) == {}


@pytest.mark.parametrize("words", COMMANDS[:1] + COMMANDS[-1:], ids=" ".join)
@pytest.mark.parametrize("act", named("authorization-0", "echo-html"))
def test_a_command_that_fails(words: list[str], act: Act, run: Run) -> None:
    with serving(account_until("withdrawals", act)) as server:
        code, ways = run(server, *words)
    assert code == 4
    assert "tegro: withdrawals: " in ways["printed"]
    assert leaks(ways, secrets_of(server)) == {}


def test_people_are_written_where_they_are_asked_for(run: Run) -> None:
    with serving(account) as server:
        _, ways = run(server, "export", "orders", "orders.csv", "--pii")
    assert found_in(ways["files"], PEOPLE) != []
    assert leaks({**ways, "files": ""}, secrets_of(server)) == {}


def test_a_bug_of_a_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AttributeError("no attribute 'sock'")

    monkeypatch.setattr("urllib3.connectionpool.HTTPConnectionPool._make_request", broken)
    monkeypatch.setattr("sys.argv", ["tegro", "show", "revenue"])
    with serving(success()) as server:
        monkeypatch.setenv("TEGRO_API_BASE", server.url)
        with pytest.raises(AttributeError, match="sock") as caught:
            cli.main()
    assert "connectionpool.py" in caught.value.__notes__[0]
    assert leaks(shown(caught.value), secrets_of(server)) == {}
