"""The charts of a page: SVG within the page, the same bytes for the same numbers."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd

from tegro_analytics import charts
from tegro_analytics.charts.drawing.style import look
from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.workbook.figures import Row

__all__ = ["picture"]

_SAME_BYTES: dict[Any, Any] = {
    "svg.hashsalt": "tegro_analytics",
    "svg.fonttype": "path",
}
_POINTS = 72.0
"""Dots of SVG on an inch."""
_NO_DATES = {"Date": None, "Creator": None}


def picture(chart: Callable[..., Any], rows: Sequence[Row], *, lang: str, **options: Any) -> Markup:
    """Draw rows of a metric as a picture with its description in words.

    It is an image of its own, so that the parts of two charts cannot be taken for one another, and nothing
    in it can run. Its letters are drawn: it looks the same wherever the page is opened.
    """
    from matplotlib import pyplot as plt

    with _unseen():
        axes = chart(pd.DataFrame(list(rows)), lang=lang, **options)
    figure = axes.get_figure()
    drawn = io.BytesIO()
    try:
        with look(), mpl.rc_context(_SAME_BYTES):
            figure.savefig(drawn, format="svg", metadata=_NO_DATES)
        width, height = (f"{72 * inches:.0f}" for inches in figure.get_size_inches())
    finally:
        plt.close(figure)
    source = f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
    words = charts.alt_text(axes)
    return tag("figure", tag("img", src=source, alt=words, width=width, height=height))


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """Open no window, and measure texts at the resolution at which SVG is drawn: letters are a little wider
    or narrower at others, and what stands around a plot would be cut.

    Nothing else may be put back here: the first figure loads the backend, and Jupyter's turns the
    interactive mode on, which has to stay so.
    """
    from matplotlib import pyplot as plt

    kept = mpl.rcParams["figure.dpi"]
    with plt.ioff() if mpl.is_interactive() else contextlib.nullcontext():
        mpl.rcParams["figure.dpi"] = _POINTS
        try:
            yield
        finally:
            mpl.rcParams["figure.dpi"] = kept
