"""Measure the whole table, once: it takes a quarter of a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tegro_analytics.sandbox.process import start
from tests.fire.field import NOW, Cell, Field
from tests.fire.table import AGAIN, EXPECTED

Cells = dict[str, Cell]


@dataclass
class Measured:
    """Hold what was measured, by fault.

    Attributes
    ----------
    reads, reads_after_one : dict
        The reads, with the fault there always, and for the first attempt only if there is another.
    money : dict
        The calls that move money, by how the sandbox acts.
    made : Counter
        How many orders and withdrawals there are at the end, by the number that they were made with.
    followed : bool
        Whether anybody went where a redirect pointed.
    """

    reads: dict[str, Cells] = field(default_factory=dict)
    reads_after_one: dict[str, Cells] = field(default_factory=dict)
    money: dict[str, dict[bool | str, Cells]] = field(default_factory=dict)
    made: Counter[str | None] = field(default_factory=Counter)
    followed: bool = False

    def cells(self) -> Iterator[Cell]:
        """Go through all cells."""
        for cells in (*self.reads.values(), *self.reads_after_one.values()):
            yield from cells.values()
        for ways in self.money.values():
            for cells in ways.values():
                yield from cells.values()


def measure(folder: Path) -> Measured:
    """Show every fault on every method."""
    measured = Measured()
    with start(orders=0, now=NOW, withdrawal_shape="order") as sandbox:
        battle = Field(sandbox, folder)
        for name, row in EXPECTED.items():
            measured.reads[name] = battle.reads(name)
            if name in AGAIN:
                measured.reads_after_one[name] = battle.reads_after_one(name)
            measured.money[name] = {acts: battle.money(name, acts) for acts in row.acts}
        measured.made = battle.made()
        measured.followed = battle.went_elsewhere()
        battle.close()
    return measured
