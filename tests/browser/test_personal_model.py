"""Personal models in a real browser: two readers train on their own recordings, one cancels, one sees the
result; a third reads on."""

from __future__ import annotations

import pytest

from tests.browser.driver import MARKS, browser, cold_server, toggle_lead, training, wait_for_label

pytestmark = MARKS


@pytest.mark.timeout(900)
def test_two_train_in_turn_while_a_third_reads(tmp_path):
    with browser() as chromium, cold_server() as address:
        first = training(chromium, address, tmp_path, 1, 1200.0)
        first.get_by_text("Epoch 1 of").or_(
            first.get_by_text("the first tells how long it takes")
        ).first.wait_for(timeout=180_000)
        second = training(chromium, address, tmp_path, 2)
        second.get_by_text("Waiting; 1 training before this one.").wait_for(timeout=180_000)

        first.locator(".st-key-personal_cancel button").click(timeout=180_000)
        first.get_by_text("The training was cancelled.").wait_for(timeout=180_000)

        third = chromium.new_page(viewport={"width": 1400, "height": 1000})
        third.goto(f"{address}/review?leads=I-II-V2", timeout=180_000)
        wait_for_label(third, "V4", "estimated")
        toggle_lead(third, "V4")
        wait_for_label(third, "V4", "measured", seconds=180)

        second.get_by_text("is nearer to the recorded lead than least squares with intercept in").wait_for(
            timeout=240_000
        )
        second.get_by_text("Training curve").wait_for(timeout=180_000)
        assert not any(
            "Traceback" in tab.content() or tab.locator("[data-testid=stException]").count()
            for tab in (first, second, third)
        )
