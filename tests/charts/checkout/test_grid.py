"""All charts of the room in one figure: each keeps to its own place."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts
from tests.charts.checkout import test_checkouts as of_checkouts
from tests.charts.checkout import test_conversion_mix as of_mix
from tests.charts.checkout import test_conversion_value as of_value
from tests.charts.checkout import test_funnel as of_funnel
from tests.charts.checkout import test_heat_map as of_hours
from tests.charts.checkout import test_time_to_pay as of_time
from tests.charts.tables import assert_texts_fit

NAMES = ["Bank cards · Tinkoff Bank (25)", "Fast payment system (SBP)", "Bitcoin"]


@pytest.mark.long
@pytest.mark.parametrize(("layout", "lang"), [(None, "ru"), ("constrained", "en")])
def test_a_grid_of_subplots(layout: str | None, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    figure, grid = plt.subplots(4, 2, figsize=(15, 20), layout=layout)
    drawn = [
        charts.heat_map(of_hours.week(), ax=grid[0, 0], lang=lang),
        charts.funnel(of_funnel.outcomes(), ax=grid[0, 1], lang=lang),
        charts.time_to_pay(of_time.curves(NAMES), ax=grid[1, 0], lang=lang),
        charts.funnel(of_funnel.outcomes(NAMES), ax=grid[1, 1], lang=lang),
        charts.checkouts(of_checkouts.over_time(12), ax=grid[2, 0], lang=lang),
        charts.conversion_mix(of_mix.mix(NAMES), ax=grid[2, 1], lang=lang),
        charts.conversion_value(of_value.over_time(12), ax=grid[3, 0], lang=lang),
        charts.checkouts(of_checkouts.by_group(NAMES), ax=grid[3, 1], lang=lang),
    ]
    assert drawn == list(grid.flat)
    assert_texts_fit(grid[0, 0], monkeypatch)
    assert plt.get_fignums() == [figure.number]
