"""The control plane: look into a running sandbox, and change its shop. For tests and curious people.

Every path is under ``/_sandbox/`` on the sandbox's own port, with the same rule for Host and Origin, and
needs the header ``X-Sandbox-Token`` with the token of the JSON line. ``shop`` (a ``shop_id``) is the first
shop unless given; times are Moscow wall time (``2026-03-01 10:00:00``) or ISO with an offset.

* ``GET truth?shop=&since=&until=&as_of=``: all numbers, as :mod:`~tegro_analytics.sandbox.truth` says.
* ``GET ids?shop=``: the numbers of the orders that are in the list now.
* ``GET log?method=&limit=``: the attempts that arrived, how many, and how many distinct nonces.
* ``POST insert {"count": n}``: n orders arrive now; or ``{"orders": [{…}]}`` with ``created_at, amount`` and,
  if wanted, ``id, paid_at, status, fee, payment_system_id, currency_id, email, test_order, payment_id``;
  gives their ``ids``.
* ``POST pay {"ids": [], "at": }``, ``POST refund {"ids": []}``, ``POST delete {"ids": []}``: by number.
* ``POST withdraw {"amount": }``: a withdrawal is made; if wanted, ``currency`` (``RUB``), ``created_at``,
  ``done_at`` (it is carried out then, else in flight), ``payment_id, account, payment_system``. Gives ``id``.
* ``POST settle {"id": , "status": "done"|"failed", "at": }``: it is carried out, or fails and comes back.
* ``POST raw {"list": "orders"|"withdrawals", "text": "…", "created_at": }``: a record served as it stands,
  JSON or not, placed where an order of that time would be. It enters no truth.
* ``POST advance {"events": n}``: n arrivals, with the payments and refunds that come with them.
* ``POST fault {"name": "…"}``: calls meet a fault from now on; the one told last comes first. If wanted,
  ``share, times, methods, pages, acts, late_seconds, seconds, every, retry_after, location, size``, as
  :mod:`~tegro_analytics.sandbox.faults` says. Gives all ``faults``, and how often each was shown. A closed
  port (``refused``) is closed for this plane too, but for the connection that asked, if it is kept.
* ``POST forget-faults {}``: none is met any more, and the port is open.
* ``POST forget-log {}``: the log begins anew. ``POST stop {}``: the sandbox ends.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from tegro_analytics.sandbox import people
from tegro_analytics.sandbox.clock import parse_moment
from tegro_analytics.sandbox.faults import REFUSED, Fault, fault
from tegro_analytics.sandbox.log import Log
from tegro_analytics.sandbox.methods import read_body
from tegro_analytics.sandbox.orders import FAILED, OPEN, PAID, PENDING, UNPAID_TIME, ZERO_TIME, Order
from tegro_analytics.sandbox.plan import Plan
from tegro_analytics.sandbox.systems import CURRENCIES, RUB
from tegro_analytics.sandbox.traffic import Traffic
from tegro_analytics.sandbox.truth import truth
from tegro_analytics.sandbox.units import to_units
from tegro_analytics.sandbox.world import Shop, World

Fields = Mapping[str, Any]


class Port(Protocol):
    """Close the port for a time, and open it again."""

    def close_port(self, seconds: float) -> None: ...

    def open_port(self) -> None: ...


class Control:
    """Answer the paths of the control plane."""

    PREFIX = "/_sandbox/"
    HEADER = "x-sandbox-token"

    def __init__(
        self,
        world: World,
        *,
        traffic: Traffic,
        log: Log,
        plan: Plan,
        port: Port,
        stop: threading.Event,
    ) -> None:
        self.token = secrets.token_hex(16)
        self._world = world
        self._traffic = traffic
        self._log = log
        self._plan = plan
        self._port = port
        self._stop = stop
        self._ending = False
        self._table: dict[tuple[str, str], Callable[[Fields], Any]] = {
            ("GET", "truth"): self._truth,
            ("GET", "ids"): self._ids,
            ("GET", "log"): self._show_log,
            ("POST", "insert"): self._insert,
            ("POST", "pay"): self._pay,
            ("POST", "refund"): self._refund,
            ("POST", "delete"): self._delete,
            ("POST", "withdraw"): self._withdraw,
            ("POST", "settle"): self._settle,
            ("POST", "raw"): self._raw,
            ("POST", "advance"): self._advance,
            ("POST", "fault"): self._fault,
            ("POST", "forget-faults"): self._forget_faults,
            ("POST", "forget-log"): self._forget_log,
            ("POST", "stop"): self._end,
        }

    def answer(self, verb: str, target: str, token: str | None, body: bytes) -> tuple[int, bytes]:
        """Answer one request with a status and JSON."""
        if not hmac.compare_digest((token or "").encode("utf-8", "replace"), self.token.encode()):
            return 403, _json({"error": "X-Sandbox-Token is missing or wrong"})
        url = urlsplit(target)
        act = self._table.get((verb, url.path.removeprefix(self.PREFIX)))
        if act is None:
            return 404, _json({"error": f"no {verb} {url.path}"})
        fields = dict(parse_qsl(url.query)) if verb == "GET" else read_body(body or b"{}")
        if fields is None:
            return 400, _json({"error": "the body is no JSON object"})
        try:
            with self._world.lock:
                return 200, _json(act(fields))
        except (KeyError, TypeError, ValueError) as error:
            return 400, _json({"error": f"{type(error).__name__}: {error}"})

    def sent(self) -> None:
        """End the sandbox if that was asked for: called when an answer was written, so that it arrives."""
        if self._ending:
            self._stop.set()

    def _shop(self, fields: Fields) -> Shop:
        if "shop" not in fields:
            return self._world.shops[0]
        shop = self._world.shop(fields["shop"])
        if shop is None:
            raise ValueError(f"no shop {fields['shop']!r}")
        return shop

    def _truth(self, fields: Fields) -> dict[str, Any]:
        since, until, as_of = (
            parse_moment(fields[name]) if name in fields else None for name in ("since", "until", "as_of")
        )
        now = self._world.clock.now()
        facts = truth(self._shop(fields), since=since, until=until, as_of=now if as_of is None else as_of)
        return facts | {"balance": {code: str(units) for code, units in self._world.balance().items()}}

    def _ids(self, fields: Fields) -> dict[str, list[int]]:
        book = self._shop(fields).book
        return {"ids": [book.ids[row] for row in book.rows()]}

    def _show_log(self, fields: Fields) -> dict[str, Any]:
        limit = int(fields["limit"]) if "limit" in fields else None
        return self._log.to_dict(method=fields.get("method"), limit=limit)

    def _insert(self, fields: Fields) -> dict[str, list[int]]:
        shop = self._shop(fields)
        if "count" in fields:
            return {"ids": [self._traffic.arrive(shop) for _ in range(int(fields["count"]))]}
        ids = []
        for given in fields["orders"]:
            order = self._order(shop, given)
            number = given.get("id")
            if number is None:
                number = shop.ids.take()
            elif shop.book.find(number) is not None:
                raise ValueError(f"an order {number} exists")
            shop.book.add(order, id=number)
            ids.append(number)
        return {"ids": ids}

    def _order(self, shop: Shop, given: Fields) -> Order:
        paid = given.get("paid_at")
        status = given.get("status", PAID if paid else 0)
        no_email = "email" not in given
        return Order(
            created=parse_moment(given["created_at"]),
            amount=to_units(given["amount"]),
            fee=to_units(given.get("fee", 0)),
            status=int(status),
            paid=_paid_time(paid),
            system=int(given.get("payment_system_id", 25)),
            currency=int(given.get("currency_id", RUB)),
            test=int(given.get("test_order", 0)),
            email=(people.ABSENT, 0) if no_email else shop.book.special_email(given["email"]),
            payment=shop.book.special_payment(given.get("payment_id")),
        )

    def _rows(self, shop: Shop, fields: Fields, wanted: tuple[int, ...] | None) -> list[int]:
        """Find the rows of ``ids``; all of them or none, so that a mistake changes nothing."""
        rows = []
        for number in fields["ids"]:
            row = shop.book.find(number)
            if row is None:
                raise ValueError(f"no order {number}")
            if wanted is not None and shop.book.status[row] not in wanted:
                raise ValueError(f"order {number} has status {shop.book.status[row]}")
            rows.append(row)
        return rows

    def _pay(self, fields: Fields) -> dict[str, int]:
        shop = self._shop(fields)
        at = self._moment(fields, "at")
        rows = self._rows(shop, fields, (*OPEN, FAILED))
        for row in rows:
            shop.book.pay(row, at=at)
        return {"paid": len(rows)}

    def _refund(self, fields: Fields) -> dict[str, int]:
        shop = self._shop(fields)
        rows = self._rows(shop, fields, (PAID,))
        for row in rows:
            shop.book.refund(row)
        return {"refunded": len(rows)}

    def _delete(self, fields: Fields) -> dict[str, int]:
        shop = self._shop(fields)
        rows = self._rows(shop, fields, None)
        for row in rows:
            shop.book.delete(row)
        return {"deleted": len(rows)}

    def _withdraw(self, fields: Fields) -> dict[str, int]:
        code = fields.get("currency", CURRENCIES[RUB])
        done = fields.get("done_at")
        item = self._world.withdrawals.add(
            payment_id=fields.get("payment_id", "wd"),
            created=self._moment(fields, "created_at"),
            currency={name: number for number, name in CURRENCIES.items()}[code],
            amount=to_units(fields["amount"]),
            system=int(fields.get("payment_system", 5)),
            account=fields.get("account", "410011111111111"),
            status=PENDING if done is None else PAID,
            done=None if done is None else parse_moment(done),
        )
        return {"id": item.id}

    def _settle(self, fields: Fields) -> dict[str, int]:
        item = self._world.withdrawals.find(id=fields["id"])
        if item is None or item.status != PENDING:
            raise ValueError(f"no withdrawal {fields['id']} is in flight")
        status = {"done": PAID, "failed": FAILED}[fields["status"]]
        self._world.withdrawals.settle(item, status=status, at=self._moment(fields, "at"))
        return {"id": item.id}

    def _moment(self, fields: Fields, name: str) -> int:
        return parse_moment(fields[name]) if name in fields else self._world.clock.now()

    def _raw(self, fields: Fields) -> dict[str, int]:
        text = fields["text"].encode("utf-8")
        created = self._moment(fields, "created_at")
        if fields["list"] == "withdrawals":
            self._world.withdrawals.add_raw(text, created=created)
            return {"rows": len(self._world.withdrawals.list)}
        if fields["list"] != "orders":
            raise ValueError(f"no list {fields['list']!r}")
        shop = self._shop(fields)
        shop.book.add(Order(created=created, amount=0, fee=0), id=shop.ids.take(), raw=text)
        return {"rows": len(shop.book)}

    def _advance(self, fields: Fields) -> dict[str, list[int]]:
        return {"ids": [self._traffic.event() for _ in range(int(fields["events"]))]}

    def _fault(self, fields: Fields) -> dict[str, Any]:
        told = fault(**fields)
        if told.name == REFUSED:
            self._port.close_port(told.seconds)
        else:
            self._plan.tell(told)
        return {"faults": [_shown(one.fault) | {"shown": one.shown} for one in self._plan]}

    def _forget_faults(self, fields: Fields) -> dict[str, bool]:  # noqa: ARG002
        self._plan.forget()
        self._port.open_port()
        return {"ok": True}

    def _forget_log(self, fields: Fields) -> dict[str, bool]:  # noqa: ARG002
        self._log.clear()
        return {"ok": True}

    def _end(self, fields: Fields) -> dict[str, bool]:  # noqa: ARG002
        self._ending = True
        return {"ok": True}


def _paid_time(text: str | None) -> int:
    if not text:
        return UNPAID_TIME
    return ZERO_TIME if text.startswith("0000") else parse_moment(text)


def _shown(told: Fault) -> dict[str, Any]:
    fields = asdict(told)
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in fields.items()}


def _json(value: object) -> bytes:
    return json.dumps(value).encode("ascii")
