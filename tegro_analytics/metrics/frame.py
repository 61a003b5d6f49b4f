"""MetricFrame: a pandas frame that shows itself as people read it."""

from __future__ import annotations

from typing import Any

import pandas as pd


class MetricFrame(pd.DataFrame):
    """Be the result of a metric: a pandas frame whose columns the registry describes.

    Whatever is derived from it is a plain :class:`pandas.DataFrame`.

    Attributes
    ----------
    metric : str
        The name of the metric, a key of ``METRICS``.
    """

    _metadata = ["metric"]  # noqa: RUF012  the name is of pandas
    metric: str

    def __init__(self, data: Any, *, metric: str) -> None:
        super().__init__(data)  # type: ignore[call-arg]
        self.metric = metric

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame
