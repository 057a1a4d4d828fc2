"""axe-core on every page: light and dark, on a screen and on a phone; nothing serious or critical."""

from __future__ import annotations

import importlib.util
from importlib.resources import files

import pytest

from pages.shared.frame import PAGES
from tests.browser.driver import MARKS, browser, cold_server, settle

pytestmark = [
    *MARKS,
    pytest.mark.skipif(
        importlib.util.find_spec("axe_playwright_python") is None,
        reason="axe-playwright-python is not installed",
    ),
]
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def tab():
    with browser() as chromium, cold_server() as address:
        yield chromium.new_page(viewport={"width": WIDTHS[0], "height": 900}), address


CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3)
      .map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const button = document.querySelector('.st-key-export_download button');
  const ground = light(getComputedStyle(button).backgroundColor);
  const words = light(getComputedStyle(button.querySelector('p')).color);
  const [dark, bright] = [ground, words].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}"""
"""Of the main button's words to its ground, which axe-core leaves undecided."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_button_can_be_read(tab, scheme):
    page, address = tab
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}/review", timeout=120_000)
    settle(page, 120).locator(".st-key-export_download button").wait_for(timeout=120_000)
    assert page.evaluate(CONTRAST) >= 4.5


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_is_wrong_for_those_who_read_or_reach_it_otherwise(tab, name):
    page, address = tab
    page.goto(f"{address}/{name}", timeout=120_000)
    settle(page, 120).wait_for_timeout(1000)
    settle(page, 120)
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    wrong = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(700)
            violations = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
            wrong |= {
                (scheme, width, violation["id"], violation["nodes"][0]["html"][:120])
                for violation in violations
                if violation["impact"] in ("serious", "critical")
            }
    assert not wrong
