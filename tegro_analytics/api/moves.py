"""What a call that moves money came to, and what a look for one showed: values, for the journal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from tegro_analytics.api.answers import Answer, printable
from tegro_analytics.api.events import RULES, Event, Failure

__all__ = ["Known", "Moved", "Sought", "shape_of"]

Known = Literal["accepted", "never sent", "not sent", "refused", "unknown"]

_EMPTY = (b"", b"null", b"[]", b"{}", b'""', b"false")
_ANSWERS = (Event.REJECTED, Event.NO_DATA, Event.NOT_FOUND)
"""What may be the way in which the API says that it does not have what it was asked for."""


@dataclass(frozen=True, slots=True, repr=False)
class Moved:
    """Hold what is known of a call that moves money.

    Attributes
    ----------
    known : str
        ``accepted``; ``refused``; ``never sent``, so that it may be tried again; ``not sent``, but it would
        fail again; ``unknown``.
    data : object
        What the API answered, numbers exact.
    error : BaseException or None
        What tells of it, where it was not accepted.
    """

    known: Known
    data: Any = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Sought:
    """Hold what came back when one order or withdrawal was asked for.

    Attributes
    ----------
    data : bytes or None
        The JSON that came, where there was any.
    shape : str or None
        What an answer without a record looks like, the id in it left out; None where there was a record, or
        no usable answer.
    error : BaseException or None
        What tells of it, where there was no usable answer.
    requested_at : datetime or None
        When it was asked for.
    """

    data: bytes | None = None
    shape: str | None = None
    error: BaseException | None = None
    requested_at: dt.datetime | None = None


def shape_of(outcome: Answer | Failure, payment_id: str) -> Sought:
    """Take an answer apart: a record, the look of an answer without one, or none that can be used.

    Examples
    --------
    >>> refusal = Failure(Event.REJECTED, "refused", status=200, text="no withdrawal wd-7")
    >>> shape_of(refusal, "wd-7").shape
    'rejected 200 no withdrawal …'
    """
    if isinstance(outcome, Answer):
        plain = outcome.data.strip()
        if plain in _EMPTY:
            return Sought(shape=f"data {plain.decode()}", requested_at=outcome.requested_at)
        return Sought(data=plain, requested_at=outcome.requested_at)
    if outcome.event in _ANSWERS and RULES[outcome.event].read == "stop":
        text = outcome.text or ""
        for form in (payment_id, printable(payment_id)):  # an id that is a long number was masked
            text = text.replace(form, "…") if form else text
        return Sought(shape=f"{outcome.event} {outcome.status} {text}", requested_at=outcome.requested_at)
    return Sought(error=outcome.as_error())
