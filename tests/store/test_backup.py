"""A copy of the store: whole, at one moment, and never over something by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tegro_analytics.exceptions import ExportError, StoreError
from tests.store.world import merge, new_store_in, order, rows, store_in


def test_a_backup_is_a_store(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    path = store.backup(tmp_path / "copy.duckdb")
    merge(store, 1, order(2))

    other = tmp_path / "other" / "store"
    other.mkdir(parents=True)
    path.rename(other / "store.duckdb")
    restored = new_store_in(tmp_path / "other")
    assert rows(restored.table("orders"), "id") == [1]
    assert merge(restored, 2, order(1), order(3)).run == 2


def test_a_backup_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert store.backup(tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_a_file_is_replaced_only_when_told(tmp_path: Path) -> None:
    store, target = store_in(tmp_path), tmp_path / "copy"
    target.write_text("mine")

    with pytest.raises(ExportError, match="exists already"):
        store.backup(target)
    assert target.read_text() == "mine"
    store.backup(target, overwrite=True)
    assert target.read_bytes() == store.path.read_bytes()


def test_where_there_is_no_place_nothing_is_written(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with pytest.raises(ExportError, match="is a folder"):
        store.backup(tmp_path)
    with pytest.raises(ExportError, match="does not exist"):
        store.backup(tmp_path / "no" / "copy")
    with pytest.raises(StoreError, match="is the store itself"):
        store.backup(store.path, overwrite=True)
    with pytest.raises(StoreError, match="no store in"):
        new_store_in(tmp_path / "none").backup(tmp_path / "copy")
