"""The command that moves money: what was sent from here, what became of it, and a table to pay."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tegro_analytics.cli.app import Demo, Json, Lang, Quiet, Store, app, frame_records
from tegro_analytics.exceptions import TegroDataWarning
from tegro_analytics.prompt import somebody_is_there
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    from tegro_analytics.payouts.frame import PayoutsFrame
    from tegro_analytics.shop import Shop

UNKNOWN = 6
NOT_ALL = 4


@app.command()
def payouts(
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Find out what became of what has no clear outcome.")
    ] = False,
    pay: Annotated[
        Path | None,
        typer.Option(help="Pay a CSV file: payment_id, currency, amount, account, payment_system."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --pay: check the file, say what is due, send nothing.")
    ] = False,
    use_demo: Demo = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    store: Store = None,
) -> None:
    """List what was sent to move money, with its outcome; find out open ones; pay a table of payouts.

    A payout is written into a journal before it is sent, and an id is paid once: a file can be paid again
    after whatever happened. Without a terminal, TEGRO_PAYOUTS_HEADLESS=1 says that nobody need confirm.
    """
    from tegro_analytics import opening

    settings: dict[str, Any] = {"lang": lang, "store": store, "progress": False if quiet else None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TegroDataWarning)  # what is open is what this command tells
        shop = opening.demo(**settings) if use_demo else opening.connect(allow_payouts=True, **settings)
    with shop:
        if pay is None:
            found = shop.resolve_payouts() if resolve else shop.payouts
        else:
            found = _pay(shop, pay, dry_run=dry_run, lang=lang, as_json=as_json)
        print(frame_records(found) if as_json else found)
        code = _code(found, paid=pay is not None and not dry_run)
    if code:
        raise typer.Exit(code)


def _pay(shop: Shop, file: Path, *, dry_run: bool, lang: str | None, as_json: bool) -> PayoutsFrame:
    """Show what is due, let a person confirm, and pay."""
    from tegro_analytics.payouts.table import read_table

    table = list(read_table(file))  # once: what is confirmed is what is paid
    planned = shop.withdraw_many(table, dry_run=True)
    if dry_run:
        return planned
    if not shop.settings.payouts_headless and somebody_is_there():
        out = sys.stderr if as_json else sys.stdout
        print(planned, file=out)
        typer.confirm(tr("payouts.confirm", lang), abort=True, err=as_json)
    return shop.withdraw_many(table)


def _code(found: PayoutsFrame, *, paid: bool) -> int:
    """Say with what the command ends: an outcome that nobody knows, or rows that were not paid."""
    states = set(found["state"])
    if states & {"sent", "unknown"}:
        return UNKNOWN
    return NOT_ALL if paid and states - {"accepted"} else 0
