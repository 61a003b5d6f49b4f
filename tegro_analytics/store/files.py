"""Files that belong to their owner alone, and that stand whole or not at all."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

__all__ = [
    "copy_file",
    "flush_file",
    "move_aside",
    "place",
    "place_new",
    "private_folder",
    "privately",
    "write_file",
]

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_FOR_OTHERS = 0o077

_umask = threading.Lock()
_within = 0
_before = 0


@contextlib.contextmanager
def privately() -> Iterator[None]:
    """Let every file that is made in the block be readable by its owner alone: DuckDB asks for 0644.

    The mask belongs to the whole process, so that of several blocks at once the first sets it and the last
    puts it back.
    """
    global _within, _before  # noqa: PLW0603  the mask of the process is as global
    with _umask:
        if _within == 0:
            _before = os.umask(_FOR_OTHERS)
        _within += 1
    try:
        yield
    finally:
        with _umask:
            _within -= 1
            if _within == 0:
                os.umask(_before)


def private_folder(folder: Path) -> None:
    """Make a folder that its owner alone can enter, or close one that others can; its parent has to exist."""
    folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    if os.name == "posix" and folder.stat().st_mode & _FOR_OTHERS:
        with contextlib.suppress(
            PermissionError
        ):  # it is somebody else's; the files are private all the same
            folder.chmod(_PRIVATE_FOLDER)


def write_file(path: Path, content: bytes, *, flush: bool = True) -> Path:
    """Write a draft of a file beside it, and force it to the disk; :func:`place` gives it its name."""
    draft = path.with_name(f"{path.name}.draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), _PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        if flush:
            os.fsync(file.fileno())
    return draft


def copy_file(source: Path, target: Path) -> None:
    """Copy a file and force the copy to the disk; the target must not exist."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _PRIVATE_FILE)
    with os.fdopen(handle, "wb") as copy, source.open("rb") as original:
        shutil.copyfileobj(original, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())


def flush_file(path: Path) -> None:
    """Force the content of a file to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def place(draft: Path, path: Path) -> None:
    """Give a draft its name, in place of what had it, and force the name to the disk."""
    draft.replace(path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def place_new(draft: Path, path: Path) -> None:
    """Give a draft its name unless something has it: a hard link never replaces.

    Raises
    ------
    FileExistsError
        If there is something of that name.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        place(draft, path)
    else:
        draft.unlink()


def move_aside(path: Path, *, why: str) -> Path:
    """Give a file a name that says why it was moved, beside its old one; nothing is overwritten."""
    moment = dt.datetime.now(dt.UTC)
    for number in range(1000):
        aside = path.with_name(f"{path.name}.{why}-{moment:%Y%m%dT%H%M%S}" + (f"-{number}" if number else ""))
        if not aside.exists():
            path.rename(aside)
            return aside
    raise FileExistsError(path)
