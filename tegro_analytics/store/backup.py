"""A copy of the whole store in one file, as it was at one moment."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from tegro_analytics.exceptions import ExportError, StoreError
from tegro_analytics.store import files
from tegro_analytics.store.opening import StoreFile

__all__ = ["backup"]


def backup(file: StoreFile, target: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Copy the file while nobody writes; see :meth:`Store.backup`."""
    path = Path(target).expanduser().absolute()
    _refuse(path, file, overwrite=overwrite)
    draft = path.with_name(f".tegro-{secrets.token_hex(8)}.part")
    problem = None
    with contextlib.ExitStack() as stack:
        file.settle(stack, "backup")
        try:
            files.copy_file(file.path, draft)
            if overwrite:
                files.place(draft, path)
            else:
                files.place_new(draft, path)
        except FileExistsError:
            problem = _taken(path)
        except OSError as error:
            problem = f"The backup {path} could not be written: {error.strerror}. The store is unchanged."
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    if problem:
        raise ExportError(problem)
    return path


def _refuse(path: Path, file: StoreFile, *, overwrite: bool) -> None:
    if path.is_dir():
        raise ExportError(f"{path} is a folder. Give the name of a file in it.")
    if not path.parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist. Make it first; nothing was written.")
    if file.path.exists() and path.exists() and path.samefile(file.path):
        raise StoreError(f"{path} is the store itself. Give another name for the backup.")
    if path.exists() and not overwrite:
        raise ExportError(_taken(path))


def _taken(path: Path) -> str:
    return f"{path} exists already. Pass overwrite=True (--overwrite) to replace it, or choose another name."
