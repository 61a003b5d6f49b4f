"""What was restated, in words: a line for each sum of money that changed, else for each order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tegro_analytics.texts import language, tr

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["told"]


def told(changes: pd.DataFrame, lang: str | None = None) -> list[str]:
    """Tell what :meth:`Shop.changes` gave, line by line.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"id": 7, "reason": "refunded", "field": "refunds", "old": "0", "new": "400", "currency": "RUB",
    ...        "month": "2026-04", "paid_month": "2026-03", "effect": Decimal(-400), "changed_at": 1}
    >>> print(*told(pd.DataFrame([row]), "en"))
    April 2026: -400.00 RUB, refunds; order 7, paid in March 2026: refunded
    """
    lang = language(lang)
    rows = changes.astype(object).where(changes.notna(), None).to_dict("records")
    with_sums = {(row["changed_at"], row["id"]) for row in rows if row["effect"] is not None}
    return list(_lines(rows, with_sums, lang))


def _lines(rows: list[dict[Any, Any]], with_sums: set[Any], lang: str) -> Iterator[str]:
    for row in rows:
        paid = (
            tr("restated.paid_in", lang, month=_month(row["paid_month"], lang)) if row["paid_month"] else ""
        )
        why = tr(f"restated.{row['reason']}", lang)
        if row["effect"] is not None:
            yield tr(
                "restated.sum",
                lang,
                month=_month(row["month"], lang),
                effect=_money(row["effect"], lang),
                currency=row["currency"],
                measure=tr(f"column.{row['field']}", lang).lower(),
                id=row["id"],
                paid=paid,
                why=why,
            )
        elif (row["changed_at"], row["id"]) not in with_sums:
            old, new = (row[name] if row[name] is not None else "–" for name in ("old", "new"))
            yield tr("restated.field", lang, id=row["id"], field=row["field"], old=old, new=new)


def _month(month: str | None, lang: str) -> str:
    import datetime as dt

    from babel.dates import format_skeleton

    if month is None:
        return "–"
    return str(format_skeleton("yMMMM", dt.date.fromisoformat(f"{month}-01"), locale=lang))


def _money(amount: Decimal | float, lang: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(amount, format="+#,##0.00######;-#,##0.00######", locale=lang))
