"""The client of the API: one method for each of the API's methods."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from tegro_analytics.api.base_url import PROVIDER_HOST, check_base_url
from tegro_analytics.api.caller import Caller
from tegro_analytics.api.events import RULES, Failure
from tegro_analytics.api.moves import Moved
from tegro_analytics.api.nonce import NonceRule
from tegro_analytics.api.reads import READS, Reads
from tegro_analytics.api.signing import BodyTemplate, amount_of
from tegro_analytics.credentials import ApiKey, wrap_key
from tegro_analytics.exceptions import BadAnswer, ConfigurationError, DataError, OutcomeUnknown
from tegro_analytics.settings import data_folder as default_data_folder
from tegro_analytics.tracebacks import opaque_methods

__all__ = ["Client"]

DEFAULT_PACE = 10.0
DEFAULT_WORKERS = 4
MOST_WORKERS = 64
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


@opaque_methods
class Client(Reads):
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
    workers
        How many pages of a list may be asked for at once. It is one at a time where nonces count seconds.
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
        workers: int = DEFAULT_WORKERS,
        deadline: float = 60.0,
        allow_payouts: bool = False,
    ) -> None:
        # Wrapped before anything can fail: a traceback may show the locals of this function.
        api_key = api_key if isinstance(api_key, ApiKey) else wrap_key(api_key)
        base = check_base_url(base_url, allow_host=allow_host)
        if not shop_id.strip():
            raise ConfigurationError("The shop id is empty. Copy it from the settings page of the shop.")
        if deadline <= 0 or (pace is not None and pace <= 0):
            raise ConfigurationError("deadline and pace are numbers above 0: seconds, and calls a second.")
        if not 1 <= workers <= MOST_WORKERS:
            raise ConfigurationError(
                f"workers is a number from 1 to {MOST_WORKERS}: pages asked for at once."
            )
        self.shop_id = shop_id.strip()
        self.base_url = base.url
        self.sandbox = base.loopback
        self._allow_payouts = allow_payouts
        caller = Caller(
            api_key,
            self.shop_id,
            base=base,
            folder=Path(data_folder) if data_folder else default_data_folder(),
            pace=pace or (None if base.loopback else DEFAULT_PACE),
            nonce=nonce,
            deadline=deadline,
        )
        super().__init__(caller, workers=workers)

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
    def server(self) -> str:
        """Name whose data this is: the base URL, or the own id of a sandbox, whatever its port."""
        return f"sandbox:{self._caller.sandbox}" if self._caller.sandbox else self.base_url

    @property
    def served(self) -> tuple[dt.datetime, dt.datetime] | None:
        """Give when the last call that was answered was sent, and what the clock of the server said."""
        return self._caller.served

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
        """Pay money out without the journal: on a sandbox only. Elsewhere ``shop.withdraw`` is the way.

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

    def move(self, method: str, parameters: Mapping[str, Any], *, look: str) -> Moved:
        """Make a call that moves money and hand up what it came to: the journal of payouts stands before it.

        It is sent once. ``look`` says how a person finds out what became of it.

        Raises
        ------
        ConfigurationError
            If it pays money out and payouts are not allowed.
        DataError
            If a parameter cannot be sent. Nothing was.
        """
        if "withdrawal" in method.casefold():
            self._check_allowed()
        body = self._caller.write(parameters)
        del parameters  # a traceback would show them
        outcome = self._caller.make(method, body, money=True).outcome
        if not isinstance(outcome, Failure):
            problem = ""
            try:
                return Moved("accepted", data=self._decode(outcome, method))
            except BadAnswer as error:
                problem = str(error)
            return Moved("unknown", error=OutcomeUnknown(f"{problem} {look}", method=method))
        return Moved(RULES[outcome.event].money, error=outcome.as_money_error(look=look))

    def close(self) -> None:
        """Call off what is under way, and close the connections.

        A call of another thread ends at once with an error that says so, and so does every later one.
        """
        self._caller.close()

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

    def _check_allowed(self) -> None:
        if not self._allow_payouts:
            raise ConfigurationError(
                "This client does not move money. If that is meant, make it with allow_payouts=True. "
                "Nothing was sent."
            )

    def _check_payouts(self) -> None:
        """Refuse a payout without the journal, but on a sandbox."""
        self._check_allowed()
        if not self.sandbox:
            raise ConfigurationError(
                "A client alone pays out on a sandbox only: a payout that times out may have been carried "
                "out, and only the journal keeps it from being paid twice. Use shop.withdraw(…), which has "
                "it. Nothing was sent."
            )

    def _move(self, method: str, body: BodyTemplate, *, look: str) -> Any:
        """Make a call that may move money: sent once, on a connection of its own."""
        result = self._caller.make(method, body, money=True)
        if isinstance(result.outcome, Failure):
            raise result.outcome.as_money_error(look=look)
        return self._decode(result.outcome, method)


def _positive(amount: Decimal | int | float | str) -> Decimal:
    exactly = amount_of(amount)
    if exactly <= 0:
        raise DataError(f"amount: {amount!r} is not above zero. Nothing was sent.")
    return exactly
