"""The page in Chromium: it asks for nothing, nothing in it runs, and everything in it fits."""

from __future__ import annotations

import re
import shutil

import pytest

from tegro_analytics.reports.page import write_page
from tests.reports.test_page import DOUBTS, MARCH, facts, strange

pytestmark = pytest.mark.browser

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

ATTEMPT = """() => {
  window.refused = [];
  document.addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective));
  const script = document.createElement("script");
  script.textContent = "window.ran = true";
  document.body.append(script);
  new Image().src = "http://127.0.0.1:9/seen.png";
  fetch("http://127.0.0.1:9/").catch(() => null);
}"""
"""Try what data might do if it ever came to run, and note what the browser refuses."""

UNSEEN = "() => [...document.images].filter(image => !image.naturalWidth).length"
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOURS = """() => [getComputedStyle(document.documentElement).backgroundColor,
                    getComputedStyle(document.body).color]"""


@pytest.fixture
def browser():
    """Start Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        pytest.fail("Chromium is missing: apt-get install chromium")
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_nothing_is_asked_for_and_nothing_runs(browser, tmp_path, lang):
    known = facts(**DOUBTS)
    file = write_page(tmp_path / "march.html", strange(), facts=known, lang=lang, pii=True, **MARCH)
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    asked, happened = [], []
    page.on("request", lambda request: asked.append(request.url))
    for event in ("dialog", "pageerror", "console", "popup", "worker"):
        page.on(event, lambda what, event=event: happened.append((event, str(what))))
    page.goto(file.as_uri(), wait_until="load")
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    assert [url for url in asked if not url.startswith("data:image/svg+xml;base64,")] == [file.as_uri()]
    assert happened == []
    assert page.title().startswith(DOUBTS["shop_name"])
    assert page.evaluate("() => document.scripts.length") == 0
    assert page.evaluate(UNSEEN) == 0
    assert page.evaluate("() => document.images.length") == 9
    said = page.locator("img").first.get_attribute("alt")
    assert bool(re.search("[А-Яа-я]", said)) == (lang == "ru")
    assert page.locator("table").first.is_visible()
    assert page.evaluate(TOO_WIDE) == 0
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate(TOO_WIDE) == 0
    page.evaluate(ATTEMPT)
    page.wait_for_function("() => refused.length == 3")
    assert sorted(page.evaluate("() => refused")) == ["connect-src", "img-src", "script-src-elem"]
    assert page.evaluate("() => window.ran") is None


def test_it_is_readable_in_the_dark_and_light_on_paper(browser, tmp_path):
    file = write_page(tmp_path / "march.html", strange(), facts=facts(), lang="ru", **MARCH)
    page = browser.new_page(color_scheme="dark")
    page.goto(file.as_uri())
    assert page.evaluate(COLOURS) == ["rgb(18, 23, 28)", "rgb(228, 232, 236)"]
    page.emulate_media(media="print")
    assert page.evaluate(COLOURS) == ["rgb(255, 255, 255)", "rgb(27, 39, 51)"]
