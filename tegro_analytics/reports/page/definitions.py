"""The end of a page: where the numbers come from, and what each of them means."""

from __future__ import annotations

from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.page.paper import Paper
from tegro_analytics.reports.page.tables import plain_table
from tegro_analytics.reports.workbook.told import REPORTED, facts_of, formulas_of, rules_of
from tegro_analytics.schemas import FLAGS

__all__ = ["definitions_section", "provenance_section"]


def provenance_section(paper: Paper) -> tuple[str, Markup]:
    """Say by whom, of what, until when, under which assumptions."""
    known = facts_of(paper) | {"filter": paper.word("filter")}
    lines = [tag("div", tag("dt", paper.text(f"fact.{key}")), tag("dd", text)) for key, text in known.items()]
    small = [paper.text("print.interval"), paper.text("print.currencies")]
    if not paper.figures.conversion_before:
        small.append(paper.text("print.no_before"))
    return paper.text("provenance"), tag(
        "div", tag("dl", *lines, class_="facts"), *(tag("p", text, class_="note") for text in small)
    )


def definitions_section(paper: Paper) -> tuple[str, Markup]:
    """Give the formula of every figure, the rules, and what flags of orders mean."""
    formulas = [(label, formula) for _, label, formula in formulas_of(paper, *REPORTED)]
    flags = [(flag, paper.text(f"flag.{flag}")) for flag in FLAGS]
    words = ["text", "text"]
    return paper.text("definitions"), tag(
        "div",
        plain_table(
            paper.text("formulas"), [paper.text("figure"), paper.text("formula")], formulas, kinds=words
        ),
        tag("h3", paper.text("rules")),
        tag("ul", *(tag("li", rule) for rule in rules_of(paper, *REPORTED))),
        tag("h3", paper.text("flags")),
        tag("dl", *(tag("div", tag("dt", flag), tag("dd", text)) for flag, text in flags), class_="facts"),
    )
