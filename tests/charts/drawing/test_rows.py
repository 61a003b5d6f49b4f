"""Rows keep their columns apart, whatever width their neighbours leave them."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from tests.charts.tables import assert_texts_fit, by_group, draw

LONG = ["A payment system with quite a long name", "Another one whose name is as long"]


def test_a_neighbour_drawn_later_may_take_some_of_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(7, 8), layout="constrained")
    draw("payment_systems", by_group(["a", "b"]), ax=upper)
    figure.canvas.draw()
    before = upper.get_window_extent().width
    draw("payment_systems", by_group(LONG), ax=lower)
    drawn = assert_texts_fit(upper, monkeypatch)
    assert upper.get_window_extent().width < before - 50
    assert drawn.count("Orders (n)") == 2
    counts = [text.get_window_extent().x1 for text in upper.texts if text.get_text() in ("40", "47")]
    assert max(counts) - upper.get_window_extent().x1 == pytest.approx(0, abs=1.5)


@pytest.mark.long
def test_columns_go_when_there_is_no_more_room_for_them() -> None:
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(5, 8), layout="constrained")
    draw("fees", by_group(["a", "b"]), ax=upper)
    rate = next(text for text in upper.texts if text.get_text() == "4.00%")
    assert rate.get_visible()
    draw("fees", by_group(LONG), ax=lower)
    figure.canvas.draw()
    assert not rate.get_visible()
