"""Concentration: how much of what was paid hangs on few payment systems."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

CONCENTRATION = Metric(
    name="concentration",
    population="PAID",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("systems", "count"),
        MetricColumn("hhi", "measure"),
        MetricColumn("effective_systems", "measure"),
        MetricColumn("top_share", "rate"),
        MetricColumn("top_payment_system_id", "number"),
    ),
    rules=(
        "currency", "tests", "paid_without_date", "negative_amount", "top_system", "unknown_system",
        "empty_denominator",
    ),
)  # fmt: skip

_SYSTEM = "payment_system_id"
_NEEDS = ("status", "is_test", "amount", "created_date", "paid_date", _SYSTEM)


@exact
def concentration(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = None,
    by: By = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
    total_in: str | None = None,
    fx: Any = None,
) -> MetricFrame:
    """Measure how much of the gross volume hangs on few payment systems.

    One row for each currency, and for each period with ``freq`` and each group with ``by``.

    Parameters
    ----------
    orders, since, until, freq, as_of, money, zone, reference, total_in, fx
        As for :func:`~tegro_analytics.revenue`: bounds and periods go by the date of payment.
    by
        A column of the orders or a list of them; shares are then those within a group. Payment systems
        themselves are what is measured.

    Returns
    -------
    MetricFrame
        Keys: ``currency``; with ``freq``: ``period_start``, ``period_end``, ``complete``; the columns of
        ``by``. Values:

        * ``systems`` int64, payment systems with a payment; orders that do not say theirs are one
        * ``hhi`` float64, the index of Herfindahl and Hirschman: Σ share² over the payment systems, where a
          share is gross volume / all gross volume; 1 if one has everything, 1/n if n have the same
        * ``effective_systems`` float64, 1 / hhi: so many systems of the same size would be as concentrated
        * ``top_share`` float64, the largest of the shares
        * ``top_payment_system_id`` Int64, whose share that is; of equal ones, the lowest number; missing
          where the orders do not say it

        What has an empty denominator is missing.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import concentration
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "amount": [300.0, 100.0],
    ...     "payment_system_id": [5, 16], "created_at": day, "paid_at": day,
    ...     "as_of": day.max() + pd.Timedelta(days=2),
    ... })
    >>> concentration(orders).round(4).head()
      currency  systems    hhi  effective_systems  top_share  top_payment_system_id
    0      RUB        2  0.625                1.6       0.75                      5
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.payments import paid as payments
    from tegro_analytics.metrics.results.finish import finish

    question = ask(
        orders,
        CONCENTRATION,
        _NEEDS,
        Asked(since, until, freq, by, as_of, money, zone, reference, total_in, fx),
    )
    if _SYSTEM in question.dims:
        raise DataError(
            f"by={_SYSTEM!r} leaves one payment system in each group: payment_systems(orders) gives the "
            "share of each"
        )
    wide = replace(question, dims=(*question.dims, _SYSTEM))
    paid = payments.payments(wide, ("gross_volume", "payments"), refunds=False)
    (table,) = paid.parts
    whole = replace(paid, parts=[table.drop_columns(_SYSTEM)])
    frame = payments.payment_cells(question, whole)
    return finish(question, frame, _values(question, frame, table))


def _values(question: Question, frame: pd.DataFrame, table: pa.Table) -> dict[str, Any]:
    """Measure every row: its payment systems are the rows of a table that have its keys."""
    import pyarrow.compute as pc

    from tegro_analytics.metrics.results.cells import PERIOD, numbered, to_pandas

    periods = ["period_start"] if question.freq else []
    keys = [*question.groups, *periods]
    table = table.filter(pc.field("payments") > 0)
    other = to_pandas(table.drop_columns(["gross_volume", "payments"])).rename(
        columns={PERIOD: "period_start"}
    )
    _, rows = numbered(keys, frame, other, table.num_rows)
    found: list[list[tuple[Any, int | None]]] = [[] for _ in range(len(frame))]
    systems, amounts = table[_SYSTEM].to_pylist(), table["gross_volume"].to_pylist()
    for row, system, amount in zip(rows.tolist(), systems, amounts, strict=True):
        found[row].append((amount, system))
    measured = [_measured(own) for own in found]
    names = [column.name for column in CONCENTRATION.columns]
    return {name: [one[place] for one in measured] for place, name in enumerate(names)}


def _measured(own: list[tuple[Any, int | None]]) -> tuple[int, float, float, float, int | None]:
    """Measure the payment systems of one row, in fractions: every value is the float nearest to its own."""
    amounts = [Fraction(amount) for amount, _ in own]
    whole, squares = sum(amounts), sum(amount * amount for amount in amounts)
    if not whole:
        nothing = float("nan")
        return len(own), nothing, nothing, nothing, None
    largest = max(amounts)
    known = [system for amount, system in own if amount == largest and system is not None]
    return (
        len(own),
        float(squares / whole**2),
        float(whole**2 / squares),
        float(largest / whole),
        min(known, default=None),
    )
