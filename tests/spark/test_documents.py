"""The documents about Spark: their code runs as it stands, and both say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tegro_analytics.shop import Shop
from tests.documents import ROOT, blocks, commands
from tests.spark.session import session_in

DOCUMENTS = ("docs/spark.md", "docs/spark.ru.md")


@pytest.mark.spark
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_code_gives_the_numbers_of_the_store(document: str, read_shop: Shop, in_folder: Path) -> None:
    session_in("UTC")  # the one Spark of the run, which the document finds running
    exported = read_shop.export("orders", in_folder / "dataset", format="parquet")
    names: dict[str, Any] = {}
    for block in blocks(document, "python"):  # Java stays in the folder in which it was started
        exec(compile(block.replace('"dataset"', repr(str(exported))), document, "exec"), names)
    for name, expected in (
        ("months", read_shop.revenue(freq="month")),
        ("conversion", read_shop.conversion(by="payment_system")),
    ):
        pd.testing.assert_frame_equal(pd.DataFrame(names[name]), pd.DataFrame(expected))
    assert names["october"]["payments"].sum() > 0


def test_both_say_the_same() -> None:
    english, russian = ((ROOT / document).read_text(encoding="utf-8") for document in DOCUMENTS)
    for pattern in (r"^## ", r"^- ", r"^```", r"`[a-z_.=()\"' ]+`"):
        assert len(re.findall(pattern, english, re.MULTILINE)) == len(
            re.findall(pattern, russian, re.MULTILINE)
        )
    assert commands(DOCUMENTS[0]) == commands(DOCUMENTS[1]) != []
