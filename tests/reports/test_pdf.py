"""The page as PDF: printed by the browser that is there, whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import stat

import pytest

from tegro_analytics.exceptions import ExportError
from tegro_analytics.reports import ReportFacts
from tegro_analytics.reports.page import pdf, write_pdf
from tests.reports.tables import AS_OF, golden

MARCH = {"since": "2026-03-01", "until": "2026-03-05"}
FACTS = ReportFacts(shop_id="A1B2C3", report_zone="Europe/Moscow", as_of=AS_OF, sandbox=True)


def written(folder, **options):
    return write_pdf(folder / "march.pdf", golden(), facts=FACTS, lang="en", **MARCH, **options)


@pytest.fixture
def browser(tmp_path, monkeypatch):
    """Put a program in the place of Chromium, and no other; the page that it is given is a short one."""
    monkeypatch.setattr(pdf, "page_of", lambda *_, **__: "<!doctype html>")
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(
        shutil, "which", lambda name: str(found) if (found := folder / name).exists() else None
    )

    def install(script, name="chromium"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return install


PRINTS = """
printf '%s\\n' "$@" > "{folder}/arguments"
for one in "$@"; do case "$one" in --print-to-pdf=*) echo '%PDF-1.4' > "${one#--print-to-pdf=}";; esac; done
"""


@pytest.mark.parametrize("name", ["chromium", "google-chrome", "msedge"])
def test_the_browser_that_is_there_prints_the_page_and_keeps_nothing(tmp_path, browser, name):
    browser(PRINTS.replace("{folder}", str(tmp_path)), name)
    file = written(tmp_path)
    assert file.read_text() == "%PDF-1.4\n"
    assert file.stat().st_mode & 0o777 == 0o600
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert {"--headless", "--no-pdf-header-footer", "--disable-background-networking"} <= set(arguments)
    assert ("--no-sandbox" in arguments) == (os.geteuid() == 0)
    profile = next(one.partition("=")[2] for one in arguments if one.startswith("--user-data-dir="))
    assert arguments[-1].startswith("file://")
    assert not os.path.exists(profile)  # noqa: PTH110
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arguments", "bin", "march.pdf"]


def test_a_browser_is_found_where_its_system_keeps_it(tmp_path, browser, monkeypatch):
    browser(PRINTS.replace("{folder}", str(tmp_path)), "Some Edge")
    monkeypatch.setenv("PROGRAMS", str(tmp_path / "bin"))
    monkeypatch.setattr(pdf, "PLACES", ("$PROGRAMS/Some Edge",))
    assert written(tmp_path).read_text() == "%PDF-1.4\n"


def test_only_root_gives_the_sandbox_of_the_browser_up(tmp_path, browser, monkeypatch):
    browser(PRINTS.replace("{folder}", str(tmp_path)))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    written(tmp_path)
    assert "--no-sandbox" not in (tmp_path / "arguments").read_text()


def test_without_a_browser_it_says_what_to_do(tmp_path, browser):
    with pytest.raises(ExportError, match=r"Install Chromium, or write march\.html and print that from any"):
        written(tmp_path)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'cannot open display' >&2; exit 21", "exit code 21: cannot open display"),
        ("exit 0", "no file came"),
        ("kill -9 $$", "exit code -9: it said nothing"),
        ("while :; do read never < /dev/zero; done", "not within 0.2 seconds"),
    ],
    ids=["fails", "prints nothing", "is killed", "never ends"],
)
def test_a_browser_that_fails_leaves_what_stood_there(tmp_path, browser, monkeypatch, script, why):
    browser(script)
    monkeypatch.setattr(pdf, "PATIENCE_SECONDS", 0.2)
    (tmp_path / "march.pdf").write_text("mine")
    with pytest.raises(ExportError, match=re.escape(why)):
        written(tmp_path, overwrite=True)
    assert (tmp_path / "march.pdf").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "march.pdf"]


def test_an_existing_file_is_refused_before_the_browser_is_started(tmp_path, browser):
    (tmp_path / "march.pdf").write_text("mine")
    with pytest.raises(ExportError, match="exists already"):
        written(tmp_path)


@pytest.mark.browser
def test_chromium_prints_pages_of_a4(tmp_path):
    printed = written(tmp_path).read_bytes()
    assert printed.startswith(b"%PDF-")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(boxes) == len(re.findall(rb"/Type /Page\b", printed)) > 3
    assert {(round(float(across)), round(float(down))) for across, down in boxes} == {(595, 842)}
