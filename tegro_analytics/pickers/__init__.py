"""Pickers in Jupyter: choose a shop, period, currency, split; the chart and its table are drawn anew."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Literal

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.shop import Shop

if TYPE_CHECKING:
    from tegro_analytics.pickers.panel import Panel

__all__ = ["explore"]

Period = Literal["this_month", "last_month", "last_90_days", "last_12_months", "all", "own"]


def explore(
    shop: Shop,
    metric: str = "revenue",
    *,
    period: Period = "all",
    currency: str | None = None,
    freq: str | None = "auto",
    by: str | None = None,
    lang: str | None = None,
) -> Panel:
    """Show a chart and its table under pickers, in Jupyter; each choice draws both anew.

    Parameters
    ----------
    shop
        Whose orders they are. Where it is several shops of one account, one of them can be picked.
    metric
        What is shown first: any metric that has a chart.
    period
        The period at first: ``this_month``, ``last_month``, ``last_90_days``, ``last_12_months``, ``all``, or
        ``own`` for two dates.
    currency
        The currency at first; by default the one with the most orders.
    freq
        The periods at first: ``day``, ``week``, ``month``, ``quarter``, ``year``; ``auto`` takes what suits
        the span, None the whole of it.
    by
        The dimension at first, such as ``payment_system``.
    lang
        ``ru`` or ``en``; by default that of the shop.

    Returns
    -------
    ipywidgets.VBox
        It shows itself as the last line of a cell. ``.result`` is what the metric returned last.

    Raises
    ------
    ConfigurationError
        If ipywidgets is not installed.
    DataError
        If one of the choices is none that there is.
    """
    if importlib.util.find_spec("ipywidgets") is None:
        raise ConfigurationError(
            "ipywidgets is not installed, which the pickers are made of: pip install 'tegro_analytics[lab]'"
        )
    from tegro_analytics.pickers.panel import Panel

    return Panel(shop, lang=lang, metric=metric, period=period, currency=currency, freq=freq, by=by)
