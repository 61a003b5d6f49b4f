"""No nonce twice, and nobody locked out."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tegro_analytics.api import nonce as module
from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.nonce import KeyBusy, NonceRule, Nonces, ledger_at, record_path
from tegro_analytics.exceptions import ConfigurationError
from tests.api.wire import FakeTime

BASE = check_base_url("https://tegro.money")
NAME = "0123456789abcdef"
T = 1_700_000_000
FAILED = {event: Failure(event, "it failed") for event in Event}


class Api:
    """Take nonces by one of the three rules, as an API might."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.taken: list[int] = []

    def __call__(self, nonce: int) -> Failure | None:
        refused = {
            "differs": self.taken[-1:] == [nonce],
            "unique": nonce in self.taken,
            "grows": bool(self.taken) and nonce <= max(self.taken),
        }[self.rule]
        if refused:
            return FAILED[Event.NONCE]
        self.taken.append(nonce)
        return None


def nonces(folder: Path, time: FakeTime, *, rule: NonceRule = "auto") -> Nonces:
    return Nonces(NAME, base=BASE, folder=folder, rule=rule, clock=time.clock)


def record(folder: Path) -> Path:
    return record_path(NAME, BASE, folder)


def take(keeper: Nonces, time: FakeTime, count: int = 1) -> list[int]:
    taken = []
    for _ in range(count):
        with keeper.turn(time.sleep) as nonce:
            taken.append(nonce)
    return taken


@pytest.mark.parametrize(
    ("rule", "learned", "sent"),
    [
        ("differs", "milliseconds", [T, T - 1]),
        ("unique", "milliseconds", [T, T - 1]),
        ("grows", "seconds", [T]),
    ],
)
def test_first_contact(rule: str, learned: str, sent: list[int], tmp_path: Path) -> None:
    api, time = Api(rule), FakeTime(T)
    keeper = nonces(tmp_path, time)
    assert keeper.rule is None
    assert keeper.learn(api, time.sleep) is None
    assert keeper.rule == learned
    assert api.taken == sent
    assert time.slept == [0.0]


@pytest.mark.parametrize("rule", ["differs", "unique", "grows"])
def test_after_the_first_contact_every_nonce_is_taken(rule: str, tmp_path: Path) -> None:
    api, time = Api(rule), FakeTime(T)
    keeper = nonces(tmp_path, time)
    keeper.learn(api, time.sleep)
    for nonce in take(keeper, time, 40):
        assert api(nonce) is None


def test_it_is_asked_once_for_a_key(tmp_path: Path) -> None:
    api, time = Api("differs"), FakeTime(T)
    for _ in range(2):
        keeper = nonces(tmp_path, time)
        assert keeper.learn(api, time.sleep) is None
    module._ledgers.clear()  # another process
    assert nonces(tmp_path, time).learn(api, time.sleep) is None
    assert len(api.taken) == 2


@pytest.mark.parametrize("event", [Event.AUTHORIZATION, Event.RESET, Event.NONCE])
def test_a_first_read_that_fails_decides_nothing(event: Event, tmp_path: Path) -> None:
    time = FakeTime(T)
    keeper = nonces(tmp_path, time)
    assert keeper.learn(lambda _: FAILED[event], time.sleep) is FAILED[event]
    assert keeper.rule is None


def test_a_second_read_that_gets_lost_decides_nothing_and_its_nonces_are_not_used_again(
    tmp_path: Path,
) -> None:
    api, time = Api("unique"), FakeTime(T)
    keeper = nonces(tmp_path, time)
    lost = iter([None, FAILED[Event.READ_TIMEOUT]])
    assert keeper.learn(lambda nonce: api(nonce) or next(lost), time.sleep) is FAILED[Event.READ_TIMEOUT]
    assert keeper.rule is None
    assert keeper.learn(api, time.sleep) is None
    assert keeper.rule == "milliseconds"
    assert api.taken == [T, T - 1, T + 2, T + 1]


@pytest.mark.parametrize("event", [Event.NONCE, Event.REJECTED, Event.AUTHORIZATION])
def test_whatever_the_smaller_nonce_is_refused_for_it_means_seconds(event: Event, tmp_path: Path) -> None:
    time = FakeTime(T)
    keeper = nonces(tmp_path, time)
    assert keeper.learn(lambda nonce: FAILED[event] if nonce < T else None, time.sleep) is None
    assert keeper.rule == "seconds"


def test_seconds_are_never_ahead_of_the_clock(tmp_path: Path) -> None:
    time = FakeTime(T + 0.25)
    keeper = nonces(tmp_path, time, rule="seconds")
    seen = []
    for _ in range(4):
        with keeper.turn(time.sleep) as nonce:
            seen.append((nonce, time.now))
    assert seen == [(T, T + 0.25), (T + 1, T + 1), (T + 2, T + 2), (T + 3, T + 3)]


def test_milliseconds_follow_the_clock(tmp_path: Path) -> None:
    time = FakeTime(T)
    keeper = nonces(tmp_path, time, rule="milliseconds")
    first = take(keeper, time, 3)
    time.now += 0.005
    second = take(keeper, time)
    time.now += 60
    third = take(keeper, time)
    assert [*first, *second, *third] == [
        T * 1000,
        T * 1000 + 1,
        T * 1000 + 2,
        T * 1000 + 5,
        T * 1000 + 60_005,
    ]


@pytest.mark.parametrize("rule", ["seconds", "milliseconds"])
def test_a_clock_that_is_set_back_gives_no_nonce_twice_and_makes_nobody_wait_for_it(
    rule: NonceRule, tmp_path: Path
) -> None:
    time = FakeTime(T)
    keeper = nonces(tmp_path, time, rule=rule)
    before = take(keeper, time, 40)
    time.now -= 86_400
    slept = len(time.slept)
    after = take(keeper, time, 40)
    assert after == sorted(after)
    assert after[0] == before[-1] + 1
    assert len(set(before + after)) == 80
    assert sum(time.slept[slept:]) <= 40


def test_a_refused_nonce_turns_to_seconds_for_good_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api, time = Api("unique"), FakeTime(T)
    keeper = nonces(tmp_path, time)
    keeper.learn(api, time.sleep)
    take(keeper, time)
    with caplog.at_level(logging.WARNING, "tegro_analytics"):
        keeper.refused()
        keeper.refused()
    assert keeper.rule == "seconds"
    assert take(keeper, time) == [T + 1]
    module._ledgers.clear()  # another process
    assert take(nonces(tmp_path, time), time) == [T + 2]
    assert len(caplog.records) == 1
    assert "One call a second" in caplog.text


def test_another_process_that_was_refused_is_believed(tmp_path: Path) -> None:
    time = FakeTime(T)
    keeper = nonces(tmp_path, time)
    keeper.learn(Api("unique"), time.sleep)
    take(keeper, time)
    kept = json.loads(record(tmp_path).read_text())
    record(tmp_path).write_text(json.dumps({**kept, "rule": "seconds"}))
    time.now += 1
    assert take(keeper, time) == [T + 1]


def test_the_word_of_a_person_is_not_overruled(tmp_path: Path) -> None:
    time = FakeTime(T)
    keeper = nonces(tmp_path, time, rule="milliseconds")
    assert keeper.learn(lambda _: pytest.fail("it asked"), time.sleep) is None
    keeper.refused()
    assert take(keeper, time) == [T * 1000]


def test_a_rule_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TEGRO_NONCE"):
        nonces(tmp_path, FakeTime(), rule="minutes")  # type: ignore[arg-type]


DAMAGE = {
    "cut": b'{"rule":"milli',
    "binary": bytes(range(256)),
    "another rule": b'{"rule":"hours"}',
    "text for a number": b'{"rule":"seconds","seconds":"7"}',
    "deep": b"[" * 1000,
    "unknown field": b'{"rulez":1}',
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_record_is_said_and_asked_for_again(
    damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api, time = Api("differs"), FakeTime(T)
    record(tmp_path).parent.mkdir()
    record(tmp_path).write_bytes(damage)
    keeper = nonces(tmp_path, time)
    with caplog.at_level(logging.WARNING, "tegro_analytics"):
        assert keeper.learn(api, time.sleep) is None
    assert (keeper.rule, api.taken) == ("milliseconds", [T, T - 1])
    assert "was damaged" in caplog.text
    assert json.loads(record(tmp_path).read_bytes())["rule"] == "milliseconds"


def test_files_are_for_their_owner(tmp_path: Path) -> None:
    time = FakeTime(T)
    take(nonces(tmp_path, time, rule="milliseconds"), time)
    files = {path.name for path in record(tmp_path).parent.iterdir()}
    assert files == {f"{NAME}.json", f"{NAME}.lock"}
    if os.name == "posix":
        modes = [stat.S_IMODE(path.stat().st_mode) for path in sorted(record(tmp_path).parent.iterdir())]
        assert modes == [0o600, 0o600]
        assert stat.S_IMODE(record(tmp_path).parent.stat().st_mode) == 0o700


def test_a_sandbox_has_a_record_of_its_own(tmp_path: Path) -> None:
    ours, other = check_base_url("http://127.0.0.1:1"), check_base_url("http://127.0.0.1:2")
    assert len({record_path(NAME, base, tmp_path) for base in (BASE, ours, other)}) == 3
    assert record_path(NAME, BASE, tmp_path).name == f"{NAME}.json"


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "nonces").write_text("a file")
    keeper = nonces(tmp_path, FakeTime(), rule="milliseconds")
    with pytest.raises(ConfigurationError, match="data_folder="):
        take(keeper, FakeTime())


def test_a_turn_that_never_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    keeper = nonces(tmp_path, FakeTime(T), rule="seconds")
    with keeper.turn(FakeTime().sleep), pytest.raises(KeyBusy):
        take(nonces(tmp_path, FakeTime(T), rule="seconds"), FakeTime())


def test_another_process_keeps_the_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    keeper = nonces(tmp_path, FakeTime(T), rule="seconds")
    with keeper.turn(FakeTime().sleep):
        module._ledgers.clear()  # what follows is another process to the first
        with pytest.raises(KeyBusy):
            take(nonces(tmp_path, FakeTime(T), rule="seconds"), FakeTime())


def test_one_at_a_time_in_seconds(tmp_path: Path) -> None:
    time, inside, most = FakeTime(T), [0], [0]
    guard = threading.Lock()

    def use() -> None:
        for _ in range(5):
            with nonces(tmp_path, time, rule="seconds").turn(time.sleep):
                with guard:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with guard:
                    inside[0] -= 1

    in_threads(8, use)
    assert most == [1]


def test_threads_that_change_in_the_middle_take_no_nonce_twice(tmp_path: Path) -> None:
    taken: list[int] = []

    def use() -> None:
        taken.extend(take(nonces(tmp_path, FakeTime(T), rule="milliseconds"), FakeTime(T), 400))

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        in_threads(8, use)
    finally:
        sys.setswitchinterval(usual)
    assert len(set(taken)) == len(taken) == 3200


def in_threads(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


PROGRAM = """
import sys, threading
from pathlib import Path
from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.api.clock import Clock
from tegro_analytics.api.nonce import Nonces
taken = []
def work():
    mine = Nonces("{name}", base=check_base_url("https://tegro.money"), folder=Path(sys.argv[1]),
                  rule="milliseconds", clock=Clock())
    for _ in range({each}):
        with mine.turn(lambda seconds: None) as nonce:
            taken.append(nonce)
sys.stdin.read()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*taken)
"""


def test_eight_threads_in_each_of_four_processes_take_no_nonce_twice(tmp_path: Path) -> None:
    each = 150
    command = [sys.executable, "-c", PROGRAM.format(name=NAME, each=each), str(tmp_path)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()  # all are started: go
        process.stdin = None
    taken = [int(nonce) for process in processes for nonce in process.communicate()[0].split()]
    assert [process.returncode for process in processes] == [0] * 4
    assert len(taken) == 4 * 8 * each
    assert Counter(taken).most_common(1)[0][1] == 1


def _take_in_child(folder: Path, pipe: object) -> None:
    pipe.send(take(nonces(folder, FakeTime(T), rule="milliseconds"), FakeTime(T), 20))  # type: ignore[attr-defined]


# Newer Pythons warn of a fork beside threads; that it is safe for the nonces is what is shown here.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_takes_none_of_its_parents_nonces(method: str, tmp_path: Path) -> None:
    keeper, time = nonces(tmp_path, FakeTime(T), rule="milliseconds"), FakeTime(T)
    before = take(keeper, time, 3)
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    child = context.Process(target=_take_in_child, args=(tmp_path, theirs))  # type: ignore[attr-defined]
    child.start()
    between = ours.recv()
    child.join()
    after = take(keeper, time, 3)
    assert len(set(before + between + after)) == 26


def test_a_ledger_is_one_for_the_process(tmp_path: Path) -> None:
    assert ledger_at(record(tmp_path)) is ledger_at(record(tmp_path))
