"""Put a finished folder in its place, whole or not at all.

A folder cannot be replaced in one step: the old one is moved aside, the new one gets its name, and the old
one is removed. A kill between the first two steps leaves the old one under a passing name, and the next
writer puts it back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tegro_analytics.exceptions import ExportError
from tegro_analytics.reports.files import flush_file, flush_folder, plain_reason

__all__ = ["new_folder"]

_PRIVATE = 0o700


@contextlib.contextmanager
def new_folder(
    path: str | os.PathLike[str], *, overwrite: bool = False, foreign: Callable[[Path], str | None]
) -> Iterator[tuple[Path, Path]]:
    """Give the folder in which to write now, and the path at which it will stand.

    ``foreign`` says why a folder is not one that the writer may replace, and None if it may; an empty folder
    may be used without asking. The folder belongs to its owner alone (mode 0700 where the system has modes).

    Raises
    ------
    ExportError
        If the folder holds something and may not be replaced, if the one around it is missing or closed to
        us, or if the disk is full.
    """
    target = Path(path).expanduser().resolve()
    draft = target.with_name(f".tegro-{secrets.token_hex(8)}.part")
    try:
        _restore(target)
        _refuse(target, overwrite=overwrite, foreign=foreign)
        draft.mkdir(_PRIVATE)
        yield draft, target
        _flush(draft)
        _refuse(target, overwrite=overwrite, foreign=foreign)  # what came in the meantime
        _place(draft, target, overwrite=overwrite)
    except OSError as error:
        raise ExportError(plain_reason(error, target)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _refuse(target: Path, *, overwrite: bool, foreign: Callable[[Path], str | None]) -> None:
    if not target.parent.is_dir():
        raise ExportError(f"The folder {target.parent} does not exist. Make it first; nothing was written.")
    if not target.exists():
        return
    if not target.is_dir():
        raise ExportError(f"{target} is a file. Give the name of a folder; nothing was written.")
    if not any(target.iterdir()):
        return
    reason = foreign(target)
    if reason:
        raise ExportError(
            f"{target} {reason}, so it is not replaced. Choose another folder, or move what is in it away "
            "yourself; nothing was written."
        )
    if not overwrite:
        raise _taken(target)


def _taken(target: Path) -> ExportError:
    return ExportError(
        f"{target} holds a data set already. Pass overwrite=True (--overwrite) to replace it, or choose "
        "another folder."
    )


def _place(draft: Path, target: Path, *, overwrite: bool) -> None:
    """Give the draft its name; what stood there comes back if that fails."""
    if not overwrite:
        with contextlib.suppress(OSError):  # an empty folder may be used; anything else stays
            target.rmdir()
        try:
            draft.rename(target)
        except OSError:
            if not target.exists():
                raise
        else:
            flush_folder(target.parent)
            return
        raise _taken(target)
    aside = target.with_name(f"{_aside(target)}{secrets.token_hex(8)}.old")
    if target.exists():
        target.rename(aside)
    try:
        draft.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise
    flush_folder(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _restore(target: Path) -> None:
    """Put back what a killed writer left aside."""
    left = [] if target.exists() else sorted(target.parent.glob(f"{_aside(target)}*.old"))
    if left:
        left[0].rename(target)


def _aside(target: Path) -> str:
    """Begin the passing names of one folder: of fixed length, because its own name may be a long one."""
    return f".tegro-{hashlib.sha256(target.name.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}-"


def _flush(draft: Path) -> None:
    """Force files and names to the disk before the name points to them."""
    for folder, _, names in os.walk(draft):
        for name in names:
            flush_file(Path(folder, name))
        flush_folder(Path(folder))
