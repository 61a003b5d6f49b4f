"""Turn a table into rows of cells, some thousand at a time, and write them into a worksheet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.money import UNITS, floats_from_decimals
from tegro_analytics.reference import DEFAULT_MINOR_UNIT, Reference
from tegro_analytics.reports.batches import in_batches, one_batch
from tegro_analytics.reports.cells import (
    CELL_CHARACTERS,
    NOT_IN_XML,
    NUMBER_DIGITS,
    cell_text,
    fits_number,
    put_text,
    text_width,
)
from tegro_analytics.reports.clocks import wall_times
from tegro_analytics.reports.dialects import label
from tegro_analytics.reports.guard import FORMULA
from tegro_analytics.reports.styles import DATE, INSTANT, Styles, money_format
from tegro_analytics.schemas import MONEY_SCALE
from tegro_analytics.texts import tr

__all__ = ["Rows"]

Places = np.ndarray[Any, np.dtype[np.int64]]

_AT_A_TIME = 10_000
_DAY = 86_400_000_000
_EPOCH = 25_569  # 1 January 1970 in the days of a spreadsheet
_FIRST_SAFE_DAY = 61  # 1 March 1900
_MOST = 10**NUMBER_DIGITS
_WIDEST = 48.0
_SAMPLE = 500
_MARGIN = 3.0
_BUTTON = 3.0  # room for the button of the filter
_NEEDS_CARE = rf"{NOT_IN_XML}|{FORMULA}|\A<r>"


@dataclass(frozen=True, slots=True)
class _Cells:
    """Hold some thousand cells of one column: what is None stays empty."""

    values: list[Any]
    style: Any
    special: dict[int, Any]
    """Styles of the cells that differ from ``style``, by their place."""


class Rows:
    """Know how the columns of a table are written as cells.

    Money is the double nearest to the exact amount, with the places of its currency; what a spreadsheet would
    round, or would take for something else, is text.
    """

    def __init__(
        self,
        table: pa.Table,
        *,
        styles: Styles,
        zone: str,
        lang: str,
        reference: Reference,
        line: bool = False,
    ) -> None:
        self._line = ("line",) if line else ()
        self.table, self.styles, self.zone, self.lang, self.reference = table, styles, zone, lang, reference
        self._long = {name for name in table.column_names if _is_long(table.column(name))}
        self._quoted = self._style("text", quote_prefix=True)

    def heads(self) -> list[str]:
        """Give the header of each column; an instant says its zone."""
        return [
            cell_text(
                label(field.name, self.lang, zone=self.zone if pa.types.is_timestamp(field.type) else None)
            )
            for field in self.table.schema
        ]

    def _style(self, *names: str, **properties: Any) -> Any:
        return self.styles(*names, *self._line, **properties)

    def right_aligned(self) -> list[bool]:
        """Say which columns hold numbers, so that their headers stand above them."""
        return [_is_number(field.type) for field in self.table.schema]

    def widths(self) -> list[float]:
        """Give a width to each column that fits its header and the first rows."""
        batch = one_batch(self.table.slice(0, _SAMPLE))
        return [self._width(head, batch, place) for place, head in enumerate(self.heads())]

    def write(self, sheet: Any, row: int, *, start: int = 0, count: int | None = None) -> int:
        """Write ``count`` rows of the table from ``start`` on, at ``row``; give the row after the last."""
        for batch in in_batches(self.table.slice(start, count), _AT_A_TIME):
            row = self._write_batch(sheet, row, batch)
        return row

    def _write_batch(self, sheet: Any, row: int, batch: pa.RecordBatch) -> int:
        columns = [self._cells(batch, place) for place in range(batch.num_columns)]
        styles = [column.style for column in columns]
        special = [column.special for column in columns]
        write_string, write_number = sheet.write_string, sheet.write_number
        for number, values in enumerate(zip(*(column.values for column in columns), strict=True)):
            for place, value in enumerate(values):
                if value is None:
                    if self._line:
                        sheet.write_blank(row, place, None, styles[place])
                elif value.__class__ is not str:
                    write_number(row, place, value, special[place].get(number, styles[place]))
                elif number in special[place]:
                    put_text(sheet, row, place, value, special[place][number], quoted=self._quoted)
                else:
                    write_string(row, place, value, styles[place])
            row += 1
        return row

    def _width(self, head: str, batch: pa.RecordBatch, place: int) -> float:
        kind = batch.schema.field(place).type
        if pa.types.is_timestamp(kind):
            body = text_width("00.00.0000 00:00:00")
        elif pa.types.is_date(kind):
            body = text_width("00.00.0000")
        elif pa.types.is_decimal(kind):
            body = text_width("000 000 000.00")
        else:
            shown = (str(value) for value in self._cells(batch, place).values if value is not None)
            body = max(map(text_width, shown), default=0)
        longest_word = max(map(text_width, head.split()), default=0)
        return min(_WIDEST, max(body + _MARGIN, longest_word + _BUTTON, text_width(head) / 2 + _BUTTON))

    def _cells(self, batch: pa.RecordBatch, place: int) -> _Cells:
        name, values = batch.schema.field(place).name, batch.column(place)
        if pa.types.is_timestamp(values.type):
            return self._instants(values)
        if pa.types.is_date(values.type):
            return self._days(values)
        if pa.types.is_decimal(values.type):
            return self._money(values, batch)
        if pa.types.is_boolean(values.type):
            words = {True: tr("report.yes", self.lang), False: tr("report.no", self.lang), None: None}
            return _Cells([words[value] for value in values.to_pylist()], self._style("text"), {})
        if name in self._long:
            texts = [None if value is None else str(value) for value in values.to_pylist()]
            return _Cells(texts, self._style("number_text"), {})
        if pa.types.is_integer(values.type):
            return _Cells(values.to_pylist(), self._style(num_format="0"), {})
        return self._texts(values)

    def _texts(self, values: pa.Array) -> _Cells:
        style = self._style("text")
        odd = pc.match_substring_regex(values, _NEEDS_CARE)
        care = pc.or_(odd, pc.greater(pc.binary_length(values), CELL_CHARACTERS))
        texts: list[str | None] = [text or None for text in values.to_pylist()]
        special = {}
        for place in _where(care):
            texts[place] = cell_text(texts[place] or "")
            special[place] = style
        return _Cells(texts, style, special)

    def _instants(self, instants: pa.Array) -> _Cells:
        """Write what the clocks of the zone showed; with the offset, as text, where they showed it twice."""
        wall = wall_times(instants, self.zone)
        days = pc.add(pc.divide(wall.local.cast(pa.int64()).cast(pa.float64()), _DAY), _EPOCH)
        care = pc.or_(wall.unclear(self.zone), pc.less(days, _FIRST_SAFE_DAY))
        cells: list[Any] = days.to_pylist()
        style = self._style("left", num_format=INSTANT)
        for place in _where(care):
            cells[place] = f"{wall.local[place].as_py().isoformat(' ')} {wall.offset[place].as_py()}"
        return _Cells(cells, style, {})

    def _days(self, days: pa.Array) -> _Cells:
        serials = pc.add(days.cast(pa.int32()), _EPOCH)
        cells: list[Any] = serials.to_pylist()
        for place in _where(pc.less(serials, _FIRST_SAFE_DAY)):
            cells[place] = days[place].as_py().isoformat()
        return _Cells(cells, self._style("left", num_format=DATE), {})

    def _money(self, amounts: pa.Array, batch: pa.RecordBatch) -> _Cells:
        """Write the nearest doubles; as text what has more digits than a spreadsheet shows."""
        floats = floats_from_decimals(amounts)
        units = np.rint(np.nan_to_num(floats) * UNITS)
        cells: list[Any] = [None if np.isnan(value) else value for value in floats.tolist()]
        places = self._places(batch)
        usual = int(np.bincount(places).argmax()) if len(places) else DEFAULT_MINOR_UNIT
        special: dict[int, Any] = {}
        finer = np.fmod(units, np.power(10.0, MONEY_SCALE - places)) != 0
        for row in np.flatnonzero((places != usual) | finer):
            most = MONEY_SCALE if finer[row] else 0
            special[int(row)] = self._style(num_format=money_format(int(places[row]), most=most))
        for row in np.flatnonzero(np.abs(units) >= _MOST):
            amount: Decimal = amounts[int(row)].as_py()
            if not fits_number(amount):
                cells[row] = f"{amount.normalize():f}"
                special[int(row)] = self._style("number_text")
        return _Cells(cells, self._style(num_format=money_format(usual)), special)

    def _places(self, batch: pa.RecordBatch) -> Places:
        """Give the places of the currency of each row."""
        if "currency" not in batch.schema.names:
            return np.full(batch.num_rows, DEFAULT_MINOR_UNIT, np.int64)
        codes = batch.column("currency").dictionary_encode()
        known = [self.reference.minor_unit(code) for code in codes.dictionary.to_pylist()]
        rows = pc.fill_null(codes.indices, len(known)).to_numpy(zero_copy_only=False)
        places: Places = np.array([*known, DEFAULT_MINOR_UNIT], np.int64)[rows]
        return places


def _where(mask: pa.Array) -> list[int]:
    """List the places where a mask is true."""
    places: list[int] = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    return places


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind))


def _is_long(values: pa.ChunkedArray) -> bool:
    """Tell whether a column holds integers that a spreadsheet would round: then all of it is text."""
    if not pa.types.is_integer(values.type) or not len(values):
        return False
    ends = pc.min_max(values).as_py()
    return any(end is not None and abs(end) >= _MOST for end in ends.values())
