"""The payments whose fee differs from the tariff, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.metrics.tariffs.terms import Terms
    from tegro_analytics.reference import Reference

FEE_DIFFERENCES = Metric(
    name="fee_differences",
    population="PAID",
    clock="paid",
    keys=(),
    columns=(
        MetricColumn("shop_id", "text"),
        MetricColumn("id", "number"),
        MetricColumn("payment_id", "text"),
        MetricColumn("paid_at", "instant"),
        MetricColumn("currency", "text"),
        MetricColumn("amount", "money"),
        MetricColumn("fee", "money"),
        MetricColumn("expected_fee", "money"),
        MetricColumn("fee_difference", "money"),
        MetricColumn("payment_system_id", "number"),
        MetricColumn("payment_system", "text"),
        MetricColumn("tariff_rate", "fine_rate"),
        MetricColumn("tariff_minimum", "money"),
    ),
    rules=(
        "tests", "paid_without_date", "negative_amount", "expected_fee", "tariff_of_the_day",
        "unknown_tariff", "unknown_fee", "tell_support",
    ),
    headline=(
        "id", "paid_at", "currency", "amount", "fee", "expected_fee", "fee_difference", "tariff_rate",
        "tariff_minimum",
    ),
    is_list=True,
)  # fmt: skip

_STORED = ("shop_id", "id", "payment_id", "paid_at", "currency", "amount", "fee", "payment_system_id")


@exact
def fee_differences(
    orders: Any,
    *,
    plan: str | None = None,
    since: Bound | None = None,
    until: Bound | None = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
    limit: int | None = 1_000,
) -> MetricFrame:
    """List the payments whose fee differs from the one that the tariff of the merchant asks.

    One row for each payment: by currency, those with the largest difference first, whatever its sign; of
    equal ones the lower ``id``. Fees are rounded, and tariffs chosen, as :func:`~tegro_analytics.fee_audit`
    does it.

    Parameters
    ----------
    orders, since, until, as_of, money, zone
        As for :func:`~tegro_analytics.revenue`; bounds go by the date of payment.
    plan
        The plan of the merchant, one of those of the tariff table; by default ``TEGRO_PLAN``.
    reference
        Where the tariff table stands; by default the published one, which is no contract:
        ``load_reference(tariffs=...)`` takes that of the merchant.
    limit
        How many rows to give; None gives all. Each currency gives its first ones in turn, for amounts of
        different currencies are not compared. ``found`` of the result counts all in any case.

    Returns
    -------
    MetricFrame
        Columns:

        * ``shop_id`` str, ``id`` Int64, ``payment_id`` str
        * ``paid_at`` datetime64[us, zone], missing where the orders do not say it; ``currency`` str
        * ``amount``, ``fee`` money, as charged
        * ``expected_fee`` money, the fee that the tariff asks
        * ``fee_difference`` money, fee − expected_fee: above 0, too much was charged
        * ``payment_system_id`` Int64; ``payment_system`` str, its name in the reference
        * ``tariff_rate`` float64, the percentage of the tariff as a fraction; ``tariff_minimum`` money, its
          smallest fee, missing where it has none

    Raises
    ------
    ConfigurationError
        If nobody says the plan, or the tariff table does not have it or contradicts itself.
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import fee_differences
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "shop_id": "shop", "id": [1, 2], "payment_id": ["o-1", "o-2"],
    ...     "status": 1, "is_test": False, "currency": "RUB", "payment_system_id": 25,
    ...     "amount": [1000.0, 33.33], "fee": [70.0, 2.25],
    ...     "created_at": day, "paid_at": day, "as_of": day.max(),
    ... })
    >>> odd = fee_differences(orders, plan="starter")
    >>> odd[["id", "amount", "fee", "expected_fee", "fee_difference", "tariff_rate"]].head()
       id  amount   fee  expected_fee  fee_difference  tariff_rate
    0   1  1000.0  70.0          67.5             2.5       0.0675
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.results.finish import listed
    from tegro_analytics.metrics.tariffs import audited
    from tegro_analytics.metrics.tariffs.terms import plan_of, terms_of

    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise DataError(f"limit={limit!r}: give the number of rows that are wanted, or None for all")
    question = ask(
        orders,
        FEE_DIFFERENCES,
        (*audited.NEEDS, *_STORED),
        Asked(since, until, None, None, as_of, money, zone, reference),
    )
    terms = terms_of(plan_of(plan, question.reference, metric=FEE_DIFFERENCES.name), question.reference)
    rows, found = _differences(question, terms, limit)
    values = _values(question, rows, terms)
    return listed(FEE_DIFFERENCES, values, money=question.money, zone=question.window.zone, found=found)


def _differences(
    question: Question, terms: Sequence[Terms], limit: int | None
) -> tuple[list[dict[str, Any]], int]:
    """Find the payments that differ, the largest of each currency first, and count them all.

    The engine orders what it can check and brings as many as are wanted; the rest is decided here.
    """
    import narwhals as nw

    from tegro_analytics.metrics.results.turns import LARGEST, first_in_turn, in_turn
    from tegro_analytics.metrics.tariffs import audited
    from tegro_analytics.metrics.tariffs.expected import DIFFERENCE, EXPECTED, TERMS

    size, names = "~size", [*dict.fromkeys(_STORED), TERMS, EXPECTED, DIFFERENCE]
    frame = audited.checked(question, terms)
    quick = frame.filter(nw.col(DIFFERENCE) != 0)
    found = question.source.collect(quick.select(nw.len().alias(size)))[size][0].as_py()
    quick = quick.with_columns(**{LARGEST: nw.lit(0) - nw.col(DIFFERENCE).abs()})
    first = first_in_turn(quick, (LARGEST, "id", "shop_id"), limit)
    rows = question.source.collect(first.select(*names))
    others = question.source.collect(frame.filter(~nw.col(audited.OTHER).is_null()).select(*names))
    decided = _decided(question, others.to_pylist(), terms)
    every = sorted([*rows.to_pylist(), *decided], key=_order)
    chosen = in_turn([row["currency"] for row in every], limit)
    return [every[place] for place in chosen.tolist()], found + len(decided)


def _order(row: dict[str, Any]) -> tuple[bool, str, int, int, str]:
    """Sort by currency; put the largest difference first, then the lower number, then the shop."""
    from tegro_analytics.metrics.tariffs.expected import DIFFERENCE

    currency = row["currency"]
    return currency is None, currency or "", -abs(row[DIFFERENCE]), row["id"], str(row["shop_id"])


def _decided(question: Question, rows: list[dict[str, Any]], terms: Sequence[Terms]) -> list[dict[str, Any]]:
    """Keep the payments that differ of those that an engine cannot check."""
    from tegro_analytics.metrics.tariffs import audited
    from tegro_analytics.metrics.tariffs.expected import DIFFERENCE, EXPECTED, TERMS

    for row in rows:
        one = terms[row[TERMS]]
        row[EXPECTED] = audited.expected_money_units(one, row["amount"], row["currency"], question)
        row[DIFFERENCE] = audited.units_of(row["fee"]) - row[EXPECTED]
    return [row for row in rows if row[DIFFERENCE]]


def _values(question: Question, rows: list[dict[str, Any]], terms: Sequence[Terms]) -> dict[str, Any]:
    """Make the columns of the list."""
    from tegro_analytics.metrics.tariffs import audited
    from tegro_analytics.metrics.tariffs.expected import DIFFERENCE, EXPECTED, TERMS

    held = [terms[row[TERMS]] for row in rows]
    return {
        **{name: [row[name] for row in rows] for name in _STORED},
        "expected_fee": [audited.money_of(row[EXPECTED]) for row in rows],
        "fee_difference": [audited.money_of(row[DIFFERENCE]) for row in rows],
        "payment_system": audited.system_names(question, [row["payment_system_id"] for row in rows]),
        "tariff_rate": [float(one.rate) for one in held],
        "tariff_minimum": [one.minimum or None for one in held],
    }
