"""What is kept of some shops of one account: their store, brought up to date before the first question."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics import schemas
from tegro_analytics.exceptions import ConfigurationError, StoreError, StoreLocked
from tegro_analytics.frames.masks import masked
from tegro_analytics.metrics.asking.window import instant, local_time, window
from tegro_analytics.privacy import load_salt
from tegro_analytics.progress import wanted
from tegro_analytics.reference import Reference
from tegro_analytics.settings import Settings, data_folder, load_settings
from tegro_analytics.store import Forgetting, Holder, KnownRun, Store, mark_of_reference
from tegro_analytics.sync import Budget, Member, Setting, SyncReport, sync
from tegro_analytics.sync.staging import remove_pages
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["Kept", "Moment", "store_of"]

Moment = str | dt.date | dt.datetime

MASKED = {"orders": ("email", "extra"), "withdrawals": ("account", "extra"), "quarantine": ("raw",)}
"""The columns of each table that identify people."""


def store_of(store: str | Path | None) -> Store:
    """Name the store of this user: in the folder as told, of the settings, or where the system keeps data."""
    return Store(Path(load_settings(store=store).store or data_folder()) / "store")


@dataclass(frozen=True)
class Standing:
    """Say as of when some shops are known, and how far that can be trusted."""

    as_of: dt.datetime
    complete: bool
    verified: bool
    warnings: tuple[str, ...]


class Kept:
    """Answer from the store, and bring it up to date.

    Parameters
    ----------
    folder
        The folder of this user's data; the store has a folder of its own in it.
    members
        The shops, with the clients that read them.
    settings, reference
        What the shop was opened with.
    sandbox
        Whether it is a sandbox.
    """

    def __init__(
        self,
        folder: Path,
        members: Sequence[Member],
        settings: Settings,
        reference: Reference,
        *,
        sandbox: bool,
    ) -> None:
        self.folder = folder
        self.store = Store(folder / "store", reference=reference, waiting=self._say_waiting)
        self._staging = folder / "staging"
        self._members = members
        self._settings = settings
        self._reference = reference
        self.sandbox = sandbox
        self._stamp: int | None = None
        """That of the store when it was last seen to fit these settings; None before that."""
        self._reading: list[int] = []
        """The threads that hold a relation open."""

    @property
    def shop_ids(self) -> tuple[str, ...]:
        """Name the shops."""
        return tuple(member.shop_id for member in self._members)

    @property
    def zone(self) -> ZoneInfo:
        """Give the report zone."""
        return ZoneInfo(self._settings.report_timezone)

    # Bringing it up to date

    def sync(self, *, full: bool = False) -> SyncReport:
        """Read what is new, and merge it."""
        if threading.get_ident() in self._reading:
            raise StoreLocked(
                "This code is reading the store: sync() stands within a `with shop.relation(...)`. Nothing "
                "was read. Let the `with` end first."
            )
        setting = self._setting()
        self._derive_anew(setting)
        report = sync(self._members, setting, self.store, folder=self._staging, full=full)
        self._stamp = self.store.stamp()
        return replace(report, lang=self._settings.lang)

    def ready(self) -> None:
        """Make sure that each shop was read once, and say so where that has to be done now."""
        if self._stamp is not None and self._stamp == self.store.stamp():
            return  # else another program wrote to it, which may go by other zones
        if all(self.store.list_state(shop_id, "orders").last for shop_id in self.shop_ids):
            self._derive_anew(self._setting())
            self._stamp = self.store.stamp()
            return
        self._say(tr("shop.first_read", self._settings.lang))
        self.sync()

    def _salt(self) -> bytes:
        self._check_folder()
        said = ""
        try:
            return load_salt(self.folder)
        except OSError as error:
            said = error.strerror or "it cannot be used"
        raise StoreError(
            f"{self.folder}, the folder of this user's data, cannot be used: {said}. Nothing was changed. "
            "Give yourself the right to write there, or name another folder (store=, TEGRO_STORE)."
        )

    def _setting(self) -> Setting:
        return Setting(
            reference=self._reference,
            salt=self._salt(),
            source_zone=self._settings.source_timezone,
            report_zone=self._settings.report_timezone,
            sandbox=self.sandbox,
            show_progress=wanted(progress=self._settings.progress),
            lang=self._settings.lang,
            budget=Budget(
                look_back=self._settings.lookback,
                lookups=self._settings.lookups,
                sweep_pages=self._settings.sweep_pages,
            ),
        )

    def _check_folder(self) -> None:
        """Refuse to make a folder that was named by a slip, or on a disk that is not there."""
        if self._settings.store is not None and not self.folder.absolute().parent.is_dir():
            raise StoreError(
                f"{self.folder.absolute().parent} is not there, or is not a folder, so that there can be no "
                f"store in {self.folder}. Nothing was changed. Is a disk not mounted? Else make the folder "
                "first, or correct the name (store=, TEGRO_STORE)."
            )

    def _derive_anew(self, setting: Setting) -> None:
        """Derive days and names anew where the store was made for other zones, or with other names."""
        known = self.store.status()
        if known.basis is None:
            return
        zones = (known.basis.source_zone, known.basis.report_zone)
        if zones != (setting.source_zone, setting.report_zone) or known.reference != mark_of_reference(
            self._reference
        ):
            self._say(tr("shop.derive", self._settings.lang, zone=setting.report_zone))
            self.store.rederive(source_zone=setting.source_zone, report_zone=setting.report_zone)

    def _say(self, text: str) -> None:
        if wanted(progress=self._settings.progress):
            print(text, file=sys.stderr)

    def _say_waiting(self, holder: Holder | None) -> None:
        self._say(tr("shop.waiting", self._settings.lang, holder=holder or "?"))

    # Answering

    @property
    def last_sync(self) -> SyncReport | None:
        """Give the report of the last run that read these shops; None before the first."""
        last = self.runs()
        known = [run for run in last if run is not None and run.report]
        if not known or len(known) < len(last):
            return None
        report = SyncReport.from_json(max(known, key=lambda run: run.number).report)
        return replace(report, lang=self._settings.lang)

    def runs(self, *, at: dt.datetime | None = None) -> list[KnownRun | None]:
        """Give the last run of each shop, or the last up to a moment."""
        return [self.store.last_of(shop_id, at=at) for shop_id in self.shop_ids]

    def known_at(self, as_of: Moment | None = None) -> dt.datetime:
        """Give the moment of the last run up to a moment: what was known then, the store can tell again.

        Raises
        ------
        StoreError
            If nothing was known then.
        """
        self.ready()
        at = None if as_of is None else self.moment(as_of)
        known = [run.moment for run in self.runs(at=at) if run is not None]
        if known:
            return max(known)
        raise StoreError(
            f"What was known at {as_of} cannot be told: the first run in {self.store.path} began at "
            f"{self.store.status().first_run}. Leave it out, or take a later moment."
        )

    def knows(self, moment: dt.datetime) -> bool:
        """Say whether a run of these shops began the knowledge of just that moment."""
        return any(run is not None and run.moment == moment for run in self.runs(at=moment))

    def standing(self, as_of: Moment | None = None) -> Standing:
        """Say what is known of these shops, each by its own last run, and how far it can be trusted."""
        at = None if as_of is None else self.moment(as_of)
        pairs = zip(self.shop_ids, self.runs(at=at), strict=True)
        known = {shop_id: run for shop_id, run in pairs if run is not None}
        reports = [SyncReport.from_json(run.report) for run in known.values() if run.report]
        seen = [one for shop_id, run in known.items() for one in run.evidence["lists"][shop_id].values()]
        every = len(known) == len(self.shop_ids)
        return Standing(
            as_of=min(run.moment for run in known.values()),
            complete=every and all(one["complete"] for one in seen),
            verified=every and all(one["verified"] for one in seen),
            warnings=tuple(dict.fromkeys(text for report in reports for text in report.warnings)),
        )

    def count(self, name: str) -> int:
        """Count the rows of a table."""
        return self.store.count(name, **self._scope(name))

    def table(self, name: str, **choice: Any) -> pa.Table:
        """Give a table in its canonical schema, reading the shops first where they never were."""
        known_table(name)
        self.ready()
        return self.store.table(name, **self._scope(name), **self._instants(choice))

    def balances(self, *, history: bool = False, as_of: Moment | None = None) -> pa.Table:
        """Give the balances that were seen last, or all that ever were."""
        import pyarrow.compute as pc

        every = self.table("balances", as_of=as_of)
        if history:
            return every
        return every.filter(pc.equal(every["observed_at"], pc.max(every["observed_at"])))

    @contextlib.contextmanager
    def relation(self, name: str, *, pii: bool = True, **choice: Any) -> Iterator[duckdb.DuckDBPyRelation]:
        """Give a table as a relation, inside a ``with``."""
        known_table(name)
        self.ready()
        shown = None if pii else {column: partial(_shown, column, name) for column in MASKED.get(name, ())}
        with (
            self._holding(),
            self.store.relation(name, **self._scope(name), **self._instants(choice), shown=shown) as rows,
        ):
            yield rows

    @contextlib.contextmanager
    def _holding(self) -> Iterator[None]:
        """Note that this thread holds the store open: to write from within would wait for itself."""
        me = threading.get_ident()
        self._reading.append(me)
        try:
            yield
        finally:
            self._reading.remove(me)

    @contextlib.contextmanager
    def batches(self, name: str, **choice: Any) -> Iterator[pa.RecordBatchReader]:
        """Give a table batch by batch, inside a ``with``."""
        known_table(name)
        self.ready()
        with (
            self._holding(),
            self.store.batches(name, **self._scope(name), **self._instants(choice)) as reader,
        ):
            yield reader

    def forget(self, email: str) -> Forgetting:
        """Forget a person: remove the pages that a run left, and write the store anew without the address."""
        if in_use := remove_pages(self._staging):
            raise StoreLocked(
                f"{in_use[0]} may hold the address, and is in use: a sync is under way. The store was not "
                "changed. Try again when it has ended."
            )
        return self.store.forget(email)

    def moment(self, as_of: Moment, *, name: str = "as_of") -> dt.datetime:
        """Read a moment; a day is its beginning in the report zone."""
        return instant(local_time(as_of, self.zone, name=name), self.zone)

    def _scope(self, name: str) -> dict[str, Any]:
        """Choose the shops: a store may hold others of the account. Withdrawals are made from all of it."""
        return {"shop_id": self.shop_ids} if name == "orders" else {}

    def _instants(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Turn bounds and moments as people write them into instants."""
        as_of, columns = choice.pop("as_of", None), choice.pop("columns", None)
        start, end = window(choice.pop("since", None), choice.pop("until", None), self.zone).instants()
        found = {"as_of": None if as_of is None else self.moment(as_of), "since": start, "until": end}
        return {**found, **choice, **({} if columns is None else {"columns": columns})}


def known_table(name: str) -> None:
    """Refuse a table that there is not."""
    if name not in schemas.TABLES:
        raise ConfigurationError(f"There is no table {name!r}. The tables are {', '.join(schemas.TABLES)}.")


def _shown(column: str, table: str, array: pa.Array) -> pa.Array:
    """Mask a column as it is shown, for the engine."""
    import pyarrow as pa

    found = masked(array, column, table)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
