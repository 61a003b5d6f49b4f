"""The page of definitions, in both languages, made from the registry: ``make definitions`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.metrics.registry import METRICS
from tegro_analytics.texts import LANGUAGES, tr

__all__ = ["FILES", "page"]

FILES = {"en": "metrics.md", "ru": "metrics.ru.md"}
"""Where the page stands, in the folder of the documents, by language."""


def page(lang: str) -> str:
    """Write the page in a language, as Markdown: every metric with its columns, formulas and rules.

    Examples
    --------
    >>> print(page("en").splitlines()[0])
    # Metrics
    """
    lines = [f"# {tr('page.title', lang)}", "", tr("page.about", lang), ""]
    lines += [f"- [`{name}`](#{name}) {metric.title(lang)}" for name, metric in METRICS.items()]
    for metric in METRICS.values():
        lines += ["", *_section(metric, lang)]
    lines += ["", f"## {tr('page.rules', lang)}", ""]
    for rule in dict.fromkeys(rule for metric in METRICS.values() for rule in metric.rules):
        lines.append(f"- {tr(f'rule.{rule}', lang)}")
    return "\n".join(lines) + "\n"


def _section(metric: Metric, lang: str) -> Iterator[str]:
    """Write what is to be known of one metric."""
    yield f"## {metric.name}"
    yield ""
    yield f"**{metric.title(lang)}.** {metric.about(lang)}."
    yield ""
    yield f"- {tr('page.population', lang)}: {metric.who(lang)}."
    yield f"- {tr('page.clock', lang)}: {tr(f'page.dated.{metric.clock}', lang)}."
    keys = [f"`{name}`" for name in (*metric.keys, *metric.dims)]
    if keys:
        yield f"- {tr('page.keys', lang)}: {', '.join(keys)}."
    yield ""
    heads = [tr(f"page.{head}", lang) for head in ("column", "label", "kind", "formula")]
    yield f"| {' | '.join(heads)} |"
    yield "| --- | --- | --- | --- |"
    for column in metric.columns:
        if column.base is None:
            yield _line(column, lang, has_interval=f"{column.name}_n" in metric.names())


def _line(column: MetricColumn, lang: str, *, has_interval: bool) -> str:
    """Write the line of one column; the three that a rate of counts brings stand beside it."""
    more = ", `_low`, `_high`, `_n`" if has_interval else ""
    cells = (
        f"`{column.name}`{more}",
        column.label(lang),
        tr(f"page.holds.{column.kind}", lang),
        column.formula(lang),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def write(folder: Path) -> list[Path]:
    """Write the page in every language into a folder, and give the paths."""
    paths = []
    for lang in LANGUAGES:
        path = folder / FILES[lang]
        path.write_text(page(lang), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written in write(Path(sys.argv[1])):
        print(written)
