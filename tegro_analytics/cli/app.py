"""What the commands share: the application, its options, and how a shop is opened for one."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tegro_analytics.progress import wanted
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.shop import Shop

UNVERIFIED = 5
INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Payment analytics for merchants of Tegro.money: what came in, fees, conversion, payment systems.",
    epilog="Without a key, add --demo: a sandbox shop on this machine. "
    "Exit codes: 0 done, 1 bug, 2 usage, 3 configuration, 4 API or network, 5 incomplete or unverified, "
    "6 outcome unknown, 130 Ctrl-C.",
)

Demo = Annotated[bool, typer.Option("--demo", help="Use a sandbox shop on this machine: no key needed.")]
Lang = Annotated[str | None, typer.Option(help="Language of labels and reports: ru or en.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, money as strings of exact decimals.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Store = Annotated[Path | None, typer.Option(help="Folder for the data of this user.")]
Since = Annotated[str | None, typer.Option(help="First day, as in 2026-10-01, in the report zone.")]
Until = Annotated[str | None, typer.Option(help="The day after the last one.")]
AsOf = Annotated[str | None, typer.Option(help="A moment: what was known then.")]
Pii = Annotated[
    bool, typer.Option("--pii", help="Show e-mails and accounts whole; they are masked otherwise.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")]


@contextmanager
def opened(
    *, use_demo: bool, lang: str | None, quiet: bool, store: Path | None, judged: bool = True
) -> Iterator[Shop]:
    """Open the shop of the settings, or a sandbox; say afterwards what a person should know of the numbers.

    Parameters
    ----------
    judged
        Whether numbers are shown that are worth what the last run was worth.
    """
    from tegro_analytics import opening

    settings: dict[str, Any] = {"lang": lang, "store": store, "progress": False if quiet else None}
    shop = opening.demo(orders=_demo_orders(), **settings) if use_demo else opening.connect(**settings)
    with shop:
        before = shop.last_sync
        yield shop
        done = shop.last_sync
        if done is None or not judged:
            return
        if done != before:  # else they were shown when it was read
            for text in done.warnings:
                print(f"tegro: {tr('cli.warning', lang)}: {text}", file=sys.stderr)
        elif wanted(progress=settings["progress"]):
            print(tr("cli.as_of", lang, moment=f"{done.moment:%Y-%m-%d %H:%M} UTC"), file=sys.stderr)
        if not (done.complete and done.verified):
            print(f"tegro: {done}", file=sys.stderr)
            raise typer.Exit(UNVERIFIED)


def _demo_orders() -> int:
    """Say how large the sandbox shop of --demo is."""
    return int(os.environ.get("TEGRO_DEMO_ORDERS", "20000"))


def frame_records(frame: pd.DataFrame) -> str:
    """Write a frame as JSON: a list of records, money as exact decimals in strings, moments in their zone."""
    import json

    import pandas as pd

    def plain(value: Any) -> Any:
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            return None
        if isinstance(value, dt.datetime):
            return value.isoformat()
        return str(value) if isinstance(value, Decimal) else value

    rows = frame.astype(object).to_dict("records")
    shown = [{str(name): plain(value) for name, value in row.items()} for row in rows]
    return json.dumps(shown, ensure_ascii=False, indent=2)


def records(result: Any) -> str:
    from tegro_analytics.reports import to_json

    return to_json(result)


def say_written(paths: list[Path], *, as_json: bool) -> None:
    shown = [str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path) for path in paths]
    if as_json:
        import json

        print(json.dumps({"files": shown}, ensure_ascii=False))
        return
    print(*shown, sep="\n")
