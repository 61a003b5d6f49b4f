"""A table of the merchant's own, from their file: text stays text, so that no amount is rounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tegro_analytics.exceptions import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_own_table"]


def read_own_table(path: Path) -> pd.DataFrame:
    """Read a CSV, Parquet or XLSX file; the columns of a CSV are text, split at commas or semicolons.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be read as what its ending says.
    """
    import python_calamine

    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise DataError(f"{path.name}: give a file that ends in {', '.join(_READERS)}")
    reason = ""
    try:
        return read(path)
    except (OSError, ValueError, python_calamine.CalamineError) as error:
        reason = str(error)
    raise DataError(f"{path.name} cannot be read: {reason}")


def _csv(path: Path) -> pd.DataFrame:
    """Read text columns; a file of Russian Excel has semicolons, and a mark at its beginning."""
    import pandas as pd

    with path.open(encoding="utf-8-sig") as file:
        head = file.readline()
    mark = ";" if head.count(";") > head.count(",") else ","
    return pd.read_csv(path, sep=mark, dtype=str, encoding="utf-8-sig")


def _parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path)


def _xlsx(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_excel(path, engine="calamine", dtype=str)


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {".csv": _csv, ".parquet": _parquet, ".xlsx": _xlsx}
