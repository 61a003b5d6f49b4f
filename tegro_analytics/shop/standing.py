"""What a store holds, for a person and for a program: nothing is read over the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from tegro_analytics.store import StoreStatus
from tegro_analytics.sync import SyncReport
from tegro_analytics.texts import language, plural, tr

__all__ = ["facts", "standing"]

_MEGABYTE = 1_000_000


def facts(status: StoreStatus) -> dict[str, Any]:
    """Give what JSON can hold of the status of a store."""
    last = status.last_run
    return {
        "path": str(status.path),
        "size": status.size,
        "schema_version": status.schema_version,
        "server": status.owner and status.owner.server,
        "user_id": status.owner and status.owner.user_id,
        "source_timezone": status.basis and status.basis.source_zone,
        "report_timezone": status.basis and status.basis.report_zone,
        "rows": status.rows or {},
        "superseded": status.superseded or {},
        "forgotten": status.forgotten,
        "runs": status.runs,
        "first_run": status.first_run and status.first_run.isoformat(),
        "last_run": last and {"kind": last.kind, "report": last.report, "evidence": last.evidence},
    }


def standing(status: StoreStatus, lang: str | None = None) -> list[tuple[str, str]]:
    """Give the lines of ``tegro status``: what each is called, and what it says."""
    lang = language(lang)
    found = [(tr("status.store", lang), f"{status.path} ({status.size / _MEGABYTE:,.1f} MB)")]
    last = status.last_run
    if last is None or status.owner is None or status.rows is None:
        return [
            (tr("status.store", lang), str(status.path)),
            (tr("shop.state", lang), tr("status.empty", lang)),
        ]
    account = status.owner.user_id if status.owner.user_id is not None else "?"
    found.append((tr("status.account", lang), f"{account} · {status.owner.server}"))
    for name in ("orders", "withdrawals", "quarantine"):
        superseded = (status.superseded or {}).get(name, 0)
        more = tr("status.superseded", lang, count=superseded) if superseded else ""
        found.append((tr(f"table.{name}", lang), plural("count.rows", status.rows[name], lang) + more))
    runs = plural("count.runs", status.runs, lang)
    found.append((tr("status.runs", lang), f"{runs}, {_day(status.first_run)} – {_day(last.started_at)}"))
    report = SyncReport.from_json(last.report)
    found.append((tr("status.last", lang), str(report)))
    found.append((tr("status.verified", lang), _day(report.verified_through) or tr("status.never", lang)))
    found.append((tr("status.swept", lang), _day(report.swept_through) or tr("status.never", lang)))
    found.append((tr("status.due", lang), str(report.due_lookups)))
    found += [(tr("cli.warning", lang), text) for text in report.warnings]
    return found


def seen(evidence: Mapping[str, Any], lang: str | None = None) -> list[tuple[str, str]]:
    """Say what the last run has seen of the API, line by line."""
    found = []
    for shop_id, lists in evidence.get("lists", {}).items():
        for name, one in lists.items():
            title = f"{tr(f'table.{name}', lang)} {shop_id}"
            list_seen = tr(
                "sync.list_seen",
                lang,
                order=one["list_order"],
                end=one["end_seen"],
                size=one["page_size_seen"],
            )
            found.append((title, list_seen))
    for key in (
        "nonce_rule",
        "clock_behind_seconds",
        "newest_order_ahead_seconds",
        "withdrawal_fields",
        "unknown",
    ):
        value = evidence.get(key)
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        found.append((tr(f"doctor.{key}", lang), shown))
    return found


def _day(moment: dt.datetime | None) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC" if moment else ""
