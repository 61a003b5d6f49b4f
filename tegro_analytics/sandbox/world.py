"""The account that a sandbox serves: two shops, their orders, the withdrawals, the balance."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from random import Random

from tegro_analytics.sandbox.clock import DAY, Clock, moscow_text
from tegro_analytics.sandbox.generate import Ids, Maker, history
from tegro_analytics.sandbox.options import Identity, Options, identify
from tegro_analytics.sandbox.orders import OrderBook
from tegro_analytics.sandbox.rules import NonceGate
from tegro_analytics.sandbox.systems import CURRENCIES
from tegro_analytics.sandbox.withdrawals import Withdrawals, pay_out

FIRST_ID = 700_000
SECOND_SHOP_SHARE = 200
SECOND_SHOP_LARGEST = 300


@dataclass(slots=True)
class Shop:
    """Hold one shop: what ``shops`` says of it, its orders, and what draws new ones."""

    id: int
    shop_id: str
    name: str
    url: str
    status: int
    desc: str
    added: int
    book: OrderBook
    ids: Ids
    maker: Maker

    def record(self) -> dict[str, object]:
        """Show it as the API does."""
        return {
            "id": self.id,
            "date_added": moscow_text(self.added),
            "name": self.name,
            "url": self.url,
            "status": self.status,
            "public_key": self.shop_id,
            "desc": self.desc,
        }


class World:
    """Hold everything that a sandbox knows. Whoever reads or changes it holds ``lock``."""

    def __init__(self, options: Options) -> None:
        self.lock = threading.RLock()
        self.options = options
        self.identity: Identity = identify(options)
        self.clock = Clock(options.now)
        self.gate = NonceGate(options.nonce_rule)
        sizes = (options.orders, min(options.orders // SECOND_SHOP_SHARE, SECOND_SHOP_LARGEST))
        self.shops = [self._open(place, size) for place, size in enumerate(sizes)]
        self.withdrawals = Withdrawals(options.order, options.withdrawal_shape, options.withdrawal_debit)
        books = [shop.book for shop in self.shops]
        pay_out(self.withdrawals, books, now=options.now, rng=self._rng("withdrawals"))

    def shop(self, shop_id: object) -> Shop | None:
        """Find a shop by the id that the API calls ``shop_id`` and ``public_key``."""
        return next((shop for shop in self.shops if shop.shop_id == shop_id), None)

    def balance(self) -> dict[str, int]:
        """Compute the balance of the account: net of all shops − withdrawals − their fees.

        Who bears the fees of payments, and when a withdrawal is debited, the options say.
        """
        taken = self.withdrawals.taken()
        return {
            code: sum(shop.book.net.get(currency, 0) for shop in self.shops) - taken[currency]
            for currency, code in CURRENCIES.items()
        }

    def available(self, currency: int) -> int:
        """Compute how much of a currency can be withdrawn: the balance without what is in flight."""
        return self.balance()[CURRENCIES[currency]] - self.withdrawals.waiting()[currency]

    def _open(self, place: int, size: int) -> Shop:
        options = self.options
        name, site = (("Чайная лавка", "tea"), ("DEMO2", "demo2"))[place]
        book = OrderBook(options.order, options.fee_bearer)
        ids = Ids(FIRST_ID + place, shuffled=options.order == "out-of-step", rng=self._rng(f"ids {place}"))
        rng = self._rng(f"shop {place}")
        maker = history(book, orders=size, days=options.days, now=options.now, rng=rng, ids=ids)
        return Shop(
            id=place + 1,
            shop_id=self.identity.shop_ids[place],
            name=name,
            url=f"https://{site}.example",
            status=1 - place,
            desc=f"{name}: a shop of the sandbox",
            added=options.now - (options.days + 30) * DAY,
            book=book,
            ids=ids,
            maker=maker,
        )

    def _rng(self, purpose: str) -> Random:
        """Make the generator of one purpose: drawing more for one changes nothing for another."""
        return Random(f"{self.options.seed} {purpose}")  # noqa: S311
