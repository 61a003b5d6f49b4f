"""The command line: thin commands over the shop, one-line errors, exit codes that a script can go by.

====  =============================================
code  meaning
====  =============================================
0     done
1     a bug
2     usage: a wrong word, date, file
3     configuration: no key, a wrong setting
4     the API refused, or the network failed
5     incomplete, or not verified as complete
6     the outcome of a call that moves money is unknown
130   Ctrl-C; 143 where the system asked for the end
====  =============================================
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tegro_analytics import exceptions
from tegro_analytics.interruption import Heed, heeding
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    from tegro_analytics.shop import Shop

EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (exceptions.ConfigurationError, 3),
    (exceptions.StoreError, 3),
    (exceptions.ApiError, 4),
    (exceptions.TransportError, 4),
    (exceptions.SyncIncomplete, 5),
    (exceptions.OutcomeUnknown, 6),
    (exceptions.DataError, 2),
    (exceptions.ExportError, 2),
)
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
Pii = Annotated[
    bool, typer.Option("--pii", help="Show e-mails and accounts whole; they are masked otherwise.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")]


@app.command()
def demo(
    orders: Annotated[int, typer.Option(min=0, help="How many orders the sandbox shop has.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Which sandbox shop it is.")] = 7,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("demo"),
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Try everything without a key: read a sandbox shop over HTTP, print its numbers, write its files."""
    from tegro_analytics.tour import take

    code = take(out, orders=orders, seed=seed, lang=lang, quiet=quiet)
    raise typer.Exit(code)


@app.command()
def show(
    metric: Annotated[str, typer.Argument(help="revenue, fees, conversion, payment_systems")],
    freq: Annotated[str | None, typer.Option(help="hour, day, week, month, quarter or year.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="payment_system, family, rail, weekday, hour, status_name, shop_id; may be given again."
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    as_of: Annotated[str | None, typer.Option(help="The moment that the numbers are judged at.")] = None,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Print a metric as a table, or as JSON."""
    from tegro_analytics.metrics import METRICS

    if metric not in METRICS:
        raise typer.BadParameter(f"there is no metric {metric!r}; the metrics are {', '.join(METRICS)}")
    with _opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        options = {"since": since, "until": until, "as_of": as_of, "freq": freq, "by": by or None}
        given = {name: value for name, value in options.items() if value is not None}
        result = getattr(shop, metric)(money="decimal" if as_json else None, **given)
        print(_records(result) if as_json else result.to_text(lang=shop.settings.lang))


@app.command()
def export(
    table: Annotated[str, typer.Argument(help="orders, withdrawals, balances, shops or quarantine")],
    file: Annotated[Path, typer.Argument(help="The file; its ending says whether CSV, Parquet or XLSX.")],
    format: Annotated[  # noqa: A002  the word that people look for
        Literal["csv", "parquet", "xlsx"] | None, typer.Option(help="What to write, whatever the ending.")
    ] = None,
    dialect: Annotated[
        Literal["rfc4180", "excel-ru"], typer.Option(help="rfc4180 for machines, excel-ru for Russian Excel.")
    ] = "rfc4180",
    since: Since = None,
    until: Until = None,
    pii: Pii = False,
    overwrite: Overwrite = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Write a table to a file."""
    with _opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        path = shop.export(
            table,
            file,
            format=format,
            dialect=dialect,
            since=since,
            until=until,
            pii=pii,
            overwrite=overwrite,
        )
        _say_written([path], as_json=as_json)


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="The workbook to write, as in october.xlsx.")],
    since: Since = None,
    until: Until = None,
    pii: Pii = False,
    overwrite: Overwrite = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Write an Excel report; without dates, of the last complete month."""
    with _opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        path = shop.report(file, since=since, until=until, pii=pii, overwrite=overwrite)
        _say_written([path], as_json=as_json)


@app.command()
def lab(
    folder: Annotated[Path, typer.Option("--dir", help="Folder for your copy of the notebooks.")] = Path(
        "tegro-lab"
    ),
    port: Annotated[int | None, typer.Option(help="Port of JupyterLab.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
) -> None:
    """Open JupyterLab on a copy of the notebooks in a folder of yours."""
    import importlib.util
    import subprocess

    from tegro_analytics.notebook import copy_to

    if importlib.util.find_spec("jupyterlab") is None:
        raise exceptions.ConfigurationError("JupyterLab is not installed: pip install 'tegro_analytics[lab]'")
    notebooks = copy_to(folder)
    print(tr("cli.lab", None, count=len(notebooks), folder=folder), file=sys.stderr)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    command += [f"--port={port}"] if port is not None else []
    command += ["--no-browser"] if no_browser else []
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603  a fixed command, no shell


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def sandbox(context: typer.Context) -> None:
    """Run a sandbox Tegro on this machine; `tegro sandbox --help` lists its options."""
    from tegro_analytics.sandbox import main as run

    raise typer.Exit(run(context.args))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends the process with its exit code."""
    with heeding() as heed:
        code = run(list(sys.argv[1:] if arguments is None else arguments), heed)
    sys.exit(code)


def run(arguments: list[str], heed: Heed) -> int:
    """Run a command; gives its exit code."""
    warnings.showwarning = _show_warning
    code, problem = _end_of(arguments, heed)
    if heed.signal and not code:  # it came, and something swallowed it: what was done may be half of it
        code, problem = _interrupted(None, heed)
    if problem:
        print(f"tegro: {' '.join(problem.split())}", file=sys.stderr)
    return code


def _end_of(arguments: list[str], heed: Heed) -> tuple[int, str]:
    """Run a command to its end; gives its exit code and, where it has not done what it was to do, why."""
    try:
        app(arguments, prog_name="tegro")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        return (code, "") if code != INTERRUPTED else _interrupted(end, heed)
    except exceptions.TegroError as error:
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1), str(error)
    except KeyboardInterrupt as end:
        return _interrupted(end, heed)
    except Exception as error:
        if heed.signal:  # a library may tell of Ctrl-C in a way of its own, as DuckDB does
            return _interrupted(error, heed)
        raise
    return 0, ""


def _interrupted(end: BaseException | None, heed: Heed) -> tuple[int, str]:
    """Find what the interrupted call has said, behind what typer made of it."""
    while end is not None and not isinstance(end, KeyboardInterrupt):
        end = end.__cause__ or end.__context__
    return heed.code, str(end or "") or tr("cli.interrupted")


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **_: Any) -> None:  # noqa: ARG001
    print(f"tegro: {tr('cli.warning')}: {message}", file=sys.stderr)


@contextmanager
def _opened(*, use_demo: bool, lang: str | None, quiet: bool, store: Path | None) -> Iterator[Shop]:
    """Open the shop of the settings, or a sandbox; say afterwards where what was read is not verified."""
    from tegro_analytics import opening

    settings: dict[str, Any] = {"lang": lang, "store": store, "progress": False if quiet else None}
    shop = opening.demo(orders=_demo_orders(), **settings) if use_demo else opening.connect(**settings)
    with shop:
        yield shop
        done = shop.last_sync
        if done is None:
            return
        for text in done.warnings:
            print(f"tegro: {tr('cli.warning', lang)}: {text}", file=sys.stderr)
        if not (done.complete and done.verified):
            print(f"tegro: {done}", file=sys.stderr)
            raise typer.Exit(UNVERIFIED)


def _demo_orders() -> int:
    """Say how large the sandbox shop of --demo is."""
    return int(os.environ.get("TEGRO_DEMO_ORDERS", "20000"))


def _records(result: Any) -> str:
    from tegro_analytics.reports import to_json

    return to_json(result)


def _say_written(paths: list[Path], *, as_json: bool) -> None:
    shown = [str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path) for path in paths]
    if as_json:
        import json

        print(json.dumps({"files": shown}, ensure_ascii=False))
        return
    print(*shown, sep="\n")
