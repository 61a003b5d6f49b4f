"""Text from strangers never begins a cell as a formula does, and comes back as it was."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.reports.guard import cleaned_of_guard, guard, guarded, looks_like_formula, unguard
from tests.reports.tables import HOSTILE, ODD

FORMULAS = [text for text in HOSTILE if not text.startswith(("x", "http", "mailto", "file", "internal"))]
SEPARATORS = [",", ";"]
TRICKY = st.text(alphabet=st.sampled_from("'\"=-+@,; \t\r\n\ufeff\u200b＝a1"), max_size=12)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_gets_an_apostrophe(text):
    assert guard(text).startswith("'" + text[:1])


@pytest.mark.parametrize("text", ["Order #5", "a=b", "5", "5-1", "'quoted'", "", " ", "Заказ -5", "—5"])
def test_ordinary_text_is_left_alone(text):
    assert guard(text, separator=",") == guard(text, separator=";") == text


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("text", [*HOSTILE, *ODD])
def test_unguard_gives_back(text, separator):
    assert unguard(guard(text, separator=separator), separator=separator) == text


@pytest.mark.parametrize("separator", SEPARATORS)
@settings(deadline=None)
@given(text=TRICKY)
def test_unguard_gives_back_whatever_was_drawn(separator, text):
    assert unguard(guard(text, separator=separator), separator=separator) == text


@pytest.mark.parametrize(("separator", "other"), [(",", ";"), (";", ",")])
@settings(deadline=None)
@given(text=TRICKY)
def test_no_piece_is_a_formula_where_another_program_cuts(separator, other, text):
    pieces = re.split(f"[\r\n\t{other}]", guard(text, separator=separator))
    naked = [piece for piece in pieces if re.match(r"\s*[\"\ufeff\u200b]*\s*[=+@＝-]", piece)]
    assert naked == []


@pytest.mark.parametrize("separator", SEPARATORS)
@settings(deadline=None)
@given(texts=st.lists(st.none() | TRICKY, max_size=8))
def test_columns_are_guarded_as_single_texts_are(separator, texts):
    column = pa.array(texts, pa.string())
    expected = [None if text is None else guard(text, separator=separator) for text in texts]
    assert guarded(column, separator=separator).to_pylist() == expected
    assert cleaned_of_guard(pa.array(expected, pa.string()), separator=separator).to_pylist() == texts


def test_every_form_of_the_four_signs_is_known():
    signs = {
        chr(code)
        for code in range(0x110000)
        if not 0xD800 <= code < 0xE000 and unicodedata.normalize("NFKC", chr(code))[:1] in tuple("=+-@")
    }
    assert [sign for sign in signs if not looks_like_formula(sign + "1")] == []


def test_every_invisible_beginning_is_known():
    hidden = {
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    }
    assert [hex(ord(sign)) for sign in hidden if not looks_like_formula(f"{sign}=1")] == []
