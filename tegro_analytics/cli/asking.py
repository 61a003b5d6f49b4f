"""The commands that ask: numbers, tables, reports, notebooks; and the sandbox to try them on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tegro_analytics import exceptions
from tegro_analytics.cli.app import (
    UNVERIFIED,
    AsOf,
    Demo,
    Json,
    Lang,
    Overwrite,
    Pii,
    Quiet,
    Since,
    Store,
    Until,
    app,
    opened,
    records,
    say_written,
)
from tegro_analytics.cli.further import parameters, read_words
from tegro_analytics.texts import tr


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


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def show(
    context: typer.Context,
    metric: Annotated[str, typer.Argument(help="revenue, conversion, … or `list`, which names all.")],
    freq: Annotated[str | None, typer.Option(help="hour, day, week, month, quarter or year.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="payment_system, family, rail, amount_band, weekday, hour, status_name, shop_id; "
            "may be given again."
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    plan: Annotated[
        str | None, typer.Option(help="Plan of the tariff, for fee_audit and fee_differences.")
    ] = None,
    mine: Annotated[
        Path | None,
        typer.Option(help="A table of your own (CSV, Parquet or XLSX), for match_orders, order_differences."),
    ] = None,
    fx: Annotated[
        Path | None,
        typer.Option(help="Rates for --total-in: a table (CSV, Parquet or XLSX) with date, currency, rate."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many rows of a list.")] = None,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Print a metric as a table, or as JSON.

    What else a metric takes is an option too, by the name that it has in Python: --days and --of of forecast,
    --now of silence and freshness, --threshold of anomalies, --alpha of conversion_anomalies, --flag of
    flagged_orders, --at of time_to_pay, --merchant-share and --total-in of money, --on, --amount, --currency,
    --status and --shop, the columns of --mine.
    """
    from tegro_analytics.metrics import METRICS

    if metric == "list":
        print("\n".join(f"{name:22}{one.title(lang)}" for name, one in METRICS.items()))
        return
    if metric.startswith("--"):
        raise typer.BadParameter(
            f"name the metric first, as in `tegro show revenue`; {metric} comes after it"
        )
    if metric not in METRICS:
        raise typer.BadParameter(f"there is no metric {metric!r}; the metrics are {', '.join(METRICS)}")
    options: dict[str, Any] = {"since": since, "until": until, "as_of": as_of, "freq": freq}
    options |= {"by": by or None, "plan": plan, "limit": limit}
    given = _taken(metric, {name: value for name, value in options.items() if value is not None})
    given |= read_words(metric, context.args)
    if fx is not None:
        from tegro_analytics.reports.own_table import read_own_table

        given |= _taken(metric, {"fx": read_own_table(fx)})
    tables = _own_table(metric, mine)
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        form = {"money": "decimal"} if as_json and "money" in parameters(metric) else {}
        result = getattr(shop, metric)(*tables, **form, **given)
        print(records(result) if as_json else result.to_text(lang=shop.settings.lang))


def _taken(metric: str, given: dict[str, Any]) -> dict[str, Any]:
    """Refuse options that the metric does not have; ``as_of`` is the store's, so every metric has it."""
    if strange := [name for name in given if name != "as_of" and name not in parameters(metric)]:
        raise typer.BadParameter(f"{metric} takes no --{strange[0].replace('_', '-')}")
    return given


def _own_table(metric: str, mine: Path | None) -> list[Any]:
    """Read the table of the merchant, where the metric takes one."""
    from tegro_analytics.metrics import METRICS
    from tegro_analytics.reports.own_table import read_own_table

    if "mine" not in METRICS[metric].inputs:
        if mine is not None:
            raise typer.BadParameter(f"{metric} takes no --mine")
        return []
    if mine is None:
        raise typer.BadParameter(f"{metric} needs --mine FILE: your own table of orders")
    return [read_own_table(mine)]


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
    as_of: AsOf = None,
    pii: Pii = False,
    overwrite: Overwrite = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Write a table to a file."""
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        path = shop.export(
            table,
            file,
            format=format,
            dialect=dialect,
            since=since,
            until=until,
            as_of=as_of,
            pii=pii,
            overwrite=overwrite,
        )
        say_written([path], as_json=as_json)


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="The file: october.xlsx, october.html or october.pdf.")],
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    pii: Pii = False,
    overwrite: Overwrite = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Write the report: an Excel workbook, a page or a PDF; without dates, of the last complete month."""
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        path = shop.report(file, since=since, until=until, as_of=as_of, pii=pii, overwrite=overwrite)
        say_written([path], as_json=as_json)


@app.command()
def register(
    file: Annotated[Path, typer.Argument(help="The CSV file to write, as in october.csv.")],
    dialect: Annotated[
        Literal["rfc4180", "excel-ru"], typer.Option(help="rfc4180 for machines, excel-ru for Russian Excel.")
    ] = "excel-ru",
    daily: Annotated[bool, typer.Option("--daily", help="Add the totals of each day.")] = False,
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    overwrite: Overwrite = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Write the register of payments for an accountant; without dates, of the last complete month."""
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        path = shop.register(
            file,
            since=since,
            until=until,
            as_of=as_of,
            dialect=dialect,
            daily=daily,
            overwrite=overwrite,
        )
        say_written([path], as_json=as_json)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A workbook that `tegro report` wrote.")],
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Compute a report again from the store, as of its moment, and compare it; exit 5 if it differs."""
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store, judged=False) as shop:
        found = shop.verify(file)
        if as_json:
            print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        else:
            print(*found.lines(), sep="\n")
    if not found.ok:
        raise typer.Exit(UNVERIFIED)


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
