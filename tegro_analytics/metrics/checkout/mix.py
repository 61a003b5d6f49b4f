"""Why conversion moved: because its rates did, or because other payment systems were chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

CONVERSION_MIX = Metric(
    name="conversion_mix",
    population="MATURE",
    clock="created",
    keys=(),
    columns=(
        MetricColumn("conversion_before", "rate"),
        MetricColumn("conversion", "rate"),
        MetricColumn("weight_before", "rate"),
        MetricColumn("weight", "rate"),
        MetricColumn("rate_effect", "fine_rate"),
        MetricColumn("mix_effect", "fine_rate"),
        MetricColumn("total_change", "fine_rate"),
    ),
    rules=("tests", "mature", "empty_denominator", "effects", "period_before"),
)


@exact
def conversion_mix(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = "month",
    by: By = "payment_system_id",
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Split the change of conversion in 24 h against the period before: other rates, and another mix.

    One row for each period and group. The first period of the history has none before it, and no rows; with
    ``since``, the period before the bounds is read too.

    Parameters
    ----------
    orders, since, until, as_of, money, zone, reference
        As for :func:`~tegro_analytics.conversion`; bounds and periods go by the date of creation.
    freq
        What is compared: ``hour``, ``day``, ``week``, ``month``, ``quarter`` or ``year``.
    by
        The groups: a column of the orders or a list of them.

    Returns
    -------
    MetricFrame
        Keys: ``period_start``, ``period_end``, ``complete`` (24 h have passed since the end of the period,
        and of the one before it); the columns of ``by``. Values, float64, each the nearest to a fraction:

        * ``conversion_before``, ``conversion`` the share of the mature orders of the group that was paid
          within 24 h, of those created in the period before and in this one
        * ``weight_before``, ``weight`` its share of all mature orders
        * ``rate_effect`` change of its conversion × mean of its two weights
        * ``mix_effect`` change of its weight × mean of its two conversions; for a group that has no mature
          orders in one of the periods all that it brings or takes
        * ``total_change`` conversion of all groups less that of the period before: Σ rate_effect +
          Σ mix_effect, the same in all rows of a period

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
    >>> from tegro_analytics.metrics import conversion_mix
    >>> day = pd.to_datetime(["2026-02-01 10:00", "2026-03-01 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [0, 1], "is_test": False, "payment_system_id": 25, "created_at": day,
    ...     "paid_at": [None, day[1]], "observed_at": day.max(), "as_of": day.max() + pd.Timedelta(days=2),
    ... })
    >>> conversion_mix(orders)[["conversion_before", "conversion", "rate_effect", "mix_effect"]].head()
       conversion_before  conversion  rate_effect  mix_effect
    0                0.0         1.0          1.0         0.0
    """
    from tegro_analytics.metrics.asking.populations import MATURITY
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.effects import against_the_period_before, effect_values
    from tegro_analytics.metrics.results.finish import finish

    question = ask(
        orders,
        CONVERSION_MIX,
        attempts.NEEDS,
        Asked(since, until, freq, by, as_of, money, zone, reference),
    )
    frame, found, changes = against_the_period_before(
        question,
        lambda asked: [attempts.attempts(asked, money=False).select(_columns(asked))],
        ("paid_24h", "mature"),
        after=MATURITY,
    )
    return finish(question, frame, effect_values(found, changes, rate="conversion"))


def _columns(question: Any) -> list[str]:
    """List the keys and the two counts of a part: two periods have no quantiles in common."""
    from tegro_analytics.metrics.results.cells import PERIOD

    return [*question.groups, PERIOD, "paid_24h", "mature"]
