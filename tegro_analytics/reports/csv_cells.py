"""Turn the texts of a CSV column into what they were written from, or name the one that cannot be."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError
from tegro_analytics.reports.clocks import instants_on_wall
from tegro_analytics.reports.dialects import Dialect
from tegro_analytics.reports.guard import cleaned_of_guard
from tegro_analytics.schemas import Kind, arrow_types
from tegro_analytics.texts import LANGUAGES, tr

__all__ = ["Cells"]

_SPACES = "[\u00a0\u202f ]"  # between thousands, where a spreadsheet program saved the file again
_RUSSIAN_DATE = r"^(\d{2})\.(\d{2})\.(\d{4})"
_OFFSET = r"^(.*) ([+-]\d{2}:\d{2})$"
_LOCAL = pa.timestamp("us")
_NOUNS: Mapping[Kind, str] = {
    "int": "a whole number",
    "money": "an amount with at most 8 places",
    "bool": "a yes or no",
    "date": "a day",
    "instant": "a moment that the clocks of its zone showed once",
}


@dataclass(frozen=True, slots=True)
class Cells:
    """Know how the cells of one column were written."""

    file: Path
    column: str
    style: Dialect
    zone: str
    guard: bool

    def typed(self, texts: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
        """Turn the column into the type of its kind.

        Raises
        ------
        DataError
            If a text is not of that kind: it is named with its line.
        """
        if kind == "text":
            return self._by_chunk(texts, kind)
        try:
            return self._by_chunk(texts, kind)
        except pa.ArrowInvalid as error:
            raise DataError(self._culprit(texts, kind)) from error

    def _by_chunk(self, texts: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
        chunks = [self._read(chunk, kind) for chunk in texts.chunks]
        return pa.chunked_array(chunks, arrow_types()[kind])

    def _read(self, texts: pa.Array, kind: Kind) -> pa.Array:
        if kind == "text":
            return cleaned_of_guard(texts, separator=self.style.separator) if self.guard else texts
        if kind == "bool":
            return _booleans(texts)
        if kind == "instant":
            return self._instants(texts)
        if kind == "date":
            return self._iso(texts).cast(pa.date32())
        return self._pointed(texts).cast(arrow_types()[kind])

    def _pointed(self, numbers: pa.Array) -> pa.Array:
        """Write numbers with a point and without spaces."""
        if not self.style.labels:
            return numbers
        return pc.replace_substring(pc.replace_substring_regex(numbers, _SPACES, ""), self.style.decimal, ".")

    def _iso(self, texts: pa.Array) -> pa.Array:
        if not self.style.labels:
            return texts
        return pc.replace_substring_regex(pc.replace_substring(texts, ",", "."), _RUSSIAN_DATE, r"\3-\2-\1")

    def _instants(self, texts: pa.Array) -> pa.Array:
        """Read instants: with their offset, or off the clock of the zone."""
        if not self.style.labels:
            return texts.cast(arrow_types()["instant"])
        texts = self._iso(texts)
        exact = pc.fill_null(pc.match_substring_regex(texts, _OFFSET), False)
        missing = pa.scalar(None, pa.string())
        local = pc.if_else(exact, missing, texts)
        stated = pc.replace_substring_regex(pc.if_else(exact, texts, missing), _OFFSET, r"\1\2")
        return pc.coalesce(
            instants_on_wall(local.cast(_LOCAL), self.zone), stated.cast(arrow_types()["instant"])
        )

    def _culprit(self, texts: pa.ChunkedArray, kind: Kind) -> str:
        """Name the first text that cannot be read."""
        for row, text in enumerate(texts.to_pylist()):
            try:
                self._read(pa.array([text], pa.string()), kind)
            except pa.ArrowInvalid:
                return f"{self.file}, row {row + 1}, column {self.column!r}: {text!r} is not {_NOUNS[kind]}."
        raise AssertionError("every cell can be read alone, but the column cannot")


def _booleans(texts: pa.Array) -> pa.Array:
    """Read the words of either language and dialect, in any case."""
    words = _words()
    kinds = texts.dictionary_encode()
    known = [words.get(text.strip().lower()) for text in kinds.dictionary.to_pylist()]
    if None in known:
        raise pa.ArrowInvalid("not a boolean")
    return pa.array(known, pa.bool_()).take(kinds.indices)


@functools.cache
def _words() -> Mapping[str, bool]:
    """Collect the words for yes and no; spreadsheet programs write their own when they save."""
    words = {"true": True, "false": False, "истина": True, "ложь": False, "1": True, "0": False}
    for lang in LANGUAGES:
        words |= {tr("report.yes", lang).lower(): True, tr("report.no", lang).lower(): False}
    return words
