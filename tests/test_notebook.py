"""The notebooks, run on a real kernel, in both languages, and rendered to a page that needs no network."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from tegro_analytics import notebook
from tests.documents import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def outputs(node: Any) -> list[Any]:
    return [output for cell in node.cells if cell.cell_type == "code" for output in cell.outputs]


def texts(node: Any, kind: str) -> str:
    return "\n".join("".join(output.get("data", {}).get(kind, "")) for output in outputs(node))


def run(path: Path, folder: Path, lang: str) -> Any:
    return notebook.run(path, environment={"TEGRO_LANG": lang, "TEGRO_DEMO_ORDERS": "1500"}, folder=folder)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs(path: Path) -> None:
    node = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in node["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert code[0]["metadata"]["tags"] == ["parameters"]


FILES = {
    "01_quickstart": ["report.xlsx"],
    "08_monthly_report": ["report-????-??.xlsx", "report-????-??.html", "register-????-??.csv"],
}
"""What some of them write."""


@pytest.mark.long  # `make demo` runs two of them
@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_without_a_key(path: Path, lang: str, tmp_path: Path) -> None:
    node = run(path, tmp_path, lang)
    assert [output for output in outputs(node) if output.output_type == "error"] == []
    assert [output.text for output in outputs(node) if output.output_type == "stream"] == []
    assert {"ru": "ПЕСОЧНИЦА", "en": "SANDBOX"}[lang] in texts(node, "text/html")
    drawn = [cell for cell in node.cells if cell.cell_type == "code" and "ta.charts." in cell.source]
    assert len(drawn) >= 2
    for cell in drawn:
        assert any("image/png" in output.get("data", {}) for output in cell.outputs), cell.source
    for pattern in FILES.get(path.stem, []):
        (written,) = tmp_path.glob(pattern)
        assert written.stat().st_size > 1_000
    page = notebook.to_html(node, tmp_path / "page.html", title=path.stem)
    assert asked_of_the_network(page) == []
    images = re.findall(r"<img[^>]*?\ssrc=\"data:image/png;base64,", page.read_text(encoding="utf-8"))
    picked = sum("ta.explore(" in cell.source for cell in node.cells)  # what it began with is in the page
    assert len(images) == len(drawn) + picked


def asked_of_the_network(page: Path) -> list[str]:
    """List every address that a browser would ask for when it opens a page."""

    class Addresses(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names = ("src", "srcset", "data", "poster") + (
                ("href",) if tag in ("link", "base", "use") else ()
            )
            self.found += [value for name, value in attrs if name in names and value]

    text = page.read_text(encoding="utf-8")
    parser = Addresses()
    parser.feed(text)
    styles = re.findall(r"(?:url\(|@import\s+)['\"]?([^'\")]+)", text)
    return [address for address in parser.found + styles if not address.startswith(("data:", "#"))]


def test_an_address_in_a_page_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<script src='https://a.example/x.js'></script><style>b{background:url(https://b.example)}</style>"
    )
    assert asked_of_the_network(page) == ["https://a.example/x.js", "https://b.example"]


def test_a_cell_that_fails_fails_the_run(tmp_path: Path) -> None:
    node = nbformat.read(NOTEBOOKS[0], as_version=4)
    node.cells = [cell for cell in node.cells if cell.cell_type == "code"][:1]
    node.cells.append(nbformat.v4.new_code_cell("raise RuntimeError('made to fail')"))
    nbformat.write(node, tmp_path / "broken.ipynb")
    with pytest.raises(CellExecutionError, match="made to fail"):
        run(tmp_path / "broken.ipynb", tmp_path, "en")


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for the notebooks of the package: one, of an older version."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    write(folder / "01_quickstart.ipynb", "1 + 1")
    monkeypatch.setattr(notebook, "folder", lambda: folder)
    return folder


def write(path: Path, source: str, *, outputs: tuple[str, ...] = ()) -> None:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="one")])
    node.cells[0].outputs = [nbformat.v4.new_output("stream", text=text) for text in outputs]
    nbformat.write(node, path)


def source(path: Path) -> str:
    return str(nbformat.read(path, as_version=4).cells[0].source)


def test_the_notebooks_are_copied_as_they_are(tmp_path: Path) -> None:
    copies = notebook.copy_to(tmp_path / "lab")
    assert [path.name for path in copies] == [path.name for path in NOTEBOOKS]
    assert [path.read_bytes() for path in copies] == [path.read_bytes() for path in NOTEBOOKS]


def test_a_newer_notebook_takes_the_place_of_one_that_was_only_run(tmp_path: Path, shipped: Path) -> None:
    (copy,) = notebook.copy_to(tmp_path / "lab")
    write(copy, "1 + 1", outputs=("2",))
    notebook.copy_to(tmp_path / "lab")
    assert nbformat.read(copy, as_version=4).cells[0].outputs  # there is no newer one: what it put out stays
    write(shipped / copy.name, "1 + 2")
    write(shipped / "02_new.ipynb", "3")
    assert [path.name for path in notebook.copy_to(tmp_path / "lab")] == [copy.name, "02_new.ipynb"]
    assert source(copy) == "1 + 2"


@pytest.mark.parametrize("noted", [True, False])
def test_a_copy_that_somebody_changed_stays(noted: bool, tmp_path: Path, shipped: Path) -> None:
    (copy,) = notebook.copy_to(tmp_path / "lab")
    write(copy, "my own question")
    if not noted:
        (tmp_path / "lab" / ".tegro-notebooks.json").write_text("[cut off")
    write(shipped / copy.name, "1 + 2")
    for _ in range(2):
        notebook.copy_to(tmp_path / "lab")
        assert source(copy) == "my own question"
    copy.write_text("not even a notebook")
    notebook.copy_to(tmp_path / "lab")
    assert copy.read_text() == "not even a notebook"
