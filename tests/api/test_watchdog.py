"""The watchdog shuts what it was told to shut, when it was told to."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tegro_analytics.api.watchdog import Watch, watched


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        yield ours, theirs


def test_a_read_that_waits_is_ended(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with watched(Watch(0.05)) as watch:
        watch.attach(ours)
        assert ours.recv(1) == b""
    assert watch.expired


def test_the_earliest_deadline_comes_first(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with watched(Watch(3600)) as late, watched(Watch(0.05)) as soon:
        soon.attach(ours)
        assert ours.recv(1) == b""
    assert (late.expired, soon.expired) == (False, True)


def test_a_socket_that_comes_after_the_deadline_is_shut_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    watch = Watch(3600)
    watch.expire()
    watch.attach(ours)
    assert ours.recv(1) == b""


def test_what_has_ended_in_time_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with watched(Watch(0.05)) as watch:
        watch.attach(ours)
    with watched(Watch(0.1)) as next_one:
        other, far = socket.socketpair()
        with other, far:
            next_one.attach(other)
            assert other.recv(1) == b""
    theirs.sendall(b"x")
    assert ours.recv(1) == b"x"
    assert not watch.expired


def test_a_closed_socket_does_no_harm(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    watch = Watch(3600)
    watch.attach(ours)
    ours.close()
    watch.expire()
    assert watch.expired


def test_an_exchange_can_be_called_off(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with watched(Watch(3600)) as watch:
        watch.attach(ours)
        watch.call_off()
        assert ours.recv(1) == b""
    assert (watch.called_off, watch.expired, watch.ended) == (True, False, True)


def test_what_is_complete_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    watch = Watch(3600)
    watch.attach(ours)
    watch.release()
    watch.expire()
    watch.call_off()
    theirs.sendall(b"x")
    assert ours.recv(1) == b"x"
    assert not watch.ended


def test_what_is_no_longer_attached_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    watch = Watch(3600)
    watch.attach(ours)
    watch.attach(None)
    watch.expire()
    theirs.sendall(b"x")
    assert ours.recv(1) == b"x"
    assert watch.expired
