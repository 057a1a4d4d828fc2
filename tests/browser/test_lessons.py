"""Lessons in a real browser: turned by key, answered with the reason, the quiz's tally taken along."""

from __future__ import annotations

import re

import pytest

from tests.browser.driver import MARKS, browser, cold_server, link_with, settle

pytestmark = MARKS
WAIT = 120_000


@pytest.fixture(scope="module")
def tab():
    with browser() as chromium, cold_server() as address:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT)
        page.goto(f"{address}/lead_information?view=lessons&leads=I-II&model=linear", timeout=WAIT)
        page.get_by_text("1 · Twelve views").first.wait_for(timeout=WAIT)
        yield page


def test_lessons_are_turned_by_the_keys_of_a_presenter(tab):
    settle(tab).keyboard.press("PageDown")
    link_with(tab, "lesson=limb", 120)
    settle(tab).keyboard.press("PageUp")
    tab.wait_for_function("() => !location.search.includes('lesson=limb')", timeout=WAIT)


def test_an_answer_is_told_with_its_reason_and_stands_in_the_address(tab):
    settle(tab).get_by_test_id("stRadioOption").filter(has_text=re.compile("^aVL$")).click()
    settle(tab).locator(".st-key-lesson_test_views button").click()
    tab.get_by_text("two limb leads give all six").wait_for(timeout=WAIT)
    assert link_with(tab, "tested-views=aVL", 60)["answer-views"] == ["aVL"]


def test_the_tally_of_the_quiz_counts_and_is_taken_along(tab):
    settle(tab).get_by_text("Which trace was recorded?").first.click()
    settle(tab).locator(".st-key-quiz_pick_A button").click()
    tab.get_by_text("of 1 right").wait_for(timeout=WAIT)
    settle(tab)
    with tab.expect_download(timeout=WAIT) as download:
        tab.locator(".st-key-quiz_csv button").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[1] == "number,lead,inputs,model,real,guessed,right" and lines[2].split(",")[5] == "A"
