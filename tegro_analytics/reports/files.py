"""Put a finished file in its place, whole or not at all.

A file is written under a passing name in the folder where it will stand, forced to the disk, and only then
given its own name. Whatever stops the writing, a kill included, leaves the old file as it was.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from tegro_analytics.exceptions import ExportError

__all__ = ["flush_file", "flush_folder", "new_file", "plain_reason", "refuse"]

_PRIVATE = 0o600
_FULL = ("No space left", "File too large", "Disk quota")  # as libraries say it, who drop the number


@contextlib.contextmanager
def new_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[tuple[Path, Path]]:
    """Give the place where to write now, and the path at which the file will stand.

    The file belongs to its owner alone (mode 0600 where the system has modes).

    Raises
    ------
    ExportError
        If the file exists and ``overwrite`` is not set, if its folder is missing or closed to us, if the
        disk is full, or if another program holds the file.
    """
    target = Path(path).expanduser().resolve()
    draft = target.with_name(f".tegro-{secrets.token_hex(8)}.part")
    try:
        refuse(target, overwrite=overwrite)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
        yield draft, target
        flush_file(draft)
        _place(draft, target, overwrite=overwrite)
        flush_folder(target.parent)
    except OSError as error:
        raise ExportError(plain_reason(error, target)) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def refuse(target: Path, *, overwrite: bool) -> None:
    """Refuse a target before any work is done for it."""
    if target.is_dir():
        raise ExportError(f"{target} is a folder. Give the name of a file in it.")
    if not target.parent.is_dir():
        raise ExportError(f"The folder {target.parent} does not exist. Make it first; nothing was written.")
    if target.exists() and not overwrite:
        raise ExportError(_taken(target))


def plain_reason(error: BaseException, target: Path) -> str:
    """Say in plain words why a file could not be written."""
    number = getattr(error, "errno", None)
    if isinstance(error, FileExistsError):
        return _taken(target)
    if isinstance(error, PermissionError):
        return (
            f"{target} could not be written: it is open in another program (Excel, for example), or its "
            "folder is closed to you. Close it there, or choose another name; what stood there is untouched."
        )
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(sign in str(error) for sign in _FULL):
        return f"The disk is full: {target} was not written; what stood there is untouched. Free some space."
    if number == errno.ENAMETOOLONG:
        return (
            f"The name {target.name!r} is too long for this disk. Choose a shorter one; nothing was written."
        )
    what = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return f"{target} was not written ({what}); what stood there is untouched."


def _taken(target: Path) -> str:
    return (
        f"{target} exists already. Pass overwrite=True (--overwrite) to replace it, or choose another name."
    )


def flush_file(draft: Path) -> None:
    """Force the content to the disk before the name points to it."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())


def _place(draft: Path, target: Path, *, overwrite: bool) -> None:
    """Give the draft its name; without ``overwrite`` a file that came in the meantime stays."""
    if overwrite:
        draft.replace(target)
        return
    if os.name == "nt":
        draft.rename(target)  # refuses an existing name there
        return
    try:
        os.link(draft, target)  # a hard link never replaces
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        refuse(target, overwrite=False)  # a file system without hard links
        draft.rename(target)


def flush_folder(folder: Path) -> None:
    """Force the new name to the disk, where folders can be opened (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
