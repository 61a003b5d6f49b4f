"""The balance bridge: what a balance did between two snapshots, beside what orders and withdrawals say."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.metrics.payments.revenue import share_of
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.account.bridge import Snapshots, Sums
    from tegro_analytics.metrics.account.causes import Account
    from tegro_analytics.metrics.asking.question import Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

BALANCE_BRIDGE = Metric(
    name="balance_bridge",
    population="ACCOUNT",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("opened_at", "instant"),
        MetricColumn("closed_at", "instant"),
        MetricColumn("balance_before", "money"),
        MetricColumn("balance_after", "money"),
        MetricColumn("change", "money"),
        MetricColumn("gross_volume", "money"),
        MetricColumn("fees", "money"),
        MetricColumn("refunds", "money"),
        MetricColumn("withdrawn", "money"),
        MetricColumn("withdrawal_fees", "money"),
        MetricColumn("expected_change", "money"),
        MetricColumn("gap", "money"),
        MetricColumn("causes", "text"),
        MetricColumn("explained", "money"),
        MetricColumn("unexplained", "money"),
        MetricColumn("possible_causes", "text"),
        MetricColumn("fee_share", "rate"),
        MetricColumn("missing_shops", "text"),
        MetricColumn("payments", "count"),
        MetricColumn("undated_refunds", "count"),
        MetricColumn("uncounted_withdrawals", "count"),
    ),
    rules=(
        "currency", "exact", "tests", "paid_without_date", "negative_amount", "merchant_share",
        "whole_account", "bridge_refunds", "bridge_causes", "withdrawal_once",
    ),
    headline=("balance_before", "balance_after", "change", "expected_change", "gap", "causes", "unexplained"),
    inputs=("orders", "withdrawals", "balances"),
)  # fmt: skip


@exact
def balance_bridge(
    orders: Any,
    withdrawals: Any,
    balances: Any,
    *,
    shops: Any = None,
    since: Bound | None = None,
    until: Bound | None = None,
    as_of: Bound | None = None,
    merchant_share: float | str | Decimal = 1,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Bridge two snapshots of the balance of an account, and name the causes of a gap.

    One row for each currency that has two snapshots within the bounds: the first and the last of them.

    Parameters
    ----------
    orders
        The orders of all shops of the account, over their whole history, as for
        :func:`~tegro_analytics.revenue`: a balance is that of the account.
    withdrawals, balances
        Frames as ``shop.withdrawals()`` and ``shop.balances(history=True)`` give them, of any engine.
    shops
        A frame as ``shop.shops()`` gives it. With it, shops without a single order here are named.
    since, until
        Bounds on the snapshots, half-open, in the report zone.
    as_of
        The moment to which the orders are complete; by default their column ``as_of``. Where it lies before
        the closing snapshot, that is a possible cause.
    merchant_share
        The share of the fee that the merchant bears, 0 to 1.
    money, zone, reference
        As for :func:`~tegro_analytics.revenue`.

    Returns
    -------
    MetricFrame
        Key: ``currency`` (str). Values, money in the unit of the currency:

        * ``opened_at``, ``closed_at`` datetime64[us, zone], the moments of the snapshots
        * ``balance_before``, ``balance_after`` money, the balances
        * ``change`` money, after − before
        * ``gross_volume``, ``fees`` money, Σ amount and fee of PAID whose moment of payment lies after the
          opening snapshot and not after the closing one
        * ``refunds`` money, Σ amount of status 3 that was first seen between them, else by its payment. A run
          asks for the balance first: what is first seen within an hour after a snapshot, before the next one,
          belongs to that snapshot
        * ``withdrawn``, ``withdrawal_fees`` money, Σ amount and fee of the withdrawals made between them that
          have not failed; one without a date of creation goes by the date on which it was carried out
        * ``expected_change`` money, gross − fees × ``merchant_share`` − refunds − withdrawn − their fees
        * ``gap`` money, change − expected
        * ``causes`` str, the causes that make this gap to the last digit, comma-separated; empty without any
        * ``explained``, ``unexplained`` money, the part of the gap that they make, and the rest
        * ``possible_causes`` str, what may have to do with the rest: it fits only after a search, it fits as
          well as another one, or it cannot be counted
        * ``fee_share`` float64, the share of the fees that the merchant would bear if the whole gap came from
          that; missing where it is none from 0 to 1
        * ``missing_shops`` str, shops without orders here, as ``name (shop_id)``, comma-separated
        * ``payments``, ``undated_refunds`` int64, how many PAID, and how many refunds dated by their payment
        * ``uncounted_withdrawals`` int64, those that do not say their amount, currency or date

        Causes: ``fee_bearer`` (the buyers bear the fees, or the merchant does after all), ``refunds`` (they
        were not taken off, their fees were given back or taken again, or they were seen next to a snapshot),
        ``withdrawals_in_flight`` (they are debited when they are carried out), ``withdrawals_failed``
        (debited and not back, or back from before), ``clock_skew`` (a payment or a withdrawal within five
        minutes of a snapshot lies on its other side), or two of them together. Never more than possible:
        ``missing_shop``, ``withdrawals_unknown``, ``orders_not_read``.

    Raises
    ------
    MissingColumn
        If a column is missing.
    DataError
        If a parameter or a column cannot be used as it is, or the balances are those of several accounts.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import balance_bridge
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-03 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [1], "is_test": False, "currency": "RUB", "amount": [1000.0], "fee": [50.0],
    ...     "created_at": day[:1] + pd.Timedelta(hours=1), "paid_at": day[:1] + pd.Timedelta(hours=1),
    ...     "refund_first_seen_at": pd.NaT, "as_of": day[1],
    ... })
    >>> balances = pd.DataFrame({"currency": "RUB", "balance": [0.0, 1000.0], "observed_at": day})
    >>> none = pd.DataFrame({"id": [], "created_at": [], "amount": [], "currency": []})
    >>> bridge = balance_bridge(orders, none, balances)
    >>> bridge[["currency", "change", "expected_change", "gap", "causes", "unexplained"]].head()
      currency  change  expected_change   gap      causes  unexplained
    0      RUB  1000.0            950.0  50.0  fee_bearer          0.0
    """
    import pandas as pd

    from tegro_analytics.metrics.account.bridge import NEEDS, missing_shops, snapshots, sums_of
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.results.finish import finish

    share = share_of(merchant_share)
    needs = NEEDS if shops is None else (*NEEDS, "shop_id")
    asked = Asked(since, until, as_of=as_of, money=money, zone=zone, reference=reference)
    question = ask(orders, BALANCE_BRIDGE, needs, asked)
    opened = snapshots(balances, metric=BALANCE_BRIDGE.name, bounds=question.window)
    sums = sums_of(question, withdrawals, opened, share=share)
    missing = missing_shops(question, shops)
    rows = [
        {
            "currency": currency,
            **_row(question, one, sums[currency], share=share, missing=missing),
        }
        for currency, one in opened.items()
    ]
    frame = pd.DataFrame(rows, columns=["currency", *BALANCE_BRIDGE.names()])
    return finish(question, frame, {name: frame[name] for name in frame.columns})


def _row(
    question: Question, one: Snapshots, sums: Sums, *, share: Decimal, missing: list[str]
) -> dict[str, Any]:
    """Bridge one currency."""
    from tegro_analytics import money
    from tegro_analytics.metrics.account.bridge import units
    from tegro_analytics.metrics.account.causes import explain

    fees = _amount(sums.money["fees"])
    borne = units(money.multiply(fees, share))
    change = units(one.after) - units(one.before)
    expected = sums.money["gross_volume"] - borne - sums.money["refunds"]
    expected -= sums.withdrawn + sums.withdrawal_fees
    account = _account(question, one, sums, gap=change - expected, borne=borne, share=share, missing=missing)
    finding = explain(account)
    return {
        "opened_at": one.span.opened,
        "closed_at": one.span.closed,
        "balance_before": one.before,
        "balance_after": one.after,
        "change": _amount(change),
        "gross_volume": _amount(sums.money["gross_volume"]),
        "fees": fees,
        "refunds": _amount(sums.money["refunds"]),
        "withdrawn": _amount(sums.withdrawn),
        "withdrawal_fees": _amount(sums.withdrawal_fees),
        "expected_change": _amount(expected),
        "gap": _amount(account.gap),
        "causes": ", ".join(finding.causes),
        "explained": _amount(finding.explained),
        "unexplained": _amount(account.gap - finding.explained),
        "possible_causes": ", ".join(finding.possible),
        "fee_share": _fee_share(account),
        "missing_shops": ", ".join(missing),
        "payments": sums.counts["payments"],
        "undated_refunds": sums.counts["undated_refunds"],
        "uncounted_withdrawals": sums.uncounted,
    }


def _account(
    question: Question,
    one: Snapshots,
    sums: Sums,
    *,
    gap: int,
    borne: int,
    share: Decimal,
    missing: list[str],
) -> Account:
    """Gather what the causes are held against."""
    from tegro_analytics import money
    from tegro_analytics.metrics.account.bridge import SKEW, units
    from tegro_analytics.metrics.account.causes import Account

    return Account(
        gap=gap,
        fees=sums.money["fees"],
        borne=borne,
        refunds=sums.money["refunds"],
        refund_fees=units(money.multiply(_amount(sums.money["refund_fees"]), share)),
        early_refunds=sums.money["early_refunds"],
        late_refunds=sums.money["late_refunds"],
        in_flight=tuple(sums.in_flight),
        landed=tuple(sums.landed),
        failed=sums.failed,
        failed_before=sums.failed_before,
        near=sums.nearest(),
        missing_shop=bool(missing),
        orders_not_read=question.as_of is not None and question.as_of + SKEW < one.span.closed,
        unknown_withdrawals=bool(sums.uncounted or sums.without_fee),
    )


def _amount(units: int) -> Decimal:
    return Decimal(units).scaleb(-8)


def _fee_share(account: Account) -> float:
    """Say which share of the fees makes the bridge exact; NaN where it is none from 0 to 1."""
    taken = account.borne - account.gap
    return taken / account.fees if account.fees and 0 <= taken <= account.fees else float("nan")
