"""Tests that fail, for another pytest: every call meets a fault, and one test shows what it should not.

Its file has no name of a test, so that nobody runs it but ``test_children``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.secrets.calls import CALLS, client_of
from tests.secrets.plants import PLANTED, frame_of_a_library

ADDRESSES: dict[str, str] = json.loads(os.environ.get("ADDRESSES", "{}"))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("fault", ADDRESSES)
def test_a_call(fault: str, name: str, tmp_path: Path) -> None:
    with client_of(SimpleNamespace(url=ADDRESSES[fault]), tmp_path) as client:
        CALLS[name](client)


def test_that_shows_a_secret() -> None:
    frame_of_a_library(PLANTED)
