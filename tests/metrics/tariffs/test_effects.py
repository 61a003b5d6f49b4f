"""Effects of rate and mix: they sum to the change exactly, in fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.metrics.effects import change, effect_values, effects

sides = st.lists(
    st.tuples(st.integers(0, 10**12), st.sampled_from([0, 1, 3, 7, 10**9 + 7])), min_size=1, max_size=5
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(before=sides, data=st.data())
def test_the_parts_sum_to_the_change(before: list[tuple[int, int]], data: Any) -> None:
    after = data.draw(st.lists(sides.map(lambda side: side[0]), min_size=len(before), max_size=len(before)))
    found, moved = effects(before, after), change(before, after)
    if moved is None:
        assert all(one.rate_effect is None and one.mix_effect is None for one in found)
        return
    assert sum(one.rate_effect + one.mix_effect for one in found) == moved
    assert sum(one.weight for one in found) == sum(one.weight_before for one in found) == 1
    back = effects(after, before)
    assert [(-one.rate_effect, -one.mix_effect) for one in back] == [
        (one.rate_effect, one.mix_effect) for one in found
    ]


def test_other_rates_with_the_same_weights_are_no_mix() -> None:
    one, other = effects([(1, 10), (2, 10)], [(2, 20), (8, 20)])
    assert (one.rate_effect, one.mix_effect) == (0, 0)
    assert (other.rate_effect, other.mix_effect) == (Fraction(1, 10), 0)


def test_other_weights_with_the_same_rates_are_all_mix() -> None:
    one, other = effects([(1, 10), (5, 10)], [(3, 30), (5, 10)])
    assert (one.rate_effect, other.rate_effect) == (0, 0)
    assert (one.mix_effect, other.mix_effect) == (Fraction(1, 40), Fraction(-1, 8))


def test_a_group_on_one_side_only_is_all_mix() -> None:
    stayed, came, went = effects([(1, 10), (0, 0), (3, 10)], [(1, 10), (4, 10), (0, 0)])
    assert (came.rate_effect, came.mix_effect) == (0, Fraction(4, 20))
    assert (went.rate_effect, went.mix_effect) == (0, Fraction(-3, 20))
    assert (came.rate_before, came.weight_before, went.rate, went.weight) == (None, 0, None, 0)
    assert (stayed.rate_effect, stayed.mix_effect) == (0, 0)


def test_money_stays_exact() -> None:
    before, after = [(Decimal("0.1"), Decimal("0.3"))], [(Decimal("0.2"), Decimal("0.3"))]
    assert change(before, after) == Fraction(1, 3)
    assert effects(before, after)[0].rate_effect == Fraction(1, 3)


def test_a_period_without_anything_has_no_effects() -> None:
    (one,) = effects([(0, 0)], [(1, 2)])
    assert (one.rate_before, one.rate, one.weight_before, one.weight) == (None, Fraction(1, 2), None, 1)
    assert (one.rate_effect, one.mix_effect, change([(0, 0)], [(1, 2)])) == (None, None, None)


def test_columns_are_the_nearest_floats() -> None:
    found = effects([(1, 3), (0, 0)], [(2, 3), (0, 0)])
    values = effect_values(found, [change([(1, 3)], [(2, 3)])] * 2, rate="fee_rate")
    assert values["fee_rate_before"][0] == 1 / 3
    assert values["rate_effect"].tolist() == [1 / 3, 0]
    assert values["total_change"].tolist() == [1 / 3] * 2
    assert str(values["fee_rate"][1]) == "nan"
