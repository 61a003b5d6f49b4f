"""What left the account and what is on it, and whether payments account for the difference."""

from __future__ import annotations

from collections.abc import Iterator

from tegro_analytics import charts
from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.page.cells import shown
from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.page.paper import Paper
from tegro_analytics.reports.page.pictures import picture
from tegro_analytics.reports.page.tables import Column, plain_table, table
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.texts import in_words, tr

__all__ = ["account_section"]

_BRIDGE = (
    "opened_at",
    "balance_before",
    "gross_volume",
    "fees",
    "refunds",
    "withdrawn",
    "withdrawal_fees",
    "expected_change",
    "closed_at",
    "balance_after",
    "change",
    "gap",
    "explained",
    "unexplained",
)
_STRONG = ("balance_before", "balance_after", "unexplained")
_MOVED = ("balance_before", "balance_after", "gross_volume", "refunds", "withdrawn", "gap")
_WITHDRAWN = ("withdrawals", "withdrawn", "withdrawal_fees", "lag_seconds_p50")
_SUMMED = _WITHDRAWN[:3]


def account_section(paper: Paper) -> tuple[str, Markup]:
    """Write the bridge from balance to balance, the balances last seen, and the withdrawals."""
    account = paper.figures.account
    parts: list[Markup] = [*_bridge(paper), *_balances(paper), *_withdrawals(paper)]
    if not account.bridge:
        parts.insert(0, tag("p", paper.text("no_bridge")))
    if not account.withdrawals.num_rows:
        key = "no_withdrawals" if account.known_withdrawals else "never_withdrawn"
        parts.append(tag("p", paper.text(key)))
    if account.undated:
        parts.append(tag("p", paper.text("undated_withdrawals", count=account.undated), class_="note"))
    return paper.text("account"), tag("div", *parts)


def _bridge(paper: Paper) -> Iterator[Markup]:
    """Write how each balance came to be; an account on which nothing happened has nothing to tell."""
    metric = METRICS["balance_bridge"]
    bridge = paper.figures.account.bridge
    moved = [row for row in bridge if any(row[name] for name in _MOVED)]
    for row in moved:
        yield picture(charts.balance_bridge, [row], lang=paper.lang)
        places = paper.places(row["currency"])
        columns = [metric.column(name) for name in _BRIDGE]
        lines = [
            [one.label(paper.lang), shown(row[one.name], one.kind, lang=paper.lang, places=places)]
            for one in columns
        ]
        lines += [
            [metric.column(name).label(paper.lang), in_words("cause", row[name], paper.lang)]
            for name in ("causes", "possible_causes")
            if row[name]
        ]
        yield plain_table(
            paper.text("bridge_in", currency=row["currency"]),
            [paper.text("figure"), paper.text("value")],
            lines,
            kinds=["text", "number"],
            strong=[_BRIDGE.index(name) for name in _STRONG],
        )
    if still := [row["currency"] for row in bridge if row not in moved]:
        yield tag("p", paper.text("nothing_moved", currencies=", ".join(still)), class_="note")


def _balances(paper: Paper) -> Iterator[Markup]:
    """Write the balances that were seen last."""
    known = paper.figures.account.balances
    if not known:
        return
    zone = paper.figures.period.zone
    rows = [
        [
            row["currency"],
            shown(row["balance"], "money", lang=paper.lang, places=paper.places(row["currency"])),
            shown(row["observed_at"].astimezone(zone), "instant", lang=paper.lang),
        ]
        for row in known
    ]
    heads = [tr(f"column.{name}", paper.lang) for name in ("currency", "balance", "observed_at")]
    yield plain_table(tr("table.balances", paper.lang), heads, rows, kinds=["text", "number", "instant"])


def _withdrawals(paper: Paper) -> Iterator[Markup]:
    """Write the withdrawals of the period by status and payment system."""
    for currency, found in paper.figures.account.summary.items():
        rows = [{**row, "payment_system": _system(paper, row)} for row in found]
        columns = paper.columns("withdrawals_summary", _WITHDRAWN, rows, summed=_SUMMED)
        first = [
            Column(name, tr(f"column.{label}", paper.lang), "text")
            for name, label in (("status", "status_name"), ("payment_system", "payment_system"))
        ]
        title = paper.text("withdrawals_of_period")
        yield table(
            paper.within(title, currency) if currency else title,
            [*first, *columns],
            rows,
            lang=paper.lang,
            places=paper.places(currency),
        )
    if paper.figures.account.summary:
        yield tag("p", paper.text("print.withdrawals"), class_="note")


def _system(paper: Paper, row: Row) -> str:
    number = row["payment_system_id"]
    return "" if number is None else paper.facts.reference.payment_system(number).display
