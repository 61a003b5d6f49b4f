"""The commands that keep: bring the store up to date, look into it, copy it."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tegro_analytics.cli.app import (
    Demo,
    Json,
    Lang,
    Overwrite,
    Pii,
    Quiet,
    Store,
    app,
    frame_records,
    opened,
    say_written,
)
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    import pandas as pd


@app.command()
def sync(
    full: Annotated[
        bool, typer.Option("--full", help="Read everything again, until nothing new is met.")
    ] = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Read what is new over the API into the store, and say what that brought."""
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store) as shop:
        done = shop.sync(full=full)
        print(json.dumps(done.to_json(), ensure_ascii=False, indent=2) if as_json else done)


@app.command()
def status(
    lang: Lang = None,
    as_json: Json = False,
    store: Store = None,
) -> None:
    """Say what the store holds, and how far it can be trusted; nothing is read over the API."""
    from tegro_analytics.shop.kept import store_of
    from tegro_analytics.shop.standing import facts, standing

    found = store_of(store).status()
    if as_json:
        print(json.dumps(facts(found), ensure_ascii=False, indent=2))
        return
    lines = standing(found, lang)
    width = max(len(name) for name, _ in lines)
    print(*(f"{name:<{width}}  {value}" for name, value in lines), sep="\n")


@app.command()
def find(
    text: Annotated[
        str, typer.Argument(help="Tegro's number, the shop's own number, or the payer's e-mail.")
    ],
    history: Annotated[bool, typer.Option("--history", help="Every version that was ever seen.")] = False,
    pii: Pii = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Find orders in the store by their number, by the shop's own number, or by the payer's e-mail."""
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store, judged=False) as shop:
        found = shop.find(text, history=history, pii=pii, money="decimal")
        if as_json:
            print(frame_records(found))
        elif found.empty:
            print(tr("cli.nothing", lang), file=sys.stderr)
        else:
            print(_shown(found).to_string(index=False))


FOUND = (
    "id",
    "payment_id",
    "status_name",
    "created_at",
    "paid_at",
    "amount",
    "fee",
    "currency",
    "payment_system",
    "email",
    "version_from",
    "version_to",
)
"""What is printed of an order that was found; JSON has all of it."""


def _shown(found: pd.DataFrame) -> pd.DataFrame:
    """Choose the columns, and write money with the places that it has."""
    from tegro_analytics.reports.export import money_text

    chosen = found[[name for name in FOUND if name in found.columns]].astype(object)
    for name in ("amount", "fee"):
        chosen[name] = [money_text(value, 2) if isinstance(value, Decimal) else "–" for value in found[name]]
    return chosen.where(found[chosen.columns].notna(), "–")


@app.command()
def changes(
    since: Annotated[str, typer.Option(help="The moment at which a report was made.")],
    until: Annotated[str | None, typer.Option(help="Another moment to compare with.")] = None,
    pii: Pii = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """Tell what was restated since a moment: what changed, and what that did to the money of which month."""
    with opened(use_demo=use_demo, lang=lang, quiet=quiet, store=store, judged=False) as shop:
        found = shop.changes(since=since, until=until, pii=pii, money="decimal")
        if as_json:
            print(frame_records(found))
        elif found.empty:
            print(tr("cli.no_changes", lang), file=sys.stderr)
        else:
            from tegro_analytics.shop.restated import told

            print(*told(found, lang), sep="\n")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The copy to write.")],
    overwrite: Overwrite = False,
    as_json: Json = False,
    store: Store = None,
) -> None:
    """Copy the whole store to a file, as it is at one moment."""
    from tegro_analytics.shop.kept import store_of

    say_written([store_of(store).backup(file, overwrite=overwrite)], as_json=as_json)


@app.command()
def doctor(
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    store: Store = None,
) -> None:
    """Say what works and what the API was seen to do; it reads, and changes nothing."""
    from tegro_analytics.doctor import examine

    found = examine(use_demo=use_demo, lang=lang, store=store)
    if as_json:
        print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(found.to_text(lang))
    raise typer.Exit(found.exit_code)
