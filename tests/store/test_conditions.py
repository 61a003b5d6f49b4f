"""Conditions in which a store cannot be used, against the real thing: what is told, and nothing touched."""

from __future__ import annotations

import logging
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import duckdb
import pytest

from tegro_analytics.exceptions import (
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreNewer,
    StoreRolledBack,
    TegroDataWarning,
    WrongStore,
)
from tegro_analytics.store import Store
from tegro_analytics.store.migrations import MIGRATIONS, Migration
from tests.marks import first_of
from tests.store import deeds
from tests.store.children import KILLED, Children
from tests.store.world import merge, new_store_in, order, rows, store_in

posix = pytest.mark.skipif(os.name != "posix", reason="processes that fork, and limits of POSIX")

USES: Final[dict[str, Callable[[Store], object]]] = {
    "read": lambda store: store.table("orders"),
    "merge": lambda store: merge(store, 5, order(99)),
    "forget": lambda store: store.forget("payer1@site.ru"),
    "backup": lambda store: store.backup(store.folder.parent / "copy.duckdb"),
}
"""The ways to use a store: each opens it in its own way."""


def files(folder: Path) -> dict[str, bytes | None]:
    """Give every file with its bytes, but the lock and who had it: whoever locks makes and clears them."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path.name not in ("store.lock", "store.holder.json")
    }


def refused(store: Store, kind: type[StoreError], *words: str, uses: tuple[str, ...] = tuple(USES)) -> None:
    """See that every use of a store ends with one error, which says these words, and changes no byte."""
    before = files(store.folder.parent)
    for name in uses:
        with pytest.raises(StoreError) as caught:
            USES[name](store)
        assert type(caught.value) is kind, name
        assert [word for word in words if word not in str(caught.value)] == [], name
        assert files(store.folder.parent) == before, name


@pytest.fixture(scope="module")
def _used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("used")
    store = store_in(folder)
    merge(store, 0, order(1), order(2, status=0))
    merge(store, 1, order(1), order(2))
    return folder


@pytest.fixture
def store(_used: Path, tmp_path: Path) -> Store:
    """Give a store of two orders and two runs, and of a writer who does not wait."""
    shutil.copytree(_used, tmp_path / "used")
    return new_store_in(tmp_path / "used", patience=0.1)


@pytest.fixture
def with_log(_used: Path, tmp_path: Path, children: Children) -> Store:
    """Give a store whose third run stands in the log alone: its process was killed before the checkpoint."""
    folder = Path(shutil.copytree(_used, tmp_path / "used"))
    assert children.do(deeds.die_at, folder, "second", "committed", 1) is KILLED
    store = new_store_in(folder)
    assert log_of(store).stat().st_size > 0
    return store


def log_of(store: Store) -> Path:
    return store.folder / "store.duckdb.wal"


def receipt_of(store: Store) -> Path:
    return store.folder / "store.receipt.json"


# Others have it


@posix
def test_another_process_writes(store: Store, children: Children) -> None:
    other = children.start(deeds.hold_writing, store.folder.parent, "sync")
    assert other.talk.recv() == "held"
    holder = store.holder()
    assert holder is not None

    with pytest.raises(StoreLocked) as caught:
        USES["merge"](store)

    error = caught.value
    assert (error.process, error.command, error.since) == (other.pid, "sync", holder.since)
    refused(
        store, StoreLocked, f"process {other.pid} (sync, since 20", "nothing was changed", "Try again when"
    )
    other.talk.send("end")
    other.result()


@posix
def test_another_process_reads(store: Store, children: Children) -> None:
    other = children.start(deeds.hold_reading, store.folder.parent)
    assert other.talk.recv() == "held"

    changing = ("merge", "forget", "backup")
    refused(store, StoreLocked, f"process {other.pid} has it open", "nothing was changed", uses=changing)
    USES["read"](store)
    other.talk.send("end")
    other.result()


def test_this_thread_reads_it_itself(store: Store) -> None:
    patient = new_store_in(store.folder.parent, patience=60)
    with store.reading():
        changing = ("merge", "forget", "backup")
        refused(patient, StoreLocked, "reading it", "`with` of reading", "Waited 0 s", uses=changing)
        USES["read"](patient)


def test_this_thread_writes_to_it_itself(store: Store) -> None:
    patient = new_store_in(store.folder.parent, patience=60)
    with store.writing("sync"):
        refused(patient, StoreLocked, "this ", "Waited 0 s", "nothing was changed")
    assert patient.status().runs == 2


def test_a_result_that_outlives_its_block(store: Store) -> None:
    with store.reading() as connection:
        reader = connection.sql("SELECT * FROM orders").to_arrow_reader(1)
        reader.read_next_batch()

    refused(store, StoreLocked, "a result that was read from it is still alive", uses=("merge",))
    reader.close()
    del reader
    USES["merge"](store)


# Made by others, or by a newer version


def _checksum(block: bytes | bytearray) -> int:
    """Compute the checksum of a header as DuckDB does."""
    result = 5381
    for (word,) in struct.iter_unpack("<Q", block):
        result ^= word * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
    return result


@pytest.mark.parametrize("version", first_of(99, 999))
def test_a_file_of_a_newer_duckdb(store: Store, version: int) -> None:
    """The header is a checksum of 8 bytes, ``DUCK``, and the version of the storage."""
    content = bytearray(store.path.read_bytes())
    assert bytes(content[8:12]) == b"DUCK"
    assert int.from_bytes(content[:8], "little") == _checksum(content[8:4096])
    content[12:20] = version.to_bytes(8, "little")
    content[:8] = _checksum(content[8:4096]).to_bytes(8, "little")
    store.path.write_bytes(content)

    refused(store, StoreNewer, duckdb.__version__, "Nothing was changed", "pip install --upgrade duckdb")


def test_a_schema_of_a_newer_version(store: Store) -> None:
    def later(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("ALTER TABLE orders ADD COLUMN x INT")

    steps = (*MIGRATIONS, Migration("later", later))
    with new_store_in(store.folder.parent, migrations=steps).writing("migrate"):
        pass

    refused(
        store,
        StoreNewer,
        f"its schema is {len(MIGRATIONS) + 1}, and this version knows {len(MIGRATIONS)}",
        "Nothing was changed",
        "pip install --upgrade tegro_analytics",
    )


@pytest.mark.parametrize("content", first_of(b"id;amount\n1;2\n", b"", b"PK\x03\x04" * 5_000))
def test_not_a_duckdb_file(store: Store, content: bytes) -> None:
    store.path.write_bytes(content)

    refused(store, StoreDamaged, "is not a DuckDB file", "Nothing was changed", "Move it away", "TEGRO_STORE")


@pytest.mark.parametrize("receipt", first_of(True, False))
@pytest.mark.parametrize("table", first_of("orders", "sales", "migrations"))
def test_a_duckdb_file_of_somebody_else(store: Store, table: str, receipt: bool) -> None:
    store.path.unlink()
    if not receipt:
        receipt_of(store).unlink()
    with duckdb.connect(store.path) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT 1 AS number")

    refused(store, WrongStore, "no store of tegro_analytics", "Nothing was changed", "Move it away")


# No place for it


def test_a_folder_in_place_of_the_file(store: Store) -> None:
    store.path.unlink()
    store.path.mkdir()
    (store.path / "mine").write_text("mine")

    refused(store, StoreError, "is a folder", "Nothing was changed", "Move it away")


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("mine")

    refused(new_store_in(tmp_path), StoreError, "is not a folder", "TEGRO_STORE")


def test_no_parent(tmp_path: Path) -> None:
    store = new_store_in(tmp_path / "no" / "where")

    with pytest.raises(StoreError, match=r"where is not there, .* disk not mounted.* make the folder first"):
        USES["merge"](store)
    with pytest.raises(StoreError, match=r"no store in .* yet: sync first"):
        USES["read"](store)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def for_all(_used: Path) -> Iterator[Path]:
    """Copy the store to where other users can go, and let nobody change it."""
    folder = Path(tempfile.mkdtemp(prefix="tegro-store-"))
    store = Path(shutil.copytree(_used / "store", folder / "store"))
    folder.chmod(0o755)
    for path in (*store.iterdir(), store):
        path.chmod(0o555 if path is store else 0o444)
    yield folder
    store.chmod(0o755)
    shutil.rmtree(folder)


@posix
def test_read_only(for_all: Path, children: Children) -> None:
    before = files(for_all)

    found = children.do(deeds.use_as_a_stranger, for_all)

    assert (found.pop("read"), found.pop("status")) == ("nothing", "nothing")  # what is there can be read
    assert sorted(found) == ["accept", "first", "forget", "second"]
    for said in found.values():
        assert said.startswith("StoreError: ")
        assert "is read-only for you. Nothing was changed. Give yourself the right to write" in said
    assert files(for_all) == before


@posix
def test_a_folder_that_nobody_else_may_enter(for_all: Path, children: Children) -> None:
    before = files(for_all)
    (for_all / "store").chmod(0o000)

    found = children.do(deeds.use_as_a_stranger, for_all)

    (for_all / "store").chmod(0o755)
    assert {said.partition(":")[0] for said in found.values()} == {"StoreError"}
    assert files(for_all) == before


# The disk is full


@posix
@pytest.mark.parametrize(
    ("work", "limit"),
    first_of(("second", 100), ("second", 0), ("second", 2_000), ("forget", 100), ("forget", 300_000)),
)
def test_the_disk_is_full(store: Store, work: str, limit: int, children: Children) -> None:
    before = files(store.folder)

    said = children.do(deeds.work_on_a_full_disk, store.folder.parent, work, limit)

    assert said.startswith("StoreError: The disk is full")
    assert "What the store held before is safe, and nothing is there by halves. Free some space" in said
    after = files(store.folder)
    assert {name: after.get(name) for name in before} == before
    deeds.WORK[work](store)
    assert set(files(store.folder)) == set(before)


@pytest.mark.long
@posix
@pytest.mark.parametrize("limit", first_of(20_000, 0, 100, 300_000))
def test_the_disk_is_full_before_there_is_a_store(tmp_path: Path, limit: int, children: Children) -> None:
    store = new_store_in(tmp_path)

    said = children.do(deeds.work_on_a_full_disk, tmp_path, "first", limit)

    assert said.startswith("StoreError: The disk is full")
    assert not store.path.exists()
    assert not receipt_of(store).exists()
    deeds.WORK["first"](store)
    assert store.status().runs == 1


@posix
def test_the_disk_is_full_after_the_commit(store: Store, children: Children) -> None:
    limit = store.path.stat().st_size + 1_000

    said = children.do(deeds.work_on_a_full_disk, store.folder.parent, "second", limit)

    assert said.startswith("StoreError: ")
    assert "was written, but its log could not be folded in" in said
    assert "Nothing is lost as long as store.duckdb.wal stays beside it. Free some space" in said
    assert store.status().runs == 3
    assert merge(store, 2, order(1)).run == 4
    assert not log_of(store).exists()


@pytest.mark.long
@posix
def test_no_room_for_a_backup(store: Store, tmp_path: Path, children: Children) -> None:
    before = files(tmp_path)

    said = children.do(deeds.back_up_to_a_full_disk, store.folder.parent, tmp_path / "copy", 100_000)

    assert said.startswith("ExportError: ")
    assert "could not be written: File too large. The store is unchanged." in said
    assert files(tmp_path) == before


# Older than it was


@posix
def test_a_copy_without_its_log_is_put_back(with_log: Store) -> None:
    old = with_log.path.read_bytes()
    assert merge(with_log, 3, order(1)).run == 4
    with_log.path.write_bytes(old)

    refused(
        with_log,
        StoreRolledBack,
        "The file ends with run 2",
        "it held run 4",
        "copied without its .wal file",
        "Nothing was changed",
        "Put the newer file back",
        "Store.accept",
    )


@posix
def test_the_log_of_a_killed_process_holds_its_run(with_log: Store) -> None:
    assert with_log.status().runs == 3
    assert merge(with_log, 3, order(1)).run == 4
    assert not log_of(with_log).exists()


@pytest.mark.long
def test_an_older_file_can_be_accepted(store: Store) -> None:
    old, told = store.path.read_bytes(), receipt_of(store).read_bytes()
    merge(store, 2, order(3))
    late = receipt_of(store).read_bytes()
    store.path.write_bytes(old)

    aside = store.accept()

    assert aside is not None
    assert (aside.parent, aside.read_bytes()) == (store.folder, late)
    assert receipt_of(store).read_bytes() != told
    assert rows(store.table("orders"), "id") == [1, 2]
    assert merge(store, 3, order(3)).run == 3


def test_the_file_is_gone(store: Store) -> None:
    store.path.unlink()

    refused(
        store,
        StoreRolledBack,
        "is gone",
        "held run 2",
        "and 2 orders",
        "Nothing was changed",
        "Put the newer",
    )


@pytest.mark.long
def test_another_store_in_its_place(store: Store, tmp_path: Path) -> None:
    other = new_store_in(tmp_path)
    for at in range(3):
        merge(other, at, order(1))
    shutil.copy(other.path, store.path)

    refused(store, StoreRolledBack, "but another store", "Nothing was changed", "Put the newer file back")


# Damaged


@pytest.mark.parametrize(
    "length", first_of(7, 8192, -1, 1, 100, 4096, 12_288, 100_000, 1_000_000, -4096, keep=3)
)
def test_a_file_that_is_cut_off(store: Store, length: int) -> None:
    size = store.path.stat().st_size
    os.truncate(store.path, length if length > 0 else size + length)

    refused(store, StoreDamaged, "Nothing was changed", "put back a backup")


@pytest.mark.long
def test_a_file_in_which_a_byte_changed(store: Store) -> None:
    """Wherever it is, the store is damaged or nothing is wrong with what it tells."""
    content, good, told = store.path.read_bytes(), store.table("orders"), []
    for place in range(2_000, len(content), 100_000):
        store.path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            assert store.table("orders").equals(good)
        except StoreDamaged as error:
            told.append(str(error))
    assert told
    assert [said for said in told if "put back a backup" not in said] == []


@posix
def test_a_log_beside_a_damaged_file_stays(with_log: Store) -> None:
    os.truncate(with_log.path, 100_000)

    refused(with_log, StoreDamaged, "Nothing was changed", "put back a backup")
    assert log_of(with_log).exists()


DAMAGES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "a byte of its head": lambda log: log[:20] + bytes([log[20] ^ 0xFF]) + log[21:],
    "a byte in the middle": lambda log: log[: len(log) // 2] + b"\x00\xff" + log[len(log) // 2 + 2 :],
    "cut off": lambda log: log[: len(log) // 2],
    "cut off early": lambda log: log[:100],
    "without its last byte": lambda log: log[:-1],
    "zeros": lambda log: bytes(len(log)),
    "not a log": lambda log: b"id;amount\n" * 100,
}


@posix
@pytest.mark.parametrize("damage", first_of(*DAMAGES, keep=2))
def test_a_damaged_log_is_moved_aside_and_the_store_goes_on(with_log: Store, damage: str) -> None:
    damaged = DAMAGES[damage](log_of(with_log).read_bytes())
    log_of(with_log).write_bytes(damaged)

    with pytest.warns(TegroDataWarning, match=r"was moved to .*wal\.damaged-.* sync again"):
        assert merge(with_log, 2, order(1)).run == 3

    (aside,) = with_log.folder.glob("store.duckdb.wal.damaged-*")
    assert aside.read_bytes() == damaged
    assert rows(with_log.table("orders"), "id") == [1, 2]


@posix
@pytest.mark.parametrize("damage", first_of("a byte of its head", "a byte in the middle"))
def test_a_damaged_log_is_moved_aside_for_a_reader_too(with_log: Store, damage: str) -> None:
    damaged = DAMAGES[damage](log_of(with_log).read_bytes())
    log_of(with_log).write_bytes(damaged)

    with pytest.warns(TegroDataWarning, match=r"was moved to .*wal\.damaged-.* sync again"):
        assert rows(with_log.table("orders"), "id") == [1, 2]

    (aside,) = with_log.folder.glob("store.duckdb.wal.damaged-*")
    assert aside.read_bytes() == damaged


def test_a_log_without_its_file_is_moved_aside(tmp_path: Path) -> None:
    store = new_store_in(tmp_path)
    store.folder.mkdir()
    log_of(store).write_bytes(b"of another file")

    merge(store, 0, order(1))

    (aside,) = store.folder.glob("store.duckdb.wal.stray-*")
    assert aside.read_bytes() == b"of another file"
    assert rows(store.table("orders"), "id") == [1]


# Left behind


@posix
def test_what_a_killed_process_left_is_cleared_by_the_next_run(
    store: Store, tmp_path: Path, children: Children
) -> None:
    clean = set(files(store.folder))
    assert children.do(deeds.die_at, store.folder.parent, "forget", "rewritten", 1) is KILLED
    (store.folder / "store.duckdb.tmp").mkdir()
    assert "store.duckdb.draft" in files(store.folder)
    assert (store.folder / "store.holder.json").exists()
    assert store.holder() is None

    assert merge(store, 2, order(1)).run == 3

    assert set(files(store.folder)) == clean
    assert not (store.folder / "store.holder.json").exists()


@pytest.mark.parametrize("content", first_of(None, b"{", b"", b'{"store": 5}', b"\xff\xfe", keep=2))
def test_a_receipt_that_is_missing_or_cannot_be_read(
    store: Store, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is None:
        receipt_of(store).unlink()
    else:
        receipt_of(store).write_bytes(content)
    before = files(store.folder)

    assert rows(store.table("orders"), "id") == [1, 2]

    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert ["cannot be read; the next run writes a new one" in record.getMessage() for record in warned] == (
        [] if content is None else [True]
    )
    assert files(store.folder) == before
    old = store.path.read_bytes()
    merge(store, 2, order(3))
    store.path.write_bytes(old)
    refused(store, StoreRolledBack, "it held run 3", uses=("read",))


# Ctrl-C


@posix
def test_ctrl_c_in_a_merge(store: Store, children: Children) -> None:
    early = ("locked", "opened", "staged", "ledger written", "new rows written", "run written")
    before = store.path.read_bytes()

    found = children.do(deeds.interrupt_at, store.folder.parent, early)

    assert found == [("KeyboardInterrupt: ", 2)] * len(early)
    assert rows(store.table("orders"), "id") == [1, 2]
    assert (store.path.read_bytes(), store.holder()) == (before, None)


@posix
def test_ctrl_c_after_the_commit(store: Store, children: Children) -> None:
    late = ("committed", "checkpointed", "closed", "receipt drafted")

    found = children.do(deeds.interrupt_at, store.folder.parent, late)

    assert found == [("KeyboardInterrupt: ", runs) for runs in (3, 4, 5, 6)]
    assert merge(store, 2, order(1)).run == 7


@posix
def test_ctrl_c_in_queries(store: Store, children: Children) -> None:
    before = store.path.read_bytes()

    assert children.do(deeds.interrupt_queries, store.folder.parent, 3) == ["KeyboardInterrupt: "] * 3

    assert store.path.read_bytes() == before
    assert rows(store.table("orders"), "id") == [1, 2]
