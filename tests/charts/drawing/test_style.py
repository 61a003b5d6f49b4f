"""A chart leaves nothing behind but itself."""

from __future__ import annotations

import pickle
from pathlib import Path

import matplotlib as mpl
import nbclient
import nbformat
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from tegro_analytics.charts.drawing import style
from tegro_analytics.charts.drawing.timeline import Timeline
from tests.charts.tables import CHARTS, by_group, draw, figure_of, over_time
from tests.marks import first_of

SETUP = """
import matplotlib.pyplot as plt
import pandas as pd
from tegro_analytics import charts
result = pd.DataFrame({
    "currency": "RUB", "complete": True, "gross_volume": [100.0, 200.0], "net_volume": 90.0, "payments": 1,
    "period_start": pd.to_datetime(["2026-01-01", "2026-02-01"]),
    "period_end": pd.to_datetime(["2026-02-01", "2026-03-01"]),
})
"""


@pytest.mark.parametrize("chart", CHARTS)
def test_no_setting_is_changed(chart: str) -> None:
    with mpl.rc_context({"font.family": ["DejaVu Serif"], "axes.grid": True, "text.parse_math": True}):
        before = dict(mpl.rcParams)
        draw(chart, by_group(["a", "b"]))
        assert dict(mpl.rcParams) == before


def test_a_failure_changes_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(mpl.rcParams)
    monkeypatch.setattr(Timeline, "bars", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        draw("revenue", over_time(3))
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


@pytest.mark.parametrize("chart", ["conversion", "payment_systems"])
def test_a_style_of_the_user_does_not_show(chart: str) -> None:
    plain = _picture(chart)
    with plt.style.context(["dark_background", {"font.size": 30, "axes.grid": True, "lines.marker": "s"}]):
        assert _picture(chart) == plain


def _picture(chart: str) -> bytes:
    figure = figure_of(draw(chart, over_time(5) if chart != "payment_systems" else by_group(["a", "b"])))
    figure.canvas.draw()
    return bytes(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]


def test_a_new_figure_is_the_current_one_so_that_a_notebook_shows_it_once() -> None:
    ax = draw("revenue", over_time(3))
    assert plt.get_fignums() == [plt.gcf().number]
    assert plt.gcf() is figure_of(ax)


@pytest.mark.long
def test_each_chart_of_a_notebook_is_shown_once_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel chooses Jupyter's own
    cells = [
        SETUP,
        "charts.revenue(result)",
        "ax = charts.revenue(result)",
        "charts.revenue(result); plt.get_fignums()",
        "plt.get_fignums()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    root = Path(__file__).parents[2]
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120).execute(cwd=str(root))
    pictures = [
        sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in notebook.cells
    ]
    assert pictures == [0, 1, 1, 1, 0]
    assert notebook.cells[-1].outputs[0]["data"]["text/plain"] == "[]"


def test_a_given_axes_stays_clear_of_pyplot() -> None:
    figure = mpl.figure.Figure(figsize=(9, 5), layout="constrained")
    ax = figure.add_subplot()
    assert draw("revenue", over_time(3), ax=ax) is ax
    assert plt.get_fignums() == []


@pytest.mark.parametrize("chart", first_of(*CHARTS))
def test_a_chart_can_be_pickled(chart: str) -> None:
    ax = draw(chart, over_time(5) if chart != "payment_systems" else by_group(["a", "b"]))
    copy = pickle.loads(pickle.dumps(figure_of(ax)))
    copy.canvas.draw()
    assert copy.axes[0].get_title(loc="left") == ax.get_title(loc="left")


def test_a_title_of_the_users_own_stays() -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5))
    draw("revenue", over_time(3), ax=left)
    left.set_title("Mine", loc="left")
    draw("fees", over_time(3), ax=right)
    assert left.get_title(loc="left") == "Mine"
    assert figure.axes[:2] == [left, right]


def test_neighbouring_colours_differ_for_those_who_see_no_red_or_green() -> None:
    seen = [_as_deuteranope(colour) for colour in style.SERIES]
    for at, one in enumerate(seen):
        for other in seen[at + 1 :]:
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 0.1


def _as_deuteranope(colour: str) -> tuple[float, float, float]:
    """Simulate deuteranopia (Machado, Oliveira and Fernandes 2009, severity 1) on linear light."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    matrix = (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    )
    red, green, blue = (sum(m * c for m, c in zip(row, linear, strict=True)) for row in matrix)
    return red, green, blue


def test_text_is_dark_enough_on_white() -> None:
    for colour in (style.INK, style.MUTED):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (light + 0.05) > 4.5
