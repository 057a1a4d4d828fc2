"""The Significance page in a real browser: a window dragged over the map is explained and stands in the
address."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlparse

from tests.browser.driver import MARKS, browser, cold_server, settle

pytestmark = MARKS
LINK = "/significance?record=demo%2Fsimulated-sinus-rhythm-60-min-500-hz&model=linear&leads=I-II-V2&target=V5"
MAP = ".st-key-sig_map .js-plotly-plot"
SLOW_MS = 120_000


def seconds_at(page, first: float, last: float) -> list[tuple[float, float]]:
    """Where on screen two moments of the map lie, (x, y) pixels."""
    points = page.locator(MAP).last.evaluate(
        """(plot, moments) => {
            const box = plot.querySelector('.nsewdrag').getBoundingClientRect();
            const axis = plot._fullLayout.xaxis;
            const fit = plot.getBoundingClientRect().width / plot.offsetWidth;
            return moments.map(at => [box.left + fit * axis.d2p(at), box.top + box.height / 2]);
        }""",
        [first, last],
    )
    return [tuple(point) for point in points]


def test_a_dragged_window_is_explained_and_stands_in_the_address():
    with browser() as chromium, cold_server() as address:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(address + LINK)
        page.wait_for_selector("text=/For V5 in these ten seconds/", timeout=SLOW_MS)
        page.wait_for_selector(f"{MAP} .nsewdrag", state="attached", timeout=SLOW_MS)
        page.wait_for_selector("text=Can it be trusted?", timeout=SLOW_MS)
        settle(page)
        (x0, y), (x1, _) = seconds_at(page, 2.2, 3.7)
        page.mouse.move(x0, y)
        page.mouse.down()
        page.mouse.move((x0 + x1) / 2, y, steps=4)
        page.mouse.move(x1, y, steps=4)
        page.mouse.up()
        page.wait_for_selector("text=/For V5 in the window from 2[.]\\d+ to 3[.]\\d+ s/", timeout=SLOW_MS)
        page.wait_for_function("() => location.search.includes('window=')", timeout=SLOW_MS)
        link = parse_qs(urlparse(page.url).query)
        start, stop = map(float, re.fullmatch(r"([\d.]+)-([\d.]+)", link["window"][0]).groups())
        assert link["part"] == ["Own window"] and abs(start - 2.2) < 0.1 and abs(stop - 3.7) < 0.1
        page.close()
        again = chromium.new_page(
            viewport={"width": 1400, "height": 1000}
        )  # another reader opens the address
        again.goto(f"{address}/significance?{urlparse(page.url).query}")
        again.wait_for_selector(
            f"text=/For V5 in the window from {start:.2f} to {stop:.2f} s/", timeout=SLOW_MS
        )
