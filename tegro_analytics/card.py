"""The card of a shop in Jupyter: which it is, what was read of it and when; everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.texts import language, plural, tr

if TYPE_CHECKING:
    from tegro_analytics.sync.report import SyncReport

__all__ = ["card", "heading"]

_TITLE = "margin:0 0 4px;font-weight:600"
_NAME = "text-align:left;font-weight:400;opacity:.65;padding:1px 18px 1px 0"
_VALUE = "text-align:left;padding:1px 0"
_MARK = "background:#b35c00;color:#fff;border-radius:3px;padding:1px 6px;margin-left:8px;font-size:85%"


def card(
    names: Iterable[str],
    *,
    sandbox: bool,
    zone: str,
    report: SyncReport | None,
    orders: int,
    balances: Sequence[Mapping[str, Any]],
    quarantined: int,
    lang: str | None,
) -> str:
    """Draw the card as HTML.

    Parameters
    ----------
    names
        The names of the shops.
    sandbox
        Whether they stand in a sandbox: the card says so.
    zone
        The report zone, in which moments are shown.
    report
        That of the last run, or None before the first.
    orders, quarantined
        How many there are in the store.
    balances
        Rows of the last balances.
    """
    lang = language(lang)
    facts = [(tr("shop.state", lang), tr("shop.not_read", lang))]
    if report is not None:
        facts = list(_facts(report, orders, balances, quarantined, zone, lang))
    rows = "".join(
        f"<tr style='background:none'><th style='{_NAME}'>{escape(name)}</th>"
        f"<td style='{_VALUE}'>{escape(value)}</td></tr>"
        for name, value in facts
    )
    return (
        f"<div>{heading(names, sandbox=sandbox, lang=lang)}"
        f"<table style='border:none;margin:0'>{rows}</table></div>"
    )


def heading(names: Iterable[str], *, sandbox: bool, lang: str | None) -> str:
    """Name some shops as HTML, and mark a sandbox."""
    mark = f"<span style='{_MARK}'>{escape(tr('shop.sandbox', lang))}</span>" if sandbox else ""
    return f"<p style='{_TITLE}'>{escape(tr('shop.title', lang, name=', '.join(names)))}{mark}</p>"


def _facts(
    report: SyncReport,
    orders: int,
    balances: Sequence[Mapping[str, Any]],
    quarantined: int,
    zone: str,
    lang: str,
) -> Iterable[tuple[str, str]]:
    from babel.dates import format_date, format_datetime
    from babel.numbers import format_currency

    here = ZoneInfo(zone)
    yield tr("table.orders", lang), plural("count.orders", orders, lang)
    if report.oldest_created_at and report.newest_created_at:
        ends = (report.oldest_created_at.astimezone(here), report.newest_created_at.astimezone(here))
        yield tr("sync.span", lang), " – ".join(format_date(end, "medium", locale=lang) for end in ends)
    for row in balances:
        if row["balance"]:
            shown = format_currency(row["balance"], row["currency"], locale=lang, currency_digits=True)
            yield tr("column.balance", lang), shown
    moment = format_datetime(report.moment.astimezone(here), "medium", locale=lang)
    yield tr("column.as_of", lang), f"{moment} ({zone})"
    if quarantined:
        yield tr("table.quarantine", lang), plural("count.rows", quarantined, lang)
    if not (report.complete and report.verified):
        yield tr("shop.state", lang), tr("sync.unverified", lang)
