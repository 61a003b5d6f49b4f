"""What a metric takes beside what all of them do, as words of a command: read by its own signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import typer

__all__ = ["options_of", "parameters", "read_words"]

_NAMED = ("since", "until", "as_of", "freq", "by", "plan", "limit", "money")
"""Options that the command has itself, or decides."""


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "str": (str, "text"),
    "str | None": (str, "text"),
    "Bound | None": (str, "a moment"),
    "float | str | Decimal": (str, "a number"),
    "Sequence[int]": (_numbers, "whole numbers, with commas between them"),
}
"""How words become values, by what the signature says; what it says otherwise is no word."""


def parameters(metric: str) -> dict[str, inspect.Parameter]:
    """Give what the function of a metric takes, by name."""
    from tegro_analytics.metrics import METRICS

    return dict(inspect.signature(METRICS[metric].function).parameters)


def options_of(metric: str) -> dict[str, str]:
    """List the further options of a metric, as in ``total-in``, with the names of their parameters."""
    return {
        name.replace("_", "-"): name
        for name, one in parameters(metric).items()
        if one.kind is one.KEYWORD_ONLY and name not in _NAMED and one.annotation in _READERS
    }


def read_words(metric: str, words: Sequence[str]) -> dict[str, Any]:
    """Read further options: ``--days 7`` or ``--days=7``.

    Raises
    ------
    typer.BadParameter
        If the metric takes no such option, or not this value.

    Examples
    --------
    >>> read_words("forecast", ["--days", "7", "--of=payments"])
    {'days': 7, 'of': 'payments'}
    """
    known, found = options_of(metric), {}
    for option, value in _pairs(metric, words):
        if option not in known:
            more = f"; beside the others it takes --{', --'.join(known)}" if known else ""
            raise typer.BadParameter(f"{metric} takes no --{option}{more}")
        read, what = _READERS[parameters(metric)[known[option]].annotation]
        if value is None:
            raise typer.BadParameter(f"--{option} needs a value: {what}")
        try:
            found[known[option]] = read(value)
        except ValueError:
            raise typer.BadParameter(f"--{option} takes {what}, not {value!r}") from None
    return found


def _pairs(metric: str, words: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Split words into options and their values."""
    left = iter(words)
    for word in left:
        option, sign, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            raise typer.BadParameter(f"{metric} takes no {word!r}: its options begin with --")
        yield option, value if sign else next(left, None)
