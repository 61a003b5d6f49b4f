"""Drawn orders: time to pay, checkouts and concentration equal the oracle, and keep their promises."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.metrics import checkouts, concentration, conversion, revenue, time_to_pay
from tests.golden import Row, arrow, native
from tests.marks import first_of
from tests.metrics.checkout import oracle
from tests.metrics.checkout.drawn import AT, NOW, attempts, watched
from tests.metrics.drawn import ALL_ENGINES, SOME_ENGINES, ZONES, Cells, bounds, few, histories, many, read

CURVE = (
    "paid_share", "paid_share_low", "paid_share_high", "at_risk", "paid_by_then", "orders", "excluded",
)  # fmt: skip
CHECKOUTS = (
    "checkouts", "mature_checkouts", "attempts", "attempts_per_checkout", "paid_checkouts",
    "checkout_conversion", "checkout_conversion_n", "first_unpaid", "recovered", "recovery_rate",
    "recovery_rate_n",
)  # fmt: skip
CONCENTRATION = ("systems", "hhi", "effective_systems", "top_share", "top_payment_system_id")

Draw = dict[str, Any]


def asked(rows: st.SearchStrategy[list[Row]]) -> st.SearchStrategy[Draw]:
    return st.fixed_dictionaries(
        {
            "rows": rows,
            "zone": st.sampled_from(ZONES),
            "limits": bounds(),
            "freq": st.sampled_from([None, "day"]),
            "by": st.sampled_from([[], ["shop_id"], ["status", "shop_id"]]),
        }
    )


def found(metric: Callable[..., Any], engine: str, draw: Draw, **options: Any) -> Any:
    since, until = draw["limits"]
    options |= {"since": since, "until": until, "zone": draw["zone"]}
    frame = native(engine, arrow(draw["rows"], zone=draw["zone"]), zone=draw["zone"])
    return metric(frame, freq=draw["freq"], by=draw["by"], **options)


def keys_of(draw: Draw) -> tuple[list[str], list[str]]:
    """Give the keys of the result, and what the oracle calls them."""
    day = bool(draw["freq"])
    return [*["period_start"] * day, *draw["by"]], [*["day"] * day, *draw["by"]]


def assert_close(got: Cells, expected: Cells) -> None:
    assert set(got) == set(expected)
    for key, cell in got.items():
        for name, value in cell.items():
            wanted = expected[key][name]
            if value is None or wanted is None or not name.startswith("paid_share"):
                assert value == wanted, (key, name, value, wanted)
            else:
                assert math.isclose(value, wanted, rel_tol=0, abs_tol=1e-12), (key, name, value, wanted)


def check_time_to_pay(engine: str, draw: Draw) -> None:
    result = found(time_to_pay, engine, draw, at=AT)
    keys, names = keys_of(draw)
    live = [row for row in draw["rows"] if oracle.is_live(row)]
    cells = oracle.in_cells(live, "created_at", draw["zone"], draw["limits"], names)
    expected = {
        (*key, moment): values
        for key, own in cells.items()
        for moment, values in oracle.curve(own, AT).items()
        if draw["rows"]
    }
    got = read(result, [*keys, "seconds"], CURVE)
    empty = {key: cell for key, cell in got.items() if key not in expected}
    assert all(not any(cell.values()) for cell in empty.values())
    assert not empty or draw["freq"]
    assert_close({key: cell for key, cell in got.items() if key in expected}, expected)
    assert result["seconds"].tolist() == [*AT] * (len(result) // len(AT))


def check_checkouts(engine: str, draw: Draw) -> None:
    keys, names = keys_of(draw)
    got = read(found(checkouts, engine, draw), keys, CHECKOUTS)
    expected = oracle.checkouts(draw["rows"], draw["zone"], draw["limits"], NOW, names)
    if not draw["rows"]:
        expected = {}
    if draw["freq"]:
        got = {key: cell for key, cell in got.items() if any(cell.values())}
    assert got == expected


def check_concentration(engine: str, draw: Draw) -> None:
    keys, names = keys_of(draw)
    result = found(concentration, engine, draw)
    got = read(result, ["currency", *keys], CONCENTRATION)
    expected = oracle.concentration(draw["rows"], draw["zone"], draw["limits"], names)
    assert {key: cell for key, cell in got.items() if cell["systems"]} == expected
    assert not any(any(cell.values()) for key, cell in got.items() if key not in expected)


def check_invariants(engine: str, rows: list[Row], seed: int) -> None:
    """Check what holds for any orders, whatever the numbers are."""
    frame = native(engine, arrow(rows))
    whole = conversion(frame)
    curve = time_to_pay(frame, at=AT)
    for one in (curve, time_to_pay(frame, at=AT, by=["hour", "status"])):
        assert one.loc[one["seconds"] == 0, "orders"].sum() == whole["orders"].sum()
        for name, sign in (("paid_share", 1), ("paid_by_then", 1), ("at_risk", -1)):
            steps = one.groupby(one.index // len(AT))[name].diff().dropna()
            assert (sign * steps >= 0).all()
        inside = one.dropna()
        assert (inside["paid_share_low"] <= inside["paid_share"]).all()
        assert (inside["paid_share"] <= inside["paid_share_high"]).all()
    joined = checkouts(frame)
    assert joined["attempts"].sum() == whole["orders"].sum()
    parts = checkouts(frame, by=["weekday", "hour", "payment_system_id"])
    for name in ("checkouts", "mature_checkouts", "attempts", "paid_checkouts", "first_unpaid", "recovered"):
        assert parts[name].sum() == joined[name].sum()
    assert (joined["paid_checkouts"] >= joined["recovered"]).all()
    assert concentration(frame)["currency"].tolist() == revenue(frame)["currency"].tolist()
    live = [row for row in rows if not row["is_test"]]
    random.Random(seed).shuffle(live)
    again = native(engine, arrow(live))
    for metric in (time_to_pay, checkouts, concentration) if live else ():
        pd.testing.assert_frame_equal(pd.DataFrame(metric(frame)), pd.DataFrame(metric(again)))


CHECKS = [
    pytest.param(check_time_to_pay, asked(watched()), id="time_to_pay"),
    pytest.param(check_checkouts, asked(attempts()), id="checkouts"),
    pytest.param(check_concentration, asked(histories()), id="concentration"),
]


@pytest.mark.parametrize("engine", first_of(*SOME_ENGINES))
class TestSome:
    @pytest.mark.parametrize(("check", "draws"), CHECKS)
    @few
    @given(data=st.data())
    def test_it_equals_the_oracle(self, engine: str, check: Any, draws: Any, data: st.DataObject) -> None:
        check(engine, data.draw(draws))

    @settings(few, max_examples=2)  # the first of them is the empty one
    @given(rows=attempts(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(engine, rows, seed)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
class TestMany:
    @pytest.mark.parametrize(("check", "draws"), CHECKS)
    @many
    @given(data=st.data())
    def test_it_equals_the_oracle(self, engine: str, check: Any, draws: Any, data: st.DataObject) -> None:
        check(engine, data.draw(draws))

    @many
    @given(rows=attempts(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(engine, rows, seed)
