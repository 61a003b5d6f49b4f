"""Pages that a run has read and nobody knows yet: a file that grows page by page and outlives a crash.

A run is all or nothing, but what it read is not read again: pages go into a file of their own as they come,
and the run that follows one that was killed goes on where that one ended. Each page stands behind its length
and its checksum, so that a page that was cut off is known, and left out.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import os
import secrets
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import filelock
import msgspec

from tegro_analytics.api.lists.mark import Mark
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.exceptions import StoreError

__all__ = ["Heading", "Staging", "remove_pages"]

_MAGIC = b"TEGRO-STAGING-1\n"
_FRAME = struct.Struct("<II")
"""Length and checksum of what follows."""
_PAGES, _ALONE = ".pages", ".own-pages"
_LEFT_SECONDS = 7 * 24 * 3600
_LARGEST = 64 * 1024 * 1024


class Heading(msgspec.Struct, frozen=True):
    """Say whose pages they are; a file with another heading is of no use.

    Attributes
    ----------
    server, shop_id, list
        Which list of which shop on which server.
    since
        When the run began that read the first of them (UTC).
    """

    server: str
    shop_id: str
    list: str
    since: dt.datetime


class _Record(msgspec.Struct, array_like=True):
    """Hold a page as it stands in the file: its data is compressed."""

    number: int
    requested_at: dt.datetime
    data: bytes
    refusal: str | None = None
    mark: dict[str, Any] | None = None


_ENCODE = msgspec.msgpack.Encoder().encode
_HEADING = msgspec.msgpack.Decoder(Heading)
_RECORD = msgspec.msgpack.Decoder(_Record)


class Staging:
    """Hold the file of one list; inside ``with``, pages can be added to it.

    Parameters
    ----------
    folder
        Where staging files are; it is made, 0700.
    heading
        Whose pages they are. Where the file holds pages of the same list that are not older than
        ``longest``, they are kept and ``heading.since`` is theirs; else the file begins anew.
    longest
        How old pages may be.

    Attributes
    ----------
    heading : Heading
        What stands in the file.
    found : int
        How many pages were there.
    mark : Mark or None
        How far the reading had come that left them.

    Raises
    ------
    StoreError
        If the file cannot be used: the disk is full, the folder is closed or none. Nothing was merged.

    Examples
    --------
    >>> import tempfile
    >>> sent = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    >>> heading = Heading("https://tegro.money", "SHOP", "orders", sent)
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Staging(folder, heading) as staging:
    ...     staging.add(page_from_json(1, b'[{"id": 7}]', requested_at=sent))
    >>> with Staging(folder, heading) as again:
    ...     again.found, [page.keys for page in again.pages()]
    (1, [(7,)])
    >>> with again:
    ...     again.drop()
    """

    def __init__(
        self, folder: Path, heading: Heading, *, longest: dt.timedelta = dt.timedelta(hours=48)
    ) -> None:
        name = hashlib.sha256(f"{heading.server}\n{heading.shop_id}".encode()).hexdigest()[:16]
        self.path = folder / f"{name}-{heading.list}{_PAGES}"
        self.heading = self._own = heading
        self.found = 0
        self._added = 0
        self.mark: Mark | None = None
        self._longest = longest
        self._file: IO[bytes] | None = None
        self._lock = _lock_of(self.path)

    def __enter__(self) -> Self:
        with self._told():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
            except filelock.Timeout:  # another run reads the same list: each has its own pages
                self.path = self.path.with_name(f"{self.path.stem}-{secrets.token_hex(8)}{_ALONE}")
                self._lock = _lock_of(self.path)
                self._lock.acquire(timeout=0)
            try:
                self._open()
            except BaseException:
                self._lock.release()
                raise
        return self

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what the system refuses in words that help."""
        said = ""
        try:
            yield
            return
        except OSError as error:
            said = error.strerror or "it cannot be used"
        raise StoreError(
            f"{self.path}, where pages wait until all is read, cannot be used: {said}. Nothing was merged; "
            "what the store holds is safe. Free some space, or give yourself the right to write there; or "
            "name another folder (TEGRO_STORE)."
        )

    def _open(self) -> None:
        _sweep_up(self.path.parent)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        end = self._look()
        if end:
            self._file.seek(end)
            self._file.truncate()
        else:
            self._begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # the pages are of this run alone: nothing is lost with them
                os.fsync(file.fileno())
            file.close()
        if self.path.suffix == _ALONE:
            self.drop()
            self.path.with_suffix(".lock").unlink(missing_ok=True)
        self._lock.release()

    def add(self, page: Page, mark: Mark | None = None) -> None:
        """Write a page down, and how far the reading has come; a killed process does not lose it then."""
        record = _Record(
            page.number,
            page.requested_at,
            zlib.compress(page.data, 1),
            page.refusal,
            mark.to_dict() if mark is not None else None,
        )
        with self._told():
            self._write(_ENCODE(record))
        self._added += 1

    def pages(self) -> Iterator[Page]:
        """Give all pages that are there, in the order in which they came."""
        expected, given = self.found + self._added, 0
        with self._told(), self.path.open("rb") as file:
            file.seek(len(_MAGIC))
            next(_frames(file), None)
            for _, body in _frames(file):
                given += 1
                record = _RECORD.decode(body)
                page = page_from_json(
                    record.number, zlib.decompress(record.data), requested_at=record.requested_at
                )
                yield dataclasses.replace(page, refusal=record.refusal)
                if given == expected:
                    return
        if given < expected:
            raise StoreError(
                f"{self.path} was damaged while pages waited in it: {given} of {expected} are left. Nothing "
                "was merged, and what the store holds is safe. Is the disk sound? Sync again."
            )

    def restart(self) -> None:
        """Forget the pages, and begin anew, now."""
        self.heading = self._own
        self._begin()

    def drop(self) -> None:
        """Remove the file: what was in it is known now."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.unlink(missing_ok=True)

    def _begin(self) -> None:
        if self._file is None:
            raise ValueError("the staging file is not open")
        self.found, self._added, self.mark = 0, 0, None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(_MAGIC)
        self._write(_ENCODE(self.heading))

    def _write(self, body: bytes) -> None:
        if self._file is None:
            raise ValueError("the staging file is not open")
        frame = memoryview(_FRAME.pack(len(body), zlib.crc32(body)) + body)
        end = self._file.tell()
        try:
            while frame:  # the system may take a part and say no more than how much it took
                frame = frame[self._file.write(frame) :]
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(end)
                self._file.seek(end)
            raise

    def _look(self) -> int:
        """Count the whole pages of this list, and say where they end; 0 if there is nothing of use."""
        with self.path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return 0
            frames = _frames(file)
            end, body = next(frames, (0, b""))
            if not end or not self._fits(body):
                return 0
            for end, body in frames:  # noqa: B007  the last ones are what is asked for
                self.found += 1
        if self.found and (known := _RECORD.decode(body).mark) is not None:
            self.mark = Mark.from_dict(known)
        return end if self.found else 0

    def _fits(self, body: bytes) -> bool:
        """Take over the heading of the file, if it is that of this list and not too old."""
        try:
            there = _HEADING.decode(body)
        except msgspec.MsgspecError:
            return False
        mine = self.heading
        same = (there.server, there.shop_id, there.list) == (mine.server, mine.shop_id, mine.list)
        if not same or mine.since - there.since > self._longest:
            return False
        self.heading = there
        return True


def _lock_of(path: Path) -> filelock.BaseFileLock:
    """Name the lock of a file of pages, which a run holds as long as it has the file."""
    return filelock.FileLock(path.with_suffix(".lock"), mode=0o600, thread_local=False, is_singleton=False)


def remove_pages(folder: Path) -> list[Path]:
    """Remove the pages of every list that a run has left; gives those that a run is using now."""
    in_use = []
    for path in sorted([*folder.glob(f"*{_PAGES}"), *folder.glob(f"*{_ALONE}")]):
        try:
            with _lock_of(path).acquire(timeout=0):
                path.unlink(missing_ok=True)
        except (OSError, filelock.Timeout):
            in_use.append(path)
    return in_use


def _sweep_up(folder: Path) -> None:
    """Remove what runs left that were killed while another one read the same list."""
    for path in folder.glob(f"*{_ALONE}"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT_SECONDS:
                path.unlink()


def _frames(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give each whole frame, and where it ends; stop at the first that is not."""
    while len(head := file.read(_FRAME.size)) == _FRAME.size:
        length, checksum = _FRAME.unpack(head)
        body = file.read(length) if length <= _LARGEST else b""
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        yield file.tell(), body
