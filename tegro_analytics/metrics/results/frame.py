"""MetricFrame: a pandas frame that shows itself as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold a result as it is read: a terminal shows the text, Jupyter the table."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


class MetricFrame(pd.DataFrame):
    """Be the result of a metric: a pandas frame whose columns the registry describes.

    It shows itself as a formatted table, in Jupyter and in a terminal. Whatever is derived from it is a plain
    :class:`pandas.DataFrame`, and so is ``pandas.DataFrame(result)``.

    Attributes
    ----------
    metric : str
        The name of the metric, a key of ``METRICS``.
    found : int
        How many rows there are; more than ``len(frame)`` where a list shows only its first.
    """

    _metadata = ["metric", "found"]  # noqa: RUF012  the name is of pandas
    metric: str
    found: int

    def __init__(self, data: Any, *, metric: str, found: int | None = None) -> None:
        super().__init__(data)  # type: ignore[call-arg]
        self.metric = metric
        self.found = len(self) if found is None else found

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def to_text(self, *, lang: str | None = None) -> str:
        """Show the result as formatted text: money at its minor unit, rates with their interval.

        Parameters
        ----------
        lang
            ``ru`` or ``en``; by default ``TEGRO_LANG``, else the system's.
        """
        from tegro_analytics.metrics.results.display import to_text

        return to_text(pd.DataFrame(self), self.metric, lang=lang, found=self.found)

    def show(self, *, lang: str | None = None) -> Shown:
        """Show the result in a language, in a terminal and in Jupyter, whatever ``TEGRO_LANG`` says.

        Parameters
        ----------
        lang
            ``ru`` or ``en``; by default ``TEGRO_LANG``, else the system's.
        """
        from tegro_analytics.metrics.results.display import to_html

        return Shown(
            self.to_text(lang=lang), to_html(pd.DataFrame(self), self.metric, lang=lang, found=self.found)
        )

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        from tegro_analytics.metrics.results.display import to_html

        return to_html(pd.DataFrame(self), self.metric, found=self.found)
