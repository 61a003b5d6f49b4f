"""A table of the merchant's own: CSV of any kind, Parquet, XLSX; amounts come as they stand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tegro_analytics.exceptions import DataError
from tegro_analytics.reports.own_table import read_own_table

ROWS = [["o-1", "1000.10"], ["o-2", "0.00000001"]]


@pytest.mark.parametrize(("mark", "encoding"), [(",", "utf-8"), (";", "utf-8-sig")])
def test_a_csv_is_text_whatever_splits_it(mark: str, encoding: str, tmp_path: Path) -> None:
    lines = [mark.join(row) for row in [["payment_id", "amount"], *ROWS]]
    path = tmp_path / "mine.CSV"
    path.write_text("\n".join(lines), encoding=encoding)
    table = read_own_table(path)
    assert table.columns.tolist() == ["payment_id", "amount"]
    assert table.to_numpy().tolist() == ROWS


def test_parquet_and_xlsx_are_read_too(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["payment_id", "amount"])
    frame.to_parquet(tmp_path / "mine.parquet")
    frame.to_excel(tmp_path / "mine.xlsx", index=False, engine="xlsxwriter")
    for name in ("mine.parquet", "mine.xlsx"):
        assert read_own_table(tmp_path / name).to_numpy().tolist() == ROWS


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine.txt: give a file that ends in \.csv, \.parquet, \.xlsx"):
        read_own_table(tmp_path / "mine.txt")
    with pytest.raises(DataError, match=r"mine\.csv cannot be read"):
        read_own_table(tmp_path / "mine.csv")
    (tmp_path / "mine.parquet").write_text("no")
    with pytest.raises(DataError, match=r"mine\.parquet cannot be read"):
        read_own_table(tmp_path / "mine.parquet")
    (tmp_path / "mine.xlsx").write_text("no")
    with pytest.raises(DataError, match=r"mine\.xlsx cannot be read"):
        read_own_table(tmp_path / "mine.xlsx")
