"""Withdrawals: how many, how much, at what fee, and how long they took."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError, TegroDataWarning
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame

WITHDRAWALS_SUMMARY = Metric(
    name="withdrawals_summary",
    population="WITHDRAWALS",
    clock="created",
    keys=("currency",),
    columns=(
        MetricColumn("withdrawals", "count"),
        MetricColumn("withdrawn", "money"),
        MetricColumn("withdrawal_fees", "money"),
        MetricColumn("without_amount", "count"),
        MetricColumn("without_fee", "count"),
        MetricColumn("lag_seconds_p50", "seconds"),
        MetricColumn("lag_seconds_p90", "seconds"),
    ),
    rules=("currency", "exact", "withdrawal_once", "withdrawal_unknown"),
    inputs=("withdrawals",),
)

_QUANTILES = {"lag_seconds_p50": 0.5, "lag_seconds_p90": 0.9}
_LAG = "~lag"


@exact
def withdrawals_summary(
    withdrawals: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = None,
    by: By = ("status",),
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
) -> MetricFrame:
    """Sum the withdrawals: count, value, fee, and the time until they were carried out.

    One row for each currency and status, and for each period with ``freq``; ``by`` asks for other groups.

    Parameters
    ----------
    withdrawals
        A frame as ``shop.withdrawals()`` gives it, of any engine. It is not changed. What occurs twice, by
        ``id``, counts once, as last observed.
    since, until
        Bounds, half-open, in the report zone, on the date of creation.
    freq
        ``hour``, ``day``, ``week``, ``month``, ``quarter`` or ``year``, by the date of creation.
    by
        A column or a list of them: ``status``, ``payment_system_id``, …; also ``hour`` and ``weekday``.
        ``None`` for the currencies alone.
    as_of
        The moment to which the withdrawals are complete; by default their column ``as_of``. It decides which
        periods are complete.
    money
        ``float64`` or ``decimal``; by default ``TEGRO_MONEY``, else as the frame has it.
    zone
        The report zone; by default the one of ``created_at``, else ``TEGRO_REPORT_TIMEZONE``.

    Returns
    -------
    MetricFrame
        Keys: ``currency`` (str, missing where the records do not say it); with ``freq``: ``period_start``,
        ``period_end``, ``complete``; the columns of ``by``, missing where the records do not say them.
        Values:

        * ``withdrawals`` int64, how many
        * ``withdrawn`` money, Σ amount of those that say it; missing where none does
        * ``withdrawal_fees`` money, Σ fee of those that say it; missing where none does
        * ``without_amount``, ``without_fee`` int64, how many do not say their amount, their fee
        * ``lag_seconds_p50``, ``lag_seconds_p90`` float64, seconds, quantiles of the time from creation to
          the date on which it was carried out; missing without any

        All states are counted, failed ones too: only ``status`` tells them apart.

    Raises
    ------
    MissingColumn
        If a column is missing.
    DataError
        If a parameter or a column cannot be used as it is.

    Warns
    -----
    TegroDataWarning
        If withdrawals without a date of creation are left out, because periods or bounds are asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import withdrawals_summary
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> withdrawals = pd.DataFrame({
    ...     "id": ["1", "2"], "status": "done", "created_at": day,
    ...     "done_at": day + pd.Timedelta(minutes=30), "amount": [2000.0, 500.0], "fee": [40.0, None],
    ...     "currency": "RUB",
    ... })
    >>> summary = withdrawals_summary(withdrawals)
    >>> summary[["currency", "status", "withdrawals", "withdrawn", "withdrawal_fees", "without_fee"]].head()
      currency status  withdrawals  withdrawn  withdrawal_fees  without_fee
    0      RUB   done            2     2500.0             40.0            1
    """
    from tegro_analytics.metrics.asking.clocks import grouped
    from tegro_analytics.metrics.results.cells import cells, placed, with_periods
    from tegro_analytics.metrics.results.finish import finish

    question = _ask(
        withdrawals, since=since, until=until, freq=freq, by=by, as_of=as_of, money=money, zone=zone
    )
    table = placed(question, grouped(question, question.source.frame, _sums(), clock="created"))
    frame = with_periods(question, cells(question, [table]), after=dt.timedelta(0))
    return finish(question, frame, _known(frame))


def _ask(
    withdrawals: Any,
    *,
    since: Bound | None,
    until: Bound | None,
    freq: str | None,
    by: By,
    as_of: Bound | None,
    money: str | None,
    zone: str | ZoneInfo | None,
) -> Question:
    """Check what the caller said, and open the withdrawals within the bounds."""
    from tegro_analytics.metrics.account.withdrawn import read_withdrawals, with_calendar, zone_and_money
    from tegro_analytics.metrics.asking.periods import frequency
    from tegro_analytics.metrics.asking.question import CALENDAR, Question, dimensions
    from tegro_analytics.metrics.asking.window import window
    from tegro_analytics.metrics.engines.source import money_form, open_table
    from tegro_analytics.reference import load_reference

    metric = WITHDRAWALS_SUMMARY
    often, dims = frequency(freq), dimensions(by, metric)
    table = read_withdrawals(
        withdrawals, metric=metric.name, more=[name for name in dims if name not in CALENDAR]
    )
    own_zone, form = zone_and_money(withdrawals, zone)
    bounds = window(since, until, own_zone)
    moment = _moment(table, as_of, zone=own_zone, needed=often is not None)
    if often or not bounds.is_open or set(dims) & set(CALENDAR):
        table = _within(table, *bounds.instants())
    source = open_table(
        _with_values(with_calendar(table, own_zone)), metric=metric.name, zone=own_zone, money=form
    )
    return Question(
        metric=metric,
        source=source,
        window=bounds,
        freq=often,
        dims=dims,
        as_of=moment,
        money=money_form(money, source),
        reference=load_reference(),
    )


def _moment(table: pa.Table, as_of: Bound | None, *, zone: ZoneInfo, needed: bool) -> dt.datetime | None:
    """Find the moment to which the withdrawals are complete; None where there are none."""
    import pyarrow.compute as pc

    from tegro_analytics.metrics.asking.window import instant, local_time

    asked = None if as_of is None else instant(local_time(as_of, zone, name="as_of"), zone)
    if not table.num_rows:
        return None
    found = asked or pc.min(table["as_of"]).as_py()
    if found is None and needed:
        raise DataError(
            "withdrawals_summary does not know to what moment the withdrawals are complete, for their column "
            "'as_of' is empty or not there: pass as_of=, the moment at which they were read"
        )
    return found or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # without periods only its being there matters


def _within(table: pa.Table, since: Any, until: Any) -> pa.Table:
    """Leave out what lies outside the bounds, and name what has no date."""
    import pyarrow as pa
    import pyarrow.compute as pc

    created = table["created_at"]
    if created.null_count:
        warnings.warn(
            f"withdrawals_summary: {created.null_count} withdrawals have no date of creation. They lie in no "
            "period and within no bounds, and are left out; without freq=, since= and until= they count",
            TegroDataWarning,
            stacklevel=5,
        )
    keep = pc.is_valid(created)
    for bound, compare in ((since, pc.greater_equal), (until, pc.less)):
        if bound is not None:
            keep = pc.and_(keep, pc.fill_null(compare(created, pa.scalar(bound, created.type)), False))
    return table.filter(keep)


def _with_values(table: pa.Table) -> pa.Table:
    """Add what is aggregated: a count, what is not known, the time until it was carried out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    micros = [table[name].cast(pa.int64()) for name in ("created_at", "done_at")]
    lag = pc.divide(pc.subtract(micros[1], micros[0]).cast(pa.float64()), 1e6)
    one = pa.array([1] * table.num_rows, pa.int64())
    values = {
        "withdrawals": one,
        "withdrawn": table["amount"],
        "withdrawal_fees": table["fee"],
        "without_amount": pc.if_else(pc.is_null(table["amount"]), one, None),
        "without_fee": pc.if_else(pc.is_null(table["fee"]), one, None),
        _LAG: pc.if_else(pc.less(lag, 0), None, lag),
    }
    for name, column in values.items():
        table = table.append_column(name, column)
    return table


def _sums() -> list[Any]:
    """Express the aggregates."""
    import narwhals as nw

    from tegro_analytics.metrics.engines.expressions import SUM

    return [
        *(nw.col(name).sum().cast(SUM) for name in ("withdrawn", "withdrawal_fees")),
        *(nw.col(name).count().cast(nw.Int64) for name in ("withdrawals", "without_amount", "without_fee")),
        *(
            nw.col(_LAG).quantile(share, interpolation="linear").alias(name)
            for name, share in _QUANTILES.items()
        ),
    ]


def _known(frame: pd.DataFrame) -> dict[str, Any]:
    """Leave a sum missing where not one withdrawal says what would be summed."""
    values: dict[str, Any] = {name: frame[name] for name in frame.columns}
    for total, count in (("withdrawn", "without_amount"), ("withdrawal_fees", "without_fee")):
        nobody = (frame[count] == frame["withdrawals"]) & (frame["withdrawals"] > 0)
        values[total] = [
            None if unknown else value for value, unknown in zip(frame[total], nobody, strict=True)
        ]
    return values
