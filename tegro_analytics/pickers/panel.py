"""The panel: pickers, and under them the chart and its table.

A chart goes to the page as the value of a widget. Drawing into an ``Output()``, as ``interact`` does, now and
then waits for ever where a notebook is run without a browser.
"""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import ipywidgets as widgets

from tegro_analytics import charts
from tegro_analytics.card import heading
from tegro_analytics.exceptions import DataError, TegroError
from tegro_analytics.metrics.results.frame import MetricFrame
from tegro_analytics.pickers import choices
from tegro_analytics.shop import Shop
from tegro_analytics.texts import language, tr

__all__ = ["Panel"]

DPI = 144
"""Of the picture; it is shown at its size in inches, so that it is sharp on a fine screen too."""


class Panel(widgets.VBox):  # type: ignore[misc]
    """Show a chart and its table, and draw them anew when something else is picked."""

    def __init__(self, shop: Shop, *, lang: str | None, **chosen: Any) -> None:
        self._shop = shop
        self._lang = language(lang or shop.settings.lang)
        report = shop.last_sync or shop.sync()
        zone = ZoneInfo(shop.zone)
        self._today = report.moment.astimezone(zone).date()
        oldest = report.oldest_created_at
        self._oldest = self._today if oldest is None else oldest.astimezone(zone).date()
        self.result: MetricFrame | None = None
        self._pickers = self._made()
        self._set(chosen)
        self._said, self._picture, self._table = widgets.HTML(), widgets.HTML(), widgets.HTML()
        for picker in self._pickers.values():
            picker.observe(self._changed, names="value")
        row = widgets.HBox(list(self._pickers.values()), layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__([widgets.HTML(self._heading()), row, self._said, self._picture, self._table])
        self._changed()

    def __repr__(self) -> str:
        return f"Panel({self._pickers['metric'].value!r})"

    def _repr_html_(self) -> str:
        """Show what was drawn last where there are no widgets: in a page made of a notebook."""
        shown = (self._said, self._picture, self._table)
        return self._heading() + "".join(one.value for one in shown)

    # What can be picked

    def _made(self) -> dict[str, Any]:
        lang = self._lang
        shops = [(name, shop_id) for shop_id, name in self._shop.names.items()]
        lists = {
            "metric": [(title, name) for name, title in choices.titles(lang).items()],
            "shop": [(tr("picker.all_shops", lang), None), *shops],
            "period": choices.named(choices.PERIODS, "period", lang),
            "currency": [(name, name) for name in self._currencies()],
            "freq": choices.named(choices.FREQUENCIES, "freq", lang),
            "by": choices.dimensions(lang),
        }
        made: dict[str, Any] = {}
        for name, listed in lists.items():
            if name == "shop" and len(shops) == 1:
                continue
            made[name] = widgets.Dropdown(
                options=listed, description=tr(f"picker.label.{name}", lang), **_look()
            )
            if name == "period":
                for end, day in (("since", self._oldest), ("until", self._today)):
                    title = tr(f"picker.label.{end}", lang)
                    made[end] = widgets.DatePicker(value=day, description=title, **_look())
        return made

    def _currencies(self) -> list[str]:
        with self._shop.relation("orders") as orders:
            counted = orders.aggregate("currency, count(*) AS n", "currency").order("n DESC, currency")
            return [str(name) for name, _ in counted.fetchall() if name is not None]

    def _set(self, chosen: dict[str, Any]) -> None:
        """Take the first choices of the caller."""
        for name, value in chosen.items():
            known = [value for _, value in self._pickers[name].options]
            if name == "currency" and value is None:
                continue
            if value not in known:
                listed = ", ".join(map(repr, known))
                raise DataError(f"{name}={value!r} cannot be picked: give one of {listed}")
            self._pickers[name].index = known.index(value)  # by value, None would stand for no choice

    def _picked(self, name: str) -> Any:
        return self._pickers[name].value if name in self._pickers else None

    # What is drawn

    def _changed(self, _: Any = None) -> None:
        """Draw anew; what goes wrong is said in words, for an error in a callback would vanish."""
        said = picture = table = ""
        self._enable()
        try:
            self.result = self._ask()
            table = f"<div style='line-height:normal'>{self._shown(self.result).html}</div>"  # else 28 px
            picture = self._drawn(self.result)
        except TegroError as error:
            said = str(error)
        except Exception as error:  # noqa: BLE001  a person must see it, whatever it is
            said = f"{type(error).__name__}: {error}"
        self._said.value = f"<p role='alert'>{escape(said)}</p>" if said else ""
        self._picture.value = picture
        self._table.value = table

    def _enable(self) -> None:
        """Let only that be picked which the metric takes."""
        metric = self._picked("metric")
        known = choices.takes(metric)
        free = {
            "period": "since" in known,
            "freq": "freq" in known,
            "by": "by" in known,
            "currency": choices.has_chart_in_a_currency(metric),
            "shop": choices.is_of_orders(metric),
        }
        for name, enabled in free.items():
            if name in self._pickers:
                self._pickers[name].disabled = not enabled
        for name in ("since", "until"):
            own = self._picked("period") == "own" and free["period"]
            self._pickers[name].layout.display = None if own else "none"

    def _ask(self) -> MetricFrame:
        metric = self._picked("metric")
        bounds = choices.span(
            self._picked("period"), self._today, first=self._picked("since"), last=self._picked("until")
        )
        asked = {
            "since": bounds.since,
            "until": bounds.until,
            "freq": self._picked("freq"),
            "by": self._picked("by"),
        }
        fits = choices.fitting(bounds, self._oldest, self._today)
        options = choices.options(metric, asked, fits=fits)
        if self._picked("shop") is not None and choices.is_of_orders(metric):
            options["shop_id"] = self._picked("shop")
        result: MetricFrame = getattr(self._shop, metric)(**options)
        return result

    def _shown(self, result: MetricFrame) -> Any:
        currency = self._currency()
        where = None if currency is None else result["currency"] == currency
        return result.show(lang=self._lang, where=where)

    def _currency(self) -> str | None:
        """Give the currency that was picked, where the metric has one."""
        named = choices.has_chart_in_a_currency(self._picked("metric"))
        return str(self._picked("currency")) if named and self._picked("currency") else None

    def _drawn(self, result: MetricFrame) -> str:
        """Draw the chart as a picture in HTML, which says in words what it shows."""
        from matplotlib import pyplot as plt

        currency = self._currency()
        options = {} if currency is None or result.empty else {"currency": currency}
        axes = getattr(charts, self._picked("metric"))(result, lang=self._lang, **options)
        try:
            png = io.BytesIO()
            axes.figure.savefig(png, format="png", dpi=DPI)
            width = round(axes.figure.get_size_inches()[0] * 100)
            said = escape(charts.alt_text(axes), quote=True)
        finally:
            plt.close(axes.figure)
        data = base64.b64encode(png.getvalue()).decode("ascii")
        return f'<img style="width:{width}px;max-width:100%" alt="{said}" src="data:image/png;base64,{data}">'

    def _heading(self) -> str:
        names = self._shop.names.values()
        return heading(names, sandbox=self._shop.sandbox is not None, lang=self._lang)


def _look() -> dict[str, Any]:
    """Let a picker be as wide as what it says."""
    return {
        "style": {"description_width": "initial"},
        "layout": widgets.Layout(width="auto", margin="2px 16px 2px 0"),
    }
