"""Finding a recording in a real browser: by words, and the next by key."""

from __future__ import annotations

from pathlib import Path

from tests.browser.driver import MARKS, browser, cold_server, link_with, settle, wait_for_picture
from tests.ecgcore.datasets.test_search import STATEMENTS, TABLE

pytestmark = MARKS


def test_found_by_words_opened_and_the_next_by_key(tmp_path: Path):
    from ecgcore.io.write import write_ecg
    from ecgcore.synthetic import Heart, simulate

    folder = tmp_path / "ptb-xl"
    (folder / "a").mkdir(parents=True)
    (folder / "ptbxl_database.csv").write_text(TABLE)
    (folder / "scp_statements.csv").write_text(STATEMENTS)
    for number in range(1, 8):
        write_ecg(simulate(Heart(), 100.0, 10.0, seed=number), folder / "a", f"0000{number}_lr")
    with cold_server(ECG_DATA=str(tmp_path)) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{address}/find", timeout=120_000)
        page.get_by_text("7 recordings").wait_for(timeout=120_000)
        settle(page).get_by_label("Find", exact=True).fill("left bundle")
        page.keyboard.press("Enter")
        page.get_by_text("2 recordings").wait_for(timeout=120_000)
        page.get_by_text("7 recordings").wait_for(state="hidden", timeout=120_000)
        page.get_by_role("img", name="Lead II of 00002").first.wait_for(timeout=120_000)
        settle(page).get_by_role("link", name="Open").first.click()
        wait_for_picture(page)
        assert link_with(page, "record=")["record"] == ["local/ptb-xl/00002"]
        assert link_with(page, "find=left")["find"] == ["left bundle"]
        settle(page).locator("h4").first.click()  # the keys are the page's
        settle(page).keyboard.press("n")
        link_with(page, "00003")
        assert page.get_by_text("complete left bundle branch block, sinus rhythm").first.is_visible()
        settle(page).keyboard.press("p")
        assert "present" not in link_with(page, "00002")
        settle(page).go_back()
        link_with(page, "00003")
        page.close()
