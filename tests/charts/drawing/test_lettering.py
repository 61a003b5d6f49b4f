"""Text that fits and that the font has."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from tegro_analytics.charts.drawing import numerals
from tegro_analytics.charts.drawing.lettering import elide, labels, readable, width, wrap
from tegro_analytics.charts.drawing.style import FONT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Оплата ₽ € ₸ ₴", "Оплата ₽ € ₸ ₴"),
        ("支付 🔥", "□□ □"),
        ("a\nb\t c ", "a b c"),
        ("\u202eevil\u200b", "evil"),
        ("❤\ufe0f", "❤"),
        ("\ud800x\x00", "□x□"),
        ("e\u0301", "é"),
        ("\u00a0 ", ""),
    ],
)
def test_readable(text: str, shown: str) -> None:
    assert readable(text) == shown


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_whatever_is_readable_is_drawn_without_a_warning(text: str) -> None:
    figure = Figure(figsize=(4, 1))
    figure.text(0, 0.5, readable(text), family=[FONT], parse_math=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()


@pytest.mark.parametrize("room", [0, 20, 100, 1000])
def test_elided_text_fits_and_keeps_both_ends(room: float) -> None:
    name = "Bank cards of the northern branch"
    short = elide(name, room, 9)
    assert width(short, 9) <= max(room, width("…", 9))
    if room == 100:
        assert short.startswith("Ban")
        assert short.endswith("ch")
        assert "…" in short
    if room == 1000:
        assert short == name


def test_labels_stay_apart() -> None:
    names = ["A" * 99 + "1" + "B" * 99, "A" * 99 + "2" + "B" * 99, "", "支", "付"]
    by_key = labels(names, room=100, size=9, keys=[7, 8, 9, 10, 11], unnamed="(no name)")
    assert by_key[2:] == ["(no name)", "□ (10)", "□ (11)"]
    assert [label[-4:] for label in by_key[:2]] == [" (7)", " (8)"]
    assert len(set(by_key)) == 5
    assert len(set(labels(names, room=100, size=9))) == 5
    assert all(width(label, 9) <= 101 for label in by_key)


def test_wrapped_lines_fit_and_lose_nothing() -> None:
    text = "n = 13 160 платежей · данные на 24.11.2026 08:11"
    lines = wrap(text, 120, 8).split("\n")
    assert len(lines) > 1
    assert " ".join(lines) == text
    assert all(width(line, 8) <= 120 for line in lines)


def test_a_word_wider_than_the_room_is_shortened() -> None:
    assert width(wrap("W" * 300, 120, 8), 8) <= 120


@pytest.mark.parametrize(
    ("value", "currency", "ru", "en"),
    [
        (1234567.89, "RUB", "1 234 567,89 ₽", "RUB 1,234,567.89"),
        (-0.5, "USD", "-0,50 $", "-$0.50"),
        (1234.0, "JPY", "1 234 ¥", "¥1,234"),
        (0.00012345, "BTC", "0,00012345 BTC", "BTC 0.00012345"),
        (5.0, "CUR#7", "5,00 CUR#7", "CUR#7 5.00"),
        (float("nan"), "RUB", "–", "–"),
    ],
)
def test_money(value: float, currency: str, ru: str, en: str) -> None:
    assert numerals.money(value, currency, "ru").replace("\xa0", " ") == ru
    assert numerals.money(value, currency, "en").replace("\xa0", " ") == en


@pytest.mark.parametrize(
    ("highest", "lang", "unit"),
    [
        (9_999, "ru", "₽"),
        (10_000, "ru", "тыс. ₽"),
        (2_000_000, "ru", "млн ₽"),
        (2e9, "en", "₽ billion"),
        (2e12, "en", "₽ trillion"),
    ],
)
def test_scales(highest: float, lang: str, unit: str) -> None:
    assert numerals.scale(highest).unit("₽", lang) == unit


def test_ticks_of_an_axis_have_the_same_places_and_zero_none() -> None:
    million = numerals.NumberFormatter("ru", divisor=1e6)
    assert million.format_ticks([0, 500_000, 1_000_000]) == ["0", "0,5", "1,0"]
    share = numerals.NumberFormatter("ru", percent=True)
    assert share.format_ticks([0, 0.025]) == ["0\xa0%", "2,5\xa0%"]
    assert numerals.NumberFormatter("en", divisor=1).format_ticks([0, 1e-8]) == ["0", "0.00000001"]
    assert million(1_500_000) == "1,5"
