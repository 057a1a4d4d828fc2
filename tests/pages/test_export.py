"""The one place of Review from which results are taken along, and the size of a millimetre."""

from __future__ import annotations

from pathlib import Path

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
        buttons = [button.label for button in app.get("download_button")]
        assert buttons == [f"Download {form.title}"]


def test_the_screen_is_measured_with_a_bank_card(app):
    import json

    def width():
        return json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["width"]

    before = width()
    assert before == pytest.approx(265 * CSS_PX_PER_MM, abs=1)
    app.slider(key="pick_card").set_value(round(CARD_MM * 5)).run()
    assert width() == pytest.approx(265 * 5, abs=1)
    next(button for button in app.button if button.label == "As the browser assumes").click().run()
    assert width() == before


def test_on_paper_a_sheet_has_true_size_whatever_it_has_on_the_screen():
    assert f"zoom: {CSS_PX_PER_MM / 5:.5f}" in paper_style(".sheet", 5.0)
    assert "zoom: 1.00000" in paper_style(".sheet", CSS_PX_PER_MM)
    for part in ("stSidebar", "stHeader", "stDownloadButton"):
        assert part in ON_PAPER
