"""Reports on the golden orders, made once for all tests of this folder."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reports.tables import BALANCED, WITHDRAWN, balances, golden, withdrawals
from tests.reports.workbooks import MARCH, facts, report


@pytest.fixture(scope="session")
def march(tmp_path_factory):
    """Make the report on the golden orders once for each language that is asked for."""
    return Reports(tmp_path_factory, plan="starter")


DOUBTS = {
    "shop_name": "Чайная лавка",
    "sandbox": True,
    "complete": False,
    "quarantined": 3,
    "warnings": ("page 7 moved",),
    "merchant_share": Decimal("0.5"),
}


@pytest.fixture(scope="session")
def doubtful(tmp_path_factory):
    """Make the same of a sandbox that was not read to its end, by a merchant who bears half of the fee."""
    return Reports(tmp_path_factory, **DOUBTS)


class Reports(dict):
    """Hold a report on the golden orders for each language, made when it is first asked for."""

    def __init__(self, factory, **known):
        self.factory, self.known = factory, facts(**known)

    def __missing__(self, lang):
        more = {"withdrawals": withdrawals(*WITHDRAWN), "balances": balances(*BALANCED)}
        folder = self.factory.mktemp(lang)
        self[lang] = report(folder, golden(), known=self.known, more=more, lang=lang, **MARCH)
        return self[lang]


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    """Write a report whose orders stand in a file beside it."""
    return report(tmp_path_factory.mktemp("pair"), golden(), limit=9, **MARCH)
