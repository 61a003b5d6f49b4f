"""A real IPython in this process: what a cell prints, how it fails."""

from __future__ import annotations

import atexit
import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


class Notebook:
    """Run cells, and keep what they printed."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, cell: str, **variables: Any) -> str:
        """Run a cell with these variables, and give all that it printed: values, tracebacks, warnings."""
        self.shell.user_ns.update(variables)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), _warnings_printed():
            self.shell.run_cell(cell, store_history=True)
        return printed.getvalue()


@contextlib.contextmanager
def _warnings_printed() -> Iterator[None]:
    """Print warnings as Python does, with the line of code that they come from; pytest would keep them."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda *told: print(warnings.formatwarning(*told[:4]), file=sys.stderr)
        yield


@contextlib.contextmanager
def notebook(folder: Path) -> Iterator[Notebook]:
    """Make the IPython of this process, and take it away again."""
    kept = sys.modules["__main__"], sys.displayhook, sys.excepthook
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Verbose"
    shell = InteractiveShell.instance(config=config, ipython_dir=str(folder))
    try:
        yield Notebook(shell)
    finally:
        shell.history_manager.end_session()
        shell.atexit_operations()
        atexit.unregister(shell.atexit_operations)
        InteractiveShell.clear_instance()
        sys.modules["__main__"], sys.displayhook, sys.excepthook = kept
