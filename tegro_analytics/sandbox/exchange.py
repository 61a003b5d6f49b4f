"""One exchange: from a request as it came to the answer. The server only carries bytes.

Refusals of the API come with HTTP 200 and ``type`` "error", as nothing else is documented; what is refused
before it reaches the API (another host, an origin, a body that is too large) has a status of its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from tegro_analytics.sandbox.control import Control
from tegro_analytics.sandbox.faults import LATE, Fault
from tegro_analytics.sandbox.log import Attempt, Log
from tegro_analytics.sandbox.messages import Reply, Request, refusal, success
from tegro_analytics.sandbox.methods import Methods, Params, Refused, read_body
from tegro_analytics.sandbox.plan import Plan
from tegro_analytics.sandbox.rules import is_signed, read_nonce
from tegro_analytics.sandbox.world import Shop, World
from tegro_analytics.sandbox.wrong import Scene, show, stand_in

WRONG_SIGNATURE = "Wrong authorization token"
WRONG_NONCE = "Wrong nonce: it must {rule}"
_NONCE_WORDS = {
    "differs": "differ from the previous one",
    "unique": "not have been used before",
    "grows": "be larger than all before",
}


class Exchange:
    """Answer requests: the rules of entry, then a method of the API or the control plane.

    A fault of the plan is shown on calls of the API alone, and after the rule of the host.
    """

    def __init__(self, world: World, *, host: str, control: Control, log: Log, plan: Plan) -> None:
        self._world = world
        self._host = host
        self._control = control
        self._log = log
        self._plan = plan
        self._methods = Methods(world, f"http://{host}")

    def now(self) -> int:
        """Tell the sandbox's time, for the Date header."""
        return self._world.clock.now()

    def sent(self) -> None:
        """Be told that an answer was written."""
        self._control.sent()

    def draw(self) -> float:
        """Draw the ticket of a request."""
        return self._plan.draw()

    def is_reset(self, head: Request) -> bool:
        """Say whether a request meets a reset before its body is read; such a one is logged here."""
        name = self._method(head)
        if name is None or self._strange(head) is not None:
            return False
        fault = self._plan.pick(head.ticket, method=name, head_only=True)
        if fault is not None:
            self._log.enter(name, time=self._world.clock.now(), fault=fault.name)
        return fault is not None

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        strange = self._strange(request)
        if strange is not None:
            return strange
        if request.path.startswith(Control.PREFIX):
            status, body = self._control.answer(
                request.verb, request.path, request.header(Control.HEADER), request.body
            )
            return Reply(status, body)
        name = self._method(request)
        return refusal(404, "Method not found") if name is None else self._call(name, request)

    def _strange(self, request: Request) -> Reply | None:
        """Refuse what does not come from a program that was given this address."""
        if request.header("host") != self._host:
            return refusal(403, f"The Host header must be {self._host}")
        if "origin" in request.headers:
            return refusal(403, "Requests of web pages are refused")
        return None

    def _method(self, request: Request) -> str | None:
        path = request.path.partition("?")[0]
        name = path.removeprefix("/api/").removesuffix("/")
        return name if path.startswith("/api/") and name in self._methods else None

    def _call(self, name: str, request: Request) -> Reply:
        params = read_body(request.body) or {}
        fault = self._plan.pick(request.ticket, method=name, page=_page(params))
        attempt = self._log.enter(name, time=self._world.clock.now(), fault=fault.name if fault else None)
        if fault is not None:
            return self._misbehave(fault, name, request, params, attempt)
        reply = self._reply(name, request, params, attempt)
        attempt.status = reply.status
        attempt.type = "success" if attempt.acted else "error"
        return reply

    def _misbehave(
        self, fault: Fault, name: str, request: Request, params: Params, attempt: Attempt
    ) -> Reply:
        """Show a fault; it decides whether the method is carried out, and when."""
        real = stand_in(name)
        if fault.acts is True:
            real = self._reply(name, request, params, attempt)
        elif fault.acts == LATE:
            self._carry_out_later(fault.late_seconds, name, request, params, attempt)
        else:
            with contextlib.suppress(Refused):  # not so far: the log knows its nonce, the API does not
                self._identify(request, params, attempt)
        shown = show(Scene(fault, real, name, self._world.clock.now()))
        attempt.status = None if shown.broken else shown.status
        return shown

    def _carry_out_later(
        self, seconds: float, name: str, request: Request, params: Params, attempt: Attempt
    ) -> None:
        """Take the call in now, and carry it out after a while."""
        try:
            act = self._admit(name, request, params, attempt)
        except Refused as refused:
            attempt.reason = str(refused)
            return

        def later() -> None:
            try:
                act()
            except Refused as refused:
                attempt.reason = str(refused)
            else:
                attempt.acted = True

        timer = threading.Timer(seconds, later)
        timer.daemon = True
        timer.start()

    def _reply(self, name: str, request: Request, params: Params, attempt: Attempt) -> Reply:
        """Carry a call out, and answer."""
        if request.verb != "POST":
            return refusal(405, "Only POST is answered")
        if (request.header("content-type") or "").partition(";")[0].strip().lower() != "application/json":
            return refusal(415, "The Content-Type must be application/json")
        try:
            data = self._admit(name, request, params, attempt)()
        except Refused as refused:
            attempt.reason = str(refused)
            return refusal(200, str(refused))
        attempt.acted = True
        return success(data)

    def _admit(self, name: str, request: Request, params: Params, attempt: Attempt) -> Callable[[], bytes]:
        """Check who calls and let the nonce in; give what carries the call out."""
        shop, nonce = self._identify(request, params, attempt)
        with self._world.lock:
            if not self._world.gate.admit(nonce):
                raise Refused(WRONG_NONCE.format(rule=_NONCE_WORDS[self._world.gate.rule]))
        return lambda: self._methods.call(name, shop=shop, params=params)

    def _identify(self, request: Request, params: Params, attempt: Attempt) -> tuple[Shop, int]:
        """Check shop, signature and the form of the nonce, in this order."""
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
        attempt.page = _page(params)
        return shop, nonce


def _page(params: Params) -> int | None:
    page = params.get("page")
    return page if isinstance(page, int) else None
