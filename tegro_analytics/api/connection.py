"""Connections that tell the watchdog which socket they use, and whether a byte of the request has left."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from tegro_analytics.api.watchdog import Watch

_here = threading.local()


@contextlib.contextmanager
def reporting_to(watch: Watch) -> Iterator[None]:
    """Let the connections that this thread uses in the block report to ``watch``."""
    _here.watch = watch
    try:
        yield
    finally:
        _here.watch = None


class _Reporting(HTTPConnection):
    """Report to the watch of the thread.

    ``ready`` is what makes "never sent" a proof: until the connection, with its tunnel and its TLS handshake,
    stands, not one byte of the request can have left.
    """

    _ready = False
    _twin: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        # A duplicate: the handshake takes the socket itself away, and a drip may come during a handshake too.
        self._twin = sock.dup()
        _here.watch.attach(self._twin)
        return sock

    def connect(self) -> None:
        self._ready = False
        try:
            super().connect()
            _here.watch.attach(self.sock)
            self._ready = True
        finally:
            self._drop_twin()

    def _tunnel(self) -> None:
        super()._tunnel()
        # An answer of the proxy that the watchdog cut off counts as one that has ended.
        if _here.watch.expired:
            raise TimeoutError

    def _drop_twin(self) -> None:
        if self._twin is not None:
            self._twin.close()
            self._twin = None

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if self._ready:
            _here.watch.attach(self.sock)
            _here.watch.sent = True
        super().send(data)


class _ReportingTls(_Reporting, HTTPSConnection):
    """Report to the watch of the thread, over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Reporting


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _ReportingTls


class WatchedAdapter(HTTPAdapter):
    """Make ``requests`` use connections that report to the watchdog."""

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, **keywords)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *args: Any, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(*args, **keywords)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager
