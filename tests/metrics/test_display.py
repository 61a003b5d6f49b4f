"""How results show themselves: every number formatted, nothing hostile alive, derived frames plain."""

from __future__ import annotations

import pandas as pd
import pytest

from tegro_analytics.exceptions import MissingColumn
from tegro_analytics.metrics.results.display import to_html, to_text
from tegro_analytics.metrics.results.frame import MetricFrame

REVENUE = {
    "currency": ["RUB", "JPY"],
    "gross_volume": [1234567.5, 900.0],
    "fees": [50.25, 0.0],
    "refund_rate": [0.25, float("nan")],
    "refund_rate_low": [0.1, float("nan")],
    "refund_rate_high": [0.4, float("nan")],
    "refund_rate_n": [4, 0],
}


def months(count: int, *, complete: bool = True) -> pd.DataFrame:
    starts = [pd.Timestamp(2026, month, 1) for month in range(1, count + 2)]
    return pd.DataFrame(
        {
            "currency": "RUB",
            "period_start": starts[:-1],
            "period_end": starts[1:],
            "complete": [True] * (count - 1) + [complete],
            "gross_volume": [1000.0 * number for number in range(count)],
            "zero_days": 7,
        }
    )


def test_a_few_rows_stand_upright() -> None:
    assert to_text(pd.DataFrame(REVENUE), "revenue", lang="en").splitlines() == [
        "Revenue · paid orders (statuses 1 and 3), no tests",
        "────────────────────────────────────",
        "                            RUB  JPY",
        "Gross volume       1,234,567.50  900",
        "Fees                      50.25    0",
        "Refund rate   25.0% (10.0–40.0)  n/a",
        "in brackets: the 95 % interval",
    ]


def test_money_has_the_places_of_its_currency() -> None:
    lines = to_text(pd.DataFrame(REVENUE), "revenue", lang="ru").splitlines()
    gross = next(line for line in lines if line.startswith("Оборот"))
    assert "1\xa0234\xa0567,50" in gross
    assert gross.endswith("900")


def test_a_rate_stands_with_its_interval_and_a_missing_one_is_said() -> None:
    line = next(
        line for line in to_text(pd.DataFrame(REVENUE), "revenue", lang="en").splitlines() if "Refund" in line
    )
    assert "25.0% (10.0–40.0)" in line
    assert line.endswith("n/a")


def test_many_rows_show_the_headline_and_say_what_is_left_out() -> None:
    text = to_text(months(5, complete=False), "revenue", lang="en")
    assert "Jan 2026" in text
    assert "May 2026 *" in text
    assert "Apr 2026 *" not in text
    assert text.splitlines()[-1] == "* not complete yet; further columns in the DataFrame and in --json: 1"


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2026-01-01", "2027-01-01", "2026"),
        ("2026-04-01", "2026-07-01", "Q2 2026"),
        ("2026-02-01", "2026-03-01", "Feb 2026"),
        ("2026-02-09", "2026-02-16", "9 Feb – 15 Feb 2026"),
        ("2026-02-09", "2026-02-10", "Feb 9, 2026"),
    ],
)
def test_a_period_is_named_as_people_do(start: str, end: str, says: str) -> None:
    frame = months(1).assign(period_start=pd.Timestamp(start), period_end=pd.Timestamp(end))
    assert f"RUB · {says}" in to_text(frame, "revenue", lang="en")


def test_an_empty_result_says_so() -> None:
    assert "нет данных" in to_text(pd.DataFrame({name: [] for name in REVENUE}), "revenue", lang="ru")
    assert "no data" in to_html(pd.DataFrame({name: [] for name in REVENUE}), "revenue", lang="en")


def test_html_is_escaped() -> None:
    hostile = months(5).assign(currency="<img src=x onerror=alert(1)>")
    shown = to_html(hostile, "revenue", lang="en")
    assert "<img" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_the_frame_shows_itself_and_what_is_derived_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = MetricFrame(pd.DataFrame(REVENUE), metric="revenue")
    monkeypatch.setenv("TEGRO_LANG", "ru")
    assert repr(frame).startswith("Выручка · ")
    assert "Выручка" in frame._repr_html_()
    assert type(frame[frame["fees"] > 0]) is pd.DataFrame
    assert type(pd.DataFrame(frame)) is pd.DataFrame


@pytest.mark.parametrize(("lang", "rate", "money"), [("en", "0.0%", "0.00"), ("ru", "0,0%", "0,00")])
def test_what_is_below_0_by_less_than_its_places_has_no_sign(lang: str, rate: str, money: str) -> None:
    tiny = pd.DataFrame({"currency": ["RUB"], "net_volume": [-0.001], "growth": [-0.0001]})
    lines = to_text(tiny, "revenue", lang=lang).splitlines()
    assert [line.split("  ")[-1].strip() for line in lines[3:]] == [money, rate]
    drift = pd.DataFrame({"currency": ["RUB"], "rate_effect": [-0.000001], "mix_effect": [-0.25]})
    lines = to_text(drift, "fee_drift", lang=lang).splitlines()
    assert not lines[3].split("  ")[-1].strip().startswith("-")
    assert lines[4].split("  ")[-1].strip().startswith("-25")


def test_columns_and_rows_are_chosen_and_the_note_speaks_of_what_shows() -> None:
    frame = MetricFrame(months(5).assign(refund_rate=0.5), metric="revenue")
    shown = frame.show(lang="en", columns=["zero_days"], where=frame["gross_volume"] > 500)
    assert [" ".join(line.split()) for line in repr(shown).splitlines()[2:]] == [
        "Currency Period Days without payments",
        "RUB Feb 2026 7",
        "RUB Mar 2026 7",
        "RUB Apr 2026 7",
        "RUB May 2026 7",
        "further columns in the DataFrame and in --json: 2",
    ]
    assert "Gross volume" not in shown._repr_html_()
    with pytest.raises(MissingColumn, match="needs the column 'growht'"):
        frame.show(columns=["growht"])


def test_a_choice_of_no_row_says_so() -> None:
    frame = MetricFrame(months(5), metric="revenue")
    assert "no data" in frame.show(lang="en", where=frame["gross_volume"] > 5_000).text


def test_a_list_still_says_how_many_rows_there_are() -> None:
    listed = MetricFrame(months(5), metric="revenue", found=1_000)
    assert "further rows in the DataFrame and in --json: 995" in listed.to_text(lang="en")


def test_codes_are_shown_in_words() -> None:
    bridge = {"currency": ["RUB"], "causes": ["refunds, fee_bearer"], "possible_causes": [""]}
    assert "возвраты, кто платит комиссию" in to_text(pd.DataFrame(bridge), "balance_bridge", lang="ru")
    matched = {"currency": ["RUB"] * 2, "result": ["paid_twice", "of_my_own"], "compared": [3, 1]}
    shown = to_text(pd.DataFrame(matched), "match_orders", lang="en")
    assert "Paid twice" in shown
    assert "of_my_own" in shown


def test_every_code_has_words() -> None:
    from tegro_analytics.metrics.account import causes
    from tegro_analytics.metrics.account.matching import RESULTS
    from tegro_analytics.texts import catalogue

    codes = {value for name, value in vars(causes).items() if name.isupper() and isinstance(value, str)}
    assert len(codes) == 8
    assert {*(f"cause.{code}" for code in codes), *(f"result.{code}" for code in RESULTS)} <= set(catalogue())
