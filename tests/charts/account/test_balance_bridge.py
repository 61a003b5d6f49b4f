"""The chart of the balance: a bridge whose steps end where the next ones begin."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.account.results import bridge
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, row_labels
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of

WITHDRAWALS = pd.DataFrame({"id": [], "created_at": [], "amount": [], "currency": []})


def ends(ax: plt.Axes) -> list[tuple[float, float]]:
    return [(round(bar.get_x(), 6), round(bar.get_x() + bar.get_width(), 6)) for bar in ax.patches]


def said(ax: plt.Axes) -> str:
    return charts.alt_text(ax).replace("\xa0", " ")


def test_the_steps_lead_from_one_balance_to_the_other() -> None:
    ax = charts.balance_bridge(bridge(), lang="en")
    assert ends(ax) == [
        (0, 1000),
        (1000, 6000),
        (6000, 5750),
        (5750, 5350),
        (5350, 3350),
        (3350, 3310),
        (3310, 3310),
        (0, 3310),
    ]
    assert row_labels(ax)[0] == "Balance, Mar 1, 2026, 10:00"
    assert "Change +RUB 2,310.00, as orders and withdrawals say." in said(ax)
    assert "Not explained" not in legend_of(ax)


def test_a_cause_that_is_proven_is_a_step_in_words() -> None:
    ax = charts.balance_bridge(bridge(gap=250, causes="fee_bearer"), lang="ru")
    assert row_labels(ax)[6:8] == ["Объяснено: кто платит комиссию", "Не объяснено"]
    assert ends(ax)[6:] == [(3310, 3560), (3560, 3560), (0, 3560)]
    assert "расхождение +250,00 ₽" in said(ax)


def test_what_nothing_explains_is_hatched_and_possible_causes_are_named() -> None:
    result = bridge(gap=-100, possible="missing_shop, clock_skew").assign(missing_shops="Second (ABC)")
    ax = charts.balance_bridge(result, lang="en")
    assert [bar.get_hatch() for bar in ax.patches] == [None] * 6 + ["/////", None]
    assert ends(ax)[6] == (3310, 3210)
    assert "Not explained" in legend_of(ax)
    assert (
        "Possible causes: a shop without orders here, something right beside a snapshot. "
        "Shops without orders here: Second (ABC)." in said(ax)
    )


def test_a_share_of_the_fees_is_said() -> None:
    result = bridge().assign(expected_change=2310.0 + 125, change=2435.0, balance_after=3435.0)
    ax = charts.balance_bridge(result, lang="en")
    assert ends(ax)[2] == (6000, 5875)
    assert "Of the fees of RUB 250.00 the merchant bears RUB 125.00." in said(ax)


def test_a_high_balance_is_a_mark_on_a_scale_that_does_not_begin_at_zero() -> None:
    ax = charts.balance_bridge(bridge(900_000), lang="en")
    assert ax.get_xlim()[0] > 800_000
    assert [bar.get_width() for bar in ax.patches][::7] == [0, 0]
    assert "The scale does not begin at zero." in " ".join(text.get_text() for text in ax.texts)


def test_orders_and_their_result_draw_the_same() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    day = pd.to_datetime(["2026-03-01 00:00", "2026-03-03 12:00"]).tz_localize("Europe/Moscow")
    balances = pd.DataFrame({"currency": "RUB", "balance": [0.0, 1425.0], "observed_at": day})
    direct = charts.balance_bridge(orders, withdrawals=WITHDRAWALS, balances=balances, lang="en")
    result = metrics.balance_bridge(orders, WITHDRAWALS, balances)
    again = charts.balance_bridge(result, lang="en")
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(again))
    assert ends(direct) == ends(again)


def test_another_currency_is_named() -> None:
    both = pd.concat([bridge(), bridge(currency="USD").assign(payments=3)])
    ax = charts.balance_bridge(both, lang="en")
    assert "USD (3 payments)" in " ".join(text.get_text() for text in ax.texts)
    assert ends(charts.balance_bridge(both, currency="USD", lang="en")) == ends(ax)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
@pytest.mark.parametrize(
    "result",
    [
        bridge(-4000, gap=-1500, possible="missing_shop, withdrawals_unknown, orders_not_read").assign(
            missing_shops=", ".join(HOSTILE), undated_refunds=2, uncounted_withdrawals=5
        ),
        *first_of(
            bridge(900_000, gap=300, causes="refunds, withdrawals_in_flight"),
            bridge(12_345_678_901.25, currency="$_%{}<" * 20),
            bridge(0.0).assign(
                **dict.fromkeys(
                    ("balance_after", "change", "gross_volume", "fees", "refunds", "withdrawn"), 0.0
                ),
                withdrawal_fees=0.0,
                expected_change=0.0,
            ),
            keep=0,
        ),
    ],
)
def test_texts_fit(result: pd.DataFrame, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_texts_fit(charts.balance_bridge(result, lang=lang), monkeypatch)


def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
    for ax, lang in zip(grid, ("ru", "en"), strict=True):
        charts.balance_bridge(bridge(gap=250, causes="fee_bearer"), ax=ax, lang=lang)
    assert_texts_fit(grid[0], monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_one_snapshot_makes_no_bridge(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = assert_texts_fit(charts.balance_bridge(bridge().iloc[:0], lang=lang), monkeypatch)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in texts


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.balance_bridge(metrics.fees(pandas_frame(arrow(golden_rows()))))
    with pytest.raises(TypeError, match="needs withdrawals= and balances= beside"):
        charts.balance_bridge(pandas_frame(arrow(golden_rows())))
    with pytest.raises(DataError, match="several rows of the same currency"):
        charts.balance_bridge(pd.concat([bridge(), bridge()]))
