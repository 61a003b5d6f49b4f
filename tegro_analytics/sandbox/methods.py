"""The eight methods of the API, on a world."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn, Protocol

from tegro_analytics.sandbox.lists import Listing, page_served
from tegro_analytics.sandbox.orders import PENDING, Order
from tegro_analytics.sandbox.systems import CURRENCIES, System, system_for
from tegro_analytics.sandbox.units import balance_text, fee_units, to_units
from tegro_analytics.sandbox.withdrawals import withdrawal_fee
from tegro_analytics.sandbox.world import Shop, World

Params = Mapping[str, Any]

_CURRENCY_IDS = {code: currency for currency, code in CURRENCIES.items()}
_NO_BALANCE = ("EUR", "UAH")
_DIGITS = re.compile(r"[0-9]{1,18}")


class Refused(Exception):
    """Say why a call is answered with an error; the reason is what the caller is told."""


class _Lister(Protocol):
    list: Listing

    def json(self, row: int) -> bytes: ...


class Methods:
    """Answer the methods of the API: each takes the shop and the body, and gives ``data`` as JSON."""

    def __init__(self, world: World, base_url: str) -> None:
        self._world = world
        self._base_url = base_url
        self._table: dict[str, Callable[[Shop, Params], bytes]] = {
            "createOrder": self._create_order,
            "shops": self._shops,
            "balance": self._balance,
            "order": self._order,
            "orders": self._orders,
            "createWithdrawal": self._create_withdrawal,
            "withdrawals": self._withdrawals,
            "withdrawal": self._withdrawal,
        }

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def call(self, name: str, *, shop: Shop, params: Params) -> bytes:
        """Answer one call.

        Raises
        ------
        Refused
            If a parameter is missing or wrong, or nothing was found.
        """
        with self._world.lock:
            return self._table[name](shop, params)

    def _shops(self, shop: Shop, params: Params) -> bytes:  # noqa: ARG002
        shops = [one.record() for one in self._world.shops]
        return _json({"user_id": self._world.identity.user_id, "shops": shops})

    def _balance(self, shop: Shop, params: Params) -> bytes:  # noqa: ARG002
        balance = {code: balance_text(units) for code, units in self._world.balance().items()}
        balance.update(dict.fromkeys(_NO_BALANCE, "0.00"))
        return _json({"user_id": self._world.identity.user_id, "balance": balance})

    def _order(self, shop: Shop, params: Params) -> bytes:
        if (number := params.get("order_id")) is not None:
            row = shop.book.find(_integer(number, "order_id"))
        else:
            row = shop.book.find_payment(_text(params, "payment_id"))
        if row is None:
            raise Refused("Order not found")
        return shop.book.json(row)

    def _withdrawal(self, shop: Shop, params: Params) -> bytes:  # noqa: ARG002
        number = params.get("order_id")
        payment_id = _text(params, "payment_id") if number is None else None
        item = self._world.withdrawals.find(id=number, payment_id=payment_id)
        if item is None:
            raise Refused("Withdrawal not found")
        return _json(item.record())

    def _orders(self, shop: Shop, params: Params) -> bytes:
        return self._page(shop.book, params)

    def _withdrawals(self, shop: Shop, params: Params) -> bytes:  # noqa: ARG002
        return self._page(self._world.withdrawals, params)

    def _page(self, lister: _Lister, params: Params) -> bytes:
        page = params.get("page")
        if page is None:
            raise Refused("Empty required param page")
        number = _integer(page, "page")
        if number < 1:
            raise Refused("Wrong param page")
        options = self._world.options
        size, pages = options.page_size, lister.list.pages(options.page_size)
        shown = min(pages, options.most_pages) if options.most_pages else pages
        served = page_served(number, shown, options.end)
        if served == "error":
            raise Refused("Page not found")
        if isinstance(served, str):
            return b"null" if served == "null" else b"[]"
        return b"[" + b",".join(map(lister.json, lister.list.page(served, size))) + b"]"

    def _create_order(self, shop: Shop, params: Params) -> bytes:
        currency, amount, system = _currency(params), _amount(params), _system(params)
        fields = params.get("fields") or {}
        email = fields.get("email") if isinstance(fields, dict) else None
        order = Order(
            created=self._world.clock.now(),
            amount=amount,
            fee=fee_units(amount, rate=system.rate, minimum=system.minimum, step=system.step),
            system=system.id,
            currency=currency,
            email=shop.book.special_email(email if isinstance(email, str) else None),
            payment=shop.book.special_payment(_text(params, "order_id")),
        )
        number = shop.ids.take()
        shop.book.add(order, id=number)
        page = hashlib.sha256(f"{self._world.identity.sandbox} {number}".encode()).hexdigest()[:32]
        return _json({"id": number, "url": f"{self._base_url}/pay/complete/{number}/{page}/"})

    def _create_withdrawal(self, shop: Shop, params: Params) -> bytes:  # noqa: ARG002
        currency, amount, system = _currency(params), _amount(params), _system(params)
        account, payment_id = _text(params, "account"), _text(params, "payment_id")
        if self._world.available(currency) < amount + withdrawal_fee(amount, currency):
            raise Refused("Not enough money")
        item = self._world.withdrawals.add(
            payment_id=payment_id,
            created=self._world.clock.now(),
            currency=currency,
            amount=amount,
            system=system.id,
            account=account,
            status=PENDING,
        )
        return _json(item.record())


def read_body(body: bytes) -> dict[str, Any] | None:
    """Read a body: a JSON object in UTF-8, fractions exact; None if it is not one."""
    try:
        value = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _json(value: object) -> bytes:
    return json.dumps(value).encode("ascii")


def _required(params: Params, name: str) -> Any:
    value = params.get(name)
    if value is None or value == "":
        raise Refused(f"Empty required param {name}")
    return value


def _text(params: Params, name: str) -> str:
    value = _required(params, name)
    if not isinstance(value, str):
        raise Refused(f"Wrong param {name}")
    return value


def _integer(value: object, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise Refused(f"Wrong param {name}")


def _currency(params: Params) -> int:
    code = _text(params, "currency")
    if code not in _CURRENCY_IDS:
        raise Refused("Wrong param currency")
    return _CURRENCY_IDS[code]


def _amount(params: Params) -> int:
    """Read an amount: a JSON number, as documented, above 0."""
    value = _required(params, "amount")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused("Wrong param amount")
    try:
        units = to_units(value)
    except ValueError:
        raise Refused("Wrong param amount") from None
    if units <= 0:
        raise Refused("Wrong param amount")
    return units


def _system(params: Params) -> System:
    number = _required(params, "payment_system")
    system = system_for(_integer(number, "payment_system"), _currency(params))
    if system is None:
        raise Refused("Wrong param payment_system")
    return system
