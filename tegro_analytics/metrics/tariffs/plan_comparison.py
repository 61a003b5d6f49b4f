"""The plans of the tariff table beside each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

PLAN_COMPARISON = Metric(
    name="plan_comparison",
    population="PAID",
    clock="paid",
    keys=("currency",),
    dims=("plan",),
    columns=(
        MetricColumn("payments", "count"),
        MetricColumn("audited", "count"),
        MetricColumn("unknown_tariff", "count"),
        MetricColumn("unknown_fee", "count"),
        MetricColumn("audited_volume", "money"),
        MetricColumn("actual_fees", "money"),
        MetricColumn("expected_fees", "money"),
        MetricColumn("saving", "money"),
        MetricColumn("expected_fee_rate", "fine_rate"),
    ),
    rules=(
        "currency", "exact", "tests", "paid_without_date", "negative_amount", "empty_denominator",
        "expected_fee", "tariff_of_the_day", "unknown_tariff", "unknown_fee", "plan_coverage",
    ),
)  # fmt: skip


@exact
def plan_comparison(
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
) -> MetricFrame:
    """Compute what the payments would have cost under each plan of the tariff table.

    One row for each currency and plan, and for each period with ``freq`` and each group with ``by``. A plan
    is judged on the payments for which it has a tariff, and whose fee is known. Fees are rounded, and tariffs
    chosen, as :func:`~tegro_analytics.fee_audit` does it.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone
        As for :func:`~tegro_analytics.revenue`; bounds and periods go by the date of payment.
    reference
        Where the tariff table stands; by default the published one, which is no contract:
        ``load_reference(tariffs=...)`` takes that of the merchant.

    Returns
    -------
    MetricFrame
        Keys: ``currency``; with ``freq``: ``period_start``, ``period_end``, ``complete``; ``plan`` (str); the
        columns of ``by``. Values:

        * ``payments`` int64, number of PAID
        * ``audited`` int64, those whose fee and tariff in this plan are known
        * ``unknown_tariff`` int64, those for which the plan has no tariff on their day
        * ``unknown_fee`` int64, those with a tariff, but without a fee
        * ``audited_volume`` money, Σ amount of the audited ones
        * ``actual_fees`` money, Σ fee of the audited ones
        * ``expected_fees`` money, what the plan would have asked for them
        * ``saving`` money, actual_fees − expected_fees
        * ``expected_fee_rate`` float64, expected_fees / audited_volume

        What has an empty denominator is missing.

    Raises
    ------
    ConfigurationError
        If the tariff table contradicts itself.
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import plan_comparison
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "payment_system_id": 25,
    ...     "amount": [1000.0, 400.0], "fee": [67.5, 27.0],
    ...     "created_at": day, "paid_at": day, "as_of": day.max(),
    ... })
    >>> plan_comparison(orders)[["plan", "audited", "actual_fees", "expected_fees", "saving"]].head(3)
            plan  audited  actual_fees  expected_fees  saving
    0   business        2         94.5           70.0    24.5
    1  financial        2         94.5          168.0   -73.5
    2  nonprofit        0          0.0            0.0     0.0
    """
    from tegro_analytics.metrics.asking.question import Asked, ask, names_of
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.tariffs import audited

    names = names_of(by)
    question = ask(
        orders,
        replace(PLAN_COMPARISON, dims=()),
        audited.NEEDS,
        Asked(since, until, freq, [name for name in names if name != "plan"], as_of, money, zone, reference),
    )
    question = replace(question, metric=PLAN_COMPARISON, dims=("plan", *question.dims))
    frame = _all_plans(question)
    return finish(question, frame, audited.audit_values(frame))


def _all_plans(question: Question) -> pd.DataFrame:
    """Hold the payments against each plan in turn."""
    import pandas as pd

    from tegro_analytics.metrics.tariffs.terms import plans_of

    plans = sorted(plans_of(question.reference))
    frames = [_one_plan(question, plan) for plan in plans] or [_one_plan(question, "").iloc[:0]]
    frame = pd.concat(frames, ignore_index=True)
    keys = [name for name in question.keys if name not in ("period_end", "complete")]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def _one_plan(question: Question, plan: str) -> pd.DataFrame:
    """Hold the payments against one plan: a row for each currency, period and group."""
    import datetime as dt

    import pandas as pd

    from tegro_analytics.metrics.asking import populations
    from tegro_analytics.metrics.results.cells import cells, with_periods
    from tegro_analytics.metrics.tariffs import audited
    from tegro_analytics.metrics.tariffs.terms import terms_of

    asked = replace(question, dims=question.dims[1:])
    groups = None
    if not asked.window.is_open and not asked.dims:
        paid = populations.not_test() & populations.paid(asked.reference)
        groups = asked.source.collect(asked.source.frame.filter(paid).select(*asked.groups).unique())
    parts = audited.audit(asked, terms_of(plan, asked.reference))
    frame = with_periods(asked, cells(asked, parts, more_groups=groups), after=dt.timedelta(0))
    frame["plan"] = pd.Series([plan] * len(frame), index=frame.index, dtype="str")
    return frame
