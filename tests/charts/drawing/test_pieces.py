"""Pieces of bars: where they stand, and how far the panel reaches."""

from __future__ import annotations

import math

from matplotlib import pyplot as plt

from tegro_analytics.charts.drawing.numerals import NumberFormatter
from tegro_analytics.charts.drawing.pieces import Mark, Piece, Pieces, draw_pieces, piece_limits


def pieces(*some: Piece, marks: tuple[Mark, ...] = (), joints: tuple[tuple[int, float], ...] = ()) -> Pieces:
    return Pieces("", some, NumberFormatter("en"), "", marks, joints)


def test_a_panel_reaches_as_far_as_its_pieces_and_marks_and_no_farther_than_zero() -> None:
    assert piece_limits(pieces(Piece(0, 0, 100, "red"), marks=(Mark(0, 200),))) == (0, 210)
    assert piece_limits(pieces(Piece(0, -100, 0, "red"))) == (-105, 0)
    assert piece_limits(pieces(Piece(0, 4.0, 5.0, "red"))) == (3.95, 5.05)


def test_a_panel_without_values_has_ends_all_the_same() -> None:
    assert piece_limits(pieces()) == piece_limits(pieces(Piece(0, math.nan, math.nan, "red"))) == (0, 1)
    low, high = piece_limits(pieces(marks=(Mark(0, -5),)))
    assert low < -5 < high


def test_pieces_stand_where_they_are_said_to() -> None:
    _, ax = plt.subplots()
    draw_pieces(
        ax,
        pieces(
            Piece(0, 0, 3, "#000000"),
            Piece(1, 3, 2, "#000000", hatched=True),
            Piece(2, math.nan, 1, "#000000"),
            Piece(3, 0, 1, "#000000", half=-1),
            joints=((0, 3.0),),
        ),
    )
    assert [(bar.get_x(), bar.get_width(), bar.get_hatch()) for bar in ax.patches] == [
        (0, 3, None),
        (3, -1, "/////"),
        (0, 1, None),
    ]
    upper = ax.patches[2]
    assert upper.get_y() < 3 <= upper.get_y() + upper.get_height() + 1e-9
    assert any(list(line.get_xdata()) == [3.0, 3.0] for line in ax.lines)
