"""Data quality: what is odd about the records, counted and listed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

DATA_QUALITY = Metric(
    name="data_quality",
    population="ALL",
    clock="created",
    keys=(),
    dims=("flag",),
    columns=(
        MetricColumn("flagged", "count"),
        *rate_of_counts("flagged_share"),
        MetricColumn("example_ids", "text"),
    ),
    rules=("all_records", "flags_as_stored"),
)


@exact
def data_quality(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = None,
    by: By = None,
    as_of: Bound | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Count the orders that carry each flag: what is odd about the records.

    One row for each flag that there is, 0 where no order carries it, and for each period with ``freq`` and
    each group with ``by``. Test orders and those of unknown status count too: it is the records that are
    judged. The flags are taken as the column ``flags`` has them; what each says stands in the workbook of a
    report, sheet "Definitions".

    Parameters
    ----------
    orders, since, until, freq, by, as_of, zone, reference
        As for :func:`~tegro_analytics.conversion`; bounds and periods go by the date of creation.

    Returns
    -------
    MetricFrame
        Keys: with ``freq``: ``period_start``, ``period_end``, ``complete``; ``flag`` (str); the columns of
        ``by``. Values:

        * ``flagged`` int64, orders with the flag
        * ``flagged_share`` float64, flagged / all orders; ``flagged_share_low``, ``flagged_share_high`` its
          Wilson interval, 95 %, and ``flagged_share_n`` (int64) all orders
        * ``example_ids`` str, the ids of up to 5 of them, the lowest first, comma-separated; missing without
          any

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import data_quality
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "shop_id": "shop", "id": [1, 2], "flags": ["", "zero_amount,paid_twice"], "created_at": day,
    ...     "as_of": day.max(),
    ... })
    >>> found = data_quality(orders)
    >>> found.loc[found["flagged"] > 0, ["flag", "flagged", "flagged_share", "example_ids"]].head()
               flag  flagged  flagged_share example_ids
    7    paid_twice        1            0.5           2
    14  zero_amount        1            0.5           2
    """
    from tegro_analytics.metrics.asking.question import Asked, ask, dimensions
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.results.rates import rate_of_counts
    from tegro_analytics.metrics.watching import flagged

    dims = dimensions(by, DATA_QUALITY)
    asked = Asked(since, until, freq, dims[1:], as_of, None, zone, reference)
    question = ask(orders, replace(DATA_QUALITY, dims=()), ("shop_id", "id", "flags", "created_date"), asked)
    frame = flagged.with_examples(question, flagged.counts(question))
    question = replace(question, metric=DATA_QUALITY, dims=dims)
    frame = flagged.periods(question, frame)
    rates = rate_of_counts("flagged_share", frame["flagged"], frame[flagged.RECORDS])
    return finish(question, frame, {**frame, **rates})
