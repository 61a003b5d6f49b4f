"""The file as other programs meet it."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.store.world import merge, order, store_in

FORMAT_OF_1_0 = 64
"""The version of the storage that DuckDB 1.0 reads, and every later one."""


def test_programs_with_an_older_duckdb_can_open_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), order(2))
    merge(store, 1, order(1, amount="7"))
    checksum_and_magic = struct.Struct("<Q4sQ")
    head = store.path.read_bytes()[: checksum_and_magic.size]
    assert checksum_and_magic.unpack(head)[1:] == (b"DUCK", FORMAT_OF_1_0)
