"""The calls that change nothing: what the API shows of a shop, of its account, and of their lists."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tegro_analytics.api.answers import Answer, exact
from tegro_analytics.api.caller import Caller
from tegro_analytics.api.errand import Errand
from tegro_analytics.api.events import Failure
from tegro_analytics.api.lists.mark import Mark
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.api.lists.reading import PageStream, read_list
from tegro_analytics.api.moves import Sought, shape_of
from tegro_analytics.api.refusals import ends_list, refused_page
from tegro_analytics.api.signing import BodyTemplate
from tegro_analytics.exceptions import BadAnswer, DataError
from tegro_analytics.tracebacks import opaque_methods

__all__ = ["READS", "Reads"]

READS = frozenset({"shops", "balance", "order", "orders", "withdrawals", "withdrawal", "rates", "modules"})
"""What is known to change nothing. Any other method is never sent twice by itself."""


@opaque_methods
class Reads:
    """Ask the API for what it shows; the half of a client that cannot change anything.

    Parameters
    ----------
    caller
        Makes the calls.
    workers
        How many pages of a list may be asked for at once.
    """

    def __init__(self, caller: Caller, *, workers: int) -> None:
        self._caller = caller
        self._workers = workers
        self._full_page = 0

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

    def order_alone(self, order_id: int, *, errand: Errand | None = None) -> Page:
        """Fetch one order as a page of one row; without rows, and with the reason, if the API refuses it."""
        result = self._caller.make("order", self._caller.write(_one_of(order_id, None)), errand=errand)
        if isinstance(result.outcome, Failure):
            if not ends_list(result.outcome):
                raise result.outcome.as_error()
            return refused_page(1, result)
        answer = result.outcome
        return page_from_json(1, b"[" + (answer.data or b"null") + b"]", requested_at=answer.requested_at)

    def sought(self, method: str, payment_id: str) -> Sought:
        """Ask ``order`` or ``withdrawal`` for the shop's own id, and hand up what came, whatever it is."""
        result = self._caller.make(method, self._caller.write(_one_of(None, payment_id)))
        return shape_of(result.outcome, payment_id)

    def orders(self, page: int = 1) -> Page:
        """Fetch one page of orders.

        Past page 1 a refusal, a 404 or ``null`` gives an empty page with the reason in ``refusal``: what it
        means is for :meth:`iter_orders` to find out. A key that is not accepted is an error on every page.
        """
        return self._read_orders(page)

    def withdrawals(self, page: int = 1) -> Page:
        """Fetch one page of withdrawals; the ends are told as by :meth:`orders`."""
        return self._read_page("withdrawals", page)

    def iter_orders(
        self,
        *,
        verify: bool = False,
        settled: Callable[[Page], bool] | None = None,
        staged: Iterable[Page] | None = None,
        mark: Mark | None = None,
    ) -> PageStream:
        """Read the orders to the end of the list.

        Iterating gives :class:`Page` after page; the stream's ``report`` says afterwards what was seen, and
        whether the list is complete. Several pages are asked for at once where that loses nothing.

        Parameters
        ----------
        verify
            Whether to walk the list at least twice, and to call it verified only if the last walk found no
            row that the ones before had missed.
        settled, staged, mark
            Where reading may end, and where one that was interrupted goes on: as
            :func:`tegro_analytics.api.lists.reading.read_list` takes them.
        """
        return self._stream(self._read_orders, verify=verify, settled=settled, staged=staged, mark=mark)

    def iter_withdrawals(
        self,
        *,
        verify: bool = False,
        settled: Callable[[Page], bool] | None = None,
        staged: Iterable[Page] | None = None,
        mark: Mark | None = None,
    ) -> PageStream:
        """Read the withdrawals to the end of the list, as :meth:`iter_orders`."""
        return self._stream(
            functools.partial(self._read_page, "withdrawals"),
            full_page=self._full_page or None,
            verify=verify,
            settled=settled,
            staged=staged,
            mark=mark,
        )

    def _stream(self, read: Callable[[int, Errand], Page], **options: Any) -> PageStream:
        """Read a list as :func:`read_list` does, on an errand of its own."""
        errand = Errand()
        return read_list(
            lambda number: read(number, errand),
            workers=lambda: self.at_once,
            call_off=errand.call_off,
            **options,
        )

    @property
    def at_once(self) -> int:
        """Say how many calls may be on the wire at once: where nonces must grow, one."""
        return self._workers if self.nonce_rule == "milliseconds" else 1

    def _read(self, method: str, body: BodyTemplate) -> Answer:
        result = self._caller.make(method, body)
        if isinstance(result.outcome, Failure):
            raise result.outcome.as_error()
        return result.outcome

    def _read_object(self, method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._decode(self._read(method, self._caller.write(parameters)), method)
        return found

    def _read_orders(self, number: int, errand: Errand | None = None) -> Page:
        found = self._read_page("orders", number, errand)
        self._full_page = max(self._full_page, len(found.keys))
        return found

    def _read_page(self, method: str, number: int, errand: Errand | None = None) -> Page:
        if isinstance(number, bool) or number < 1:
            raise DataError(f"{method}: pages are counted from 1, and {number!r} is not one.")
        result = self._caller.make(method, self._caller.write({"page": number}), errand=errand)
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
