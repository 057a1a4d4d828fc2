"""The whole app in a real browser: a fresh server, a deep link, a changed lead, a bad file, nothing from
outside."""

from __future__ import annotations

import re
from urllib.parse import urlparse

import pytest

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.io.write import write_ecg
from ecgcore.synthetic import Heart, simulate
from pages.shared.frame import PAGES
from tests.browser.driver import (
    MARKS,
    browser,
    cold_server,
    link_with,
    settle,
    toggle_lead,
    wait_for_label,
    wait_for_picture,
)

pytestmark = MARKS


SIDEWAYS = (
    "() => { const main = document.querySelector('.stMain'); return main.scrollWidth - main.clientWidth }"
)
"""Pixels by which the page is wider than its window."""


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def warm_server(chromium):
    """A server that has answered one visit: the one tested first, by deep link."""
    with cold_server() as address:
        yield address


@pytest.fixture
def page(chromium):
    tab = chromium.new_page(viewport={"width": 1400, "height": 1000})
    yield tab
    tab.close()


def test_a_deep_link_to_a_cold_server_shows_frame_and_picture(page, warm_server):
    outside = []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url)
            if urlparse(request.url).scheme in ("http", "https")
            and urlparse(request.url).hostname != "127.0.0.1"
            else None
        ),
    )
    page.goto(f"{warm_server}/review?leads=II-V1-V5&layout=12x1&gain=20")
    wait_for_picture(page)
    wait_for_label(page, "V3", "estimated")
    wait_for_label(page, "V5", "measured")
    assert page.get_by_text(NOT_FOR_DIAGNOSIS).first.is_visible()
    assert page.locator("[data-testid=stSidebar]").get_by_text("Review").first.is_visible()
    link = link_with(page, "leads=II-V1-V5")
    assert link["leads"] == ["II-V1-V5"] and link["layout"] == ["12x1"] and link["gain"] == ["20"]
    assert not outside, f"asked outside: {outside}"


def test_the_front_door_needs_no_click_and_keeps_the_link(page, warm_server):
    page.goto(f"{warm_server}/?leads=II")
    wait_for_picture(page)
    wait_for_label(page, "I", "estimated")
    assert link_with(page, "leads=II")["leads"] == ["II"]


@pytest.mark.parametrize("width", [1920, 700])
def test_squares_are_square_and_keep_their_size_on_the_screen(page, warm_server, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{warm_server}/review?speed=50&gain=20")
    wait_for_picture(page)
    drawn, meant = page.evaluate(
        "() => { const plot = document.querySelector('.js-plotly-plot'); return [plot.offsetWidth, "
        "plot.layout.width] }"
    )
    assert drawn == meant
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.get_by_text("Drawn smaller than true size").first.is_visible() == (width < 1920)
    x, y = page.evaluate(
        """() => { const {xaxis, yaxis} = document.querySelector('.js-plotly-plot')._fullLayout;
                   return [xaxis, yaxis].map(axis => axis._length / (axis.range[1] - axis.range[0])) }"""
    )
    assert x / 50 == pytest.approx(y / 20, rel=0.005)


def test_a_changed_lead_changes_the_picture(page, warm_server):
    page.goto(f"{warm_server}/review?leads=I-II-V2")
    wait_for_label(page, "V4", "estimated")
    toggle_lead(page, "V4")
    wait_for_label(page, "V4", "measured")
    assert link_with(page, "leads=I-II-V2-V4")


def test_back_and_forward_go_through_choices_and_views(page, warm_server):
    page.goto(f"{warm_server}/review?leads=I-II-V2")
    wait_for_label(page, "V4", "estimated")
    toggle_lead(page, "V4")
    link_with(page, "leads=I-II-V2-V4")
    settle(page).locator("[data-testid=stSidebar]").get_by_text("Results").click()
    link_with(page, "leads=I-II-V2-V4")
    settle(page).get_by_role("radio", name="Lead by lead").or_(page.get_by_text("Lead by lead")).first.click()
    link_with(page, "view=leads")
    assert "Lead by lead" in page.title()
    settle(page).go_back()
    page.wait_for_function("() => !location.search.includes('view=leads')", timeout=120_000)
    page.wait_for_function("() => document.title.startsWith('Overview')", timeout=120_000)
    settle(page).go_back()
    wait_for_label(page, "V4", "measured")
    settle(page).go_back()
    wait_for_label(page, "V4", "estimated")
    assert link_with(page, "leads=I-II-V2")["leads"] == ["I-II-V2"]
    settle(page).go_forward()
    wait_for_label(page, "V4", "measured")
    assert link_with(page, "leads=I-II-V2-V4")


def test_a_box_dragged_on_the_paper_is_measured(page, warm_server):
    page.goto(f"{warm_server}/review")
    wait_for_picture(page)
    settle(page).locator(".st-key-desk_calipers button").click()
    page.get_by_text("drag a box on the paper").wait_for(timeout=120_000)
    paper = settle(page).locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    per_second, per_mv = page.evaluate(
        """() => { const plot = document.querySelector('.js-plotly-plot');
                   const {xaxis, yaxis} = plot._fullLayout;
                   const fit = plot.getBoundingClientRect().width / plot.offsetWidth;
                   return [xaxis, yaxis].map(
                     axis => fit * axis._length / (axis.range[1] - axis.range[0])) }"""
    )
    page.mouse.move(paper["x"] + 200, paper["y"] + 60)
    page.mouse.down()
    page.mouse.move(paper["x"] + 200 + per_second, paper["y"] + 60 + per_mv, steps=6)
    page.mouse.up()
    calipers = page.get_by_text("Calipers: ").filter(has_text="mV")
    calipers.wait_for(timeout=120_000)
    width, height = re.search(r"(\d+) ms.* ([\d.]+) mV", calipers.text_content()).groups()
    assert float(width) == pytest.approx(1000, abs=30) and float(height) == pytest.approx(1, abs=0.05)
    link_with(page, "calipers=")
    before = settle(page).url
    page.keyboard.press("ArrowRight")
    wider = page.get_by_text("Calipers: ").filter(has_text=f"{int(width) + 10} ms")
    wider.wait_for(timeout=120_000)
    page.wait_for_function("before => location.href !== before", arg=before, timeout=120_000)
    other = page.context.browser.new_page(viewport={"width": 1400, "height": 1000})
    other.goto(page.url)
    other.get_by_text("Calipers: ").filter(has_text=f"{int(width) + 10} ms").wait_for(timeout=120_000)
    other.close()


CORNER = """() => {
  const paper = document.querySelector('.js-plotly-plot'), at = paper.getBoundingClientRect();
  return paper.contains(document.elementFromPoint(at.right - 6, at.bottom - 6));
}"""
"""Whether the last corner of the paper is there to be seen, not cut off by what it lies in."""


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_the_presenter_view_shows_the_whole_paper_without_a_menu(page, warm_server, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{warm_server}/review?present=on")
    wait_for_picture(page)
    wait_for_label(page, "V4", "estimated")
    paper = page.locator(".js-plotly-plot").first.bounding_box()
    assert paper["x"] >= 0 and paper["x"] + paper["width"] <= size[0]
    assert paper["y"] + paper["height"] <= size[1] and paper["height"] > 0.6 * size[1]
    assert page.evaluate(CORNER)
    assert not page.locator("[data-testid=stSidebar]").is_visible()


def test_the_presenter_view_of_a_phone_shows_the_paper_from_its_left_edge(page, warm_server):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{warm_server}/review?present=on")
    wait_for_label(page, "V4", "estimated")
    settle(page).wait_for_timeout(500)
    left, right = page.evaluate("""() => {
      const sheet = document.querySelector('[class*="st-key-frame_sheet"] .main-svg').getBoundingClientRect();
      return [sheet.left, sheet.right];
    }""")
    assert 0 <= left < right <= 390 and right - left > 300


NOTHING_TO_CHOOSE = """() => [...document.querySelectorAll('.stMain :is(input, textarea, select, button)')]
  .filter(part => part.checkVisibility() && part.getBoundingClientRect().width > 1)
  .map(part => part.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize(
    "link",
    [
        "measurements?leads=I-II-V2",
        "significance?leads=I-II-V2&question=groups",
        "lead_information?leads=I-II-V2&view=diagnosis",
        "results?leads=I-II-V2&view=published&table=benchmark",
        "trained?leads=I-II-V2",
    ],
)
def test_on_paper_there_is_nothing_to_choose(page, warm_server, link):
    page.goto(f"{warm_server}/{link}", timeout=120_000)
    page.get_by_text(NOT_FOR_DIAGNOSIS).first.wait_for(timeout=120_000)
    settle(page)
    page.emulate_media(media="print")
    assert page.evaluate(NOTHING_TO_CHOOSE) == []


def test_on_paper_a_heading_stays_with_what_it_names_and_no_link_is_left(page, warm_server):
    after = "heading => getComputedStyle(heading.closest('.stElementContainer')).breakAfter"
    page.goto(f"{warm_server}/trained?model=any-subset", timeout=120_000)
    heading = page.get_by_text("What more recordings bring")
    heading.wait_for(timeout=120_000)
    settle(page).emulate_media(media="print")
    assert heading.evaluate(after) == "avoid"
    assert not page.locator("[data-testid=stPageLink]").first.is_visible()


def test_a_bad_file_is_one_sentence_and_the_picture_stays(page, warm_server, tmp_path):
    file = tmp_path / "Mueller_Hans.hea"
    file.write_text("this is no header\n")
    page.goto(f"{warm_server}/review")
    wait_for_picture(page)
    settle(page).get_by_role("tab", name="Upload").click()
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_text("The recording that was open stays open.").wait_for(timeout=120_000)
    assert "Traceback" not in page.content() and "Mueller" not in page.url
    assert page.locator(".js-plotly-plot").first.is_visible()


def test_an_uploaded_recording_stays_open_while_leads_change(page, warm_server, tmp_path):
    head = write_ecg(simulate(Heart(), 250.0, 12.0, seed=3), tmp_path, "mine")
    page.goto(f"{warm_server}/review?leads=I-II-V2")
    settle(page).get_by_role("tab", name="Upload").click(timeout=120_000)
    page.locator("input[type=file]").set_input_files([str(head), str(head.with_suffix(".dat"))])
    page.get_by_text("uploaded WFDB recording").first.wait_for(timeout=120_000)
    for lead in ("V4", "V6"):
        toggle_lead(page, lead)
        wait_for_label(page, lead, "measured")
    settle(page)
    assert page.get_by_text("uploaded WFDB recording").first.is_visible() and "record=" not in page.url


@pytest.mark.parametrize("name", [name for name in PAGES if name != "review"])
def test_every_page_opens_by_its_address_with_its_frame(page, warm_server, name):
    page.goto(f"{warm_server}/{name}")
    page.get_by_text(NOT_FOR_DIAGNOSIS).first.wait_for(timeout=120_000)
    page.locator("[data-testid=stSidebar]").get_by_text("Review").first.wait_for(timeout=120_000)
    settle(page)
    assert page.locator("[data-testid=stException]").count() == 0
    page.set_viewport_size(
        {"width": 390, "height": 844}
    )  # of a phone: tables and paper scroll by themselves, the page does not
    page.wait_for_function(f"() => ({SIDEWAYS})() <= 0", timeout=120_000)
    sidebar = "[data-testid=stExpandSidebarButton]"
    page.wait_for_selector(sidebar, state="attached", timeout=120_000)
    words = page.evaluate(f"getComputedStyle(document.querySelector('{sidebar}'), '::after').content")
    picks = name in ("measurements", "lead_information", "significance", "personal_model")
    assert words == ('"Menu, recording, leads"' if picks else '"Menu"')


SHEET = """() => {
  const sheet = document.querySelector('[class*="st-key-frame_sheet"] .js-plotly-plot');
  const frame = sheet.closest('[class*="st-key-frame_"]');
  return [frame.getBoundingClientRect().width, frame.scrollWidth - frame.clientWidth,
    sheet.querySelector('.main-svg').getBoundingClientRect().width, getComputedStyle(frame).overflowX];
}"""
"""Width of the room for the sheet, how far it scrolls, and the width in which the sheet is drawn, in px."""


def test_the_sheet_fits_a_window_of_1280_and_keeps_its_true_size_where_that_is_asked_for(
    chromium, warm_server
):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{warm_server}/review", timeout=120_000)
    wait_for_picture(page)
    room, _, drawn, overflow = page.evaluate(SHEET)
    assert room < 1000 and drawn == pytest.approx(room, abs=1.5) and overflow == "hidden"
    settle(page).locator(".st-key-desk_size button").first.click()
    page.get_by_text("The paper keeps its true size").first.wait_for(timeout=120_000)
    page.wait_for_timeout(1500)
    room, scrolls, drawn, overflow = page.evaluate(SHEET)
    assert drawn == pytest.approx(265 * 96 / 25.4, abs=1) and scrolls > 0 and overflow == "auto"
    page.close()


def test_on_a_phone_options_stand_in_one_row_and_loops_keep_their_width(page, warm_server):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{warm_server}/review?leads=I-II-V2&show=vector", timeout=120_000)
    loops = page.locator(".st-key-vector_loop .main-svg").first
    loops.wait_for(timeout=120_000)
    options = settle(page).locator(".st-key-display_options [role=combobox]").all()
    heights = {round(option.bounding_box()["y"]) for option in options}
    assert len(options) == 5 and len(heights) == 1, heights
    assert loops.bounding_box()["width"] >= 800
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_files_that_are_no_pages_lead_to_review(page, warm_server):
    page.goto(f"{warm_server}/parts")
    wait_for_picture(page)
    assert urlparse(page.url).path == "/review"


def test_a_report_is_downloaded_and_the_page_prints_at_true_size(chromium, warm_server):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{warm_server}/review", timeout=120_000)
    wait_for_picture(page)
    settle(page)
    with page.expect_download(timeout=120_000) as download:
        page.locator(".st-key-export_download button").click(timeout=120_000)
    assert download.value.path().read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    sheet, *charts = page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => "
        "plot.getBoundingClientRect().width)"
    )
    assert sheet == pytest.approx(265 * 96 / 25.4, abs=1) and all(width < sheet for width in charts)
    hidden = "name => getComputedStyle(document.querySelector(`[data-testid=${name}]`)).display"
    assert [page.evaluate(hidden, name) for name in ("stSidebar", "stHeader")] == ["none", "none"]
    assert not page.get_by_text("About this estimate").is_visible()  # there is nothing to choose on paper
    strokes = """() => [...document.querySelectorAll('.stPlotlyChart')][0].querySelectorAll('path.js-line')"""
    under, alone = page.evaluate(f"""() => {{
      const lines = [...({strokes})()].map(line => getComputedStyle(line));
      const recorded = lines.filter(line => line.strokeWidth === '1.1px');
      const lighter = recorded.filter(line => line.stroke === 'rgb(153, 153, 153)');
      return [lighter.length, recorded.length - lighter.length];
    }}""")
    assert (under, alone) == (9, 8)  # I, II, V2, the rhythm strip and four calibration pulses stay black
    dashes = page.evaluate("""() => [...document.querySelectorAll('.annotation-text tspan')]
      .filter(part => part.textContent === '—').map(part => getComputedStyle(part).fill)""")
    assert set(dashes) == {"rgb(153, 153, 153)"}  # in the key, beside a black one
    pages = page.pdf(prefer_css_page_size=True)
    assert pages.count(b"/Type /Page\n") in (1, 2, 3)
    page.close()


@pytest.mark.parametrize(("gain", "size"), [(10, 1.0), (20, 0.74)])
def test_a_sheet_higher_than_a_page_is_printed_on_two_cut_between_leads(chromium, warm_server, gain, size):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{warm_server}/review?leads=II&layout=12x1&gain={gain}", timeout=120_000)
    wait_for_picture(page)
    settle(page)
    wide = 265 * 96 / 25.4
    page.emulate_media(media="print")
    box = page.locator(".js-plotly-plot").first.bounding_box()
    assert box["width"] == pytest.approx(size * wide, abs=0.01 * wide)
    assert page.get_by_text("of true size: 25 mm are").first.is_visible() == (size < 1)
    lower = page.evaluate("""() => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
      .filter(rule => rule.media?.mediaText === 'print').flatMap(rule => [...rule.cssRules])
      .filter(rule => rule.selectorText === 'sheet_0').map(rule => rule.style.marginBottom)""")
    first_mm = float(re.search(r"([\d.]+)px\)$", lower[0])[1]) * 25.4 / 96 - 6  # the upper edge
    assert box["height"] * 25.4 / 96 / 2 <= first_mm <= 198.1
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") in (4, 5)
    page.close()
