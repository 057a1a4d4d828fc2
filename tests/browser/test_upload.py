"""Uploads in a real browser: channels without a name are asked for, any file gets the product's own sentence,
and words of a file are never live."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.synthetic import Heart, simulate
from tests.browser.driver import MARKS, browser, cold_server, settle, wait_for_picture

pytestmark = MARKS
WAIT = 120_000
ECG = simulate(Heart(), 250.0, 12, seed=3)


@pytest.fixture(scope="module")
def tab():
    with browser() as chromium, cold_server() as address:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.outside = []
        page.on(
            "request",
            lambda request: page.outside.append(request.url) if address not in request.url else None,
        )
        page.goto(f"{address}/review", timeout=WAIT)
        wait_for_picture(page, 180)
        settle(page).get_by_role("tab", name="Upload").click()
        page.locator("input[type=file]").wait_for(state="attached", timeout=WAIT)
        yield page
        page.close()


def give(page, *files: tuple[str, bytes]) -> None:
    """Upload files in place of those that are there."""
    settle(page).keyboard.press("Escape")
    for button in page.get_by_label("Remove ").all()[::-1]:
        button.click()
        settle(page).keyboard.press("Escape")
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    )


def holter() -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    samples = np.round(200 * np.stack([ECG["V1"], ECG["V5"]]).T).astype("<i2")
    lines = b"".join(b"04015.dat 16 200/mV 12 0 0 0 0 %s\n" % label for label in (b"ECG1", b"ECG2"))
    return ("04015.hea", b"04015 2 250 %d\n" % ECG.n_samples + lines), ("04015.dat", samples.tobytes())


def test_channels_that_a_file_does_not_name_are_named_in_a_form(tab):
    give(tab, *holter())
    form = tab.get_by_role("dialog")
    form.get_by_text("does not name its channels").wait_for(timeout=WAIT)
    form.get_by_test_id("stImage").nth(1).wait_for(timeout=WAIT)
    settle(tab)
    form.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    form.get_by_text("Name at least one channel.").wait_for(timeout=WAIT)
    for label, lead in (("ECG1", "V1"), ("ECG2", "V5")):
        form.get_by_role("combobox", name=label).click()
        tab.get_by_role("option", name=lead, exact=True).click()
    settle(tab)
    form.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    tab.get_by_text("uploaded WFDB recording").first.wait_for(timeout=WAIT)


def test_channels_without_a_name_beside_known_ones_are_asked_for_and_those_are_kept(tab):
    (head, text), (data, samples) = holter()
    give(tab, (head, text.replace(b"ECG1", b"V1")), (data, samples))
    form = tab.get_by_role("dialog")
    form.get_by_text("V1 is named in the file. The other channels are not").wait_for(timeout=WAIT)
    assert form.get_by_role("combobox").count() == 1
    form.get_by_role("combobox", name="ECG2").click()
    assert not tab.get_by_role("option", name="V1", exact=True).count()
    tab.get_by_role("option", name="V5", exact=True).click()
    settle(tab)
    form.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    tab.get_by_text("leads V1 V5").first.wait_for(timeout=WAIT)


def test_any_file_is_answered_by_the_product_and_the_open_recording_stays(tab):
    give(tab, ("holiday.png", b"\x89PNG\r\n\x1a\n" + bytes(500)))
    tab.get_by_text("holiday.png is of no known type").wait_for(timeout=WAIT)
    tab.get_by_text("The recording that was open stays open.").wait_for(timeout=WAIT)


def test_words_of_a_file_are_never_live(tab):
    head = "I,![x](http://192.0.2.1/a.png),[click](http://192.0.2.1/b)\n"
    rows = "".join(f"{value:.4f},1,2\n" for value in ECG["I"])
    give(tab, ("![y](x).csv", (head + rows).encode()))
    tab.get_by_text("does not say its sampling rate and unit").wait_for(timeout=WAIT)
    assert not tab.outside and not tab.locator("a[href*='192.0.2.1'], img[src*='192.0.2.1']").count()
