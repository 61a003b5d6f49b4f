"""The chart of freshness: three ages, told with their moments."""

from __future__ import annotations

import pandas as pd
import pytest

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import assert_texts_fit, row_labels
from tests.golden import arrow, golden_rows, order, pandas_frame

NOW = "2026-03-04 18:00"


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_hours_and_moments_are_those_of_the_metric(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = pandas_frame(arrow(golden_rows()))
    result = metrics.freshness(orders, now=NOW)
    ax = charts.freshness(result, lang=lang)
    assert [bar.get_width() for bar in ax.containers[0]] == pytest.approx([6, 9.5, 18 - 8 - 31 / 60])
    assert_texts_fit(ax, monkeypatch)
    told = {"ru": {"6,0 ч", "04.03.2026 12:00"}, "en": {"6.0 h", "Mar 4, 2026, 12:00"}}[lang]
    assert told <= {text.get_text().replace("\xa0", " ") for text in ax.texts}
    direct = charts.freshness(orders, now=NOW, lang=lang)
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(ax))
    assert row_labels(direct)[0] == {"ru": "Чтение заказов", "en": "Orders were read"}[lang]


def test_nothing_paid_has_no_bar_and_no_orders_no_chart() -> None:
    orders = pandas_frame(arrow([order(1, created="2026-03-01 10:00", status=0)]))
    ax = charts.freshness(orders, now=NOW, lang="ru")
    assert [text.get_text() for text in ax.texts].count("–") == 2
    empty = charts.freshness(orders.iloc[:0], now=NOW, lang="ru")
    assert "Нет данных" in {text.get_text() for text in empty.texts}
    with pytest.raises(DataError, match=r"a result of freshness\. Draw it with charts\.freshness"):
        charts.fees(metrics.freshness(orders, now=NOW))
