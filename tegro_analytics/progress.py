"""The progress of a fetch: pages, orders, the oldest day reached. No total, because the lists name none."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from tegro_analytics.texts import language, tr


def wanted(*, progress: bool | None) -> bool:
    """Decide whether to show progress: as told, else where a person is likely to look."""
    if progress is not None:
        return progress
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Progress:
    """Show how far a list has been read, on the error stream or in the notebook; leave nothing behind."""

    def __init__(self, title: str, *, show: bool, lang: str | None = None) -> None:
        self._bar: Any = None
        self._lang = language(lang)
        self._oldest = ""
        self._pages = 0
        if show:
            self._bar = _tqdm()(desc=title, unit=" " + tr("progress.rows", self._lang), leave=False)

    def page(self, rows: int, oldest: str | None) -> None:
        """Count one page."""
        self._pages += 1
        if oldest and (not self._oldest or oldest < self._oldest):
            self._oldest = oldest
        if self._bar is not None:
            note = tr("progress.note", self._lang, pages=self._pages, oldest=self._oldest[:10] or "–")
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(rows)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


def _tqdm() -> Any:
    """Choose the bar: a widget in a notebook that has widgets, else text."""
    import importlib.util

    if "ipykernel" in sys.modules and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.auto import tqdm

        return tqdm
    from tqdm import tqdm as text_bar

    return text_bar


@contextlib.contextmanager
def counting(title: str, *, total: int, show: bool) -> Iterator[Callable[[], object]]:
    """Show how many of so many are done; gives what counts one."""
    if not show:
        yield lambda: None
        return
    with _tqdm()(desc=title, total=total, leave=False) as bar:
        yield bar.update
