"""What a sandbox can be told, and the identity that follows from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from tegro_analytics.sandbox.faults import Fault
from tegro_analytics.sandbox.lists import ENDS, ORDERS
from tegro_analytics.sandbox.orders import FEE_BEARERS
from tegro_analytics.sandbox.rules import NONCE_RULES
from tegro_analytics.sandbox.withdrawals import DEBITS, MIXED, SHAPES

WITHDRAWAL_SHAPES = (MIXED, *SHAPES)


@dataclass(frozen=True, slots=True)
class Options:
    """Hold the options of a sandbox; :mod:`~tegro_analytics.sandbox.command` says what each one means."""

    now: int
    orders: int = 20_000
    seed: int = 7
    port: int = 0
    page_size: int = 100
    most_pages: int = 0
    order: str = ORDERS[0]
    end: str = ENDS[0]
    nonce_rule: str = NONCE_RULES[0]
    arrivals_per_minute: float = 0.0
    latency_ms: tuple[float, float] = (0.0, 0.0)
    days: int = 400
    withdrawal_shape: str = MIXED
    withdrawal_debit: str = DEBITS[0]
    fee_bearer: str = FEE_BEARERS[0]
    fault: tuple[Fault, ...] = ()
    scratch: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Name a sandbox, its account, key and shops; two that would serve other data have other names."""

    sandbox: str
    user_id: int
    api_key: str
    shop_ids: tuple[str, str]


def identify(options: Options) -> Identity:
    """Derive the identity from the options that decide what the shops hold, never from the port.

    Examples
    --------
    >>> one = identify(Options(now=1_700_000_000, port=1, page_size=10))
    >>> one == identify(Options(now=1_700_000_000, port=2, page_size=50, nonce_rule="grows"))
    True
    >>> one.sandbox == identify(Options(now=1_700_000_000, seed=8)).sandbox
    False
    """
    shuffled = options.order == "out-of-step"
    facts = [1, options.seed, options.orders, options.days, options.now, shuffled, options.withdrawal_shape]
    account = [options.withdrawal_debit, options.fee_bearer]
    if account != [DEBITS[0], FEE_BEARERS[0]]:
        facts += account
    digest = hashlib.sha512(json.dumps(facts).encode()).hexdigest()
    return Identity(
        sandbox=f"sandbox-{digest[:12]}",
        user_id=1000 + int(digest[12:18], 16) % 900_000,
        api_key=digest[18:46].upper(),
        shop_ids=(digest[46:70].upper(), digest[70:94].upper()),
    )
