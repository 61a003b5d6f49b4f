"""What the sections of a page share: the words of the report, its lines, and its cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.page.cells import change_shown, interval, shown, unit
from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.page.tables import Column, plain_table
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.lines import KINDS, STRONG, change_of
from tegro_analytics.reports.workbook.told import Told
from tegro_analytics.texts import tr

__all__ = ["Paper"]

Line = tuple[str, str]
"""A metric, and a column of it."""


class Paper(Told):
    """Write what every section needs."""

    def word(self, key: str, **values: object) -> str:
        """Look up a text of the page."""
        return tr(f"html.{key}", self.lang, **values)

    def label(self, line: Line) -> str:
        """Name a figure."""
        return METRICS[line[0]].column(line[1]).label(self.lang)

    def kind(self, line: Line) -> str:
        """Say what a figure is shown as."""
        return KINDS.get(line[1], METRICS[line[0]].column(line[1]).kind)

    def within(self, what: str, currency: str) -> str:
        """Name the currency behind a title."""
        return self.word("in_currency", what=what, currency=currency)

    def columns(
        self,
        metric: str,
        names: Sequence[str],
        rows: Sequence[Row] = (),
        *,
        summed: Sequence[str] = (),
        spread: Sequence[str] = (),
    ) -> list[Column]:
        """Describe columns of a metric.

        Those of ``summed`` have the sum of the rows below them, which leaves out what is missing; those of
        ``spread`` have their interval beside them.
        """
        return [
            Column(
                name,
                self.label((metric, name)),
                self.kind((metric, name)),
                sum(row[name] or 0 for row in rows) if name in summed and rows else None,
                spread=name in spread,
            )
            for name in names
        ]

    def cards(self, lines: Sequence[Line], now: Row, before: Row, *, currency: str = "") -> Markup:
        """Write the figures that people look for first, each with that of the period before."""
        return tag("dl", *(self._card(line, now, before, currency) for line in lines), class_="cards")

    def _card(self, line: Line, now: Row, before: Row, currency: str) -> Markup:
        kind, name = self.kind(line), line[1]
        kind = "mean" if kind == "money" else kind  # at the minor unit: the table has it exactly
        places = self.places(currency)
        value: list[str] = [shown(now.get(name), kind, lang=self.lang, places=places)]
        if kind == "mean" and now.get(name) is not None:
            value += [" ", tag("small", unit(currency, self.lang))]
        parts = [tag("dt", self.label(line)), tag("dd", *value, class_="value")]
        if before:
            parts += self._compared(kind, now.get(name), before.get(name), places)
        return tag("div", *parts)

    def _compared(self, kind: str, now: object, before: object, places: int) -> Iterator[Markup]:
        """Write the change, and under it what it is against."""
        change = change_shown(change_of(self, kind, now, before), kind, self.lang)
        if change:
            yield tag("dd", change, class_="change")
        told = self.word(
            "before",
            period=self.figures.period.before.text(self.lang),
            value=shown(before, kind, lang=self.lang, places=places),
        )
        yield tag("dd", told, class_="before")

    def lines(
        self, caption: str, lines: Sequence[Line], now: Row, before: Row, *, currency: str = ""
    ) -> Markup:
        """Write every figure of a summary: now, before, the change, its interval and what it is out of."""
        period = self.figures.period
        heads = [self.text("figure"), period.text(self.lang)]
        if before:
            heads += [period.before.text(self.lang), self.text("change")]
        rates = any(f"{name}_n" in now for _, name in lines)
        if rates:
            heads += [self.word("interval"), self.text("of")]
        rows = [self._line(line, now, before, self.places(currency), rates=rates) for line in lines]
        strong = [at for at, (_, name) in enumerate(lines) if name in STRONG]
        return plain_table(
            caption, heads, rows, kinds=["text"] + ["number"] * (len(heads) - 1), strong=strong
        )

    def _line(self, line: Line, now: Row, before: Row, places: int, *, rates: bool) -> list[str]:
        kind, name = self.kind(line), line[1]
        cells = [self.label(line), shown(now.get(name), kind, lang=self.lang, places=places)]
        if before:
            change = change_of(self, kind, now.get(name), before.get(name))
            cells += [
                shown(before.get(name), kind, lang=self.lang, places=places),
                change_shown(change, kind, self.lang),
            ]
        if rates:
            of = now.get(f"{name}_n")
            cells += [
                interval(now, name, self.lang),
                "" if of is None else shown(of, "count", lang=self.lang),
            ]
        return cells
