"""The client of the API: one method for each of the API's methods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from tegro_analytics.api.answers import Answer, exact
from tegro_analytics.api.base_url import PROVIDER_HOST, check_base_url
from tegro_analytics.api.caller import Caller
from tegro_analytics.api.events import Failure
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.api.lists.reading import PageStream, read_list
from tegro_analytics.api.nonce import NonceRule
from tegro_analytics.api.refusals import ends_list, refused_page
from tegro_analytics.api.signing import BodyTemplate, amount_of
from tegro_analytics.credentials import ApiKey
from tegro_analytics.exceptions import BadAnswer, ConfigurationError, DataError
from tegro_analytics.settings import data_folder as default_data_folder

__all__ = ["Client"]

DEFAULT_PACE = 10.0
READS = frozenset({"shops", "balance", "order", "orders", "withdrawals", "withdrawal", "rates", "modules"})
"""What is known to change nothing. Any other method is never sent twice by itself."""

_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


class Client:
    """Speak with the API for one shop.

    Every call is signed, has a nonce of its own, keeps a deadline, and is repeated only where that is safe.
    Any number of threads may use one client.

    Parameters
    ----------
    api_key
        The key of the shop's settings page. It is turned into something that can sign and not be printed.
    shop_id
        The shop, as ``public_key`` on the same page.
    base_url, allow_host
        Where the API is, and the word that a host other than the provider's is meant.
    data_folder
        Where the nonces of the key are kept; by default with the user's data.
    pace
        Calls a second for the key, over all threads; by default 10, and no limit on this machine.
    nonce
        ``auto`` asks the API at first contact which nonces it takes; ``seconds`` and ``milliseconds`` decide.
    deadline
        Seconds that a call may take with all its attempts, 60 by default.
    allow_payouts
        Whether :meth:`create_withdrawal` may move money.

    Attributes
    ----------
    shop_id, base_url : str
        As given, checked.
    sandbox : bool
        Whether the API is on this machine.

    Raises
    ------
    UnsafeBaseUrl
        If signed bodies would go where they should not.
    ConfigurationError
        If another argument cannot be used.

    Examples
    --------
    >>> Client("EEFA1913EA9D9351469B1E5D852A", "1913EA9D9351469B1E5D852A")
    Client(shop_id='1913EA9D9351469B1E5D852A', base_url='https://tegro.money')
    """

    shop_id: str = ""
    base_url: str = ""
    sandbox: bool = False

    def __init__(
        self,
        api_key: str | ApiKey,
        shop_id: str,
        *,
        base_url: str = f"https://{PROVIDER_HOST}",
        allow_host: str | None = None,
        data_folder: Path | None = None,
        pace: float | None = None,
        nonce: NonceRule = "auto",
        deadline: float = 60.0,
        allow_payouts: bool = False,
    ) -> None:
        # Wrapped before anything can fail: a traceback may show the locals of this function.
        api_key = api_key if isinstance(api_key, ApiKey) else ApiKey(api_key)
        base = check_base_url(base_url, allow_host=allow_host)
        if not shop_id.strip():
            raise ConfigurationError("The shop id is empty. Copy it from the settings page of the shop.")
        if deadline <= 0 or (pace is not None and pace <= 0):
            raise ConfigurationError("deadline and pace are numbers above 0: seconds, and calls a second.")
        self.shop_id = shop_id.strip()
        self.base_url = base.url
        self.sandbox = base.loopback
        self._full_page = 0
        self._allow_payouts = allow_payouts
        self._caller = Caller(
            api_key,
            self.shop_id,
            base=base,
            folder=Path(data_folder) if data_folder else default_data_folder(),
            pace=pace or (None if base.loopback else DEFAULT_PACE),
            nonce=nonce,
            deadline=deadline,
        )

    @property
    def requests(self) -> int:
        """Count the requests that went out."""
        return self._caller.requests

    @property
    def retries(self) -> int:
        """Count the requests that were further attempts."""
        return self._caller.retries

    @property
    def waited(self) -> float:
        """Sum the seconds spent waiting: for the pace, for a turn, before further attempts."""
        return self._caller.waited

    @property
    def nonce_rule(self) -> str | None:
        """Say which nonces are sent, ``seconds`` or ``milliseconds``; None before the first contact."""
        return self._caller.nonces.rule

    def shops(self) -> dict[str, Any]:
        """Fetch the shops of the account: ``user_id`` and ``shops``."""
        return self._read_object("shops", {})

    def balance(self) -> dict[str, Any]:
        """Fetch the balance of the account, of all its shops: ``user_id`` and ``balance`` by currency."""
        return self._read_object("balance", {})

    def order(self, *, order_id: int | None = None, payment_id: str | None = None) -> dict[str, Any]:
        """Fetch one order by Tegro's number, or by the shop's.

        Raises
        ------
        Rejected
            If the API refuses, as it does for an order that it does not have.
        """
        return self._read_object("order", _one_of(order_id, payment_id))

    def withdrawal(self, *, order_id: int | None = None, payment_id: str | None = None) -> dict[str, Any]:
        """Fetch one withdrawal by Tegro's number, or by the shop's id for it."""
        return self._read_object("withdrawal", _one_of(order_id, payment_id))

    def orders(self, page: int = 1) -> Page:
        """Fetch one page of orders.

        Past page 1 a refusal, a 404 or ``null`` gives an empty page with the reason in ``refusal``: what it
        means is for :meth:`iter_orders` to find out. A key that is not accepted is an error on every page.
        """
        found = self._read_page("orders", page)
        self._full_page = max(self._full_page, len(found.keys))
        return found

    def withdrawals(self, page: int = 1) -> Page:
        """Fetch one page of withdrawals; the ends are told as by :meth:`orders`."""
        return self._read_page("withdrawals", page)

    def iter_orders(self) -> PageStream:
        """Read the orders to the end of the list.

        Iterating gives :class:`Page` after page; the stream's ``report`` says afterwards what was seen, and
        whether the list is complete.
        """
        return read_list(self.orders)

    def iter_withdrawals(self) -> PageStream:
        """Read the withdrawals to the end of the list, as :meth:`iter_orders`."""
        return read_list(self.withdrawals, full_page=self._full_page or None)

    def call(self, method: str, **parameters: Any) -> Any:
        """Call any method by its name, with any parameters; gives ``data`` with its numbers exact.

        For what is undocumented, as in ``client.call("rates", **{"from": "USD", "to": "RUB"})``. A method
        that is not known to be a read is never sent twice by itself.

        Raises
        ------
        OutcomeUnknown
            If a method that is not known to be a read may or may not have been carried out.
        """
        if not _METHOD.fullmatch(method):
            raise DataError("The name of an API method is made of letters and digits, as in orders.")
        body = self._caller.write(parameters)
        del parameters
        if method in READS:
            return self._decode(self._read(method, body), method)
        if "withdrawal" in method.casefold():
            self._check_payouts()
        return self._move(method, body, look="Ask the API what became of it before you call again.")

    def create_order(
        self,
        *,
        currency: str,
        amount: Decimal | int | float | str,
        order_id: str,
        payment_system: int | None = None,
        fields: Mapping[str, Any] | None = None,
        receipt: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create an order and get the address of its payment page.

        Parameters
        ----------
        currency
            Its code, as in RUB.
        amount
            Above zero, at most 8 decimals.
        order_id
            The shop's own number; it comes back as ``payment_id``.
        payment_system
            Its id.
        fields
            ``email`` and ``phone`` of the payer.
        receipt
            ``items``, each with ``name``, ``count``, ``price``.

        Returns
        -------
        dict
            ``id`` and ``url``.

        Raises
        ------
        OutcomeUnknown
            If the order may or may not exist now. Nothing is sent again by itself.
        NeverSent
            If it is proven that nothing was sent.
        """
        body = self._caller.write(
            {
                "currency": currency,
                "amount": _positive(amount),
                "order_id": order_id,
                "payment_system": payment_system,
                "fields": fields,
                "receipt": receipt,
            }
        )
        del fields, receipt  # a traceback would show them
        look = (
            f"Look with client.order(payment_id={order_id!r}) whether it exists before you create it again."
        )
        created: dict[str, Any] = self._move("createOrder", body, look=look)
        return created

    def create_withdrawal(
        self,
        *,
        currency: str,
        account: str,
        amount: Decimal | int | float | str,
        payment_id: str,
        payment_system: int,
    ) -> Any:
        """Pay money out; for now on a sandbox only.

        Parameters
        ----------
        currency, amount
            How much of what.
        account
            Where to.
        payment_id
            The shop's own id for it, by which it can be found again.
        payment_system
            Its id.

        Raises
        ------
        ConfigurationError
            If payouts are not allowed, or the API is not a sandbox.
        OutcomeUnknown
            If the money may or may not be on its way. Nothing is sent again by itself.
        NeverSent
            If it is proven that nothing was sent.
        """
        self._check_payouts()
        if not payment_id.strip():
            raise DataError("payment_id is empty: without it nobody can find out what became of the payout.")
        body = self._caller.write(
            {
                "currency": currency,
                "account": account,
                "amount": _positive(amount),
                "payment_id": payment_id,
                "payment_system": payment_system,
            }
        )
        del account  # a traceback would show it
        look = (
            f"Look with client.withdrawal(payment_id={payment_id!r}) and in withdrawals before you pay again."
        )
        return self._move("createWithdrawal", body, look=look)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._caller.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        sandbox = ", SANDBOX" if self.sandbox else ""
        return f"Client(shop_id={self.shop_id!r}, base_url={self.base_url!r}{sandbox})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Client holds a key and cannot be pickled: make it again where it is needed")

    def _check_payouts(self) -> None:
        if not self._allow_payouts:
            raise ConfigurationError(
                "This client does not move money. If that is meant, make it with allow_payouts=True. "
                "Nothing was sent."
            )
        if not self.sandbox:
            raise ConfigurationError(
                "Payouts work on a sandbox only: a payout that times out may have been carried out, and the "
                "journal that keeps it from being paid twice does not exist yet. Nothing was sent."
            )

    def _read(self, method: str, body: BodyTemplate) -> Answer:
        result = self._caller.make(method, body)
        if isinstance(result.outcome, Failure):
            raise result.outcome.as_error()
        return result.outcome

    def _read_object(self, method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._decode(self._read(method, self._caller.write(parameters)), method)
        return found

    def _read_page(self, method: str, number: int) -> Page:
        if isinstance(number, bool) or number < 1:
            raise DataError(f"{method}: pages are counted from 1, and {number!r} is not one.")
        result = self._caller.make(method, self._caller.write({"page": number}))
        if isinstance(result.outcome, Failure):
            if number == 1 or not ends_list(result.outcome):
                raise result.outcome.as_error()
            return refused_page(number, result)
        return page_from_json(
            number,
            result.outcome.data,
            requested_at=result.outcome.requested_at,
            retries=result.attempts - 1,
            waited=result.waited,
        )

    def _move(self, method: str, body: BodyTemplate, *, look: str) -> Any:
        """Make a call that may move money: sent once, on a connection of its own."""
        result = self._caller.make(method, body, money=True)
        if isinstance(result.outcome, Failure):
            raise result.outcome.as_money_error(look=look)
        return self._decode(result.outcome, method)

    def _decode(self, answer: Answer, method: str) -> Any:
        if not answer.data:
            return None
        problem = None
        try:
            return exact(answer.data)
        except ValueError as error:
            problem = str(error)
        del answer
        raise BadAnswer(f"{method}: the data cannot be read: {problem}.", method=method)


def _one_of(order_id: int | None, payment_id: str | None) -> dict[str, Any]:
    if (order_id is None) == (payment_id is None):
        raise DataError("Give order_id (Tegro's number) or payment_id (the shop's number), one of them.")
    return {"order_id": order_id, "payment_id": payment_id}


def _positive(amount: Decimal | int | float | str) -> Decimal:
    exactly = amount_of(amount)
    if exactly <= 0:
        raise DataError(f"amount: {amount!r} is not above zero. Nothing was sent.")
    return exactly
