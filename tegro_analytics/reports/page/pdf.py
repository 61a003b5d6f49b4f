"""Print the page as PDF, with the browser that is there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from tegro_analytics.exceptions import ExportError
from tegro_analytics.reports.files import new_file, refuse
from tegro_analytics.reports.page.write import page_of
from tegro_analytics.reports.workbook.facts import ReportTables

__all__ = ["BROWSERS", "PLACES", "write_pdf"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""The programs that can print a page without a window, by the names that they go by."""

PLACES = (
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
"""Where Windows and macOS keep them, which put no such name on the path."""

PATIENCE_SECONDS = 120.0

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",  # the page has a foot of its own
)


def write_pdf(
    path: str | os.PathLike[str], tables: ReportTables | pa.Table, *, overwrite: bool = False, **options: Any
) -> Path:
    """Write a report on a period as PDF: the HTML page, printed by Chromium.

    Parameters
    ----------
    path : path
        Where the file will stand; it appears whole or not at all, and belongs to its owner alone.
    tables : ReportTables or pyarrow.Table
        All that is known of the account, or the orders alone.
    overwrite : bool
        Replace an existing file.
    **options
        As :func:`write_page` takes them.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    DataError
        If a bound cannot be read.
    ExportError
        If there is no Chromium, if it fails, or if the file exists or cannot be written; what stood there is
        untouched.
    """
    target = Path(path).expanduser().resolve()
    refuse(target, overwrite=overwrite)
    browser = _browser(target)
    text = page_of(tables, **options)
    with new_file(target, overwrite=overwrite) as (draft, _):
        _print(browser, text, draft, target)
    return target


def _browser(target: Path) -> str:
    """Find the program that prints."""
    names = (*BROWSERS, *map(os.path.expandvars, PLACES))
    found = next((program for name in names if (program := shutil.which(name))), None)
    if found is None:
        raise ExportError(
            f"{target} was not written: a PDF is printed by Chromium, Chrome or Edge, and none of them was "
            f"found. Install Chromium, or write {target.with_suffix('.html').name} and print that from any "
            "browser (Print, Save as PDF)."
        )
    return found


def _print(browser: str, text: str, draft: Path, target: Path) -> None:
    """Let the browser print a page from a folder of its own, in which it leaves all that it knows."""
    with tempfile.TemporaryDirectory(prefix="tegro-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, printed = folder / "report.html", folder / "report.pdf"
        page.write_text(text, encoding="utf-8", newline="\n")
        # In a container everybody is root, and there Chromium does not start its sandbox.
        as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [browser, *_FLAGS, *as_root, f"--user-data-dir={folder / 'profile'}"]
        why = _run([*command, f"--print-to-pdf={printed}", page.as_uri()], folder / "said.txt")
        if why or not printed.is_file():
            raise ExportError(
                f"{target} was not written: {Path(browser).name} did not print it ({why or 'no file came'}). "
                f"Write {target.with_suffix('.html').name} and print that from any browser (Print, Save as "
                "PDF)."
            )
        draft.write_bytes(printed.read_bytes())


def _run(command: list[str], log: Path) -> str:
    """Run the browser to its end; say why not, where it failed."""
    with log.open("wb") as said:  # a file: its children would hold a pipe open
        try:
            process = subprocess.Popen(  # noqa: S603  a browser that was found, and no shell
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        except OSError as error:
            return error.strerror or "it cannot be started"
        try:
            code = process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return f"not within {PATIENCE_SECONDS:g} seconds"
        finally:
            _end(process)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"exit code {code}: {lines[-1][:200] if lines else 'it said nothing'}" if code else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a browser that still runs, and all that it started."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
