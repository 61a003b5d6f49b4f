"""The tour of `tegro demo`: a sandbox shop read over HTTP, its numbers printed, its files written."""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from tegro_analytics import charts, notebook, opening
from tegro_analytics.reports.files import new_file
from tegro_analytics.shop import Shop
from tegro_analytics.texts import LANGUAGES, language, tr

__all__ = ["take"]

SHOWN = ("revenue", "fees", "conversion", "payment_systems")
"""The metrics of the tour."""

NOTEBOOKS = ("01_quickstart", "08_monthly_report")
"""The notebooks that it runs: all eight would take two minutes."""

MONTHLY = ("revenue", "fees", "conversion")
"""Those that it draws month by month."""


def take(out: Path, *, orders: int, seed: int, lang: str | None = None, quiet: bool = False) -> int:
    """Show a newcomer everything that works without a key, and leave the files in a folder.

    Parameters
    ----------
    out
        The folder; files of an earlier tour in it are replaced.
    orders, seed
        The size of the sandbox shop, and which it is.
    lang
        Language of what is printed; the files come in both.
    quiet
        Whether to leave the progress bar out.

    Returns
    -------
    int
        The exit code: 0, or 5 where the reading could not be verified.
    """
    lang = language(lang)
    with opening.demo(orders=orders, seed=seed, lang=lang, progress=not quiet) as shop:
        print(tr("tour.start", lang, address=shop.settings.base_url))
        report = shop.sync()
        print(f"{report}\n")
        for name in SHOWN:
            print(getattr(shop, name)().to_text(lang=lang), end="\n\n")
        print(tr("tour.writing", lang, folder=out))
        for path in _write(shop, out, orders=orders, lang=lang, quiet=quiet):
            print(f"  {path}")
    print("\n" + tr("tour.next", lang, html=out / "01_quickstart.html", workbook=out / f"report-{lang}.xlsx"))
    return 0 if report.complete and report.verified else 5


def _write(shop: Shop, out: Path, *, orders: int, lang: str, quiet: bool) -> Iterator[Path]:
    out.mkdir(parents=True, exist_ok=True)
    shop.export("orders", machines := out / "orders.csv", overwrite=True)
    shop.export("orders", people := out / "orders-excel-ru.csv", dialect="excel-ru", overwrite=True)
    yield from (machines, people)
    since, until = _whole(shop)
    for each in LANGUAGES:
        shop.report(book := out / f"report-{each}.xlsx", lang=each, since=since, until=until, overwrite=True)
        yield book
    for each in LANGUAGES:
        yield from _draw(shop, out / "charts", each)
    if importlib.util.find_spec("nbclient") is None:
        print(tr("tour.no_lab", lang), file=sys.stderr)
        return
    if not quiet:
        print(tr("tour.notebook", lang), file=sys.stderr)
    for name in NOTEBOOKS:
        yield _render(name, out, orders=orders)


def _whole(shop: Shop) -> tuple[dt.date | None, dt.date | None]:
    """Bound the whole history: the report of the tour covers all of it."""
    done, zone = shop.last_sync, ZoneInfo(shop.zone)
    if done is None or done.oldest_created_at is None:
        return None, None
    until = done.started_at.astimezone(zone).date() + dt.timedelta(days=1)
    return done.oldest_created_at.astimezone(zone).date(), until


def _draw(shop: Shop, folder: Path, lang: str) -> Iterator[Path]:
    import matplotlib as mpl

    folder.mkdir(exist_ok=True)
    for name in SHOWN:
        options = {"freq": "month"} if name in MONTHLY else {}
        with mpl.rc_context({"figure.max_open_warning": 0}):
            axes = getattr(charts, name)(getattr(shop, name)(**options), lang=lang)
            path = folder / f"{name}-{lang}.png"
            with new_file(path, overwrite=True) as (draft, _):
                axes.figure.savefig(draft, dpi=150, format="png")
        yield path


def _render(name: str, out: Path, *, orders: int) -> Path:
    """Run a notebook without a key, on a kernel of its own, and render what it showed."""
    source = notebook.folder() / f"{name}.ipynb"
    with tempfile.TemporaryDirectory() as folder:
        run = notebook.run(source, environment={"TEGRO_DEMO_ORDERS": str(orders)}, folder=Path(folder))
    return notebook.to_html(run, out / f"{name}.html", title=name.replace("_", " "))
