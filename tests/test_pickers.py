"""The pickers: what is picked is drawn, with its table; what goes wrong is said; nothing stays open."""

from __future__ import annotations

import base64
import datetime as dt
import re
from typing import Any

import pytest
from matplotlib import pyplot as plt

import tegro_analytics as ta
from tegro_analytics import charts
from tegro_analytics.exceptions import ConfigurationError, DataError
from tegro_analytics.pickers.choices import AUTO, Span, fitting, options, span, titles
from tegro_analytics.shop import Shop

TODAY = dt.date(2026, 1, 15)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("this_month", "2026-01-01", None),
        ("last_month", "2025-12-01", "2026-01-01"),
        ("last_90_days", "2025-10-18", None),
        ("last_12_months", "2025-02-01", None),
        ("all", None, None),
    ],
)
def test_the_bounds_of_a_period(period: str, since: str | None, until: str | None) -> None:
    assert span(period, TODAY) == Span(since and day(since), until and day(until))  # type: ignore[arg-type]


def test_both_days_of_a_period_of_ones_own_are_in_it() -> None:
    assert span("own", TODAY, first=day("2025-12-30"), last=day("2025-12-31")) == Span(
        day("2025-12-30"), day("2026-01-01")
    )
    assert span("own", TODAY, first=None, last=None) == Span(None, None)


@pytest.mark.parametrize(
    ("since", "until", "fits"),
    [
        ("2025-12-01", "2026-01-01", "day"),
        ("2025-06-01", None, "week"),
        ("2025-01-01", None, "month"),
        (None, None, "month"),
        ("2020-01-01", "2024-06-01", "day"),  # the history begins in 2024-05
    ],
)
def test_the_frequency_that_suits(since: str | None, until: str | None, fits: str) -> None:
    chosen = Span(since and day(since), until and day(until))  # type: ignore[arg-type]
    assert fitting(chosen, day("2024-05-01"), TODAY) == fits


def test_a_metric_is_asked_for_what_it_takes() -> None:
    asked = {"since": day("2026-01-01"), "until": None, "freq": AUTO, "by": None}
    assert options("revenue", asked, fits="week") == {"since": day("2026-01-01"), "freq": "week"}
    assert options("revenue", {**asked, "by": "family"}, fits="week") == {
        "since": day("2026-01-01"),
        "by": "family",
    }
    banded = {**asked, "by": "amount_band"}
    assert options("fees", banded, fits="week")["by"] == "amount_band"
    assert options("conversion", banded, fits="week")["by"] == ["currency", "amount_band"]
    assert options("cohorts", {**asked, "freq": "day"}, fits="week") == {"since": day("2026-01-01")}


def test_every_metric_with_a_chart_can_be_picked_but_those_that_need_a_table() -> None:
    assert {"revenue", "fees", "conversion", "payment_systems"} <= set(titles("en"))
    assert set(titles("ru")) <= set(charts.__all__) - {"match_orders"}


def png(panel: Any) -> bytes:
    found = re.search(r'src="data:image/png;base64,([^"]+)"', panel._picture.value)
    assert found
    return base64.b64decode(found[1])


def test_another_choice_draws_the_chart_and_its_table_anew(read_shop: Shop) -> None:
    panel = ta.explore(read_shop, lang="ru", period="last_month")
    assert [picker.index for picker in panel._pickers.values() if hasattr(picker, "index")] == [0, 1, 0, 0, 0]
    first, table = png(panel), panel._table.value
    assert first.startswith(b"\x89PNG")
    assert 'alt="Выручка по дням' in panel._picture.value
    assert re.search(r'style="width:9\d\dpx;max-width:100%"', panel._picture.value)
    assert "RUB" in table
    assert "USD" not in table
    panel._pickers["currency"].value = "USD"
    assert png(panel) != first
    assert "USD" in panel._table.value
    assert "RUB" not in panel._table.value
    assert panel._said.value == ""
    assert set(panel.result["currency"]) == {"RUB", "USD"}
    assert plt.get_fignums() == []
    page = panel._repr_html_()  # what a page without widgets shows
    assert "ПЕСОЧНИЦА" in page
    assert panel._picture.value in page
    assert panel._table.value in page


def test_only_what_a_metric_takes_can_be_picked(read_shop: Shop) -> None:
    panel = ta.explore(read_shop, "conversion", by="family", freq=None)
    assert [name for name, picker in panel._pickers.items() if picker.disabled] == ["currency"]
    assert [panel._pickers[name].layout.display for name in ("since", "until")] == ["none", "none"]
    panel._pickers["period"].value = "own"
    assert [panel._pickers[name].layout.display for name in ("since", "until")] == [None, None]
    assert {"card", "crypto"} <= set(panel.result["family"])


def test_an_error_is_said_and_the_next_choice_draws_again(
    read_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = ta.explore(read_shop, period="last_month")
    with monkeypatch.context() as broken:
        broken.setattr(charts, "revenue", lambda *_, **__: int("<img src=x onerror=alert(1)>"))
        panel._pickers["by"].value = "family"
    assert "ValueError: invalid literal" in panel._said.value
    assert "&lt;img src=x onerror=alert(1)&gt;" in panel._said.value
    assert "<img" not in panel._said.value
    assert panel._picture.value == ""
    assert "family" in panel.result.columns
    assert "card" in panel._table.value  # the table stands, whatever befell the chart
    monkeypatch.setattr(charts, "alt_text", lambda _: '"><script>')
    panel._pickers["by"].index = 0
    assert panel._said.value == ""
    assert 'alt="&quot;&gt;&lt;script&gt;"' in panel._picture.value


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"metric": "match_orders"}, "metric='match_orders' cannot be picked: give one of 'revenue'"),
        ({"period": "yesterday"}, "period='yesterday' cannot be picked: give one of 'this_month'"),
        ({"currency": "EUR"}, "currency='EUR' cannot be picked: give one of 'RUB', 'USD'"),
    ],
)
def test_what_cannot_be_picked_is_named(read_shop: Shop, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=re.escape(says)):
        ta.explore(read_shop, **wrong)


def test_without_ipywidgets_it_says_what_to_install(read_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"ipywidgets is not installed.*tegro_analytics\[lab\]"):
        ta.explore(read_shop)
