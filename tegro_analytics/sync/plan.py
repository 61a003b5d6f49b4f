"""How a list is read: what is new, where that loses nothing, else all of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tegro_analytics.api.lists.recent import horizon
from tegro_analytics.store import KnownRun, ListState
from tegro_analytics.sync.sweep import Place

__all__ = ["LISTS", "Kind", "ListPlan", "Why", "of_list", "plan_list"]

LISTS = ("orders", "withdrawals")
"""The lists of a shop."""

Kind = Literal["full", "incremental"]
Why = Literal["first", "asked", "order"]
"""Why a list is read to its end: it never was, it is asked for, or its rows do not stand newest first."""

_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class ListPlan:
    """Say how one list of one shop is to be read.

    Attributes
    ----------
    shop_id, list : str
        Which list.
    kind : str
        ``full``: to its end, and again until nothing new is met. ``incremental``: from the newest row to
        two pages in a row that hold only rows that are known, unchanged, and older than ``horizon``.
    why : str or None
        Why it is read in full.
    horizon : str or None
        As the list writes dates; None if it is read in full.
    newest : str or None
        The newest date that is known, as received.
    place : Place
        Where the rolling sweep goes on.
    """

    shop_id: str
    list: str
    kind: Kind
    why: Why | None = None
    horizon: str | None = None
    newest: str | None = None
    place: Place = Place()  # noqa: RUF009  it is frozen


def plan_list(
    shop_id: str,
    name: str,
    state: ListState,
    *,
    full: bool,
    look_back: dt.timedelta,
    source_zone: str,
) -> ListPlan:
    """Decide how a list is read, from what the runs before have seen of it.

    Newest-first is proven where the dates of creation never rose over the last whole reading; whether they
    rise in this run, the reading itself looks, and goes on to the end if they do.
    """
    whole = state.whole[-1] if state.whole else None
    if whole is None or state.last is None:
        return ListPlan(shop_id, name, "full", "first")
    seen = of_list(state.last, shop_id, name)
    place = Place.from_dict(seen.get("sweep"), swept=whole.started_at)
    if full:
        return ListPlan(shop_id, name, "full", "asked", place=place)
    began = state.last.started_at.astimezone(ZoneInfo(source_zone)).strftime(_FORMAT)
    oldest = horizon(seen.get("newest_at_start"), began, look_back=look_back)
    proven = of_list(whole, shop_id, name).get("list_order") == "newest"
    if not proven or oldest is None:
        return ListPlan(shop_id, name, "full", "order", place=place)
    newest = seen.get("newest_created")
    return ListPlan(shop_id, name, "incremental", horizon=oldest, newest=newest, place=place)


def of_list(run: KnownRun, shop_id: str, name: str) -> Mapping[str, Any]:
    """Give what a run saw of a list."""
    found: Mapping[str, Any] = run.evidence.get("lists", {}).get(shop_id, {}).get(name, {})
    return found
