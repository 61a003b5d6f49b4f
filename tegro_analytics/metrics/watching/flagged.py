"""Flags of orders as conditions that every engine knows, counts of them and the first orders of each."""

from __future__ import annotations

import datetime as dt
from typing import Any

import narwhals as nw
import pandas as pd

from tegro_analytics.metrics.asking.clocks import DAY, HOUR, day_of, grouped, period_keys, within
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.results.cells import PERIOD, cells, part, placed, to_pandas, with_periods
from tegro_analytics.schemas import FLAGS

RECORDS = "all records"
EXAMPLES = 5
"""So many orders are named for each flag."""

_RANK = "~rank"


def has_flag(flag: str) -> nw.Expr:
    """Express that an order carries a flag: its whole name, among those between commas."""
    whole = nw.concat_str(nw.lit(","), nw.col("flags").fill_null(""), nw.lit(","))
    return whole.str.contains(f",{flag},", literal=True)


def has_any() -> nw.Expr:
    """Express that an order carries any flag."""
    return nw.col("flags") != ""


def records(question: Question) -> nw.LazyFrame[Any]:
    """Give all orders within the bounds, those of tests included: they are records too."""
    inside = within(question)
    return question.source.frame if inside is None else question.source.frame.filter(inside)


def counts(question: Question) -> pd.DataFrame:
    """Count the orders of each group and period, with a row for each flag: all of them, and those with it."""
    made = {_column(flag): nw.when(has_flag(flag)).then(nw.lit(1)) for flag in FLAGS}
    frame = records(question).with_columns(**made, **{RECORDS: nw.lit(1)})
    sums = [nw.col(name).count().cast(nw.Int64) for name in (*made, RECORDS)]
    wide = cells(question, [placed(question, grouped(question, frame, sums, clock="created"))])
    keys = [name for name in wide.columns if name not in (*made, RECORDS)]
    each = [wide[[*keys, RECORDS]].assign(flag=flag, flagged=wide[_column(flag)]) for flag in FLAGS]
    return pd.concat(each, ignore_index=True)


def _column(flag: str) -> str:
    return f"with {flag}"


def with_examples(question: Question, frame: pd.DataFrame) -> pd.DataFrame:
    """Name the first orders of each flag, group and period, the lowest numbers first."""
    found = [_examples(question, flag) for flag in frame.loc[frame["flagged"] > 0, "flag"].unique()]
    if not found:
        return frame.assign(example_ids=None)
    keys = [name for name in (*question.groups, PERIOD, "flag") if name in frame.columns]
    every = pd.concat(found, ignore_index=True).sort_values("id", kind="stable")
    first = every.groupby(keys, dropna=False, sort=False).head(EXAMPLES)
    texts = first.assign(example_ids=first["id"].astype(str)).groupby(keys, dropna=False)["example_ids"]
    return frame.merge(texts.agg(", ".join).reset_index(), on=keys, how="left")


def _examples(question: Question, flag: str) -> pd.DataFrame:
    """Bring the first orders with a flag of each group and period; the engine counts them off."""
    keys = period_keys(question, "created")
    frame = records(question).filter(has_flag(flag)).with_columns(**keys, **{DAY: day_of("created")})
    names = [*question.stored_groups, *keys]
    one = frame.with_columns(nw.lit(1).alias("~one"))
    ranked = one.with_columns(
        nw.col("~one").cum_sum().over("~one", *names, order_by=["id", "shop_id"]).alias(_RANK)
    )
    wanted = [DAY, "id", *names]
    table = question.source.collect(ranked.filter(nw.col(_RANK) <= EXAMPLES).select(*dict.fromkeys(wanted)))
    days = table[DAY].to_numpy().astype("M8[D]")
    hours = table[HOUR].to_numpy() if question.hourly else None
    return to_pandas(part(question, table, days, hours, [], apart={"id": table["id"]})).assign(flag=flag)


def periods(question: Question, frame: pd.DataFrame) -> pd.DataFrame:
    """Name the periods, and sort by the keys."""
    frame = with_periods(question, frame, after=dt.timedelta(0))
    keys = [name for name in question.keys if name not in ("period_end", "complete")]
    return frame.sort_values(keys, kind="stable", ignore_index=True)
