"""The notebooks as a person opens them: JupyterLab in Chromium, Run All by the menu, a picker changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tegro_analytics import notebook
from tests.browser.chromium import chromium
from tests.browser.lab import Lab, running
from tests.documents import ROOT

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))

PICTURES = (
    """() => [...document.querySelectorAll(".jp-OutputArea-output img")].map(one => one.naturalWidth)"""
)

PANEL = ".jp-OutputArea-output .widget-vbox"
SHOWN = """panel => {
  const [image, table] = ["img", "table"].map(one => document.querySelector(`${panel} ${one}`));
  return image && table && image.naturalWidth && [image.src, image.alt, table.innerText];
}"""
"""The picture, the words for it, and the table under it."""
DRAWN_ANEW = f"""([before, panel]) => {{
  const after = ({SHOWN})(panel);
  return after && after.every((one, place) => one !== before[place]);
}}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")
    notebook.copy_to(folder)
    environment = {"TEGRO_DEMO_ORDERS": "1500", "TEGRO_LANG": "en", "XDG_DATA_HOME": str(home / "data")}
    with running(folder, home, environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Any, lab: Lab) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    yield page
    lab.end_kernels(page)
    page.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_from_the_menu_and_a_picker_draws_anew(name: str, lab: Lab, page: Any) -> None:
    lab.open(page, name)
    lab.run_all(page)
    code = [cell for cell in lab.saved(name).cells if cell.cell_type == "code"]
    assert [out for cell in code for out in cell.outputs if out.output_type in ("error", "stream")] == []
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    picker = any("ta.explore(" in cell.source for cell in code)
    if picker:
        page.wait_for_function(SHOWN, arg=PANEL)
    widths = page.evaluate(PICTURES)
    assert len(widths) == sum("ta.charts." in cell.source for cell in code) + picker
    assert min(widths) > 600
    assert picker == (name != NOTEBOOKS[0])
    if picker:
        change_the_metric_and_the_period(page)


def change_the_metric_and_the_period(page: Any) -> None:
    """Pick twice, and see another picture, other words for it, and another table each time."""
    for label, choices in (("Show", ("Fees", "Revenue")), ("Period", ("last month",))):
        before = page.evaluate(SHOWN, PANEL)
        picker = page.locator(f"{PANEL} .widget-dropdown", has_text=label).first.locator("select")
        now = picker.evaluate("one => one.selectedOptions[0].label")
        choice = next(one for one in choices if one != now)
        picker.select_option(label=choice)
        page.wait_for_function(DRAWN_ANEW, arg=[before, PANEL])


def test_a_cell_that_fails_is_seen(lab: Lab, page: Any) -> None:
    import nbformat

    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in ("1 + 1", "int('x')", "2 + 2")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(node, lab.folder / "broken.ipynb")
    lab.open(page, "broken.ipynb")
    lab.run_all(page)
    cells = lab.saved("broken.ipynb").cells
    assert [out.output_type for cell in cells for out in cell.outputs] == ["execute_result", "error"]
    assert [cell.execution_count for cell in cells] == [1, 2, None]
