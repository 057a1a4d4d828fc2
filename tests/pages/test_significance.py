"""The Significance page by AppTest: as opened, with each question, part of the beat and map, and with what
has no answer."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from models.reconstruct import available

ROOT = Path(__file__).parents[2]
TRAINED = {info.name for info in available() if not info.personal}


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    usual = {"record": "demo/simulated-sinus-rhythm-60-min-500-hz", "model": "linear"}
    for name, value in {**usual, **link}.items():
        app.query_params[name] = value
    app.switch_page("pages/significance.py").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """What is on the page, and what is behind its help marks."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    every = [element for kind in kinds for element in kind]
    return "\n".join(
        [
            *(str(element.value) for element in every),
            *(e.proto.help for e in every if hasattr(e.proto, "help")),
        ]
    )


def set_question(app: AppTest, question: str) -> AppTest:
    app.segmented_control(key="link_question").set_value(question).run()
    assert not app.exception, app.exception
    return app


@pytest.fixture(scope="module")
def page() -> str:
    return words(opened(leads="I-II-V2-V5"))


def test_the_finding_is_said_in_plain_words_with_shares_that_sum_to_all(page):
    sentence = re.search(r"\*\*For V1 in these ten seconds this estimate .*", page)[0]
    assert (
        97 <= sum(int(number) for number in re.findall(r"\((\d+) %\)", sentence)) <= 103
        or "worse" in sentence
    )
    assert "hypothesis" in page


def test_the_table_and_the_scalar_stand_beside_the_map(page):
    assert "the squared error of V1" in page
    for lead in ("I", "II", "V2", "V5"):
        assert f"| **{lead}** |" in page
    assert "from all 16 subsets" in page


CHECKS = (
    "Shuffled model",
    "Deletion against random",
    "Insertion against random",
    "Agreement with Shapley",
    "Stability over beats",
)


def test_every_check_is_shown_with_its_number_in_the_table_and_beside_the_map(page):
    beside = next(line for line in page.splitlines() if line.startswith("**Can it be trusted?**"))
    for name in CHECKS:
        assert re.search(rf"\| {name} \| −?\d", page), name
        assert re.search(rf"badge\[[^\]]*{name} −?\d", beside), name


def test_a_check_that_fails_is_shown_as_failing():
    """The reading that shows the sum of all maps hardly depends on what was learned, and the page says so."""
    if "conv-vae" not in TRAINED:
        pytest.skip("no trained autoencoder here")
    text = words(opened(leads="I-II-V2", question="attention", reading="small gradient"))
    assert re.search(r"orange-badge\[:material/warning: Shuffled model 0\.[3-9]", text)
    assert "A model that learned nothing draws nearly the same map" in text


@pytest.mark.parametrize("wave", ["P", "QRS", "ST", "T"])
def test_a_wave_can_be_explained(wave):
    app = opened(leads="I-II-V2")
    app.segmented_control(key="link_part").set_value(wave).run()
    assert not app.exception, app.exception
    assert re.search(rf"in the {wave} (waves|complexes|segments) of \d+ beats", words(app))


def test_the_gradient_map_writes_out_what_it_explains():
    assert "half the mean square of the estimated V1" in words(opened(leads="I-II-V2-V5", map="gradient"))


def test_the_map_of_another_lead_in_other_colours_by_occlusion():
    app = opened(leads="I-II-V2")
    app.selectbox(key="link_target").select("V6").run()
    app.selectbox(key="link_map").select("occlusion").run()
    app.selectbox(key="link_colours").select("Cividis").run()
    assert not app.exception
    assert "Explained: the squared error of V6 in these ten seconds" in words(app)


def test_a_typed_window_is_explained_and_one_without_a_beat_is_refused():
    app = opened(leads="I-II-V2")
    app.segmented_control(key="link_part").set_value("Own window").run()
    app.number_input(key="link_window_to").set_value(2.0).run()
    assert "the window from 0.00 to 2.00 s" in words(app)
    app.number_input(key="link_window_to").set_value(0.0).run()
    assert "is empty" in app.error[0].value


def test_a_window_without_a_beat_is_refused_and_the_sheet_stays_to_drag_another():
    app = opened(leads="I-II-V2", part="Own window", window="0.85-1")
    assert "no heart beat in the window from 0.85 to 1 s" in app.error[0].value
    assert len(app.get("plotly_chart")) == 1


def test_the_address_opens_the_view_it_names():
    app = opened(leads="I-II-V2", target="V6", part="Own window", window="1.25-3.5", map="occlusion")
    assert "**For V6 in the window from 1.25 to 3.50 s" in words(app)
    assert (app.query_params["window"], app.query_params["target"]) == ("1.25-3.5", "V6")
    app.segmented_control(key="link_part").set_value("All").run()
    assert "window" not in app.query_params and "part" not in app.query_params


def test_one_lead_alone_is_said_to_carry_everything_and_its_map_is_checked_all_the_same():
    text = words(opened(leads="II"))
    assert (
        "Only II is an input lead, so every estimate rests on it alone" in text
        and "this estimate rests on II alone" in text
    )
    assert re.search(r"\| Shuffled model \| 0\.\d", text) and re.search(
        r"\| Stability over beats \| −?\d", text
    )
    assert "| Agreement with Shapley | – | not measurable" in text


def test_an_address_that_asks_for_a_lead_without_an_estimate_is_answered_in_a_sentence():
    app = opened(leads="I-II-V2", target="aVF")
    assert (
        "aVF follows exactly from the input limb leads, so there is no estimate to explain"
        in app.warning[0].value
    )
    assert "**For V1 in" in words(app)


def test_all_leads_measured_leaves_nothing_to_explain():
    assert "nothing is left to estimate" in opened(leads="I-II-V1-V2-V3-V4-V5-V6").error[0].value


def test_for_a_model_of_fixed_leads_the_page_says_whom_it_asks_instead():
    app = opened(leads="I-II-V2", model="nearest-lead")
    if "nearest-lead" not in TRAINED:
        pytest.skip("no trained model of fixed leads here")
    assert "was not trained to do without" in words(app)


@pytest.mark.skipif("gradowski-i-ii-v2" not in TRAINED, reason="no trained network of fixed leads here")
def test_a_published_network_has_a_map_of_its_own_under_its_name():
    app = opened(leads="I-II-V2", model="gradowski-i-ii-v2", target="V5")
    text = words(app)
    assert re.search(r"##### .*Gradowski.*: Grad-CAM of V5", text)
    assert "added its leads up" in text and re.search(r"rests on .*V2 \d+", text)
    app.selectbox(key="link_map").set_value("gradient").run()
    assert not app.exception and "Gradient × input of V5" in words(app)


def test_the_autoencoders_view_shows_its_modes_or_says_how_to_train_it():
    app = set_question(opened(leads="I-II-V2"), "attention")
    if "conv-vae" not in TRAINED:
        assert "rlecg train conv-vae" in app.error[0].value
        return
    assert "self-reconstruction, not contribution" in words(app)
    assert re.search(r"\| by chance \| \d", words(app)) and re.search(
        r"\| variance-normalised \| \d", words(app)
    )
    for name in (*CHECKS, "Stability over windows"):
        assert re.search(rf"\| {name} \| −?\d", words(app)), name
    for mode, meaning in (("positive", "drives the output up"), ("small gradient", "hardly depends on")):
        app.segmented_control(key="link_reading").set_value(mode).run()
        assert not app.exception and meaning in words(app)


def test_the_view_over_many_recordings_answers_in_sentences_or_says_how_to_make_it():
    app = set_question(opened(leads="I-II-V2"), "groups")
    text = words(app)
    if app.error:
        assert "rlecg study significance" in app.error[0].value
        return
    assert re.search(r"##### Raw, in NORM \(\d+ recordings\), V2, V3 and V4 (lead|do not lead)", text)
    assert "After variance normalisation" in text and "by permutation of patients, Bonferroni" in text
    assert re.search(r"\d+ recordings of \d+ patients, PTB-XL folds 9 and 10", text)
    (cells,) = next(
        json.loads(chart.proto.spec) for chart in app.get("plotly_chart") if chart.key == "sig_differences"
    )["data"]
    colours = np.frombuffer(base64.b64decode(cells["z"]["bdata"]), cells["z"]["dtype"])
    assert not np.isnan(colours).any()  # else words of no colour on a dark page
    for shares in ("normalised", "raw"):
        app.segmented_control(key="link_shares").set_value(shares).run()
        assert not app.exception, app.exception
