"""What a run has read outlives it, page by page; what was cut off does not come back."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tegro_analytics.api.lists.mark import ALL, Leg, Mark
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.exceptions import StoreError
from tegro_analytics.sync.staging import Heading, Staging, remove_pages

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


def heading(**fields: object) -> Heading:
    given = {"server": "https://tegro.money", "shop_id": "S", "list": "orders", "since": NOW, **fields}
    return Heading(**given)  # type: ignore[arg-type]


def page(number: int) -> Page:
    data = b'[{"id": %d, "email": "\\ud800"}]' % number  # bad records are staged as they came
    return page_from_json(number, data, requested_at=NOW + dt.timedelta(seconds=number, microseconds=7))


def fill(folder: Path, numbers: range, **fields: object) -> Path:
    with Staging(folder, heading(**fields)) as staging:
        for number in numbers:
            staging.add(page(number))
    return staging.path


def numbers(folder: Path, **fields: object) -> list[int]:
    with Staging(folder, heading(**fields)) as staging:
        assert staging.found == len(list(staging.pages()))
        return [page.number for page in staging.pages()]


def test_pages_come_back_as_they_were(tmp_path: Path) -> None:
    fill(tmp_path, range(1, 4))
    with Staging(tmp_path, heading()) as staging:
        assert list(staging.pages()) == [page(1), page(2), page(3)]


def test_a_refused_page_comes_back_with_its_reason(tmp_path: Path) -> None:
    with Staging(tmp_path, heading()) as staging:
        staging.add(Page(9, b"[]", (), (), NOW, refusal="404"))
        assert [page.refusal for page in staging.pages()] == ["404"]


def test_more_pages_are_added_behind_those_that_are_there(tmp_path: Path) -> None:
    fill(tmp_path, range(1, 3))
    fill(tmp_path, range(3, 5))
    assert numbers(tmp_path) == [1, 2, 3, 4]


def test_each_list_of_each_shop_of_each_server_has_a_file_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path, range(1, 2))
    for other in ({"list": "withdrawals"}, {"shop_id": "T"}, {"server": "sandbox-1"}):
        assert numbers(tmp_path, **other) == []
    assert numbers(tmp_path) == [1]


def test_pages_that_are_too_old_are_of_no_use(tmp_path: Path) -> None:
    fill(tmp_path, range(1, 3))
    assert numbers(tmp_path, since=NOW + dt.timedelta(hours=48)) == [1, 2]
    with Staging(tmp_path, heading(since=NOW + dt.timedelta(hours=47))) as staging:
        assert staging.heading.since == NOW
    assert numbers(tmp_path, since=NOW + dt.timedelta(hours=49)) == []


@pytest.mark.parametrize("left", range(0, 400, 7))
def test_a_file_that_was_cut_off_anywhere_gives_its_whole_pages(left: int, tmp_path: Path) -> None:
    path = fill(tmp_path, range(1, 5))
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    there = numbers(tmp_path)
    assert there == list(range(1, len(there) + 1))
    fill(tmp_path, range(7, 8))
    assert numbers(tmp_path) == [*there, 7]


def test_a_damaged_page_ends_the_file(tmp_path: Path) -> None:
    path = fill(tmp_path, range(1, 5))
    damaged = bytearray(path.read_bytes())
    damaged[-20] ^= 255
    path.write_bytes(damaged)
    assert numbers(tmp_path) == [1, 2, 3]


def test_what_is_not_a_staging_file_begins_anew(tmp_path: Path) -> None:
    path = fill(tmp_path, range(1, 2))
    path.write_bytes(b"something else")
    assert numbers(tmp_path) == []


def test_begun_anew_and_dropped(tmp_path: Path) -> None:
    fill(tmp_path, range(1, 3))
    with Staging(tmp_path, heading()) as staging:
        staging.restart()
        staging.add(page(5))
    assert numbers(tmp_path) == [5]
    staging.drop()
    assert not staging.path.exists()
    staging.drop()


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = fill(tmp_path / "staging", range(1, 2))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.long
def test_a_killed_process_loses_no_page(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tests.sync.test_staging import *\n"
        "with Staging(Path(sys.argv[1]), heading()) as staging:\n"
        "    for number in range(1, 6): staging.add(page(number))\n"
        "    os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[2]
    status = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root).returncode
    assert status == -9
    assert numbers(tmp_path) == [1, 2, 3, 4, 5]


class Grudging:
    """A file of which the system takes only a part at a time."""

    def __init__(self, file: object) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return int(self._file.write(bytes(data)[:7]))  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def test_what_the_system_takes_in_parts_is_written_whole(tmp_path: Path) -> None:
    with Staging(tmp_path, heading()) as staging:
        staging._file = Grudging(staging._file)  # type: ignore[assignment]
        for number in range(1, 4):
            staging.add(page(number))
        assert [one.number for one in staging.pages()] == [1, 2, 3]


def test_pages_that_vanished_are_no_pages(tmp_path: Path) -> None:
    with Staging(tmp_path, heading()) as staging:
        for number in range(1, 4):
            staging.add(page(number))
        os.truncate(staging.path, staging.path.stat().st_size - 1)
        with pytest.raises(StoreError, match="2 of 3 are left"):
            list(staging.pages())


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "staging").write_text("mine")
    with pytest.raises(StoreError, match=r"cannot be used: .* Nothing was merged"):
        fill(tmp_path / "staging", range(1, 2))
    assert (tmp_path / "staging").read_text() == "mine"


def test_the_mark_of_the_last_page_comes_back(tmp_path: Path) -> None:
    mark = Mark(2, (Leg(4, 1, 2),), remarks=("rows went away",))
    with Staging(tmp_path, heading()) as staging:
        staging.add(page(1), ALL)
        staging.add(page(2), mark)
    with Staging(tmp_path, heading()) as staging:
        assert (staging.found, staging.mark) == (2, mark)


def test_two_runs_at_once_have_pages_of_their_own(tmp_path: Path) -> None:
    with Staging(tmp_path, heading()) as first, Staging(tmp_path, heading()) as second:
        first.add(page(1))
        second.add(page(2))
        assert [one.number for one in first.pages()] == [1]
        assert [one.number for one in second.pages()] == [2]
    assert not second.path.exists()  # what another run may go on with is that of the first
    assert numbers(tmp_path) == [1]


def test_pages_that_were_left_are_removed_and_those_in_use_are_named(tmp_path: Path) -> None:
    fill(tmp_path, range(1, 3), list="withdrawals")
    with Staging(tmp_path, heading()) as first, Staging(tmp_path, heading()) as second:
        assert remove_pages(tmp_path) == sorted([first.path, second.path])
        assert {path.suffix for path in tmp_path.iterdir()} == {".pages", ".own-pages", ".lock"}
    assert remove_pages(tmp_path) == []
    assert {path.suffix for path in tmp_path.iterdir()} == {".lock"}
