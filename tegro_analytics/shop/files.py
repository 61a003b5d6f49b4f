"""What a shop writes: tables in any form, and the report."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from tegro_analytics import reports, schemas
from tegro_analytics.exceptions import ConfigurationError, DataError, StoreError
from tegro_analytics.reference import Reference
from tegro_analytics.reports.register import register_bounds
from tegro_analytics.settings import Settings
from tegro_analytics.shop.kept import Kept, Moment

__all__ = ["Files"]


class Files:
    """Write what is known of a shop to files."""

    settings: Settings
    reference: Reference
    _kept: Kept

    def export(
        self,
        table: str,
        path: str | Path,
        *,
        format: Literal["csv", "parquet", "xlsx"] | None = None,  # noqa: A002  the word that people look for
        dialect: Literal["rfc4180", "excel-ru"] = "rfc4180",
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        pii: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write a table to a file: its ending says whether CSV, Parquet or XLSX.

        With ``format="parquet"`` and a name without an ending, a folder is written: a data set, partitioned
        by month, for DuckDB, Spark, Polars.

        Raises
        ------
        ExportError
            If the file exists and ``overwrite`` is not given, or cannot be written.
        """
        bounds: dict[str, Any] = {"as_of": as_of}
        if table == "orders":
            bounds |= {"since": since, "until": until}
        if format == "parquet" and not Path(path).suffix:
            with self._kept.batches(table, **bounds) as rows:
                return reports.write_dataset(
                    rows,
                    path,
                    schema=schemas.TABLES[table],
                    zone=self.settings.report_timezone,
                    pii=pii,
                    overwrite=overwrite,
                )
        held = self._kept.balances(as_of=as_of) if table == "balances" else self._kept.table(table, **bounds)
        return reports.write_table(
            held,
            path,
            schema=schemas.TABLES[table],
            format=format,
            dialect=dialect,
            zone=self.settings.report_timezone,
            pii=pii,
            overwrite=overwrite,
            lang=self.settings.lang,
        )

    def register(
        self,
        path: str | Path,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        dialect: Literal["rfc4180", "excel-ru"] = "excel-ru",
        daily: bool = False,
        lang: str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write the register of payments as CSV: a line for each payment and refund, and the totals.

        See :func:`tegro_analytics.reports.write_register` for its lines and columns.

        Parameters
        ----------
        path
            The file, as in ``october.csv``.
        since, until
            The period, half-open, in the report zone; without both, the last calendar month that is over.
        as_of
            A moment: what was known then, by the last run that had begun.
        dialect
            ``excel-ru`` for Russian Excel, ``rfc4180`` for machines.
        daily
            Whether the totals of each day stand after its lines.
        lang
            ``ru`` or ``en``; by default what the shop was opened with.
        overwrite
            Whether a file that is there may be replaced.

        Raises
        ------
        ExportError
            If the file exists and ``overwrite`` is not given, or cannot be written.
        """
        self._kept.ready()
        known = self._kept.standing(as_of)
        bounds = register_bounds(since, until, as_of=known.as_of, zone=self._kept.zone)
        with self._kept.relation("orders", as_of=as_of) as orders:
            return reports.write_register(
                path,
                orders,
                bounds=bounds,
                dialect=dialect,
                daily=daily,
                merchant_share=self.settings.merchant_share,
                several_shops=len(self._kept.shop_ids) > 1,
                sandbox=self._kept.sandbox,
                lang=lang or self.settings.lang,
                overwrite=overwrite,
                reference=self.reference,
            )

    def report(
        self,
        path: str | Path,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        lang: str | None = None,
        pii: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write the report: a workbook, one HTML page or a PDF, by the ending of the file.

        It has a summary with the period before, the days, fees and their audit, conversion, payment systems,
        customers, withdrawals and balance, and definitions; the workbook has the orders too. The page needs
        nothing else, and no network; a PDF needs Chromium, Chrome or Edge.

        Parameters
        ----------
        path
            The file: ``october.xlsx``, ``october.html`` or ``october.pdf``.
        since, until
            The period, half-open, in the report zone; without both, the last calendar month that is over.
        as_of
            A moment: the report as it was then, by the last run that had begun.
        lang
            ``ru`` or ``en``; by default what the shop was opened with.
        pii
            Whether to write e-mail addresses whole.
        overwrite
            Whether a file that is there may be replaced.

        Raises
        ------
        ExportError
            If the file exists and ``overwrite`` is not given, or cannot be written.
        """
        write = reports.report_writer(path)
        at = self._kept.known_at(as_of)
        return write(
            path,
            self._tables(at),
            facts=self._facts(at),
            since=since,
            until=until,
            lang=lang or self.settings.lang,
            pii=pii,
            overwrite=overwrite,
        )

    def verify(self, path: str | Path) -> reports.Verification:
        """Compute a workbook that :meth:`report` wrote again, as of its moment, and compare it cell by cell.

        Every value and every formula of every sheet is compared, those of the file of orders beside it too;
        charts and formats are not. A program that saves the workbook again changes nothing of that. Of an
        e-mail address that was forgotten since, and of names in the reference that changed since, the store
        knows only what they are now. The number of records that could not be read is taken from the file.

        Parameters
        ----------
        path
            The workbook; it is not changed.

        Returns
        -------
        Verification
            Whether all of it is so, and where it is not.

        Raises
        ------
        DataError
            If it is no such workbook, is damaged, or is that of another shop.
        ConfigurationError
            If it goes by another time zone.
        StoreError
            If the store did not know the shop at its moment.
        """
        file = Path(path).expanduser().resolve()
        recorded = reports.recorded_in(file)
        self._refuse_other(file, recorded)
        facts = self._facts(recorded.known_at)
        with tempfile.TemporaryDirectory(prefix="tegro-", ignore_cleanup_errors=True) as folder:
            fresh = Path(folder) / recorded.file_name
            reports.write_report(
                fresh,
                self._tables(recorded.known_at),
                facts=replace(
                    facts,
                    merchant_share=recorded.merchant_share,
                    plan=recorded.plan,
                    quarantined=recorded.quarantined,
                    version=recorded.version,
                ),
                since=recorded.since,
                until=recorded.until,
                lang=recorded.lang,
                pii=recorded.pii,
                limit=recorded.limit,
            )
            told = replace(recorded, as_of=facts.as_of)
            return reports.compared(file, fresh, told, lang=self.settings.lang)

    def _refuse_other(self, file: Path, recorded: reports.Recorded) -> None:
        """Refuse a workbook that this shop, as it is opened, cannot verify."""
        mine = ", ".join(self._kept.shop_ids)
        if (recorded.shop_id, recorded.sandbox) != (reports.short(mine), self._kept.sandbox):
            kind = "a sandbox" if recorded.sandbox else "a live shop"
            raise DataError(
                f"{file} is a report on {recorded.shop_id}, {kind}; this is {mine}"
                f"{', a sandbox' if self._kept.sandbox else ''}. Open the shop of the report to verify it."
            )
        if recorded.zone != self.settings.report_timezone:
            raise ConfigurationError(
                f"{file} goes by the time zone {recorded.zone}, not by {self.settings.report_timezone}. "
                f"Open it with report_timezone={recorded.zone!r} (TEGRO_REPORT_TIMEZONE)."
            )
        if not self._kept.knows(recorded.known_at):
            raise StoreError(
                f"{file} says what was known at {recorded.known_at}, but the store in {self._kept.folder} "
                "has no run of that moment: it was begun later, or is another one. Verify the report with "
                "the store that it was written from (store=, TEGRO_STORE)."
            )

    def _tables(self, at: dt.datetime) -> reports.ReportTables:
        """Gather what was known at a moment."""
        names = ("orders", "withdrawals", "balances", "shops")
        return reports.ReportTables(**{name: self._kept.table(name, as_of=at) for name in names})

    def _facts(self, at: dt.datetime) -> reports.ReportFacts:
        """Say what was known of it at a moment, and how far it can be trusted."""
        known = self._kept.standing(at)
        names = {row["shop_id"]: row["name"] for row in self._kept.table("shops", as_of=at).to_pylist()}
        return reports.ReportFacts(
            shop_id=", ".join(self._kept.shop_ids),
            shop_name=", ".join(name for one in self._kept.shop_ids if (name := names.get(one))) or None,
            report_zone=self.settings.report_timezone,
            source_zone=self.settings.source_timezone,
            as_of=known.as_of,
            known_at=at,
            sandbox=self._kept.sandbox,
            merchant_share=self.settings.merchant_share,
            plan=self.settings.plan,
            complete=known.complete,
            verified=known.verified,
            quarantined=self._kept.table("quarantine", as_of=at).num_rows,
            warnings=known.warnings,
            reference=self.reference,
        )
