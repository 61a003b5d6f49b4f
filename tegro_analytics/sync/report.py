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
    lang
        The language of the shop, in which the report shows itself; no part of what it says.
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
    lang: str | None = dataclasses.field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a dictionary, in order."""
        return {name: getattr(self, name) for name in _said()}

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can hold; :meth:`from_json` takes it back."""
        found = self.to_dict()
        moments = {name: value.isoformat() for name, value in found.items() if isinstance(value, dt.datetime)}
        return {**found, **moments, "warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Self:
        """Take what :meth:`to_json` gave."""
        found: dict[str, Any] = {name: known.get(name) for name in _said()}  # other versions have others
        moments = {name: dt.datetime.fromisoformat(found[name]) for name in _MOMENTS if found[name]}
        found |= {**moments, "warnings": tuple(found["warnings"] or ())}
        return cls(**found)

    def __str__(self) -> str:
        lang = self.lang
        seconds = (self.finished_at - self.started_at).total_seconds()
        state = tr(f"sync.{'verified' if self.complete and self.verified else 'unverified'}", lang)
        mark = tr("shop.sandbox_mark", lang) + " " if self.sandbox else ""
        return mark + tr(
            "sync.line",
            lang,
            orders=plural("count.orders", self.new + self.changed + self.unchanged, lang),
            new=self.new,
            changed=self.changed,
            quarantined=self.quarantined,
            requests=plural("count.requests", self.requests, lang),
            seconds=f"{seconds:.1f}",
            state=state,
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr style='background:none'><th style='{_NAME}'>{escape(name)}</th>"
            f"<td style='{_VALUE}'>{escape(value)}</td></tr>"
            for name, value in self._facts()
        )
        notes = "".join(f"<li>{escape(text)}</li>" for text in self.warnings)
        return (
            f"<div><p style='{_LINE}'>{escape(str(self))}</p><table style='{_TABLE}'>{rows}</table>"
            + (f"<ul>{notes}</ul>" if notes else "")
            + "</div>"
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        lang = self.lang
        yield tr("sync.shop", lang), self.shop_id
        if self.oldest_created_at and self.newest_created_at:
            ends = f"{self.oldest_created_at:%Y-%m-%d} – {self.newest_created_at:%Y-%m-%d}"
            yield tr("sync.span", lang), ends
        for name, moment in (("verified", self.verified_through), ("swept", self.swept_through)):
            shown = f"{moment:%Y-%m-%d %H:%M} UTC" if moment else tr("status.never", lang)
            yield tr(f"status.{name}", lang), shown
        if self.due_lookups:
            yield tr("status.due", lang), f"{self.due_lookups:,}"
        seen = {"order": self.list_order, "end": self.end_seen, "size": self.page_size_seen}
        yield tr("sync.list", lang), tr("sync.list_seen", lang, **seen)
        took = {name: getattr(self, name) for name in ("pages", "requests", "retries", "rereads")}
        yield tr("sync.effort", lang), tr("sync.effort_seen", lang, **took)


_LINE = "margin:0 0 4px"
_TABLE = "border:none;margin:0"
_NAME = "text-align:left;font-weight:400;opacity:.65;padding:1px 18px 1px 0"
_VALUE = "text-align:left;padding:1px 0"


def _said() -> list[str]:
    """Name the fields that say what a run brought."""
    return [field.name for field in dataclasses.fields(SyncReport) if field.compare]


_MOMENTS = (
    "moment",
    "started_at",
    "finished_at",
    "oldest_created_at",
    "newest_created_at",
    "verified_through",
    "swept_through",
)
