"""The intents of a shop as a frame that shows what waits for a person."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd

from tegro_analytics.payouts.intent import Intent, State
from tegro_analytics.payouts.many import Done
from tegro_analytics.texts import language, tr

__all__ = ["PayoutsFrame", "batch_frame", "intents_frame"]

_SHOWN = ("payment_id", "kind", "state", "amount", "currency", "account", "sent_at", "tegro_id", "reason")
_IDS = 20
_LONGEST = 90
_ALARM = "margin:2px 0;padding:2px 8px;border-left:4px solid #b35c00"


class PayoutsFrame(pd.DataFrame):
    """Be the frame of intents or of a batch; it says first what waits for a person.

    Whatever is derived from it is a plain :class:`pandas.DataFrame`.

    Attributes
    ----------
    lang : str
        The language of its display.
    notes : tuple of str
        What is said above the table.
    """

    _metadata = ["lang", "notes"]  # noqa: RUF012  the name is of pandas
    lang: str
    notes: tuple[str, ...]

    def __init__(self, data: Any, *, lang: str, notes: Sequence[str] = ()) -> None:
        super().__init__(data)  # type: ignore[call-arg]
        self.lang = lang
        self.notes = tuple(notes)

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def __repr__(self) -> str:
        table = self._shown()
        body = tr("payouts.none", self.lang) if table.empty else table.to_string(index=False)
        return "\n".join([*self.notes, body])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p style='{_ALARM}'>{escape(note)}</p>" for note in self.notes)
        table = self._shown()
        if table.empty:
            return f"<div>{notes}<p>{escape(tr('payouts.none', self.lang))}</p></div>"
        heads = "".join(f"<th style='text-align:left'>{escape(str(name))}</th>" for name in table.columns)
        rows = "".join(
            "<tr>"
            + "".join(f"<td style='text-align:left'>{escape(str(cell))}</td>" for cell in row)
            + "</tr>"
            for row in table.itertuples(index=False, name=None)
        )
        return f"<div>{notes}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"

    def _shown(self) -> pd.DataFrame:
        """Write the cells as people read them."""
        names = [name for name in _SHOWN if name in self.columns]
        return pd.DataFrame(
            {
                tr(f"payouts.column.{name}", self.lang): [self._cell(name, value) for value in self[name]]
                for name in names
            }
        )

    def _cell(self, name: str, value: Any) -> str:
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            return "–"
        if name in ("state", "kind"):
            return tr(f"payouts.{name}.{value}", self.lang)
        if isinstance(value, pd.Timestamp):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, Decimal):
            return format(value, "f")
        text = str(value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def intents_frame(
    intents: Sequence[Intent], *, zone: str, lang: str | None, twice: Sequence[str] = ()
) -> PayoutsFrame:
    """Make the frame of the intents of a shop: one row each, the newest last; amounts are Decimal.

    Columns: ``kind, payment_id, state`` str · ``amount`` Decimal · ``currency`` str · ``payment_system``
    Int64 · ``account`` str, masked · ``prepared_at, sent_at, ended_at`` instants of the report zone ·
    ``sends`` int64 · ``tegro_id, url`` str · ``adopted`` bool · ``reason`` str.
    """
    chosen = language(lang)
    names = [field.name for field in dataclasses.fields(Intent)]
    frame = pd.DataFrame([[getattr(one, name) for name in names] for one in intents], columns=names)
    frame["state"] = [one.state.value for one in intents]
    frame["payment_system"] = frame["payment_system"].astype("Int64")
    frame["sends"] = frame["sends"].astype("int64")
    frame["adopted"] = frame["adopted"].astype("bool")
    for name in ("prepared_at", "sent_at", "ended_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype(pd.DatetimeTZDtype("us", zone))
    return PayoutsFrame(frame, lang=chosen, notes=_notes(intents, twice, chosen))


def batch_frame(rows: Sequence[Done], *, lang: str | None, notes: Sequence[str]) -> PayoutsFrame:
    """Make the frame of a batch: one row for each row of the table, in its order.

    Columns: ``payment_id, state`` str · ``amount`` Decimal · ``currency`` str · ``account`` str, masked ·
    ``payment_system`` Int64 · ``tegro_id`` str · ``before`` bool, whether an earlier run carried it out ·
    ``reason`` str. ``state`` is ``waiting`` where a row was not begun.
    """
    frame = pd.DataFrame(
        {
            "payment_id": [row.wish.payment_id for row in rows],
            "state": [row.state for row in rows],
            "amount": pd.Series([row.wish.amount for row in rows], dtype=object),
            "currency": [row.wish.currency for row in rows],
            "account": [row.wish.masked for row in rows],
            "payment_system": pd.Series([row.wish.payment_system for row in rows], dtype="Int64"),
            "tegro_id": pd.Series([row.tegro_id for row in rows], dtype=object),
            "before": pd.Series([row.before for row in rows], dtype=bool),
            "reason": pd.Series([row.reason for row in rows], dtype=object),
        }
    )
    return PayoutsFrame(frame, lang=language(lang), notes=notes)


def _notes(intents: Sequence[Intent], twice: Sequence[str], lang: str) -> list[str]:
    groups = {
        "twice": list(twice),
        "waiting": [one.payment_id for one in intents if one.state.is_open],
        "presumed_absent": [one.payment_id for one in intents if one.state is State.PRESUMED_ABSENT],
    }
    return [tr(f"payouts.{name}", lang, ids=some(ids)) for name, ids in groups.items() if ids]


def some(ids: Sequence[str]) -> str:
    """Name the first of many."""
    more = f" … (+{len(ids) - _IDS})" if len(ids) > _IDS else ""
    return ", ".join(ids[:_IDS]) + more
