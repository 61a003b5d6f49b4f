"""One Arrow cast for each column of a batch; where it fails, the values that are wrong are found and named.

Arrow is strict where it is asked for whole columns of text: a decimal that needs rounding, 30 February or NaN
is an error. It says that there is one, not where: the batch is halved until the culprits stand alone.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from tegro_analytics.frames.decode import unknown_places
from tegro_analytics.frames.records import Field, Problem, not_expected, plain_text, wrong
from tegro_analytics.schemas import arrow_types

ZERO_DATE: Final = "0000-00-00 00:00:00"
DATE_LENGTH: Final = len(ZERO_DATE)

_LOCAL = pa.timestamp("us")
_MONEY = arrow_types()["money"]
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_INT64 = range(-(2**63), 2**63)
_REFUSED = (pa.ArrowException, OverflowError, UnicodeError)
# A day from each end of the calendar, so that no zone moves an instant out of what Python can show.
_FIRST = pa.scalar(dt.datetime(1, 1, 2), _LOCAL)  # noqa: DTZ001 - a local time as received, without zone
_LAST = pa.scalar(dt.datetime(9999, 12, 30), _LOCAL)  # noqa: DTZ001


@dataclass(slots=True)
class Cast:
    """Hold a column, and what is wrong with those of its values that could not be read and are null."""

    array: pa.Array
    bad: dict[int, Problem] = field(default_factory=dict)


def integers(values: Sequence[Any], field: Field) -> Cast:
    """Cast whole numbers, and digits in strings, to int64; see :func:`uncut` for what may hold others."""
    try:
        cast = Cast(pa.array(values, pa.int64()))
    except _REFUSED:
        cast = _one_by_one(values, field, _integer, pa.int64())
    if field.least is not None and len(values):
        low = pc.less(cast.array, field.least)
        if pc.any(low).as_py():
            _refuse(cast, field, low)
    return without_nulls(cast, field)


def uncut(values: Sequence[Any]) -> list[Any]:
    """Write floats and decimals as texts, for columns of whole numbers: Arrow would cut their places off.

    Examples
    --------
    >>> pa.array([Decimal("1.5")], pa.int64()).to_pylist(), uncut([Decimal("1.5"), 2])
    ([1], ['1.5', 2])
    """
    return [str(value) if isinstance(value, float | Decimal) else value for value in values]


def _integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is int and value in _INT64:
        return value
    raise ValueError(value)


def switches(values: Sequence[Any], field: Field) -> Cast:
    """Cast 0 and 1, as numbers, digits or booleans, to int64."""
    try:
        cast = Cast(pa.array(values, pa.int64()))
    except _REFUSED:
        cast = integers([int(value) if isinstance(value, bool) else value for value in values], field)
    if cast.array.null_count < len(cast.array):
        bounds = pc.min_max(cast.array).as_py()
        if bounds["min"] < 0 or bounds["max"] > 1:
            _refuse(cast, field, pc.and_not(pc.is_valid(cast.array), pc.is_in(cast.array, pa.array([0, 1]))))
    return cast


def texts(values: Sequence[Any], field: Field) -> Cast:
    """Cast texts, and numbers in their exact digits, to strings."""
    try:
        cast = Cast(pa.array(values, pa.string()))
    except _REFUSED:
        cast = _one_by_one(values, field, _text, pa.string())
    return without_nulls(cast, field)


def _text(value: Any) -> str | None:
    if isinstance(value, Raw):
        return plain_text(value)
    if isinstance(value, str | Decimal) or type(value) is int:
        return str(value)
    raise ValueError(value)


def money(values: Sequence[Any], field: Field) -> Cast:
    """Cast texts and numbers to decimal128(18, 8); one that would need rounding is bad."""
    found = texts(values, field)
    try:
        array = found.array.cast(_MONEY)
    except pa.ArrowInvalid:
        for place in failing(found.array, lambda part: part.cast(_MONEY)):
            found.bad.setdefault(place, not_expected(field, found.array[place].as_py()))
        array = _blanked(found.array, found.bad).cast(_MONEY)
    return Cast(array, found.bad)


@dataclass(slots=True)
class Dates(Cast):
    """Hold local times, the texts that they came as, and which of them were 0000-00-00 00:00:00."""

    text: pa.Array = None
    zero: pa.Array = None


def dates(values: Sequence[Any], field: Field) -> Dates:
    """Cast dates of 19 characters to local timestamps; zero dates are missing."""
    cast = texts(values, field)
    text = cast.array
    zero = pc.fill_null(pc.equal(text, ZERO_DATE), fill_value=False)
    known = pc.if_else(zero, None, text) if pc.any(zero).as_py() else text
    strange = pc.fill_null(pc.not_equal(pc.binary_length(known), DATE_LENGTH), fill_value=False)
    if field.required:
        strange = pc.or_(strange, zero)
    if pc.any(strange).as_py():
        _name_each(cast.bad, field, text, _places(strange))
        known = pc.if_else(strange, None, known)
    try:
        local = known.cast(_LOCAL)
    except pa.ArrowInvalid:
        _name_each(cast.bad, field, text, failing(known, lambda part: part.cast(_LOCAL)))
        known = _blanked(known, cast.bad)
        local = known.cast(_LOCAL)
    beyond = pc.fill_null(pc.or_(pc.less(local, _FIRST), pc.greater(local, _LAST)), fill_value=False)
    if pc.any(beyond).as_py():
        _name_each(cast.bad, field, text, _places(beyond))
        local = pc.if_else(beyond, None, local)
    return Dates(local, cast.bad, text, zero)


def failing(array: pa.Array, cast: Callable[[pa.Array], object], *, start: int = 0) -> list[int]:
    """Find the places of the values for which ``cast`` fails, by halves.

    Examples
    --------
    >>> failing(pa.array(["1", "x", "3"]), lambda part: part.cast(pa.int64()))
    [1]
    """
    try:
        cast(array)
    except _REFUSED:
        if len(array) == 1:
            return [start]
        half = len(array) // 2
        left = failing(array.slice(0, half), cast, start=start)
        return left + failing(array.slice(half), cast, start=start + half)
    return []


def _one_by_one(
    values: Sequence[Any], field: Field, convert: Callable[[Any], Any], type_: pa.DataType
) -> Cast:
    bad: dict[int, Problem] = {}
    converted: list[Any] = []
    for place, value in enumerate(values):
        try:
            converted.append(None if value is None else convert(value))
        except ValueError:
            problem = wrong(field, bytes(value)) if isinstance(value, Raw) else None
            bad[place] = problem or not_expected(field, value)
            converted.append(None)
    return Cast(pa.array(converted, type_), bad)


def without_nulls(cast: Cast, field: Field) -> Cast:
    """Refuse what is null where the field is required."""
    if field.required and cast.array.null_count > len(cast.bad):
        for place in _places(cast.array.is_null()):
            cast.bad.setdefault(place, Problem(f"{field.name} is null", field.name))
    return cast


def _refuse(cast: Cast, field: Field, strange: pa.Array) -> None:
    """Name the values that are out of place, and blank them."""
    strange = pc.fill_null(strange, fill_value=False)
    _name_each(cast.bad, field, cast.array, _places(strange))
    cast.array = pc.if_else(strange, None, cast.array)


def _places(mask: pa.Array) -> list[int]:
    places: list[int] = np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist()
    return places


def _name_each(bad: dict[int, Problem], field: Field, array: pa.Array, places: Sequence[int]) -> None:
    for place in places:
        bad.setdefault(place, not_expected(field, array[place].as_py()))


def _blanked(array: pa.Array, bad: dict[int, Problem]) -> pa.Array:
    """Put null where something is bad."""
    mask = np.zeros(len(array), dtype=bool)
    mask[list(bad)] = True
    return pc.if_else(pa.array(mask), None, array)


def extras(records: Sequence[Any], apart: dict[int, bytes]) -> Cast:
    """Join the fields that the schema does not know into one JSON object for each record, null without any.

    Parameters
    ----------
    records
        Records of one Struct, which may have places for unknown fields.
    apart
        JSON of the unknown fields of those records that had no place for them, by their place in the batch.
    """
    places = unknown_places(records[0]) if records else []
    if not places and not apart:
        return Cast(pa.nulls(len(records), pa.string()))
    whole: list[bytes | None] = [None] * len(records)
    for attribute, name in places:
        key = msgspec.json.encode(name) + b":"
        for place, value in enumerate(map(operator.attrgetter(attribute), records)):
            if value is not msgspec.UNSET:
                before = whole[place]
                whole[place] = (b"{" if before is None else before + b",") + key + bytes(value)
    closed = [None if text is None else text + b"}" for text in whole]
    for place, text in apart.items():
        closed[place] = text
    binary = pa.array(closed, pa.binary())
    try:
        return Cast(binary.cast(pa.string()))
    except pa.ArrowInvalid:
        culprits = failing(binary, lambda part: part.cast(pa.string()))
    bad = {place: Problem("a field that the schema does not know is not UTF-8") for place in culprits}
    return Cast(_blanked(binary, bad).cast(pa.string()), bad)
