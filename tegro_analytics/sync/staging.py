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
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from tegro_analytics.api.lists.page import Page, page_from_json

__all__ = ["Heading", "Staging"]

_MAGIC = b"TEGRO-STAGING-1\n"
_FRAME = struct.Struct("<II")
"""Length and checksum of what follows."""
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

    Raises
    ------
    OSError
        If the file cannot be used.

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
    >>> again.drop()
    """

    def __init__(
        self, folder: Path, heading: Heading, *, longest: dt.timedelta = dt.timedelta(hours=48)
    ) -> None:
        name = hashlib.sha256(f"{heading.server}\n{heading.shop_id}".encode()).hexdigest()[:16]
        self.path = folder / f"{name}-{heading.list}.pages"
        self.heading = heading
        self.found = 0
        self._longest = longest
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        end = self._look()
        if end:
            self._file.seek(end)
            self._file.truncate()
        else:
            self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # the pages are of this run alone: nothing is lost with them
                os.fsync(file.fileno())
            file.close()

    def add(self, page: Page) -> None:
        """Write a page down; when this returns, a killed process does not lose it."""
        record = _Record(page.number, page.requested_at, zlib.compress(page.data, 1), page.refusal)
        self._write(_ENCODE(record))

    def pages(self) -> Iterator[Page]:
        """Give all pages that are there, in the order in which they came."""
        with self.path.open("rb") as file:
            file.seek(len(_MAGIC))
            next(_frames(file), None)
            for _, body in _frames(file):
                record = _RECORD.decode(body)
                page = page_from_json(
                    record.number, zlib.decompress(record.data), requested_at=record.requested_at
                )
                yield dataclasses.replace(page, refusal=record.refusal)

    def restart(self) -> None:
        """Forget the pages, and begin anew."""
        self._begin()

    def drop(self) -> None:
        """Remove the file: what was in it is known now."""
        self.path.unlink(missing_ok=True)

    def _begin(self) -> None:
        if self._file is None:
            raise ValueError("the staging file is not open")
        self.found = 0
        self._file.seek(0)
        self._file.truncate()
        self._file.write(_MAGIC)
        self._write(_ENCODE(self.heading))

    def _write(self, body: bytes) -> None:
        if self._file is None:
            raise ValueError("the staging file is not open")
        self._file.write(_FRAME.pack(len(body), zlib.crc32(body)) + body)

    def _look(self) -> int:
        """Count the whole pages of this list, and say where they end; 0 if there is nothing of use."""
        with self.path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return 0
            frames = _frames(file)
            end, body = next(frames, (0, b""))
            if not end or not self._fits(body):
                return 0
            for end, _ in frames:  # noqa: B007  the last one is what is asked for
                self.found += 1
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


def _frames(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give each whole frame, and where it ends; stop at the first that is not."""
    while len(head := file.read(_FRAME.size)) == _FRAME.size:
        length, checksum = _FRAME.unpack(head)
        body = file.read(length) if length <= _LARGEST else b""
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        yield file.tell(), body
