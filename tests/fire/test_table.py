"""Every fault on every method, against what was decided by hand; measured once, on real sockets."""

from __future__ import annotations

import pytest

from tegro_analytics import exceptions
from tegro_analytics.sandbox.faults import METHODS, NAMES
from tests.fire.field import FIRST, MONEY, READS
from tests.fire.measure import Measured
from tests.fire.page import COMMAND, MEANINGS, PAGE, render
from tests.fire.table import AGAIN, ANSWERED, EMPTY_PAGE, EXPECTED


def test_every_fault_and_every_method_is_in_the_table() -> None:
    assert set(EXPECTED) == set(NAMES)
    assert {read.method for read in READS.values()} | set(MONEY) == set(METHODS)


@pytest.mark.long
@pytest.mark.parametrize("name", EXPECTED)
def test_a_read_while_the_fault_stays(name: str, measured: Measured) -> None:
    row = EXPECTED[name]
    for label, cell in measured.reads[name].items():
        past = row.past_page_1 is not None and (READS[label].page or 1) > 1
        assert (label, cell.ending, cell.attempts) == (
            label,
            row.past_page_1 if past else row.read,
            row.reads,
        )
        assert cell.told == cell.attempts == len(set(cell.nonces))
        assert cell.logged == (0 if name == "refused" else cell.attempts)


@pytest.mark.long
@pytest.mark.parametrize("name", AGAIN)
def test_a_read_is_answered_when_the_fault_has_gone(name: str, measured: Measured) -> None:
    for label, cell in measured.reads_after_one[name].items():
        assert (label, cell.ending, cell.attempts) == (label, ANSWERED, 2)
        assert len(set(cell.nonces)) == 2
        assert cell.logged == (1 if name == "refused" else 2)


@pytest.mark.long
@pytest.mark.parametrize("name", EXPECTED)
def test_a_call_that_moves_money(name: str, measured: Measured) -> None:
    row = EXPECTED[name]
    for cells in measured.money[name].values():
        for label, ending in (("createOrder", row.order), ("createWithdrawal", row.withdrawal)):
            cell = cells[label]
            assert (label, cell.ending, cell.attempts) == (label, ending, row.sends)
            assert cell.told == cell.attempts == len(set(cell.nonces))
            assert cell.logged == (0 if name == "refused" else 1)


@pytest.mark.long
@pytest.mark.parametrize("name", EXPECTED)
def test_what_was_made_is_there_once_and_nothing_else(name: str, measured: Measured) -> None:
    for acts, cells in measured.money[name].items():
        for cell in cells.values():
            assert cell.acted == (acts is not False)
            assert measured.made[cell.number] == cell.acted
            # What is told as definite is as it was told.
            assert cell.ending == "OutcomeUnknown" or cell.acted == (cell.ending == ANSWERED)


@pytest.mark.long
def test_there_is_nothing_that_nobody_asked_for(measured: Measured) -> None:
    asked = {cell.number for cell in measured.cells()} | {FIRST, None}
    assert set(measured.made) <= asked


@pytest.mark.long
def test_no_two_bodies_had_the_same_nonce(measured: Measured) -> None:
    nonces = [nonce for cell in measured.cells() for nonce in cell.nonces]
    assert len(nonces) == len(set(nonces)) > 2_500


@pytest.mark.long
def test_no_redirect_was_followed(measured: Measured) -> None:
    assert measured.followed is False


@pytest.mark.long
def test_a_message_about_money_says_what_is_known(measured: Measured) -> None:
    for ways in measured.money.values():
        for cells in ways.values():
            for label, cell in cells.items():
                look = "client.order(" if label == "createOrder" else "client.withdrawal("
                unknown = cell.ending == "OutcomeUnknown"
                assert (look in cell.message) == unknown
                assert ("nothing is sent again by itself" in cell.message) == unknown
                assert ("Nothing was carried out." in cell.message) == (
                    cell.ending not in (ANSWERED, "OutcomeUnknown")
                )


@pytest.mark.long
def test_every_ending_is_explained(measured: Measured) -> None:
    assert {cell.ending for cell in measured.cells()} == set(MEANINGS)
    assert set(MEANINGS) - {ANSWERED, EMPTY_PAGE} <= set(exceptions.__all__)


@pytest.mark.long
def test_the_page_is_what_was_measured(measured: Measured) -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(measured), f"{PAGE.name} is not what was measured: {COMMAND} writes it anew"
