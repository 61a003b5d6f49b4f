"""The notebooks: where they are, a copy of them for a person, running one, rendering it to HTML."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Coroutine, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from tegro_analytics.exceptions import ConfigurationError, ExportError
from tegro_analytics.reports.files import new_file

__all__ = ["copy_to", "folder", "run", "to_html"]

TIMEOUT_SECONDS = 300
HEARTBEAT_SECONDS = 0.25
"""So often whoever waits for a notebook looks up: on Windows Ctrl-C does not reach it before."""
_FOUND_BY = "01_quickstart.ipynb"
_SHOWN = ["text/html", "image/png", "text/markdown", "text/plain"]
"""What a page shows of an output, the first that there is: no widget, which would need a kernel."""
_NOTE = ".tegro-notebooks.json"
"""What stands beside copies: the print of each as it was copied."""


def folder() -> Path:
    """Say where the notebooks are: inside an installed package, or beside it in a checkout.

    Raises
    ------
    ConfigurationError
        If they are in neither place.
    """
    package = Path(str(resources.files("tegro_analytics")))
    for place in (package / "notebooks", package.parent / "notebooks"):
        if (place / _FOUND_BY).is_file():
            return place
    raise ConfigurationError("The notebooks were not installed with the package: install it again with pip.")


def copy_to(target: Path) -> list[Path]:
    """Copy the notebooks into a folder of the user's; a copy that somebody has changed stays as it is.

    One that was only run gives way to that of a newer version, if there is a newer one. What was copied is
    noted in a hidden file of the folder.

    Returns
    -------
    list of Path
        The notebooks in the folder, in order.

    Raises
    ------
    ExportError
        If the folder cannot be written.
    """
    problem = ""
    try:
        target.mkdir(parents=True, exist_ok=True)
        _bring(target)
    except OSError as error:
        problem = (
            f"The notebooks cannot be copied to {target}: {error.strerror}. Name another folder with --dir."
        )
    if problem:
        raise ExportError(problem)
    return sorted(target.glob("*.ipynb"))


def _bring(target: Path) -> None:
    """Copy what is not there yet, or is as it was copied from an older version."""
    note = target / _NOTE
    try:
        copied = dict(json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        copied = {}  # then every copy counts as changed, unless it is that of this version
    before = dict(copied)
    for notebook in sorted(folder().glob("*.ipynb")):
        copy, newest = target / notebook.name, _print_of(notebook)
        found = _print_of(copy) if copy.exists() else None
        if found is None or (found == copied.get(notebook.name) and found != newest):
            shutil.copyfile(notebook, copy)
            found = newest
        if found == newest:
            copied[notebook.name] = newest
    if copied != before:
        note.write_text(json.dumps(copied, indent=1), encoding="utf-8")


def _print_of(notebook: Path) -> str:
    """Tell by its cells, without what they put out, whether a notebook is another; any other file is."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        said = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return ""
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def run(notebook: Path, *, environment: dict[str, str] | None = None, folder: Path | None = None) -> Any:
    """Run a notebook on a real kernel and give it back with its outputs.

    Parameters
    ----------
    notebook
        The file; it is not changed.
    environment
        Variables for the kernel, besides those of this process.
    folder
        Where the kernel works; by default where the notebook is.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.

    Returns
    -------
    nbformat.NotebookNode
    """
    import nbformat
    from nbclient import NotebookClient

    node = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        node,
        timeout=TIMEOUT_SECONDS,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # it warns of TCP, which here never leaves the machine
        resources={"metadata": {"path": str(folder or notebook.parent)}},
    )
    with _variables(environment or {}):
        _execute(client, dict(os.environ))
    return node


def _execute(client: Any, environment: dict[str, str]) -> None:
    """Run the notebook of a client in a thread of its own, and end its kernel at once after Ctrl-C.

    In the main thread it would take Ctrl-C for itself, and tell of a kernel that died.
    """
    loop = asyncio.new_event_loop()
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            running = thread.submit(_run_on, loop, client.async_execute(env=environment))
            try:
                while not concurrent.futures.wait([running], HEARTBEAT_SECONDS).done:
                    pass
            except BaseException:
                client.shutdown_kernel = "immediate"
                loop.call_soon_threadsafe(_cancel_all, loop)
                raise
            running.result()
    finally:
        if client.km is None:  # the kernel has ended, and what was to end it at the latest has nothing to do
            atexit.unregister(client._cleanup_kernel)


def _run_on(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(work)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


@contextlib.contextmanager
def _variables(environment: dict[str, str]) -> Iterator[None]:
    """Set variables for the kernel; the kernel of this interpreter is the one that is meant."""
    wanted = {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # whatever draws in this process
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        **environment,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def to_html(node: Any, path: Path, *, title: str) -> Path:
    """Render a notebook with its outputs to one HTML file that asks for nothing from the network."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    templates = Path(str(resources.files("tegro_analytics"))) / "templates"
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="quiet",
        extra_template_basedirs=[str(templates)],
        anchor_link_text=" ",
        embed_images=True,
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN}}),
    )
    body, _ = exporter.from_notebook_node(node, resources={"metadata": {"name": title}})
    with new_file(path, overwrite=True) as (draft, _):
        draft.write_text(body, encoding="utf-8")
    return path
