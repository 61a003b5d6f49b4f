"""Calls to a sandbox as the samples of the documentation make them, with nothing of the package."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from tegro_analytics.sandbox import Sandbox
from tegro_analytics.sandbox.clock import parse_moment
from tegro_analytics.sandbox.command import listen
from tegro_analytics.sandbox.options import Options
from tegro_analytics.sandbox.server import Server
from tegro_analytics.sandbox.traffic import Traffic
from tegro_analytics.sandbox.world import World

NOW = "2026-03-04 12:00:00"


class Caller:
    """Sign and send on one connection that is kept open; nonces grow from 1."""

    server: Server
    """Where the sandbox runs in this process."""

    def __init__(self, sandbox: Sandbox, *, shop_id: str | None = None, first_nonce: int = 1) -> None:
        self.sandbox = sandbox
        self.host = sandbox.base_url.removeprefix("http://")
        self.shop_id = shop_id or sandbox.shop_id
        self.nonces = itertools.count(first_nonce)
        self.connection = http.client.HTTPConnection(self.host, timeout=20)

    def headers(self, body: bytes) -> dict[str, str]:
        signature = hmac.new(self.sandbox.api_key.encode(), body, hashlib.sha256).hexdigest()
        return {"Authorization": f"Bearer {signature}", "Content-Type": "application/json"}

    def body(self, **params: Any) -> bytes:
        return json.dumps({"shop_id": self.shop_id, "nonce": next(self.nonces)} | params).encode()

    def send(
        self, path: str, body: bytes, headers: dict[str, str], *, verb: str = "POST"
    ) -> tuple[int, dict[str, Any]]:
        self.connection.request(verb, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        body = self.body(**params)
        status, answer = self.send(f"/api/{method}/", body, self.headers(body))
        assert status == 200
        return answer

    def data(self, method: str, **params: Any) -> Any:
        answer = self.call(method, **params)
        assert answer["type"] == "success", answer
        assert answer["desc"] == ""
        return answer["data"]

    def all(self, method: str) -> list[dict[str, Any]]:
        """Read a list of a sandbox whose end is an empty page."""
        rows: list[dict[str, Any]] = []
        for page in itertools.count(1):
            records = self.data(method, page=page)
            if not records:
                return rows
            rows.extend(records)
        raise AssertionError

    def close(self) -> None:
        self.connection.close()


@contextmanager
def served(**options: Any) -> Iterator[Caller]:
    """Give a caller of a sandbox that serves from this process, which saves the start of another one."""
    world = World(Options(now=parse_moment(NOW), **options))
    server, facts = listen(world, traffic=Traffic(world), stop=threading.Event())
    names = {name: facts[name] for name in ("base_url", "shop_id", "api_key", "user_id")}
    with server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        one = Caller(Sandbox(**names, facts=facts, process=None))  # type: ignore[arg-type]
        one.server = server
        try:
            yield one
        finally:
            one.close()
            server.shutdown()
            serving.join()


def amount(record: dict[str, Any], field: str = "amount") -> Decimal:
    return Decimal(record[field])
