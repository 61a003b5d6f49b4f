"""One exchange: from a request as it came to the answer. The server only carries bytes.

Refusals of the API come with HTTP 200 and ``type`` "error", as nothing else is documented; what is refused
before it reaches the API (another host, an origin, a body that is too large) has a status of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tegro_analytics.sandbox.control import Control
from tegro_analytics.sandbox.log import Attempt, Log
from tegro_analytics.sandbox.methods import Methods, Refused, read_body
from tegro_analytics.sandbox.rules import is_signed, read_nonce
from tegro_analytics.sandbox.world import World

WRONG_SIGNATURE = "Wrong authorization token"
WRONG_NONCE = "Wrong nonce: it must {rule}"
_NONCE_WORDS = {
    "differs": "differ from the previous one",
    "unique": "not have been used before",
    "grows": "be larger than all before",
}


@dataclass(frozen=True, slots=True)
class Request:
    """Hold a request: ``headers`` has lower-case names, each with all its values."""

    verb: str
    path: str
    headers: Mapping[str, list[str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of a header that stands there exactly once."""
        values = self.headers.get(name, [])
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold an answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default=())


def refusal(status: int, reason: str) -> Reply:
    """Make an answer that says no."""
    return Reply(status, json.dumps({"type": "error", "desc": reason, "data": None}).encode("ascii"))


class Exchange:
    """Answer requests: the rules of entry, then a method of the API or the control plane."""

    def __init__(self, world: World, *, host: str, control: Control, log: Log) -> None:
        self._world = world
        self._host = host
        self._control = control
        self._log = log
        self._methods = Methods(world, f"http://{host}")

    def now(self) -> int:
        """Tell the sandbox's time, for the Date header."""
        return self._world.clock.now()

    def sent(self) -> None:
        """Be told that an answer was written."""
        self._control.sent()

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        if request.header("host") != self._host:
            return refusal(403, f"The Host header must be {self._host}")
        if "origin" in request.headers:
            return refusal(403, "Requests of web pages are refused")
        path = request.path.partition("?")[0]
        if path.startswith(Control.PREFIX):
            status, body = self._control.answer(
                request.verb, request.path, request.header(Control.HEADER), request.body
            )
            return Reply(status, body)
        name = path.removeprefix("/api/").removesuffix("/")
        if not path.startswith("/api/") or name not in self._methods:
            return refusal(404, "Method not found")
        return self._call(name, request)

    def _call(self, name: str, request: Request) -> Reply:
        attempt = self._log.enter(name, time=self._world.clock.now())
        reply = self._check(name, request, attempt)
        attempt.status = reply.status
        attempt.type = attempt.type or "error"
        return reply

    def _check(self, name: str, request: Request, attempt: Attempt) -> Reply:
        if request.verb != "POST":
            return refusal(405, "Only POST is answered")
        if (request.header("content-type") or "").partition(";")[0].strip().lower() != "application/json":
            return refusal(415, "The Content-Type must be application/json")
        try:
            data = self._enter(name, request, attempt)
        except Refused as refused:
            attempt.reason = str(refused)
            return refusal(200, str(refused))
        attempt.type = "success"
        return Reply(200, b'{"type":"success","desc":"","data":' + data + b"}")

    def _enter(self, name: str, request: Request, attempt: Attempt) -> bytes:
        """Check shop, signature and nonce, in this order; then call the method."""
        params = read_body(request.body) or {}
        shop_id = params.get("shop_id")
        if not shop_id:
            raise Refused("Empty required param shop_id")
        shop = self._world.shop(shop_id)
        key = self._world.identity.api_key
        signed = is_signed(request.header("authorization"), api_key=key, body=request.body)
        if not signed or shop is None:
            raise Refused(WRONG_SIGNATURE)
        if params.get("nonce") in (None, ""):
            raise Refused("Empty required param nonce")
        nonce = read_nonce(params["nonce"])
        if nonce is None:
            raise Refused("Wrong param nonce")
        self._log.signed(attempt, nonce=nonce, shop_id=shop.shop_id)
        page = params.get("page")
        attempt.page = page if isinstance(page, int) else None
        with self._world.lock:
            if not self._world.gate.admit(nonce):
                raise Refused(WRONG_NONCE.format(rule=_NONCE_WORDS[self._world.gate.rule]))
        return self._methods.call(name, shop=shop, params=params)
