"""What a report keeps in its own properties, so that it can be computed again from the store."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import PurePath
from typing import Self

from tegro_analytics.texts import LANGUAGES

__all__ = ["COMPANION", "PREFIX", "Recorded", "short"]

PREFIX = "tegro."
"""How the names of these properties begin."""

COMPANION = "-orders"
"""What the name of the file beside a report has more."""
_LONGEST = 255  # characters of a property


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Hold the question that a report answers, and the assumptions under which it does.

    ``known_at`` is the moment at which the store was asked, ``limit`` how many orders the workbook itself may
    hold, ``companion`` the name of the file beside it that has them where there are more.
    """

    since: dt.datetime
    until: dt.datetime
    zone: str
    as_of: dt.datetime
    known_at: dt.datetime
    shop_id: str
    merchant_share: Decimal
    plan: str | None
    quarantined: int
    sandbox: bool
    lang: str
    pii: bool
    limit: int
    companion: str | None
    version: str

    def properties(self) -> dict[str, str]:
        """Write each as the text of a property."""
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {f"{PREFIX}{name}": _text(value) for name, value in found.items()}

    @property
    def file_name(self) -> str:
        """Give a name for the workbook, the one that it had where a file beside it is called after it."""
        beside = PurePath(self.companion or "report-orders.xlsx")
        return f"{beside.stem.removesuffix(COMPANION)}{beside.suffix}"

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> Self:
        """Read what :meth:`properties` wrote.

        Raises
        ------
        ValueError
            If one of them is missing, or cannot be.

        Examples
        --------
        >>> Recorded.of({"tegro.since": "2026-03-01T00:00:00"})
        Traceback (most recent call last):
        ...
        ValueError: the property tegro.until is missing
        """
        said: dict[str, str] = {}
        for field in dataclasses.fields(cls):
            if f"{PREFIX}{field.name}" not in properties:
                raise ValueError(f"the property {PREFIX}{field.name} is missing")
            said[field.name] = properties[f"{PREFIX}{field.name}"]
        moments = {name: dt.datetime.fromisoformat(said[name]) for name in ("as_of", "known_at")}
        if any(moment.tzinfo is None for moment in moments.values()) or said["lang"] not in LANGUAGES:
            raise ValueError("its moments or its language are not those of a report")
        try:
            share = Decimal(said["merchant_share"])
        except InvalidOperation:
            raise ValueError(f"merchant_share is {said['merchant_share']!r}") from None
        return cls(
            since=dt.datetime.fromisoformat(said["since"]),
            until=dt.datetime.fromisoformat(said["until"]),
            zone=said["zone"],
            **moments,
            shop_id=said["shop_id"],
            merchant_share=share,
            plan=said["plan"] or None,
            quarantined=int(said["quarantined"]),
            sandbox=said["sandbox"] == "true",
            lang=said["lang"],
            pii=said["pii"] == "true",
            limit=int(said["limit"]),
            companion=PurePath(said["companion"]).name or None,  # beside the workbook, and nowhere else
            version=said["version"],
        )


def short(text: str) -> str:
    """Give a text as a property can hold it: of one that is too long, what tells it from others.

    Examples
    --------
    >>> short("A1B2C3"), short("x" * 300)[:15]
    ('A1B2C3', 'sha256:0d4e2ca9')
    """
    return text if len(text) <= _LONGEST else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return short(f"{value:f}" if isinstance(value, Decimal) else str(value if value is not None else ""))
