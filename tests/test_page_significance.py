"""The Significance page by AppTest: as opened, with each question, part of the beat and map, and with what has no answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from models.reconstruct import available

ROOT = Path(__file__).parent.parent
TRAINED = {info.name for info in available() if not info.personal}


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in {"record": "demo/normal-60-min", "model": "linear", **link}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("pages/significance.py").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def set_question(app: AppTest, question: str) -> AppTest:
    app.segmented_control(key="sig_question").set_value(question).run()
    assert not app.exception, app.exception
    return app


@pytest.fixture(scope="module")
def page() -> str:
    return words(opened(leads="I-II-V2-V5"))


def test_the_finding_is_said_in_plain_words_with_shares_that_sum_to_all(page):
    said = re.search(r"##### For V1 in these ten seconds this estimate .*", page)[0]
    assert 97 <= sum(int(number) for number in re.findall(r"\((\d+) %\)", said)) <= 103 or "worse" in said
    assert "hypothesis" in page


def test_the_table_and_the_scalar_stand_beside_the_map(page):
    assert "half the mean square of the estimated V1" in page
    for lead in ("I", "II", "V2", "V5"):
        assert f"| **{lead}** |" in page
    assert "from all 16 subsets" in page


def test_every_check_is_shown_with_its_number(page):
    for name in ("Shuffled model", "Deletion against random", "Insertion against random", "Agreement with Shapley", "Stability over beats"):
        assert re.search(rf"\| {name} \| (−?\d|–)", page), name


@pytest.mark.parametrize("wave", ["P", "QRS", "ST", "T"])
def test_a_wave_can_be_explained(wave):
    app = opened(leads="I-II-V2")
    app.segmented_control(key="sig_wave").set_value(wave).run()
    assert not app.exception, app.exception
    assert re.search(rf"in the {wave} (waves|complexes|segments) of \d+ beats", words(app))


def test_the_map_of_another_lead_in_other_colours_by_occlusion():
    app = opened(leads="I-II-V2")
    app.selectbox(key="sig_target").select("V6").run()
    app.selectbox(key="sig_kind").select("occlusion").run()
    app.selectbox(key="sig_colours").select("Cividis").run()
    assert not app.exception
    assert "the squared error of V6 grows" in words(app)


def test_a_typed_window_is_explained_and_one_without_a_beat_is_refused():
    app = opened(leads="I-II-V2")
    app.segmented_control(key="sig_wave").set_value("Own window").run()
    app.number_input(key="sig_to").set_value(2.0).run()
    assert "the window from 0.00 to 2.00 s" in words(app)
    app.number_input(key="sig_to").set_value(0.0).run()
    assert "is empty" in app.error[0].value


@pytest.mark.parametrize(("leads", "said"), [("II", "Only II is measured"), ("I-II-V1-V2-V3-V4-V5-V6", "nothing is left to estimate")])
def test_what_cannot_be_divided_is_said_in_a_sentence(leads, said):
    app = opened(leads=leads)
    assert said in app.error[0].value


def test_for_a_model_of_fixed_leads_the_page_says_whom_it_asks_instead():
    app = opened(leads="I-II-V2", model="nearest-lead")
    if "nearest-lead" not in TRAINED:
        pytest.skip("no trained model of fixed leads here")
    assert "was not trained to do without" in words(app)


def test_the_autoencoders_view_shows_its_modes_or_says_how_to_train_it():
    app = set_question(opened(leads="I-II-V2"), "attention")
    if "conv-vae" not in TRAINED:
        assert "python -m models.train conv-vae" in app.error[0].value
        return
    assert "Self-reconstruction, not worth" in words(app)
    for mode in ("positive", "small gradient"):
        app.segmented_control(key="sig_mode").set_value(mode).run()
        assert not app.exception and f"{mode.capitalize()}:" in words(app)


def test_the_view_over_many_recordings_shows_intervals_or_says_how_to_make_it():
    app = set_question(opened(leads="I-II-V2"), "groups")
    said = words(app)
    assert "python -m models.significance" in said or re.search(r"\| \*\*NORM\*\* \| .*\d \[.*\]", said)
