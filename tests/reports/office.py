"""LibreOffice without a window, with a folder of its own and none of what the machine knows."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

RUSSIAN, ENGLISH, OF_THE_SYSTEM = 1049, 1033, 0

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
  <item oor:path="/org.openoffice.Setup/L10N">
    <prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop>
  </item>
</oor:items>
"""


def new_profile(folder: Path, *, locale: str) -> Path:
    """Make the settings of a person in a country, as in ``ru-RU``."""
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(_SETTINGS.format(locale=locale))
    return folder


def csv_filter(separators: str, language: int) -> str:
    """Read text as UTF-8 in a language, cut at these signs, special numbers known, formulas computed."""
    codes = "/".join(str(ord(sign)) for sign in separators)
    return f"CSV:{codes},34,76,1,,{language},false,true,false,false,false,0,true"


def opened(path: Path, *, profile: Path, folder: Path, infilter: str | None = None) -> Path:
    """Open a file in LibreOffice, let it compute, and save what it holds as a workbook of its own."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.fail("LibreOffice is missing: apt-get install libreoffice-calc")
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    if infilter:
        command.append(f"--infilter={infilter}")
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    saved = folder / f"{path.stem}.xlsx"
    assert saved.exists(), done.stdout + done.stderr
    return saved
