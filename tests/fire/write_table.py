"""Measure, and write docs/faults.md anew: ``python -m tests.fire.write_table``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.fire.measure import measure
from tests.fire.page import PAGE, render

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        text = render(measure(Path(folder)))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE}: {text.count(chr(10))} lines")
