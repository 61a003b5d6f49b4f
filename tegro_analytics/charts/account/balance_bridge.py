"""The balance bridge: from one snapshot of a balance to another, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude
from tegro_analytics.charts.drawing.lettering import elide, readable
from tegro_analytics.charts.drawing.numerals import NumberFormatter, change, moment, money, scale, symbol
from tegro_analytics.charts.drawing.pieces import Mark, Piece, Pieces, hatched_patch, mark_sample
from tegro_analytics.charts.drawing.rows import Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, MUTED, SIZES, VERMILION
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import in_words, language, plural, tr

__all__ = ["balance_bridge"]

FLOWS = ("refunds", "withdrawn", "withdrawal_fees")
MONEY = (
    "balance_before",
    "balance_after",
    "change",
    "gross_volume",
    "fees",
    *FLOWS,
    "expected_change",
    "gap",
    "explained",
    "unexplained",
)
SUBJECT = Subject(
    chart="balance_bridge",
    metric="balance_bridge",
    reads=("opened_at", "closed_at", *MONEY, "causes", "possible_causes", "payments"),
    day=None,
)

NEAR_ZERO = 0.6
"""Where the lowest level is above this part of the highest, a scale from zero would hide the steps."""

SHOPS = 400.0
"""Points for the names of shops in a note."""


@dataclass(frozen=True)
class Step:
    """One row of the bridge: a balance, or what moved it."""

    name: str
    value: float
    kind: str = "flow"
    """``balance``, ``flow``, or ``rest`` for what is not explained."""


def balance_bridge(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw how one balance became the next: payments, fees, refunds, withdrawals, and what is left over.

    What the orders and withdrawals do not account for stands apart: with its causes where they are proven,
    hatched where nothing explains it.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.balance_bridge` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.balance_bridge` takes; ``withdrawals`` and ``balances`` are
        needed.

    Returns
    -------
    matplotlib.axes.Axes
        Its table is ``charts.data(ax)``, its description in words ``charts.alt_text(ax)``.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, or has no such currency.
    TypeError
        If a keyword is not known or is lacking, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-03 10:00"]).tz_localize("Europe/Moscow")
    >>> result = pd.DataFrame({
    ...     "currency": ["RUB"], "opened_at": day[:1], "closed_at": day[1:], "balance_before": 0.0,
    ...     "balance_after": 1000.0, "change": 1000.0, "gross_volume": 1000.0, "fees": 50.0, "refunds": 0.0,
    ...     "withdrawn": 0.0, "withdrawal_fees": 0.0, "expected_change": 950.0, "gap": 50.0,
    ...     "causes": "fee_bearer", "explained": 50.0, "unexplained": 0.0, "possible_causes": "",
    ...     "payments": 1})
    >>> ax = charts.balance_bridge(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()][-3:]
    ['Explained: who bears the fees', 'Not explained', 'Balance, Mar 3, 2026, 10:00']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if source.table.empty:
            blank(page, source, counted="payments")
        else:
            _draw(page, source)
    return page.ax


def _draw(page: Sheet, source: Source) -> None:
    lang, currency = page.lang, source.currency or ""
    row = source.table.iloc[0]
    amounts = {name: float(floats(source.table[name])[0]) for name in MONEY}
    steps = _steps(row, amounts, lang)
    rows = Rows(page, [step.name for step in steps], keys=None, unnamed="")
    told = [
        money(step.value, currency, lang) if step.kind == "balance" else change(step.value, currency, lang)
        for step in steps
    ]
    levels = _levels(steps)
    from_zero = _from_zero(levels)
    unit = scale(float(np.abs(levels).max()))
    panel = Pieces(
        tr("chart.balance_bridge.scale", lang),
        _pieces(steps, levels, from_zero=from_zero),
        NumberFormatter(lang, divisor=unit.divisor),
        unit.unit(symbol(currency, lang), lang),
        marks=() if from_zero else [Mark(at, levels[at]) for at in (0, len(steps) - 1)],
        joints=list(enumerate(levels[:-1])),
    )
    above = rows.draw([panel, Column("", told, rank=1)])
    notes = _notes(source, row, amounts, lang)
    conclude(
        page,
        source,
        legend=_legend(lang, from_zero=from_zero, rest=bool(amounts["unexplained"])),
        more=[*notes, *([] if from_zero else [tr("chart.not_from_zero", lang)])],
        said=[words.say_rows([step.name for step in steps], told, lang), *notes],
        counted="payments",
        height=rows.height,
        above=above,
        below=rows.below,
    )


def _steps(row: pd.Series, amounts: dict[str, float], lang: str) -> list[Step]:
    """List the rows of the bridge from top to bottom."""
    opened, closed = (
        tr("chart.balance_bridge.at", lang, moment=moment(row[name].to_pydatetime(), lang))
        for name in ("opened_at", "closed_at")
    )
    steps = [
        Step(opened, amounts["balance_before"], "balance"),
        Step(tr("column.gross_volume", lang), amounts["gross_volume"]),
        Step(tr("column.fees", lang), -_borne(amounts)),
        *(Step(tr(f"column.{name}", lang), -amounts[name]) for name in FLOWS),
    ]
    if amounts["explained"]:
        causes = in_words("cause", str(row["causes"]), lang)
        steps.append(Step(tr("chart.balance_bridge.explained", lang, causes=causes), amounts["explained"]))
    rest = Step(tr("chart.balance_bridge.rest", lang), amounts["unexplained"], "rest")
    return [*steps, rest, Step(closed, amounts["balance_after"], "balance")]


def _borne(amounts: dict[str, float]) -> float:
    """Give the fees that the bridge takes off: the merchant may bear only a share of them."""
    kept = amounts["gross_volume"] - sum(amounts[name] for name in FLOWS)
    return round(kept - amounts["expected_change"], 8) + 0.0


def _levels(steps: list[Step]) -> np.ndarray:
    """Give the balance after each step."""
    levels = np.cumsum([step.value for step in steps])
    levels[-1] = steps[-1].value
    return levels


def _from_zero(levels: np.ndarray) -> bool:
    low, high = float(levels.min()), float(levels.max())
    return not (low > high * NEAR_ZERO > 0 or high < low * NEAR_ZERO < 0)


def _pieces(steps: list[Step], levels: np.ndarray, *, from_zero: bool) -> list[Piece]:
    """Draw balances from zero, where the scale has it, and steps from where the one above ended."""
    pieces = []
    for at, step in enumerate(steps):
        if step.kind == "balance":
            pieces.append(Piece(at, 0.0 if from_zero else levels[at], levels[at], MUTED))
        else:
            colour = BLUE if step.value >= 0 else VERMILION
            pieces.append(Piece(at, levels[at - 1], levels[at], colour, hatched=step.kind == "rest"))
    return pieces


def _legend(lang: str, *, from_zero: bool, rest: bool) -> list[tuple[Artist, str]]:
    samples: list[tuple[Artist, str]] = [
        (Patch(color=MUTED) if from_zero else mark_sample(), tr("chart.balance_bridge.balance", lang)),
        (Patch(color=BLUE), tr("chart.balance_bridge.up", lang)),
        (Patch(color=VERMILION), tr("chart.balance_bridge.down", lang)),
    ]
    return [*samples, *([(hatched_patch(MUTED), tr("chart.balance_bridge.rest", lang))] if rest else [])]


def _notes(source: Source, row: pd.Series, amounts: dict[str, float], lang: str) -> list[str]:
    """Sum the bridge up, and tell what may have to do with its rest."""
    write = partial(money, currency=source.currency or "", lang=lang)
    sums = {
        name: change(amounts[column], source.currency or "", lang)
        for name, column in (("change", "change"), ("expected", "expected_change"), ("gap", "gap"))
    }
    key = "summary" if amounts["gap"] else "exact"
    lines = [
        tr(f"chart.balance_bridge.{key}", lang, **(sums if amounts["gap"] else {"change": sums["change"]}))
    ]
    borne = _borne(amounts)
    if abs(borne - amounts["fees"]) > 1e-6:
        written = {"fees": write(amounts["fees"]), "borne": write(borne)}
        lines.append(tr("chart.balance_bridge.borne", lang, **written))
    if str(row["possible_causes"]):
        causes = in_words("cause", str(row["possible_causes"]), lang)
        lines.append(tr("chart.balance_bridge.possible", lang, causes=causes))
    if str(row.get("missing_shops", "")):
        shops = elide(readable(row["missing_shops"]), SHOPS, SIZES["note"])
        lines.append(tr("chart.balance_bridge.shops", lang, shops=shops))
    for column, text in (("undated_refunds", "undated"), ("uncounted_withdrawals", "uncounted")):
        number = int(row.get(column, 0))
        if number:
            lines.append(plural(f"count.chart.{text}", number, lang))
    return [" ".join(lines)]
