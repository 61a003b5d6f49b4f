"""What stands past the end of a list where the API gives no list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tegro_analytics.api.caller import Result
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.lists.page import Page

_NAMES: Mapping[Event, str] = {Event.NOT_FOUND: "404", Event.NO_DATA: "null"}


def ends_list(failure: Failure) -> bool:
    """Say whether this may be how the API tells that a list has ended: a refusal, a 404, or no data."""
    return failure.event is Event.REJECTED or failure.event in _NAMES


def refused_page(number: int, result: Result) -> Page:
    """Make the empty page that says why there is no list; what it means is for the paging rule."""
    failure = result.outcome
    if not isinstance(failure, Failure):
        raise TypeError("only a failure makes a refused page")
    return Page(
        number=number,
        data=b"[]",
        keys=(),
        created=(),
        requested_at=failure.requested_at or dt.datetime.now(dt.UTC),
        refusal=_NAMES.get(failure.event, f"error: {failure.text or 'no reason'}"),
        retries=result.attempts - 1,
        waited=result.waited,
    )
