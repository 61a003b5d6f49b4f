"""Write the report as one HTML file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pyarrow as pa

from tegro_analytics.metrics.asking.window import Bound
from tegro_analytics.reports.files import new_file, refuse
from tegro_analytics.reports.page.account import account_section
from tegro_analytics.reports.page.definitions import definitions_section, provenance_section
from tegro_analytics.reports.page.markup import Markup, css_text, joined, tag
from tegro_analytics.reports.page.money import money_sections
from tegro_analytics.reports.page.orders import orders_section
from tegro_analytics.reports.page.paper import Paper
from tegro_analytics.reports.page.people import customers_section
from tegro_analytics.reports.page.systems import conversion_section, fees_section, systems_section
from tegro_analytics.reports.workbook.facts import ReportFacts, ReportTables, tables_of
from tegro_analytics.reports.workbook.figures import figures_of
from tegro_analytics.reports.workbook.period import period_of_report
from tegro_analytics.reports.workbook.told import notes_of
from tegro_analytics.texts import language

__all__ = ["page_of", "write_page"]

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may do with the page: show its own pictures and its own style, and nothing else."""


def write_page(
    path: str | os.PathLike[str],
    tables: ReportTables | pa.Table,
    *,
    facts: ReportFacts,
    since: Bound | None = None,
    until: Bound | None = None,
    lang: str | None = None,
    pii: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write a report on a period as one HTML file that needs nothing else, and no network.

    It has what the workbook has, but the orders: the largest payments of each currency alone. There is no
    script in it, and none can run. The same orders give the same bytes.

    Parameters
    ----------
    path : path
        Where the file will stand; it appears whole or not at all, and belongs to its owner alone.
    tables : ReportTables or pyarrow.Table
        All that is known of the account, or the orders alone, with the types of ``schemas.ORDERS``: the
        period before needs them too.
    facts : ReportFacts
        What is known of the data: shop, zone, the moment to which it is complete, what is odd.
    since, until : date, datetime or str, optional
        The period, half-open, in the report zone; without both, the last calendar month that is over.
    lang : {"ru", "en"}, optional
        The language.
    pii : bool
        Write e-mail addresses in full; they are masked by default.
    overwrite : bool
        Replace an existing file.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    DataError
        If a bound cannot be read.
    ExportError
        If the file exists, or cannot be written; what stood there is untouched.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from tegro_analytics.schemas import ORDERS
    >>> as_of = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
    >>> facts = ReportFacts(shop_id="A1B2C3", report_zone="Europe/Moscow", as_of=as_of)
    >>> file = Path(tempfile.mkdtemp()) / "february.html"
    >>> write_page(file, ORDERS.arrow().empty_table(), facts=facts).read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    target = Path(path).expanduser().resolve()
    refuse(target, overwrite=overwrite)
    text = page_of(tables, facts=facts, since=since, until=until, lang=lang, pii=pii)
    with new_file(target, overwrite=overwrite) as (draft, _):
        draft.write_text(text, encoding="utf-8", newline="\n")
    return target


def page_of(
    tables: ReportTables | pa.Table,
    *,
    facts: ReportFacts,
    since: Bound | None = None,
    until: Bound | None = None,
    lang: str | None = None,
    pii: bool = False,
) -> str:
    """Make the page; the parameters are those of :func:`write_page`."""
    words, known = language(lang), tables_of(tables)
    period = period_of_report(known.orders, facts, since=since, until=until)
    paper = Paper(facts=facts, figures=figures_of(known, period, facts), lang=words)
    body = tag("body", *_top(paper), tag("main", *_main(paper, pii=pii)))
    return f"<!doctype html>\n{tag('html', _head(paper), body, lang=words)}\n"


def _head(paper: Paper) -> Markup:
    title = f"{paper.facts.shop}: {paper.figures.period.text(paper.lang)}"
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    mark = f"{paper.text('sandbox_mark')} · " if paper.facts.sandbox else ""
    left = css_text(f"{mark}{paper.facts.shop_name or paper.facts.shop_id}"[:90])
    footer = f"@page{{@bottom-left{{content:{left}}}}}"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(f"{style}{footer}\n")),
    )


def _top(paper: Paper) -> Iterator[Markup]:
    """Say what this is; say SANDBOX where it is one, on every printed page too."""
    facts, period = paper.facts, paper.figures.period.text(paper.lang)
    if facts.sandbox:
        yield tag("p", paper.text("sandbox"), class_="sandbox", role="note")
    yield tag(
        "header",
        tag("p", facts.shop, class_="shop"),
        tag("h1", paper.word("title", period=period)),
        tag("p", paper.text("as_of", moment=paper.moment(facts.as_of)), class_="note"),
    )


def _main(paper: Paper, *, pii: bool) -> Iterator[Markup]:
    notes = [f"{note[:1].upper()}{note[1:]}" for note in notes_of(paper)]
    if notes:
        yield tag(
            "section",
            tag("h2", paper.text("look_at"), id="notes"),
            tag("ul", *(tag("li", note) for note in notes)),
            class_="notes",
            aria_labelledby="notes",
        )
    sections = [*_sections(paper, pii=pii)]
    links = [
        tag("li", tag("a", title, href=f"#part-{number}")) for number, (title, _) in enumerate(sections, 1)
    ]
    yield tag("nav", tag("ul", *links), aria_label=paper.word("contents"))
    for number, (title, body) in enumerate(sections, 1):
        name = f"part-{number}"
        yield tag("section", joined([tag("h2", title, id=name), body]), aria_labelledby=name)


def _sections(paper: Paper, *, pii: bool) -> Iterator[tuple[str, Markup]]:
    yield from money_sections(paper)
    if not paper.figures.currencies:
        yield paper.text("summary"), tag("p", paper.text("no_payments"))
    if paper.figures.currencies:
        yield fees_section(paper)
    yield conversion_section(paper)
    yield systems_section(paper)
    yield customers_section(paper)
    yield account_section(paper)
    if paper.figures.currencies:
        yield orders_section(paper, pii=pii)
    yield provenance_section(paper)
    yield definitions_section(paper)
