"""Twelve tasks of a cardiologist, a teacher and a researcher, walked in Chromium: ``python -m
tests.browser.tasks`` prints clicks (or keys, or drags) and seconds of each, and which are not possible.

A click on a list that opens and one on its entry count as two; typing a text counts as one.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from tests.browser.driver import (
    browser,
    cold_server,
    settle,
    wait_for_label,
    wait_for_picture,
)

WAIT_MS = 60_000
DONE = "[data-testid=stApp][data-test-script-state=notRunning]"
REPEATED = "review?leads=I-II-V2&record=local/ptb-xl/02041"
"""A recording whose patient has an earlier one."""


@dataclass
class Hand:
    """A reader at one tab, whose clicks are counted."""

    tab: Any
    clicks: int = 0

    def click(self, place: Any) -> None:
        """One click."""
        place.click(timeout=WAIT_MS)
        self.clicks += 1

    def press(self, key: str) -> None:
        """One key."""
        self.tab.keyboard.press(key)
        self.clicks += 1

    def lead(self, lead: str) -> None:
        """The checkbox of a lead."""
        self.click(self.tab.locator(f".st-key-pick_lead_{lead} label"))

    def choose(self, name: str, option: str) -> None:
        """An entry of a list: two clicks."""
        self.click(self.tab.locator(f".st-key-pick_{name} [role=combobox]"))
        self.click(self.tab.get_by_role("option", name=option, exact=True))

    def page(self, title: str) -> None:
        """Another page by the menu."""
        self.click(self.tab.locator("[data-testid=stSidebar] a").get_by_text(title, exact=True))

    def text(self, words: str) -> None:
        """Until these words are on the screen."""
        self.tab.get_by_text(words).first.wait_for(timeout=WAIT_MS)


def first_ecg(hand: Hand) -> None:
    wait_for_picture(hand.tab, 240)


def add_v4(hand: Hand) -> None:
    hand.lead("V4")
    wait_for_label(hand.tab, "V4", "measured", 240)


def limb_leads_only(hand: Hand) -> None:
    hand.lead("V2")
    wait_for_label(hand.tab, "V2", "estimated", 240)


def single_lead(hand: Hand) -> None:
    hand.choose("format", "Single lead")
    hand.tab.wait_for_function("() => location.search.includes('layout=single')", timeout=WAIT_MS)


def qt_by_caliper(hand: Hand) -> None:
    hand.press("m")
    hand.text("Drag a box on the paper")
    sheet = hand.tab.locator(".st-key-sheet_0_calipers .nsewdrag").first
    sheet.wait_for(timeout=WAIT_MS)
    hand.tab.wait_for_selector(DONE, state="attached")
    sheet.scroll_into_view_if_needed(timeout=WAIT_MS)
    paper = sheet.bounding_box()
    hand.tab.mouse.move(paper["x"] + 150, paper["y"] + 60)
    hand.tab.mouse.down()
    hand.tab.mouse.move(paper["x"] + 190, paper["y"] + 90, steps=6)
    hand.tab.mouse.up()
    hand.clicks += 1
    hand.text("Calipers: ")


def anterior_mi_by_words(hand: Hand) -> None:
    hand.click(hand.tab.get_by_role("tab", name="Local"))
    words = hand.tab.locator(".st-key-pick_words input")
    words.fill("anterior infarction", timeout=WAIT_MS)
    words.press("Enter")
    hand.clicks += 1
    hand.tab.wait_for_function("() => location.search.includes('find=anterior')", timeout=WAIT_MS)
    hand.click(hand.tab.locator(".st-key-step_on button"))
    hand.tab.locator("h4").filter(has_text="myocardial infarction").first.wait_for(timeout=WAIT_MS)


def previous_ecg(hand: Hand) -> None:
    hand.click(hand.tab.get_by_text("Previous ECG", exact=True))
    earlier = '[class*="st-key-frame_sheet_previous_"] .scatterlayer path.js-line'
    hand.tab.locator(earlier).first.wait_for(state="attached", timeout=WAIT_MS)


def grad_cam(hand: Hand) -> None:
    hand.page("Significance")
    hand.text("Grad-CAM of V1")
    wait_for_picture(hand.tab, 240)


def r_of_v4(hand: Hand) -> None:
    hand.page("Results")
    hand.tab.locator("td").get_by_text(re.compile(r"^I\s?\+\s?II\s?\+\s?V4$")).first.wait_for(timeout=WAIT_MS)


def take_a_pdf(hand: Hand) -> None:
    with hand.tab.expect_download(timeout=WAIT_MS) as download:
        hand.click(hand.tab.locator(".st-key-export_download button"))
    assert download.value.path().read_bytes().startswith(b"%PDF")


def open_a_dicom(hand: Hand) -> None:
    hand.click(hand.tab.get_by_role("tab", name="Upload"))
    file = files("pydicom") / "data" / "test_files" / "waveform_ecg.dcm"
    hand.tab.locator("input[type=file]").set_input_files(str(file))
    hand.clicks += 1
    hand.text("uploaded DICOM recording")


def share_this_view(hand: Hand) -> None:
    other = hand.tab.context.browser.new_page()
    other.goto(hand.tab.url, timeout=WAIT_MS)
    wait_for_label(other, "V3", "estimated", 240)
    other.close()


TASKS: dict[str, tuple[str, Callable[[Hand], None]]] = {
    "first ECG": ("", first_ecg),
    "add V4": ("review?leads=I-II-V2", add_v4),
    "limb leads only": ("review?leads=I-II-V2", limb_leads_only),
    "single lead": ("review?leads=I-II-V2", single_lead),
    "measure QT by caliper": ("review?leads=I-II-V2", qt_by_caliper),
    "find an anterior MI by words": ("review?leads=I-II-V2", anterior_mi_by_words),
    "compare with the previous ECG": (REPEATED, previous_ecg),
    "Grad-CAM of the network": ("review?leads=I-II-V2", grad_cam),
    "r of I + II + V4": ("review?leads=I-II-V2", r_of_v4),
    "take a PDF": ("review?leads=I-II-V2", take_a_pdf),
    "open a DICOM": ("review?leads=I-II-V2", open_a_dicom),
    "share this very view": ("review?leads=I-II-V2&layout=12x1", share_this_view),
}


def walk(chromium: Any, address: str, name: str) -> tuple[int | None, float]:
    """Clicks and seconds of a task; None clicks where it cannot be done."""
    start, task = TASKS[name]
    hand = Hand(chromium.new_page(viewport={"width": 1280, "height": 900}))
    hand.tab.set_default_timeout(WAIT_MS)
    begun = time.perf_counter()
    hand.tab.goto(f"{address}/{start}", timeout=WAIT_MS)
    if start:
        wait_for_picture(hand.tab, 240)
        settle(hand.tab)
        begun = time.perf_counter()
    try:
        task(hand)
    except Exception as error:  # noqa: BLE001 - whatever keeps a reader from it
        print(f"{name}: {' '.join(str(error).split())[:200]}", file=sys.stderr)
        return None, time.perf_counter() - begun
    finally:
        hand.tab.close()
    return hand.clicks, time.perf_counter() - begun


def main(names: list[str]) -> None:
    """Print the table, of all tasks or of those named."""
    with browser() as chromium, cold_server() as address:
        print("| task | clicks | seconds |\n|:--|--:|--:|")
        for name in names or TASKS:
            clicks, seconds = walk(chromium, address, name)
            print(f"| {name} | {'not possible' if clicks is None else clicks} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
