"""The view "Is the diagnosis preserved?" by AppTest: full, without tables, of other weights, of other
classifiers, and by link."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.evaluation.discrimination import MARGINS
from ecgcore.figures.diagnosis import SYMBOLS, forest_figure, held
from ecgcore.studies.diagnosis import ALONE, GROUPS, MAIN_SETS, ORIGINAL, outcomes
from models import reconstruct
from models.checkpoint import card_for, save
from models.diagnosis import scoring
from models.diagnosis.classifier import FILES, FOLDER, Classifier, ClassifierConfig, classifier
from models.diagnosis.scoring import FILE
from models.training.batches import Dataset
from tests.contracts.test_pages import words
from tests.ecgcore.evaluation.test_discrimination import made_up, table

ROOT = Path(__file__).parents[2]
SETS = [str(leads) for leads in MAIN_SETS]


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Linear and nearest-lead with made-up tables, and a small classifier."""
    import numpy as np

    for name in ("linear", "nearest-lead"):
        (tmp_path / name).mkdir()
        shutil.copy(reconstruct.TRAINED / name / "weights.safetensors", tmp_path / name)
    nobody = np.array(["x"])
    dataset = Dataset(np.zeros((1, 8, 10), np.int16), np.array([10]), 100.0, nobody, nobody)
    model = Classifier(ClassifierConfig(widths=(8, 12)))
    validation = {"validation": "AUROC on fold 9 made up"}
    save(
        model,
        card_for(
            model,
            dataset,
            dataset="",
            folds="PTB-XL 1-8 trained, 9 validation",
            normalisation="",
            metrics=validation,
        ),
        tmp_path / FOLDER / FILES[False],
    )
    monkeypatch.setattr(reconstruct, "TRAINED", tmp_path)
    monkeypatch.setattr(scoring, "TRAINED", tmp_path)
    classifier.cache_clear()
    reconstruct.forget()
    own = classifier().weights_hash
    controls = {(own, ORIGINAL, "all"): 0.0} | {(own, ALONE, inputs): 3.0 for inputs in SETS}
    both = ("test", "val")
    table(controls, splits=both).to_csv(tmp_path / FOLDER / FILE, index=False)
    weights = reconstruct.weights_of("linear")
    shifts = {(own, "linear", inputs): 2.0 - 0.2 * number for number, inputs in enumerate(SETS)}
    table(shifts, splits=both).assign(weights=weights).to_csv(tmp_path / "linear" / FILE, index=False)
    yield tmp_path
    classifier.cache_clear()
    reconstruct.forget()


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    link = {
        "record": "demo/simulated-sinus-rhythm-60-min-500-hz",
        "model": "linear",
        "leads": "I-II-V2",
        "view": "diagnosis",
        **link,
    }
    for name, value in link.items():
        app.query_params[name] = value
    app.switch_page("pages/lead_information.py").run()
    assert not app.exception, app.exception
    return app


def test_the_view_says_it_draws_it_and_gives_the_numbers(trained):
    app = opened()
    text = words(app)
    assert re.search(
        r"From I \+ II \+ V2, \*\*(NORM|MI|STTC|CD|HYP)\*\* (loses most|gains least): [−+]0\.\d{3} "
        r"\[[−+]0\.\d{3}, [−+]0\.\d{3}\]",
        text,
    )
    assert (
        "How to read it" in text
        and "n = 80 recordings of 80 patients" in text
        and "trained on all of PTB-XL" in text
    )
    for group in ("Mean", *GROUPS[1:]):
        name = rf"\*\*{group}( · [\w -]+)?\*\*"
        assert re.search(rf"\| {name} \| \d* \| 0\.\d{{3}}\s\[0\.\d{{3}},\s\S+\] \| ", text)
    assert "Brier score 0." in text and text.count("% have it)") == 5
    assert not app.warning and "AUROC on fold 9 made up" in text


def test_a_beat_that_knows_nothing_stands_beside(trained):
    (trained / "mean-beat").mkdir()
    shutil.copy(ROOT / "models/trained/mean-beat/weights.safetensors", trained / "mean-beat")
    assert "training-mean beat** in place" not in words(opened())
    own, weights = classifier().weights_hash, reconstruct.weights_of("mean-beat")
    table({(own, "mean-beat", "I+II+V2"): 6.0}, splits=("test", "val")).assign(weights=weights).to_csv(
        trained / "mean-beat" / FILE, index=False
    )
    match = re.search(
        r"training-mean beat\*\* in place .*? mean (0\.\d+) .*? reconstructed: (0\.\d+) ", words(opened())
    )
    assert float(match[1]) < float(match[2])


def test_another_set_and_both_folds_by_link(trained):
    app = opened(**{"from": "II", "folds": "both"})
    text = words(app)
    assert (
        "From II, **" in text
        and "n = 160 recordings of 80 patients" in text
        and "validated on fold 9" in text
    )
    assert "II" in app.query_params["from"] and "both" in app.query_params["folds"]


def test_other_weights_are_called_so(trained, monkeypatch):
    monkeypatch.setattr(reconstruct, "weights_of", lambda name: "other")
    assert "Made with other weights than those on disk: linear" in words(opened())


def test_without_tables_or_classifier_the_page_names_the_command(trained):
    (trained / "linear" / FILE).unlink()
    assert "rlecg study diagnosis score --data ROOT" in opened().error[0].value
    table({(classifier().weights_hash, "linear", "I"): 0.0}).to_csv(trained / "linear" / FILE, index=False)
    (trained / FOLDER / FILES[False]).unlink()
    classifier.cache_clear()
    assert "rlecg study diagnosis train --data ROOT" in opened().error[0].value


@pytest.mark.parametrize("damage", ["damaged", "other"])
def test_a_table_that_is_none_or_of_another_classifier_is_refused(trained, damage):
    if damage == "damaged":
        (trained / "linear" / FILE).write_bytes(gzip.compress(b"a,b\n1,2\n"))
    else:
        table({("another", "linear", "I+II"): 0.0}).to_csv(trained / "linear" / FILE, index=False)
    error = opened().error[0].value
    assert ("is damaged" if damage == "damaged" else "do not belong together") in error


def test_a_link_to_what_is_not_there_gets_a_sentence(trained):
    assert "asks for from" in words(opened(**{"from": "V9"}).run())


def test_it_is_drawn_for_other_inputs(trained):
    app = opened()
    app.selectbox(key="link_from").select("I").run()
    assert not app.exception


# -- the picture ---------------------------------------------------------------------------------------------


def test_the_symbol_is_the_narrowest_margin_held():
    cases = {(-0.01, 0.0, 0.01): MARGINS[1], (-0.04, -0.03, 0.0): MARGINS[0], (-0.2, -0.1, 0.0): None}
    assert {key: held(made_up(*key)) for key in cases} == cases and set(SYMBOLS) == set(cases.values())


def test_a_panel_per_diagnosis_with_every_set_and_the_margins():
    controls = table({("c", ORIGINAL, "all"): 0.0, ("c", ALONE, "I"): 4.0, ("c", ALONE, "I+II"): 4.0})
    results = outcomes(controls, table({("c", "m", "I"): 9.0, ("c", "m", "I+II"): 0.0}), "m", resamples=100)
    figure = forest_figure(results.reconstructed, results.alone, "I+II")
    points = [trace for trace in figure["data"] if not trace["showlegend"]]
    assert len(points) == 2 * len(GROUPS) and {trace["xaxis"] for trace in points} == {
        "x",
        "x2",
        "x3",
        "x4",
        "x5",
        "x6",
    }
    assert [shape["x0"] for shape in figure["layout"]["shapes"][:3]] == [0, -0.02, -0.05]
    macro = points[0]
    assert (
        list(macro["marker"]["symbol"]) == ["triangle-left", "circle"] and macro["x"][1] == 0
    )  # beyond the edge; nothing lost
    assert (
        macro["x"][0] == pytest.approx(figure["layout"]["xaxis"]["range"][0] + 0.006)
        and macro["error_x"]["array"][0] == 0
    )
    assert figure["layout"]["yaxis"]["ticktext"] == ["I", "<b>I+II</b>"]
    assert "→" in macro["hovertext"][0] and "n = 160" in macro["hovertext"][0]
