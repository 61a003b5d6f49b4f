"""A file appears whole or not at all, and never takes the place of another one unasked."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from tegro_analytics.exceptions import ExportError
from tegro_analytics.reports import write_csv, write_parquet, write_xlsx
from tegro_analytics.reports.export import write_table
from tegro_analytics.reports.files import new_file, plain_reason
from tegro_analytics.schemas import ORDERS
from tests.marks import first_of
from tests.reports.tables import golden

ZONE = "Europe/Moscow"
WRITERS = pytest.mark.parametrize("write", [write_csv, write_parquet, write_xlsx])
POSIX = pytest.mark.parametrize("name", ["it's [a] file*?.csv", "отчёт «март».csv", "%41 $HOME.csv"])


@WRITERS
def test_an_existing_file_stays_unless_told_otherwise(tmp_path, write):
    target = tmp_path / "orders"
    target.write_text("mine")
    with pytest.raises(ExportError, match=r"exists already\. Pass overwrite=True"):
        write(golden(), target, zone=ZONE)
    assert target.read_text() == "mine"
    assert write(golden(), target, zone=ZONE, overwrite=True) == target
    assert target.read_bytes() != b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["orders"]


@WRITERS
def test_a_missing_folder_and_a_folder_are_named(tmp_path, write):
    with pytest.raises(ExportError, match=r"nowhere does not exist\. Make it first"):
        write(golden(), tmp_path / "nowhere" / "orders", zone=ZONE)
    with pytest.raises(ExportError, match="is a folder"):
        write(golden(), tmp_path, zone=ZONE)


@WRITERS
def test_a_file_belongs_to_its_owner_alone(tmp_path, write):
    file = write(golden(), tmp_path / "orders", zone=ZONE)
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@POSIX
def test_names_with_odd_signs(tmp_path, name):
    assert write_csv(golden(), tmp_path / name, zone=ZONE).name == name
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_too_long_is_named(tmp_path):
    with pytest.raises(ExportError, match="too long"):
        write_csv(golden(), tmp_path / ("x" * 300), zone=ZONE)
    longest = write_csv(golden(), tmp_path / ("x" * 251 + ".csv"), zone=ZONE)
    assert longest.exists()


def test_a_link_leads_to_its_file(tmp_path):
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("mine")
    link.symlink_to(target)
    write_csv(golden(), link, zone=ZONE, overwrite=True)
    assert link.is_symlink()
    assert target.read_text().startswith("shop_id,")


def test_a_file_that_came_in_the_meantime_stays(tmp_path):
    target = tmp_path / "orders.csv"

    def write() -> None:
        with new_file(target) as (draft, _):
            draft.write_text("ours")
            target.write_text("theirs")

    with pytest.raises(ExportError, match="exists already"):
        write()
    assert target.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_whatever_stops_the_writing_leaves_the_old_file(tmp_path):
    target = tmp_path / "orders.csv"
    target.write_text("old")

    def write() -> None:
        with new_file(target, overwrite=True) as (draft, _):
            draft.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_open_in_another_program_is_explained(tmp_path):
    error = PermissionError(13, "Permission denied", "orders.xlsx")
    reason = plain_reason(error, tmp_path / "orders.xlsx")
    assert "open in another program (Excel, for example)" in reason
    assert "untouched" in reason


def test_a_program_that_holds_the_file_is_explained(tmp_path, monkeypatch):
    target = tmp_path / "orders.csv"
    target.write_text("old")

    def held(self: Path, other: Path) -> None:
        raise PermissionError(13, "The process cannot access the file", str(other))

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(ExportError, match="open in another program"):
        write_csv(golden(), target, zone=ZONE, overwrite=True)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


LIMITED = """
    import resource, sys
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    from tegro_analytics import reports
    from tegro_analytics.exceptions import ExportError
    from tests.reports.tables import order, table
    rows = table([order(number, payment_id=f"order {number * 7919}") for number in range(3000)])
    try:
        getattr(reports, sys.argv[1])(rows, sys.argv[2], zone="Europe/Moscow", overwrite=True)
    except ExportError as error:
        print(error)
"""


@pytest.mark.parametrize("write", first_of("write_csv", "write_parquet", "write_xlsx"))
def test_a_full_disk_leaves_the_old_file(tmp_path, write):
    target = tmp_path / "orders"
    target.write_text("old")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(LIMITED), write, str(target)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"The disk is full: {target} was not written" in done.stdout
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


KILLED = """
    import sys
    from tegro_analytics.reports import files, write_csv
    from tests.reports.tables import golden
    def wait(draft):
        print("half", flush=True)
        sys.stdin.read()
    files.flush_file = wait
    write_csv(golden(), sys.argv[1], zone="Europe/Moscow", overwrite=True)
"""


@pytest.mark.long
def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path):
    target = tmp_path / "orders.csv"
    target.write_text("old")
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as writer:
        assert writer.stdout.readline() == b"half\n"
        writer.kill()
    assert target.read_text() == "old"
    write_csv(golden(), target, zone=ZONE, overwrite=True)
    assert target.read_text().startswith("shop_id,")


@pytest.mark.long
def test_two_writers_at_once_leave_one_whole_file(tmp_path):
    target, refused = tmp_path / "orders.csv", []

    def write() -> None:
        try:
            write_csv(golden(), target, zone=ZONE)
        except ExportError as error:
            refused.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert len(target.read_text().splitlines()) == 11
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("name", "options", "begins"),
    [
        ("a.csv", {}, b"shop_id,id"),
        ("a.CSV", {"dialect": "excel-ru"}, "\ufeffМагазин".encode()),
        ("a.parquet", {}, b"PAR1"),
        ("a.xlsx", {}, b"PK"),
        ("a.dat", {"format": "csv"}, b"shop_id,id"),
    ],
)
def test_the_ending_says_what_to_write(tmp_path, name, options, begins):
    assert write_table(golden(), tmp_path / name, zone=ZONE, **options).read_bytes().startswith(begins)


def test_an_ending_that_says_nothing_is_named(tmp_path):
    with pytest.raises(ExportError, match=r"'orders.xls' does not say in which format"):
        write_table(golden(), tmp_path / "orders.xls", zone=ZONE)


def test_columns_for_engines_stay_out_of_what_people_read(tmp_path):
    file = write_table(golden(), tmp_path / "a.csv", zone=ZONE, schema=ORDERS)
    assert file.read_text().splitlines()[0].split(",") == ORDERS.names(engine=False)
