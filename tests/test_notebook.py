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
from tests.marks import first_of

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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("lang", "says"),
    first_of(("ru", ["ПЕСОЧНИЦА", "Оборот"]), ("en", ["SANDBOX", "Gross volume", "n/a"])),
)
def test_it_runs_without_a_key(path: Path, lang: str, says: list[str], tmp_path: Path) -> None:
    node = run(path, tmp_path, lang)
    assert [output for output in outputs(node) if output.output_type == "error"] == []
    assert [output.text for output in outputs(node) if output.output_type == "stream"] == []
    shown = texts(node, "text/html")
    assert [word for word in says if word not in shown] == []
    assert len([output for output in outputs(node) if "image/png" in output.get("data", {})]) == 4
    assert (tmp_path / "report.xlsx").stat().st_size > 10_000
    page = notebook.to_html(node, tmp_path / "page.html", title=path.stem)
    assert asked_of_the_network(page) == []
    images = re.findall(r"<img[^>]*?\ssrc=\"data:image/png;base64,", page.read_text(encoding="utf-8"))
    assert len(images) == 4


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


def test_a_copy_keeps_what_somebody_wrote(tmp_path: Path) -> None:
    (copied, *_) = notebook.copy_to(tmp_path / "lab")
    assert copied.read_bytes() == NOTEBOOKS[0].read_bytes()
    copied.write_text("mine")
    assert [path.name for path in notebook.copy_to(tmp_path / "lab")] == [path.name for path in NOTEBOOKS]
    assert copied.read_text() == "mine"
