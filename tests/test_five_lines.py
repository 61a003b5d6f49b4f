"""Someone who has only the README goes to a chart of a question of their own in five lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import READMES, blocks

CHECK = """
import json
import tegro_analytics as ta
shown = ta.charts.data(chart)
mature = large[~large["is_test"] & large["status"].isin([0, 1, 2, 3, 4])]
print(json.dumps([ta.charts.alt_text(chart), int(shown["mature"].sum()), len(mature), len(shown)]))
"""


@pytest.mark.long
@pytest.mark.parametrize("document", READMES)
def test_the_five_lines_of_the_readme_draw_a_chart(document: str, in_folder: Path) -> None:
    (block,) = [one for one in blocks(document, "python") if "large-orders.png" in one]
    lines = [line for line in block.splitlines() if line]
    assert len(lines) == 5
    Path("mine.py").write_text(block + CHECK, encoding="utf-8")
    words = [sys.executable, "-W", "error", "mine.py"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, counted, live, rows = json.loads(done.stdout)
    assert {"README.md": "Conversion", "README.ru.md": "Конверсия"}[document] in said
    assert rows > 4
    assert live * 0.9 < counted <= live  # those younger than 24 hours are not counted
    assert Path("large-orders.png").stat().st_size > 20_000
