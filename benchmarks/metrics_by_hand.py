"""What a good engineer would write instead of calling a metric: SQL for DuckDB, and pandas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

DAY = pd.Timedelta(days=1)
QUANTILES = {0.5: "p50", 0.9: "p90", 0.99: "p99"}

MACROS = """
CREATE MACRO low(k, n) AS CASE WHEN n > 0 THEN greatest(0, (k + 1.920729410347062) / (n + 3.841458820694124)
    - 1.959963984540054 / (n + 3.841458820694124) * sqrt(k * (n - k) / n + 0.960364705173531)) END;
CREATE MACRO high(k, n) AS CASE WHEN n > 0 THEN least(1, (k + 1.920729410347062) / (n + 3.841458820694124)
    + 1.959963984540054 / (n + 3.841458820694124) * sqrt(k * (n - k) / n + 0.960364705173531)) END;
"""

_PAID_SUMS = """
        sum(amount) FILTER (amount >= 0) AS gross_volume, sum(fee) FILTER (amount >= 0) AS fees,
        count(*) FILTER (amount >= 0) AS payments, count(*) FILTER (amount > 0) AS tickets,
        count(*) FILTER (status = 3 AND amount >= 0) AS refunded,
        sum(amount) FILTER (status = 3 AND amount >= 0) AS refunded_volume,
        count(*) FILTER (amount < 0) AS excluded_negative,
        quantile_cont(amount::DOUBLE, [0.5, 0.9, 0.99]) FILTER (amount > 0) AS ticket"""

REVENUE = f"""
WITH moment AS (SELECT (min(as_of) AT TIME ZONE 'Europe/Moscow')::DATE AS today FROM orders),
paid AS (
    SELECT currency, coalesce(paid_date, created_date) AS day, status, amount, fee, refund_first_seen_at
    FROM orders WHERE is_test IS NOT TRUE AND status IN (1, 3)
), sold AS (
    SELECT currency, day, {_PAID_SUMS}
    FROM paid GROUP BY currency, day
), back AS (
    SELECT currency, coalesce((refund_first_seen_at AT TIME ZONE 'Europe/Moscow')::DATE, day) AS day,
        sum(amount) AS refunds, count(*) FILTER (refund_first_seen_at IS NULL) AS undated_refunds
    FROM paid WHERE status = 3 AND amount >= 0 GROUP BY 1, 2
), days AS (
    SELECT currency, unnest(generate_series(least(sold_from, back_from), greatest(sold_to, back_to, today),
        INTERVAL 1 DAY))::DATE AS day
    FROM (SELECT DISTINCT currency FROM sold), (SELECT min(day) AS sold_from, max(day) AS sold_to FROM sold),
        (SELECT min(day) AS back_from, max(day) AS back_to FROM back), moment
), filled AS (
    SELECT currency, day, coalesce(gross_volume, 0) AS gross_volume, coalesce(fees, 0) AS fees,
        coalesce(refunds, 0) AS refunds, coalesce(payments, 0) AS payments, coalesce(tickets, 0) AS tickets,
        coalesce(refunded, 0) AS refunded, coalesce(refunded_volume, 0) AS refunded_volume,
        coalesce(undated_refunds, 0) AS undated_refunds, coalesce(excluded_negative, 0) AS excluded_negative,
        ticket, day < today AS complete, day <= today AS begun
    FROM days LEFT JOIN sold USING (currency, day) LEFT JOIN back USING (currency, day), moment
), moved AS (
    SELECT *, lag(gross_volume) OVER one AS before,
        lag(gross_volume, 365) OVER one AS year_before,
        sum(gross_volume) OVER (one ROWS 6 PRECEDING) AS last_7,
        count(*) OVER (one ROWS 6 PRECEDING) AS of_7,
        sum(gross_volume) OVER (one ROWS 27 PRECEDING) AS last_28,
        count(*) OVER (one ROWS 27 PRECEDING) AS of_28
    FROM filled WINDOW one AS (PARTITION BY currency ORDER BY day)
)
SELECT currency, day AS period_start, day + 1 AS period_end, complete, gross_volume, fees, refunds,
    gross_volume - fees - refunds AS net_volume, payments,
    CASE WHEN tickets > 0 THEN (gross_volume / tickets)::DECIMAL(28, 8) END AS average_ticket,
    refunded / nullif(payments, 0) AS refund_rate, low(refunded, nullif(payments, 0)) AS refund_rate_low,
    high(refunded, nullif(payments, 0)) AS refund_rate_high, payments AS refund_rate_n,
    refunded_volume::DOUBLE / nullif(gross_volume, 0)::DOUBLE AS refund_rate_value,
    (payments > 0)::INT AS active_days, (begun AND payments = 0)::INT AS zero_days, undated_refunds,
    excluded_negative, ticket[1] AS ticket_p50, ticket[2] AS ticket_p90, ticket[3] AS ticket_p99,
    CASE WHEN complete THEN ((gross_volume - before) / nullif(before, 0))::DOUBLE END AS growth,
    CASE WHEN complete THEN ((gross_volume - year_before) / nullif(year_before, 0))::DOUBLE END
        AS growth_year,
    CASE WHEN complete AND of_7 = 7 THEN last_7 END AS rolling_7d,
    CASE WHEN complete AND of_28 = 28 THEN last_28 END AS rolling_28d, NULL AS run_rate
FROM moved ORDER BY currency, day
"""

_OUTCOMES = """
        count(*) FILTER (status IN (0, 1, 2, 3, 4)) AS orders,
        count(*) FILTER (status IN (0, 1, 2, 3, 4) AND mature) AS mature,
        count(*) FILTER (status IN (1, 3)) AS paid,
        count(*) FILTER (status IN (1, 3) AND mature AND seconds_to_pay BETWEEN 0 AND 86400) AS paid_24h,
        count(*) FILTER (status IN (1, 3) AND mature) AS paid_ever,
        count(*) FILTER (status = 2) AS lost, count(*) FILTER (status = 2 AND mature) AS lost_mature,
        count(*) FILTER (status IN (0, 4) AND NOT mature) AS pending,
        count(*) FILTER (status IN (0, 4) AND mature) AS stale_open,
        count(*) FILTER (status IN (0, 4) AND mature AND observed_at < created_at + INTERVAL 24 HOUR)
            AS unresolved,
        count(*) FILTER (status IN (1, 3) AND mature AND seconds_to_pay > 86400) AS late_paid,
        count(*) FILTER (status IN (1, 3) AND mature AND paid_date IS NULL) AS undated,
        count(*) FILTER (status NOT IN (0, 1, 2, 3, 4)) AS unknown_status,
        quantile_cont(seconds_to_pay::DOUBLE, [0.5, 0.9, 0.99])
            FILTER (status IN (1, 3) AND seconds_to_pay >= 0) AS waited"""

_RATES = ", ".join(
    f"{k} / nullif({n}, 0) AS {name}, low({k}, nullif({n}, 0)) AS {name}_low, "
    f"high({k}, nullif({n}, 0)) AS {name}_high, {n} AS {name}_n"
    for name, k, n in (
        ("conversion_24h", "paid_24h", "mature"),
        ("conversion_ever", "paid_ever", "mature"),
        ("terminal_success_rate", "paid", "(paid + lost)"),
        ("terminal_success_rate_mature", "paid_ever", "(paid_ever + lost_mature)"),
        ("late_paid_rate", "late_paid", "paid_ever"),
        ("naive_rate", "paid", "orders"),
    )
)

_CONVERTED = f"""orders, mature, paid, paid_24h, paid_ever, lost, pending, stale_open, unresolved, late_paid,
    unknown_status, {_RATES}, paid_24h / nullif(mature, 0) AS conversion_24h_min,
    (paid_24h + unresolved + undated) / nullif(mature, 0) AS conversion_24h_max,
    waited[1] AS seconds_to_pay_p50, waited[2] AS seconds_to_pay_p90, waited[3] AS seconds_to_pay_p99"""

_LIVE = """moment AS (SELECT min(as_of) AS as_of FROM orders),
live AS (
    SELECT *, created_at <= as_of - INTERVAL 24 HOUR AS mature
    FROM (SELECT * EXCLUDE (as_of) FROM orders), moment WHERE is_test IS NOT TRUE
)"""

CONVERSION = f"WITH {_LIVE}, counted AS (SELECT {_OUTCOMES} FROM live) SELECT {_CONVERTED} FROM counted"

_OF_PAID = _PAID_SUMS.replace("FILTER (", "FILTER (status IN (1, 3) AND ")

SYSTEMS = f"""
WITH {_LIVE},
one AS (
    SELECT currency, payment_system_id, min(payment_system) AS payment_system, min(family) AS family,
        min(rail) AS rail, {_OF_PAID}, {_OUTCOMES},
        count(*) FILTER (status IN (1, 3) AND amount >= 0 AND fee = 0) AS zero_fee_payments,
        count(*) FILTER (status = 3 AND amount >= 0 AND refund_first_seen_at IS NULL) AS undated_refunds,
        count(DISTINCT coalesce(paid_date, created_date)) FILTER (status IN (1, 3) AND amount >= 0)
            AS active_days,
        min(coalesce(paid_date, created_date)) FILTER (status IN (1, 3)) AS first_day
    FROM live GROUP BY currency, payment_system_id
), rated AS (
    SELECT *, {_CONVERTED.split("unknown_status, ", 1)[1]},
        sum(payments) OVER own AS share_n, payments / nullif(share_n, 0) AS share,
        low(payments, nullif(share_n, 0)) AS share_low, high(payments, nullif(share_n, 0)) AS share_high,
        gross_volume::DOUBLE / nullif(sum(gross_volume) OVER own, 0)::DOUBLE AS share_value,
        gross_volume - fees - coalesce(refunded_volume, 0) AS net_volume, refunded_volume AS refunds,
        (gross_volume / nullif(tickets, 0))::DECIMAL(28, 8) AS average_ticket,
        refunded / nullif(payments, 0) AS refund_rate, low(refunded, nullif(payments, 0)) AS refund_rate_low,
        high(refunded, nullif(payments, 0)) AS refund_rate_high, payments AS refund_rate_n,
        refunded_volume::DOUBLE / nullif(gross_volume, 0)::DOUBLE AS refund_rate_value,
        fees::DOUBLE / nullif(gross_volume, 0)::DOUBLE AS effective_fee_rate,
        (fees / nullif(payments, 0))::DECIMAL(28, 8) AS fee_per_payment,
        zero_fee_payments / nullif(payments, 0) AS zero_fee_share,
        low(zero_fee_payments, nullif(payments, 0)) AS zero_fee_share_low,
        high(zero_fee_payments, nullif(payments, 0)) AS zero_fee_share_high, payments AS zero_fee_share_n,
        greatest(0, (SELECT (as_of AT TIME ZONE 'Europe/Moscow')::DATE FROM moment)
            - min(first_day) OVER () + 1 - active_days) AS zero_days,
        ticket[1] AS ticket_p50, ticket[2] AS ticket_p90, ticket[3] AS ticket_p99,
        NULL AS growth, NULL AS growth_year, NULL AS rolling_7d, NULL AS rolling_28d, NULL AS run_rate
    FROM one WINDOW own AS (PARTITION BY currency)
)
SELECT *, (SELECT CASE WHEN bool_and(other.conversion_24h_low > rated.conversion_24h_high
            OR other.conversion_24h_high < rated.conversion_24h_low) THEN
            1 + count(*) FILTER (other.conversion_24h_low > rated.conversion_24h_high) END
        FROM rated AS other WHERE other.currency = rated.currency
            AND other.payment_system_id IS DISTINCT FROM rated.payment_system_id) AS rank
FROM rated ORDER BY currency, payment_system_id
"""

SQL = {"revenue by day": REVENUE, "conversion": CONVERSION, "payment_systems": SYSTEMS}


# pandas


def _paid(orders: pd.DataFrame) -> pd.DataFrame:
    paid = orders[orders["status"].isin([1, 3]) & ~orders["is_test"]]
    return paid.assign(day=paid["paid_date"].fillna(paid["created_date"]))


def _wilson(name: str, count: Any, total: Any) -> dict[str, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):  # days without a payment
        low, high = proportion_confint(count, total, method="wilson")
    return {name: count / total, f"{name}_low": low, f"{name}_high": high, f"{name}_n": total}


def _money(paid: pd.DataFrame, keys: list[str], *, zone: str) -> pd.DataFrame:
    """Sum what was paid by some keys; refunds on their own clock where the day is one of them."""
    counted = paid[paid["amount"] >= 0]
    sums = counted.groupby(keys).agg(
        gross_volume=("amount", "sum"),
        fees=("fee", "sum"),
        payments=("id", "size"),
        active_days=("day", "nunique"),
    )
    more = counted.assign(tickets=counted["amount"] > 0, zero_fee_payments=counted["fee"] == 0)
    sums[["tickets", "zero_fee_payments"]] = more.groupby(keys)[["tickets", "zero_fee_payments"]].sum()
    again = counted[counted["status"] == 3]
    sums["refunded"] = again.groupby(keys).size()
    sums["refunded_volume"] = again.groupby(keys)["amount"].sum()
    seen = again["refund_first_seen_at"].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    again = again.assign(day=seen.fillna(again["day"]), undated=seen.isna())
    back = again.groupby(keys).agg(refunds=("amount", "sum"), undated_refunds=("undated", "sum"))
    tickets = counted[counted["amount"] > 0].groupby(keys)["amount"].quantile(list(QUANTILES)).unstack()
    tickets = tickets.rename(columns={share: f"ticket_{name}" for share, name in QUANTILES.items()})
    sums["excluded_negative"] = (
        paid[paid["amount"] < 0].groupby(keys).size().reindex(sums.index, fill_value=0)
    )
    return sums.join([back, tickets], how="outer")


def _revenue_rates(sums: pd.DataFrame) -> pd.DataFrame:
    return sums.assign(
        net_volume=sums["gross_volume"] - sums["fees"] - sums["refunds"],
        average_ticket=sums["gross_volume"] / sums["tickets"],
        refund_rate_value=sums["refunded_volume"] / sums["gross_volume"],
        **_wilson("refund_rate", sums["refunded"], sums["payments"]),
    )


def revenue(orders: pd.DataFrame) -> pd.DataFrame:
    """Sum by day."""
    zone = str(orders["created_at"].dt.tz)
    sums = _money(_paid(orders), ["currency", "day"], zone=zone)
    today = orders["as_of"].min().tz_convert(zone).tz_localize(None).normalize()
    days = pd.date_range(sums.index.levels[1].min(), max(sums.index.levels[1].max(), today))
    whole = pd.MultiIndex.from_product([sums.index.levels[0], days], names=["currency", "period_start"])
    filled = sums.reindex(whole)
    quantiles = [name for name in filled if name.startswith("ticket_")]
    filled = filled.drop(columns=quantiles).fillna(0).join(filled[quantiles])
    gross = filled["gross_volume"].groupby("currency")
    day = filled.index.get_level_values("period_start")
    result = _revenue_rates(filled).assign(
        period_end=day + DAY,
        complete=day < today,
        zero_days=(filled["payments"] == 0) & (day <= today),
        growth=gross.pct_change().where(day < today).replace(np.inf, np.nan),
        growth_year=gross.pct_change(365).where(day < today).replace(np.inf, np.nan),
        rolling_7d=gross.rolling(7).sum().droplevel(0).where(day < today),
        rolling_28d=gross.rolling(28).sum().droplevel(0).where(day < today),
        run_rate=np.nan,
    )
    return result.reset_index()


def _outcomes(orders: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Count what became of orders by some keys."""
    live = orders[~orders["is_test"]]
    status, waited = live["status"], live["seconds_to_pay"]
    mature = live["created_at"] <= orders["as_of"].min() - DAY
    known, paid, open_ = status.isin([0, 1, 2, 3, 4]), status.isin([1, 3]), status.isin([0, 4])
    flags = {
        "orders": known,
        "mature": known & mature,
        "paid": paid,
        "paid_24h": paid & mature & waited.between(0, 86_400),
        "paid_ever": paid & mature,
        "lost": status == 2,
        "lost_mature": (status == 2) & mature,
        "pending": open_ & ~mature,
        "stale_open": open_ & mature,
        "unresolved": open_ & mature & (live["observed_at"] < live["created_at"] + DAY),
        "late_paid": paid & mature & (waited > 86_400),
        "undated": paid & mature & live["paid_date"].isna(),
        "unknown_status": ~known,
    }
    by = [live[key] for key in keys]
    found = pd.DataFrame(flags)
    done = live[paid & (waited >= 0)]
    if not keys:
        counts = found.sum().to_frame().T
        waits = done["seconds_to_pay"].quantile(list(QUANTILES)).to_frame().T.reset_index(drop=True)
    else:
        counts = found.groupby(by).sum()
        waits = done.groupby(keys)["seconds_to_pay"].quantile(list(QUANTILES)).unstack()
    counts = counts.join(
        waits.rename(columns={share: f"seconds_to_pay_{name}" for share, name in QUANTILES.items()})
    )
    c = counts
    rates = {
        **_wilson("conversion_24h", c["paid_24h"], c["mature"]),
        **_wilson("conversion_ever", c["paid_ever"], c["mature"]),
        **_wilson("terminal_success_rate", c["paid"], c["paid"] + c["lost"]),
        **_wilson("terminal_success_rate_mature", c["paid_ever"], c["paid_ever"] + c["lost_mature"]),
        **_wilson("late_paid_rate", c["late_paid"], c["paid_ever"]),
        **_wilson("naive_rate", c["paid"], c["orders"]),
        "conversion_24h_min": c["paid_24h"] / c["mature"],
        "conversion_24h_max": (c["paid_24h"] + c["unresolved"] + c["undated"]) / c["mature"],
    }
    return counts.assign(**rates)


def conversion(orders: pd.DataFrame) -> pd.DataFrame:
    """Count in all."""
    return _outcomes(orders, [])


def payment_systems(orders: pd.DataFrame) -> pd.DataFrame:
    """Set the systems beside each other."""
    keys = ["currency", "payment_system_id"]
    zone = str(orders["created_at"].dt.tz)
    paid = _paid(orders)
    both = _revenue_rates(_money(paid, keys, zone=zone)).join(_outcomes(orders, keys), how="outer")
    names = (
        orders[~orders["is_test"]].groupby("payment_system_id")[["payment_system", "family", "rail"]].min()
    )
    both = both.join(names, on="payment_system_id")
    days = (orders["as_of"].min().tz_convert(zone).tz_localize(None) - paid["day"].min()).days + 1
    all_payments = both.groupby("currency")["payments"].transform("sum")
    all_gross = both.groupby("currency")["gross_volume"].transform("sum")
    both = both.assign(
        zero_days=(days - both["active_days"]).clip(lower=0),
        share_value=both["gross_volume"] / all_gross,
        effective_fee_rate=both["fees"] / both["gross_volume"],
        fee_per_payment=both["fees"] / both["payments"],
        **_wilson("share", both["payments"], all_payments),
        **_wilson("zero_fee_share", both["zero_fee_payments"], both["payments"]),
    )
    ranks = [_ranks(group) for _, group in both.groupby("currency")]
    trend = dict.fromkeys(("growth", "growth_year", "rolling_7d", "rolling_28d", "run_rate"), np.nan)
    return both.assign(rank=pd.concat(ranks), **trend).reset_index()


def _ranks(group: pd.DataFrame) -> pd.Series[Any]:
    low, high = group["conversion_24h_low"].to_numpy(), group["conversion_24h_high"].to_numpy()
    above = (low[None, :] > high[:, None]).sum(axis=1)
    apart = above + (high[None, :] < low[:, None]).sum(axis=1) == len(group) - 1
    return pd.Series(np.where(apart, above + 1.0, np.nan), group.index)


PANDAS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "revenue by day": revenue,
    "conversion": conversion,
    "payment_systems": payment_systems,
}
