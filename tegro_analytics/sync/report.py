"""The report of a run: what it brought, what it took, and how far it can be trusted."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from tegro_analytics.texts import plural, tr

__all__ = ["SyncReport"]


@dataclass(frozen=True, repr=False)
class SyncReport:
    """Say what a run brought, and how far it can be trusted.

    Attributes
    ----------
    run_id, shop_id, sandbox, started_at, finished_at
        Which run of which shops it was, and when (UTC).
    moment
        From when on what it brought is known: what ``as_of=`` and ``changes(since=)`` take. It is
        ``started_at``, or just after the run before where that began later.
    new, changed, unchanged, quarantined
        Orders that were not there before, that differ, that do not; records that could not be read.
    pages, requests, retries, waited_seconds, rereads, workers_used
        What it took. ``pages`` counts pages with rows of all lists, ``requests`` every call.
    page_size_seen, list_order, end_seen
        How the API was seen to page its orders: rows on a full page; ``newest``, ``oldest``, ``mixed`` or
        ``unknown``; ``empty``, ``clamp``, ``first_page``, ``error``, ``ignored``, ``wrap`` or ``cap``.
    oldest_created_at, newest_created_at
        The span of the orders (UTC).
    due_lookups
        How many open orders were due to be asked for by themselves; a run asks for 50 of them.
    complete, verified, possibly_capped, resumed
        Whether every list was read as far as it had to be; whether the last whole reading of each met
        every row, and nothing was seen since that speaks against it; whether the server may not show all;
        whether the run went on where one before it was interrupted.
    verified_through, swept_through
        When that whole reading began; since when every row was looked at again: what changed before that is
        known. None if that was never so.
    warnings
        What a person should know, in plain words.
    """

    run_id: str
    moment: dt.datetime
    shop_id: str
    sandbox: bool
    started_at: dt.datetime
    finished_at: dt.datetime
    new: int
    changed: int
    unchanged: int
    quarantined: int
    pages: int
    requests: int
    retries: int
    waited_seconds: float
    page_size_seen: int | None
    list_order: str
    end_seen: str
    workers_used: int
    rereads: int
    due_lookups: int
    oldest_created_at: dt.datetime | None
    newest_created_at: dt.datetime | None
    complete: bool
    verified: bool
    verified_through: dt.datetime | None
    swept_through: dt.datetime | None
    possibly_capped: bool
    resumed: bool
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a dictionary, in order."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can hold; :meth:`from_json` takes it back."""
        found = self.to_dict()
        moments = {name: value.isoformat() for name, value in found.items() if isinstance(value, dt.datetime)}
        return {**found, **moments, "warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Self:
        """Take what :meth:`to_json` gave."""
        names = [field.name for field in dataclasses.fields(cls)]
        found: dict[str, Any] = {name: known.get(name) for name in names}  # other versions have other fields
        moments = {name: dt.datetime.fromisoformat(found[name]) for name in _MOMENTS if found[name]}
        found |= {**moments, "warnings": tuple(found["warnings"] or ())}
        return cls(**found)

    def __str__(self) -> str:
        seconds = (self.finished_at - self.started_at).total_seconds()
        state = tr(f"sync.{'verified' if self.complete and self.verified else 'unverified'}")
        mark = tr("shop.sandbox_mark") + " " if self.sandbox else ""
        return mark + tr(
            "sync.line",
            orders=plural("count.orders", self.new + self.changed + self.unchanged),
            new=self.new,
            changed=self.changed,
            quarantined=self.quarantined,
            requests=plural("count.requests", self.requests),
            seconds=f"{seconds:.1f}",
            state=state,
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><th style='text-align:left;font-weight:normal;color:#666'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(value)}</td></tr>"
            for name, value in self._facts()
        )
        notes = "".join(f"<li>{escape(text)}</li>" for text in self.warnings)
        return f"<p>{escape(str(self))}</p><table>{rows}</table>" + (f"<ul>{notes}</ul>" if notes else "")

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield tr("sync.shop"), self.shop_id
        if self.oldest_created_at and self.newest_created_at:
            yield tr("sync.span"), f"{self.oldest_created_at:%Y-%m-%d} – {self.newest_created_at:%Y-%m-%d}"
        for name, moment in (("verified", self.verified_through), ("swept", self.swept_through)):
            shown = f"{moment:%Y-%m-%d %H:%M} UTC" if moment else tr("status.never")
            yield tr(f"status.{name}"), shown
        if self.due_lookups:
            yield tr("status.due"), f"{self.due_lookups:,}"
        yield (
            tr("sync.list"),
            tr("sync.list_seen", order=self.list_order, end=self.end_seen, size=self.page_size_seen),
        )
        yield (
            tr("sync.effort"),
            tr(
                "sync.effort_seen",
                pages=self.pages,
                requests=self.requests,
                retries=self.retries,
                rereads=self.rereads,
            ),
        )


_MOMENTS = (
    "moment",
    "started_at",
    "finished_at",
    "oldest_created_at",
    "newest_created_at",
    "verified_through",
    "swept_through",
)
