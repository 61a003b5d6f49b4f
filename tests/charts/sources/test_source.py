"""What a chart is drawn from: results or orders of any engine, one currency at a time."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from tegro_analytics import charts, metrics
from tegro_analytics.charts.sources.source import floats
from tegro_analytics.exceptions import DataError, MissingColumn, MixedCurrencies
from tests.charts.tables import CHARTS, by_group, draw, figure_of, legend_of, over_time
from tests.golden import ENGINES, arrow, golden_rows, native, order, pandas_frame


@pytest.mark.parametrize("engine", ENGINES)
def test_orders_of_any_engine(engine: str) -> None:
    ax = charts.revenue(native(engine, arrow(golden_rows())), freq="day", lang="en")
    assert charts.data(ax)["gross_volume"].astype(float).tolist() == [1000, 500, 700, 150]
    assert "Europe/Moscow" in charts.alt_text(ax)
    assert "data as of Mar 4, 2026, 12:00" in charts.alt_text(ax)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_result_draws_as_its_orders_do(chart: str) -> None:
    orders = pandas_frame(arrow(golden_rows()))
    keywords = {} if chart == "payment_systems" else {"freq": "day"}
    direct = getattr(charts, chart)(orders, lang="en", **keywords)
    result = getattr(metrics, chart)(orders, **keywords)
    pd.testing.assert_frame_equal(charts.data(getattr(charts, chart)(result, lang="en")), charts.data(direct))


def test_a_currency_is_chosen_among_orders_without_another_word() -> None:
    dollars = charts.conversion(pandas_frame(arrow(golden_rows())), currency="USD", lang="en")
    assert charts.data(dollars)["mature"].sum() == 1


@pytest.mark.parametrize("money", ["float64", "decimal"])
def test_decimals_are_drawn_and_kept(money: str) -> None:
    orders = pandas_frame(arrow(golden_rows()), money=money)
    ax = charts.revenue(orders, freq="day", lang="en")
    assert [bar.get_height() for bar in ax.containers[0]] == [1000.0, 500.0, 700.0, 150.0]
    kept = charts.data(ax)["gross_volume"].iloc[0]
    assert isinstance(kept, Decimal if money == "decimal" else float)


@pytest.mark.parametrize(
    ("last", "freq"),
    [("2026-01-01", "day"), ("2026-03-31", "day"), ("2026-04-01", "week"), ("2026-11-01", "month")],
)
def test_periods_suit_the_span(last: str, freq: str) -> None:
    rows = [
        order(n, created=f"{day} 10:00", paid=f"{day} 10:05") | {"as_of": pd.Timestamp("2026-11-24T00:00Z")}
        for n, day in enumerate(["2026-01-01", last])
    ]
    ax = charts.revenue(pandas_frame(arrow(rows)), until=pd.Timestamp(last) + pd.Timedelta(days=1), lang="en")
    assert ax.get_title(loc="left") == f"Revenue by {freq}"


def test_the_currency_with_the_most_payments_is_drawn_and_the_others_are_named() -> None:
    ax = charts.revenue(pandas_frame(arrow(golden_rows())), freq="day", lang="en")
    assert charts.data(ax)["currency"].unique().tolist() == ["RUB"]
    notes = " ".join(text.get_text() for text in ax.texts).replace("\n", " ")
    assert 'RUB alone is drawn. Also in the data: USD (1 payment); see currency="USD".' in notes


def test_another_currency_is_drawn_when_asked_for() -> None:
    ax = charts.revenue(pandas_frame(arrow(golden_rows())), freq="day", currency="USD", lang="en")
    assert legend_of(ax)[:2] == ["Gross: $20.00", "Net: $19.20"]
    assert ax.get_ylabel() == "$"


def test_a_currency_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(DataError, match="currency='EUR' is not in the data, which has RUB, USD"):
        charts.revenue(pandas_frame(arrow(golden_rows())), currency="EUR")


def test_amounts_without_a_currency_are_refused() -> None:
    result = over_time(2).astype({"currency": object})
    result.loc[0, "currency"] = None
    with pytest.raises(MixedCurrencies, match="Some rows have no currency"):
        draw("revenue", result)


@pytest.mark.parametrize("chart", CHARTS)
def test_an_unknown_keyword_is_named_with_those_that_are_known(chart: str) -> None:
    orders = pandas_frame(arrow(golden_rows()))
    with pytest.raises(
        TypeError, match=rf"charts\.{chart} has no keyword frec=\. Did you mean freq=\?.*since"
    ):
        getattr(charts, chart)(orders, frec="day")


@pytest.mark.parametrize("chart", CHARTS)
def test_keywords_of_the_metric_belong_to_orders(chart: str) -> None:
    data = by_group(["a"]) if chart == "payment_systems" else over_time(2)
    with pytest.raises(TypeError, match=r"was given a result of .* and freq= as well"):
        draw(chart, data, freq="day")


def test_a_result_of_another_metric_is_sent_to_its_own_chart() -> None:
    result = metrics.conversion(pandas_frame(arrow(golden_rows())))
    with pytest.raises(DataError, match=r"a result of conversion\. Draw it with charts\.conversion"):
        charts.revenue(result)


def test_a_result_without_a_column_says_so() -> None:
    result = metrics.fees(pandas_frame(arrow(golden_rows())), freq="day")
    del result["payments"]
    with pytest.raises(DataError, match="needs the column 'payments'"):
        charts.fees(result)


def test_orders_that_lack_a_column_say_so() -> None:
    with pytest.raises(MissingColumn, match="fee"):
        charts.fees(pandas_frame(arrow(golden_rows())).drop(columns="fee"))


def test_rows_of_the_same_key_are_not_drawn_over_each_other() -> None:
    twice = pd.concat([over_time(2), over_time(2)])
    with pytest.raises(DataError, match="several rows of the same period_start"):
        draw("revenue", twice)


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_data_is_said_plainly(chart: str, lang: str) -> None:
    orders = pandas_frame(arrow(golden_rows()))
    keywords = {} if chart == "payment_systems" else {"freq": "day"}
    for data, asked in [
        (orders.iloc[:0], keywords),
        (orders, {**keywords, "since": "2020-01-01", "until": "2020-01-03"}),
    ]:
        ax = getattr(charts, chart)(data, lang=lang, **asked)
        assert {"en": "No data", "ru": "Нет данных"}[lang] in {text.get_text() for text in ax.texts}
        assert not [*ax.patches, *ax.lines, *ax.collections]
        assert figure_of(ax).axes == [ax]


def test_the_days_are_the_bounds_and_never_later_than_the_data() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    bounded = charts.revenue(orders, since="2026-03-02", until="2026-03-04", freq="month", lang="en")
    assert "Mar 2 – 3, 2026" in charts.alt_text(bounded).replace("\u2009", " ")
    whole = charts.revenue(orders, freq="month", lang="en")
    assert "Mar 1 – 4, 2026" in charts.alt_text(whole).replace("\u2009", " ")


def test_alternative_text_tells_ends_extremes_and_what_is_not_complete() -> None:
    said = charts.alt_text(draw("revenue", over_time(3, incomplete=1)))
    assert (
        "Gross: from RUB\xa030,000.00 at the start to RUB\xa044,000.00 (period not complete) at the end"
        in said
    )
    assert "lowest RUB\xa030,000.00 (January 2026), highest RUB\xa044,000.00 (March 2026)" in said


def test_alternative_text_names_rows_in_full() -> None:
    name = "N" * 200
    assert name in charts.alt_text(draw("payment_systems", by_group([name])))


def test_the_table_is_a_copy() -> None:
    ax = draw("revenue", over_time(2))
    table = charts.data(ax)
    table.loc[0, "gross_volume"] = 0
    assert charts.data(ax).loc[0, "gross_volume"] == 30_000


def test_other_axes_carry_no_table() -> None:
    ax = figure_of(draw("revenue", over_time(2))).add_subplot()
    for ask in (charts.data, charts.alt_text):
        with pytest.raises(DataError, match="not drawn by"):
            ask(ax)


def test_numbers_of_any_type_become_floats() -> None:
    exact = pd.Series([Decimal("1.5"), None], dtype=pd.ArrowDtype(pa.decimal128(28, 8)))
    assert floats(exact)[0] == 1.5
    assert pd.isna(floats(exact)[1])
    assert floats(pd.Series([1, None], dtype="Int64")).tolist()[0] == 1.0


def test_what_a_metric_takes_beside_orders_is_asked_for() -> None:
    from tegro_analytics.charts.sources.given import resolve
    from tegro_analytics.charts.sources.source import Subject

    subject = Subject(chart="match_orders", metric="match_orders", reads=("compared",))
    with pytest.raises(TypeError, match=r"charts\.match_orders needs mine= beside what it was given"):
        resolve(subject, pandas_frame(arrow(golden_rows())), currency=None, keywords={})
