"""MetricFrame: a pandas frame that shows itself as people read it."""

from __future__ import annotations

from collections.abc import Sequence
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
    lang : str or None
        The language of the shop that was asked, in which the result shows itself.
    """

    _metadata = ["metric", "found", "lang"]  # noqa: RUF012  the name is of pandas
    metric: str
    found: int
    lang: str | None

    def __init__(self, data: Any, *, metric: str, found: int | None = None) -> None:
        super().__init__(data)  # type: ignore[call-arg]
        self.metric = metric
        self.found = len(self) if found is None else found
        self.lang = None

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def to_text(self, *, lang: str | None = None) -> str:
        """Show the result as formatted text: money at its minor unit, rates with their interval.

        Parameters
        ----------
        lang
            ``ru`` or ``en``; by default that of the shop, ``TEGRO_LANG``, else the system's.
        """
        return self.show(lang=lang).text

    def show(
        self, *, lang: str | None = None, columns: Sequence[str] | None = None, where: Any = None
    ) -> Shown:
        """Show the result, or a part of it, in a terminal and in Jupyter.

        Parameters
        ----------
        lang
            ``ru`` or ``en``; by default that of the shop, ``TEGRO_LANG``, else the system's.
        columns
            The values to show, in the order of the metric; by default the headline ones. Keys always show.
        where
            The rows to show: True or False for each, as in ``days.show(where=days["is_anomaly"])``.

        Raises
        ------
        MissingColumn
            If the result has no such column.
        """
        from tegro_analytics.metrics.results.display import to_html, to_text

        rows = pd.DataFrame(self if where is None else self[where])
        options: dict[str, Any] = {
            "lang": lang or self.lang,
            "found": self.found if where is None else len(rows),
            "columns": columns,
        }
        return Shown(to_text(rows, self.metric, **options), to_html(rows, self.metric, **options))

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.show().html
