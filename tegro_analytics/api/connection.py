"""Connections that tell the watchdog which socket they use, and whether a byte of the request has left."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from tegro_analytics.api.lookup import find_addresses
from tegro_analytics.api.watchdog import Watch

POOL = 64
"""How many connections are kept open at most."""

_here = threading.local()


# They warn of broken headers with what stands in them, and that may be what was sent.
for _name in ("urllib3.connection", "urllib3.response"):
    logging.getLogger(_name).addFilter(lambda _: getattr(_here, "watch", None) is None)


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

    # Whatever http.client.HTTPConnection is told: it would print the signature and the body.
    debuglevel = 0
    _ready = False
    _twin: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        sock = self._reach()
        # A duplicate: the handshake takes the socket itself away, and a drip may come during a handshake too.
        self._twin = sock.dup()
        _here.watch.attach(self._twin)
        return sock

    def _reach(self) -> socket.socket:
        """Connect to one of the host's addresses; the time-out is one for the look-up and all of them."""
        until = time.monotonic() + float(self.timeout or 0)
        problem: OSError | None = None
        try:
            addresses = find_addresses(self.host, self.port, seconds=until - time.monotonic())
            for place, address in enumerate(addresses):
                # Half of the time is no use to the second address if the first takes all of it.
                share = (until - time.monotonic()) / (len(addresses) - place)
                try:
                    sock = create_connection(
                        (address, self.port), max(share, 0.001), socket_options=self.socket_options
                    )
                    sock.settimeout(self.timeout)
                    return sock
                except OSError as error:
                    problem = error
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        if isinstance(problem, TimeoutError):
            raise ConnectTimeoutError(self, "no address took the connection in time") from problem
        raise NewConnectionError(self, f"no connection: {problem}") from problem

    def connect(self) -> None:
        self._ready = False
        try:
            super().connect()
            self._check()
            _here.watch.attach(self.sock)
            self._ready = True
        except BaseException:
            # Its number may be another's from now on.
            _here.watch.attach(None)
            raise
        finally:
            self._drop_twin()

    def _check(self) -> None:
        """Refuse a connection that is not what it should be."""

    def _drop_twin(self) -> None:
        if self._twin is not None:
            self._twin.close()
            self._twin = None

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if self._ready:
            _here.watch.attach(self.sock)
            if _here.watch.ended:
                raise ConnectionAbortedError
            _here.watch.sent = True
        super().send(data)


class _ReportingTls(_Reporting, HTTPSConnection):
    """Report to the watch of the thread, over TLS."""

    def connect(self) -> None:
        _here.wrapped = None
        try:
            super().connect()
        except BaseException:
            # Where the other side resets before the handshake, or Ctrl-C comes in it, nobody has closed it.
            if _here.wrapped is not None:
                _here.wrapped.close()
            raise
        finally:
            _here.wrapped = None

    def _check(self) -> None:
        # A socket that was shut just before the handshake counts as wrapped, without one.
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.version() is None:
            raise ConnectionAbortedError


class _TlsSocket(ssl.SSLSocket):
    """Be known to the thread from the first moment on."""

    def __new__(cls, *args: Any, **keywords: Any) -> _TlsSocket:
        made = super().__new__(cls, *args, **keywords)
        _here.wrapped = made
        return made


class _Releasing(HTTPConnectionPool):
    """Tell the watch of the thread when an answer is complete and its connection is free for another."""

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            _here.watch.release()
        super()._put_conn(conn)


class _Pool(_Releasing):
    ConnectionCls = _Reporting


class _TlsPool(_Releasing, HTTPSConnectionPool):
    ConnectionCls = _ReportingTls


_POOLS = {"http": _Pool, "https": _TlsPool}


def trust(bundle: str) -> ssl.SSLContext:
    """Make what every TLS connection checks the other side with; that it does is not a choice.

    Parameters
    ----------
    bundle
        A file or a folder of certificates. It is read once: once for each connection costs more than a call.

    Raises
    ------
    OSError
        If it cannot be read, or what is in it is no certificate.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    folder = Path(bundle).is_dir()
    context.load_verify_locations(cafile=None if folder else bundle, capath=bundle if folder else None)
    context.sslsocket_class = _TlsSocket
    return context


class WatchedAdapter(HTTPAdapter):
    """Send requests over connections that report to the watchdog, without the rest of a session.

    A session follows redirects, or, told not to, still reads the whole body of one, however long; it keeps
    cookies, and looks into ``.netrc``. None of that is wanted.

    Parameters
    ----------
    trusted
        What TLS connections check the other side with, and a TLS connection to a proxy too.
    """

    def __init__(self, trusted: ssl.SSLContext | None) -> None:
        self._trusted = trusted
        # A retry in here would send the same nonce again.
        super().__init__(pool_maxsize=POOL, max_retries=0)

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._trusted, **keywords)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(
            *args, ssl_context=self._trusted, proxy_ssl_context=self._trusted, **keywords
        )
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(self, request: PreparedRequest, *_: Any, **__: Any) -> Any:
        """Say which connections fit a request; how they are checked is settled for all of them."""
        host, _checks = super().build_connection_pool_key_attributes(request, verify=True)
        return host, {}

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Change nothing: it is the context that checks."""
