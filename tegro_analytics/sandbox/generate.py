"""Draw a shop's history from a seed: a day and week rhythm, growth, and all that is odd about real orders.

Every odd thing that the toolkit has a rule for occurs at a known rate, so that 20,000 orders hold a few of
each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from random import Random

from tegro_analytics.sandbox import people
from tegro_analytics.sandbox.clock import DAY, OFFSET, day_of
from tegro_analytics.sandbox.orders import (
    FAILED,
    NEW,
    PAID,
    PENDING,
    REFUNDED,
    UNPAID_TIME,
    ZERO_TIME,
    Order,
    OrderBook,
)
from tegro_analytics.sandbox.systems import RUB, SYSTEMS, TROUBLED, System
from tegro_analytics.sandbox.units import ONE, fee_units

HOURS = (14, 9, 6, 4, 4, 6, 12, 22, 36, 50, 62, 70, 74, 72, 68, 66, 68, 72, 78, 86, 90, 80, 56, 30)
WEEKDAYS = (100, 103, 104, 106, 112, 84, 74)
"""How busy an hour of the day is, and a weekday from Monday."""

UNKNOWN_STATUS = 7
ID_STEP = 2

_RUB_PRICES = tuple(price * ONE for price in (190, 290, 490, 690, 990, 990, 1490, 1990, 2990, 4990, 9990))
_USD_PRICES = tuple(price * ONE // 100 for price in (499, 999, 1499, 1999, 2999, 4999, 9999))
_KOPECK = ONE // 100


class Ids:
    """Hand out Tegro's numbers: growing with gaps, or out of step in blocks of eight.

    The shops of an account take numbers of different remainders, so that none occurs twice.
    """

    def __init__(self, first: int, *, shuffled: bool, rng: Random) -> None:
        self._next = first
        self._shuffled = shuffled
        self._rng = rng
        self._block: list[int] = []

    def take(self) -> int:
        """Return the next number."""
        if not self._block:
            random = self._rng.random
            for _ in range(8):
                self._next += ID_STEP * (1 + int(random() * 3))
                self._block.append(self._next)
            self._block.reverse()
            if self._shuffled:
                self._rng.shuffle(self._block)
        return self._block.pop()


class Maker:
    """Draw orders, one checkout after the other."""

    def __init__(self, rng: Random, *, now: int) -> None:
        self._rng = rng
        self._now = now
        self._checkouts = 0
        self._customers = 0
        self._weights = list(accumulate(system.weight for system in SYSTEMS))
        # Drawing from 4,096 ready values costs a tenth of drawing each from the distribution.
        self._delays = [rng.lognormvariate(0.0, 0.9) for _ in range(4096)]
        self._trouble = range(day_of(now) - 19, day_of(now) - 16)

    def checkout(self, created: int, *, attempts: int = 1) -> Iterator[Order]:
        """Draw the orders of one checkout: all but the last attempt stay unpaid, bar a few that pay twice."""
        random = self._rng.random
        self._checkouts += 1
        email = self._customer()
        payment = self._payment()
        system = self._system()
        amount = self._amount(system.currency)
        test = 1 if random() < 0.01 else 0
        for attempt in range(attempts):
            if attempt:
                created = min(created + 40 + int(random() * 2400), self._now - 1)
                if system.currency == RUB and random() < 0.4:
                    system = self._system_in(RUB)
            order = Order(
                created, amount, self._fee(amount, system), NEW, UNPAID_TIME, system.id, system.currency
            )
            order.test, order.email, order.payment = test, email, payment
            self._outcome(order, system, last=attempt == attempts - 1 or random() < 0.03)
            yield order

    def _outcome(self, order: Order, system: System, *, last: bool) -> None:
        """Decide how an order ended by now."""
        rng, now = self._rng, self._now
        chance = rng.random()
        conversion = system.conversion
        if system.id == TROUBLED and day_of(order.created) in self._trouble:
            conversion = 0.08
        if last and chance < conversion:
            self._pay(order, system, chance / conversion)
        elif chance > 0.88:
            order.status = FAILED
        elif chance > (0.8 if now - order.created < DAY else 0.86):
            order.status = PENDING
        elif chance > 0.859:
            order.status = UNKNOWN_STATUS

    def _pay(self, order: Order, system: System, place: float) -> None:
        """Pay an order, unless that would lie in the future; ``place`` is uniform and decides what is odd."""
        rng = self._rng
        if place < system.late:
            delay = DAY + 1 + int(rng.random() ** 2 * 5 * DAY)
        elif place > 0.9998:
            delay = DAY + (1 if rng.random() < 0.5 else 0)  # the edge of the 24 hours, on either side
        elif place > 0.9992:
            delay = -30
        else:
            delay = 3 + int(system.patience * self._delays[int(rng.random() * 4096)])
        if order.created + delay >= self._now:
            return
        order.status, order.paid = PAID, order.created + delay
        if 0.9988 < place < 0.9992:
            order.paid = UNPAID_TIME if rng.random() < 0.5 else ZERO_TIME
        elif rng.random() < 0.013 and self._now - order.created > 2 * DAY:
            order.status = REFUNDED

    def _customer(self) -> tuple[int, int]:
        """Draw who pays: often somebody who came before, seldom without an e-mail or with a strange one."""
        random = self._rng.random
        chance = random()
        if chance < 0.42 and self._customers:
            # A square root favours those who came lately, its tail keeps a few for ever.
            number = int(self._customers * random() ** 0.5)
        else:
            number = self._customers
            self._customers += 1
        if chance > 0.96:
            if chance > 0.998:
                return people.SPECIAL, int(random() * len(people.HOSTILE_EMAILS))
            return (people.EMPTY if chance < 0.98 else people.NULL if chance < 0.995 else people.ABSENT), 0
        if 0.1 < chance < 0.13:
            return (
                people.UPPER if chance < 0.11 else people.TITLE if chance < 0.125 else people.SPACED
            ), number
        return people.PLAIN, number

    def _payment(self) -> tuple[int, int]:
        """Draw what the merchant calls it."""
        chance = self._rng.random()
        if chance < 0.004:
            return people.SPECIAL, int(chance / 0.004 * len(people.HOSTILE_PAYMENT_IDS))
        if chance > 0.998:
            return (people.NULL if chance > 0.999 else people.EMPTY), 0
        return (people.CYRILLIC if chance < 0.1 else people.PLAIN), self._checkouts

    def _system(self) -> System:
        weights = self._weights
        return SYSTEMS[bisect_right(weights, self._rng.random() * weights[-1])]

    def _system_in(self, currency: int) -> System:
        while (system := self._system()).currency != currency:
            pass
        return system

    def _amount(self, currency: int) -> int:
        """Draw an amount in whole kopecks or cents: mostly a list price, rarely 0, rarely very large."""
        random = self._rng.random
        prices = _RUB_PRICES if currency == RUB else _USD_PRICES
        amount = prices[int(random() * len(prices))]
        chance = random()
        if chance < 0.25:
            return amount + int(random() * amount / _KOPECK) * _KOPECK
        if chance > 0.9998:
            return 0
        if chance > 0.9994:
            return amount * 700
        return amount

    def _fee(self, amount: int, system: System) -> int:
        """Compute the fee, which an unpaid order carries too; now and then 1 too much is taken."""
        fee = fee_units(amount, rate=system.rate, minimum=system.minimum, step=system.step)
        return fee + ONE if fee and self._rng.random() < 0.0006 else fee


def history(book: OrderBook, *, orders: int, days: int, now: int, rng: Random, ids: Ids) -> Maker:
    """Fill ``book`` with exactly ``orders`` orders of the ``days`` before ``now``; return what draws on."""
    maker = Maker(rng, now=now)
    attempts = _attempts(orders, rng)
    drawn = OrderBook(book.list.order)
    for created, tries in zip(_moments(len(attempts), days=days, now=now, rng=rng), attempts, strict=True):
        for order in maker.checkout(created, attempts=tries):
            _append(drawn, order)
    # Retries come some minutes after their first attempt: put all into the order of time, column by column.
    by_time = sorted(range(orders), key=drawn.created.__getitem__)
    for name in _COLUMNS:
        column = getattr(drawn, name)
        getattr(book, name).extend(array(column.typecode, [column[row] for row in by_time]))
    book.ids.extend(ids.take() for _ in range(orders))
    book.settle()
    return maker


_COLUMNS = (
    *("created", "paid", "amount", "fee", "status", "system", "currency", "test"),
    *("email_style", "email_number", "payment_style", "payment_number"),
)


def _append(book: OrderBook, order: Order) -> None:
    book.created.append(order.created)
    book.paid.append(order.paid)
    book.amount.append(order.amount)
    book.fee.append(order.fee)
    book.status.append(order.status)
    book.system.append(order.system)
    book.currency.append(order.currency)
    book.test.append(order.test)
    style, number = order.email
    book.email_style.append(style)
    book.email_number.append(number)
    style, number = order.payment
    book.payment_style.append(style)
    book.payment_number.append(number)


def _attempts(orders: int, rng: Random) -> list[int]:
    """Split a number of orders into checkouts of 1, 2 or 3 attempts."""
    attempts = []
    left = orders
    while left:
        chance = rng.random()
        tries = min(1 if chance < 0.93 else 2 if chance < 0.985 else 3, left)
        attempts.append(tries)
        left -= tries
    return attempts


def _moments(count: int, *, days: int, now: int, rng: Random) -> list[int]:
    """Draw sorted moments of the ``days`` before ``now``, with the rhythm of day and week, and growth."""
    start = now - days * DAY
    hours, weights = [], []
    # Noise of each day: no two Mondays are alike.
    noise = {day: 0.85 + 0.3 * rng.random() for day in range(day_of(start), day_of(now) + 1)}
    for begin in range(start, now, 3600):
        day, second = divmod(begin + OFFSET, DAY)
        grown = 1.0 + 1.6 * (begin - start) / (now - start)
        weekday = WEEKDAYS[(day + 3) % 7]  # 1970-01-01 was a Thursday
        hours.append(begin)
        weights.append(HOURS[second // 3600] * weekday * grown * noise[day])
    if not count:
        return []
    picked = rng.choices(hours, cum_weights=list(accumulate(weights)), k=count)
    random = rng.random
    moments = sorted(begin + int(random() * 3600) for begin in picked)
    latest = now - 1
    for place in range(1, count):
        if random() < 0.03:  # two orders in the same second
            moments[place] = moments[place - 1]
    return [min(moment, latest) for moment in moments]
