"""What the conversion of records needs to know besides the records, and what it gives back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tegro_analytics.reference import Reference

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Context:
    """Say whose records are read, and how codes, dates and people in them are to be understood.

    Attributes
    ----------
    shop_id : str
        Public key of the shop that was asked.
    source_zone, report_zone : str
        The zone in which the API writes its dates, and the zone in which days are cut.
    reference : Reference
        Names of statuses, currencies and payment systems.
    salt : bytes
        Secret of the data folder under which customer keys are made.
    """

    shop_id: str
    source_zone: str
    report_zone: str
    reference: Reference
    salt: bytes = field(repr=False)


class Decoded(NamedTuple):
    """Hold a table of records, and the records that could not be read, each with its reason."""

    table: pa.Table
    quarantine: pa.Table


def micros(moment: dt.datetime) -> int:
    """Count the microseconds from 1970 to an aware moment, exactly.

    Examples
    --------
    >>> micros(dt.datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=dt.UTC))
    1000005
    """
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
