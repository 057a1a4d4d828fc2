"""The one place of Review from which results are taken along, and the size of a millimetre."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.export import export_formats
from pages.shared.printing import CARD_MM, CSS_PX_PER_MM, ON_PAPER, paper_style

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def app():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["record"] = "demo/simulated-two-minutes"
    return app.run()


def test_every_format_is_offered_in_one_place(app):
    options = app.selectbox(key="export_format").options
    assert len(options) == len(export_formats())
    for form in export_formats():
        app.selectbox(key="export_format").set_value(form.name).run()
        assert not app.exception
        labels = [button.label for button in app.get("download_button")]
        buttons = [label for label in labels if label.startswith("Download")]
        assert buttons == [f"Download {form.title}"]


def test_the_screen_is_measured_with_a_bank_card(app):

    def width():
        return json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["width"]

    before = width()
    assert before == pytest.approx(265 * CSS_PX_PER_MM, abs=1)
    app.slider(key="pick_card").set_value(round(CARD_MM * 5)).run()
    assert width() == pytest.approx(265 * 5, abs=1)
    assert any(button.label == "Fit the window" for button in app.button)  # who measures it wants that size
    next(button for button in app.button if button.label == "As the browser assumes").click().run()
    assert width() == before


def test_on_paper_a_sheet_has_true_size_whatever_it_has_on_the_screen():
    assert f"zoom: {CSS_PX_PER_MM / 5:.5f}" in paper_style("sheet_0", 5.0)
    assert "zoom: 1.00000" in paper_style("sheet_0", CSS_PX_PER_MM)
    assert "@page" not in paper_style("sheet_0", CSS_PX_PER_MM)
    for part in ("stSidebar", "stHeader", "stDownloadButton"):
        assert part in ON_PAPER


def page_csv() -> bytes:
    """A 3x4 page with lead II throughout, empty where a lead is not printed."""
    from ecgcore.partial import cut_into_page
    from ecgcore.synthetic import Heart, simulate

    page = cut_into_page(simulate(Heart(), 250.0, 10.0, seed=2), "II")
    columns = {"time (s)": np.arange(page.n_samples) / page.rate}
    for stretch in page.stretches:
        columns[f"{stretch.lead} (mV)"] = np.full(page.n_samples, np.nan)
        columns[f"{stretch.lead} (mV)"][stretch.first : stretch.stop] = stretch.samples
    return pd.DataFrame(columns).to_csv(index=False).encode()


@pytest.fixture(scope="module")
def page_app():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    app.session_state["pick_source"] = "Upload"
    app.run()
    app.get("file_uploader")[0].upload("Mueller_Hans.csv", page_csv(), "text/csv")
    return app.run()


def test_a_printed_page_is_shown_whole_each_stretch_as_what_it_is(page_app):
    assert not page_app.exception
    assert [element.value for element in page_app.error] == []
    assert any("known only part of the time" in element.value for element in page_app.info)
    figure = json.loads(page_app.get("plotly_chart")[0].proto.spec)
    texts = [re.sub("<[^>]*>", "", note["text"]) for note in figure["layout"]["annotations"]]
    heading = next(element.value for element in page_app.markdown if element.value.startswith("#### "))
    assert "10.0 s · 250 Hz · 12 leads, part of the time" in heading
    assert "V1 · estimated" in texts and "II · measured" in texts and texts.count("measured") == 9
    shown = [
        element.value for kind in ("markdown", "caption", "info", "warning") for element in page_app.get(kind)
    ]
    assert not any("Mueller" in str(text) for text in shown)


def test_the_other_pages_work_with_the_widest_part_of_a_page(page_app):
    page_app.switch_page("pages/measurements.py").run()
    assert not page_app.exception
