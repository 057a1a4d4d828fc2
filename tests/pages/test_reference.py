"""The reference recording on Review by AppTest: from the start of the recording, not to be trusted, and by
link."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
RECORD = "demo/simulated-sinus-rhythm-60-min-500-hz"


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in {"record": RECORD, "model": "linear", "leads": "I-II", **link}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_without_a_reference_only_the_generic_estimate_is_there():
    text = words(opened())
    assert "Reference in use" not in text and "r personal" not in text


def test_the_first_seconds_give_both_estimates_a_column_each():
    app = opened(reference="first-2")
    text = words(app)
    assert "**Reference in use.**" in text and "| Lead | r generic | r personal |" in text
    cells = next(line for line in text.splitlines() if line.startswith("| **V2** |")).split("|")
    assert float(cells[3]) > float(cells[2])
    assert "first-2" in app.query_params["reference"]


@pytest.mark.parametrize("name", ["first-99", "../../etc"])
def test_a_link_with_a_reference_that_is_not_there_says_what_is_possible(name):
    app = opened(reference=name)
    text = words(app) + words(app.run())
    assert "The link asks for reference" in text and "Reference in use" not in text


def test_results_set_both_estimates_side_by_side_or_say_how_to():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["view"] = "person"
    app.switch_page("pages/results.py").run()
    assert not app.exception, app.exception
    text = words(app)
    if "rlecg study reference" not in text:
        assert "| n | r | gain in r |" in text
        assert next(box.label for box in app.expander) == "Same session: 6 other databases"


def test_lead_information_shows_what_the_person_adds_to_each_lead():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/lead_information.py").run()
    app.segmented_control(key="link_view").set_value("person").run()
    assert not app.exception, app.exception
    assert any("recordings of" in str(caption.value) for caption in app.caption), words(app)
