"""A JupyterLab of the tests' own: its folders, its server, and the steps of a person in its page."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.documents import ROOT

SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "notebook-extension/tracker": {"windowingMode": "none"},  # else what is out of sight is not in the page
}
"""No pop-ups, and every cell in the page."""

END_SECONDS = 60
RUN_MILLISECONDS = 180_000

KERNEL_READY = """async ([url, token, name]) => {
  for (let asked = 0; asked < 300; asked++) {
    const answer = await fetch(`${url}api/sessions?token=${token}`);
    const session = (await answer.json()).find(one => one.path === name);
    if (session && session.kernel.execution_state === "idle" && session.kernel.connections >= 1) return;
    await new Promise(done => setTimeout(done, 200));
  }
  throw new Error("no kernel within a minute");
}"""
"""Asked of the server: the page says idle before there is a kernel, and Run then runs nothing."""

ALL_RUN = r"""() => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map(one => one.textContent);
  const failed = document.querySelector('[data-mime-type="application/vnd.jupyter.stderr"]');
  const idle = document.querySelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]');
  const waiting = prompts.some(text => text.includes("*"));
  return idle && !waiting && (failed || prompts.every(text => /\[\d+\]/.test(text)));
}"""
"""A traceback is told by its type, and the cells after it keep no number."""

SAVED = """() => !document.querySelector(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty")"""


@dataclass(frozen=True)
class Lab:
    """Hold a server that runs: its address, its token, and the folder that it shows."""

    url: str
    token: str
    folder: Path

    def open(self, page: Any, name: str) -> None:
        """Open a notebook, and wait until its kernel is there."""
        page.goto(f"{self.url}lab/tree/{name}?token={self.token}&reset")
        page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
        page.evaluate(KERNEL_READY, [self.url, self.token, name])

    def run_all(self, page: Any) -> None:
        """Choose Run All Cells from the menu, wait for the end, and save."""
        page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        page.wait_for_function(ALL_RUN, polling=250, timeout=RUN_MILLISECONDS)
        page.keyboard.press("Control+s")
        page.wait_for_function(SAVED, polling=100)

    def saved(self, name: str) -> Any:
        """Read a notebook as it was saved."""
        import nbformat

        return nbformat.read(self.folder / name, as_version=4)

    def end_kernels(self, page: Any) -> None:
        """End the kernels, and with them their sandboxes."""
        for session in page.request.get(f"{self.url}api/sessions?token={self.token}").json():
            page.request.delete(f"{self.url}api/sessions/{session['id']}?token={self.token}")


@contextmanager
def running(
    folder: Path, home: Path, *, environment: Mapping[str, str], theme: str = "JupyterLab Light"
) -> Iterator[Lab]:
    """Start JupyterLab on a folder, with every folder of its own in another, and end it."""
    places = {
        name: home / name.lower()
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
            "MPLCONFIGDIR",
        )
    }
    for place in places.values():
        place.mkdir(parents=True)
    settings = {**SETTINGS, "apputils-extension/themes": {"theme": theme}}
    for name, values in settings.items():
        file = places["JUPYTERLAB_SETTINGS_DIR"] / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    token = secrets.token_hex(16)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEGRO_", "MPL"))}
    words = [
        f"--ServerApp.root_dir={folder}",
        f"--IdentityProvider.token={token}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        "--ServerApp.port_retries=0",
        "--ServerApp.allow_root=True",
        "--no-browser",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *words],
        env={**kept, **{name: str(place) for name, place in places.items()}, **environment},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    rest = threading.Thread(target=process.stderr.read)
    try:
        address = _address(process.stderr)
        rest.start()  # what it says later is read, so that it never waits, and dropped
        yield Lab(address, token, folder)
    finally:
        process.terminate()
        process.wait(END_SECONDS)
        if rest.ident is not None:
            rest.join(END_SECONDS)
        process.stderr.close()


def _address(lines: IO[str]) -> str:
    """Read what the server says until it names its address."""
    said = []
    for line in lines:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0]
    raise AssertionError("JupyterLab did not start:\n" + "".join(said))
