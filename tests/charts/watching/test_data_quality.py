"""The chart of data quality: what is odd, how often, and that every flag has words."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tegro_analytics.schemas import FLAGS
from tegro_analytics.texts import catalogue
from tests.charts.tables import HOSTILE, assert_texts_fit, row_labels
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of


def flagged(counts: dict[str, int], records: int = 1000) -> pd.DataFrame:
    numbers = pd.Series(list(counts.values()), dtype="int64")
    return pd.DataFrame(
        {
            "flag": pd.Series(list(counts), dtype="str"),
            "flagged": numbers,
            "flagged_share": numbers / records,
            "flagged_share_low": numbers / records * 0.9,
            "flagged_share_high": numbers / records * 1.1,
            "flagged_share_n": records,
            "example_ids": ["1, 22, 333" if number else None for number in numbers],
        }
    )


def texts(ax: Axes) -> set[str]:
    return {line for text in ax.texts for line in text.get_text().replace("\xa0", " ").split("\n")}


def test_counts_and_shares_are_those_of_the_table_the_most_first() -> None:
    ax = charts.data_quality(flagged({"zero_amount": 1, "paid_twice": 20, "paid_gap": 0}), lang="en")
    assert row_labels(ax) == ["Paid twice", "Amount is 0"]
    assert [bar.get_width() for bar in ax.containers[0]] == [20, 1]
    assert {"20", "2.00%", "1.80% – 2.20%", "0.10%", "1, 22, …"} <= texts(ax)
    assert {"n = 1,000 orders", "Kinds that no order has: 1."} <= texts(ax)
    assert charts.data(ax)["flag"].tolist() == ["paid_twice", "zero_amount", "paid_gap"]
    assert "Paid twice: 20, 2.00%; Amount is 0: 1, 0.10%." in charts.alt_text(ax)


def test_records_without_any_oddity_are_no_missing_data() -> None:
    ax = charts.data_quality(flagged(dict.fromkeys(FLAGS, 0)), lang="ru")
    assert len(row_labels(ax)) == len(FLAGS)
    assert "Ни у одного заказа странностей нет." in texts(ax)
    assert not any("Видов, которых нет" in text for text in texts(ax))


def test_every_flag_has_words_and_another_one_keeps_its_name() -> None:
    assert {f"chart.flag.{flag}" for flag in FLAGS} <= set(catalogue())
    assert row_labels(charts.data_quality(flagged({"quite_new": 3}), lang="ru")) == ["quite_new"]


def test_orders_draw_as_their_result() -> None:
    orders = pandas_frame(arrow(golden_rows())).assign(flags=["paid_twice"] * 2 + [""] * 8)
    ax = charts.data_quality(orders, lang="ru")
    assert row_labels(ax) == ["Оплачен дважды"]
    assert "n = 10 заказов · данные на 04.03.2026 12:00" in texts(ax)
    result = metrics.data_quality(orders)
    pd.testing.assert_frame_equal(charts.data(charts.data_quality(result, lang="ru")), charts.data(ax))
    with pytest.raises(DataError, match="several rows of the same flag"):
        charts.data_quality(orders, by="status")
    with pytest.raises(DataError, match=r"a result of data_quality\. Draw it with charts\.data_quality"):
        charts.fees(result)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_no_orders(lang: str) -> None:
    ax = charts.data_quality(flagged({}), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in texts(ax)


@pytest.mark.parametrize(
    ("names", "lang"),
    first_of((list(FLAGS), "ru"), (["paid_twice"], "en"), (list(FLAGS), "en"), (HOSTILE, "ru")),
)
def test_texts_fit(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.data_quality(flagged({name: 900 - at for at, name in enumerate(names)}), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(set(row_labels(ax))) == len(names)


@pytest.mark.long
def test_in_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for place, count in zip(grid, (1, 15), strict=True):
        charts.data_quality(flagged(dict.fromkeys(list(FLAGS)[:count], 7)), ax=place, lang="ru")
    assert_texts_fit(grid[0], monkeypatch)
