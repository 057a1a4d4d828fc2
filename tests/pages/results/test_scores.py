"""The pages that show tables of scores and trained models."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.studies import noise
from ecgcore.studies import qrs_height as peaks
from models import reconstruct
from pages.shared.reads import scores
from tests.contracts.test_pages import words
from tests.ecgcore.studies.test_scores import RECORDS, ROOT, scored, write


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty place for tables, where the pages look; the models stay."""
    monkeypatch.setattr(scores, "folder", lambda: tmp_path)
    return tmp_path


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def fill(folder: Path) -> None:
    hashes = {name: reconstruct.weights_of(name) for name in ("linear", "mean-beat")}
    for shift, (name, weights) in zip((0.0, -0.1), hashes.items(), strict=True):
        rows = [*scored(name, shift, weights=weights), *scored(name, shift, weights=weights, inputs="II")]
        rows += scored(name, shift - 0.05, weights=weights, passband="as-recorded")
        write(folder / name / "scores.parquet", rows)
    write(
        folder / "linear/scores-unseen.parquet",
        scored("linear", 0.1, weights="other", database="ludb", split="all"),
    )


def look(app: AppTest, view: str) -> str:
    beside = {"qrs": "QRS height", "published": "Published systems"}
    key = "view_group" if view in beside else "view_in_group"
    app.segmented_control(key=key).set_value(beside.get(view, view)).run()
    assert not app.exception, app.exception
    return words(app)


def test_a_view_of_all_that_is_scored_asks_for_no_metric_and_keeps_the_chosen_one(folder):
    fill(folder)
    app = opened("results")
    app.selectbox(key="link_metric").set_value("rmse_uv").run()
    look(app, "interval")
    assert "link_metric" not in {box.key for box in app.selectbox}
    look(app, "overview")
    assert app.selectbox(key="link_metric").value == "rmse_uv"


def test_a_view_of_a_group_is_in_the_link_and_the_usual_one_is_not(folder):
    fill(folder)
    app = opened("results")
    scored_views = app.segmented_control(key="view_in_group").options
    assert scored_views == [
        "Overview",
        "Lead by lead",
        "Prediction interval",
        "Groups",
        "Two models",
        "Worst recordings",
    ]
    assert app.segmented_control(key="view_group").options[0] == "Scores"
    look(app, "interval")
    assert app.query_params["view"] in ("interval", ["interval"])
    look(app, "qrs")
    assert app.query_params["view"] in ("qrs", ["qrs"])
    assert [control.key for control in app.segmented_control if "view" in str(control.key)] == ["view_group"]
    app.segmented_control(key="view_group").set_value("Scores").run()
    assert "view" not in app.query_params
    assert app.segmented_control(key="view_in_group").value == "overview"


def test_without_tables_the_page_says_how_to_make_one(folder):
    text = words(opened("results"))
    assert "No model has been scored here yet" in text and "rlecg score" in text


@pytest.mark.slow
def test_every_view_states_its_conditions(folder):
    fill(folder)
    app = opened("results")
    assert "**0.305**" in words(app) and "n = 12 records of 6 patients" in words(app)
    for view in ("overview", "leads", "interval", "pair", "worst"):
        text = look(app, view)
        assert re.search(
            r"PTB-XL · test part · 0\.5 Hz high-pass on input and truth · 100 Hz · .*n = 12 "
            r"records|n = 6 records of 6 patients",
            text,
        ), view
    assert "80.0 | 60.0" in look(app, "interval")
    assert "| **mean of independent** | 0.100 [0.100, 0.100]" in look(app, "pair")


def test_the_noise_ceiling_stands_beside_r_where_it_is_stored(folder):
    fill(folder)
    assert "noise ceiling" not in look(opened("results"), "leads")
    rows = [
        ("linear", reconstruct.weights_of("linear"), record, patient, inputs, "V1", what, value)
        for record, patient in RECORDS
        for inputs, what, value in (
            ("", noise.CEILING, 0.97),
            ("I+II+V4", noise.WHOLE, 0.5),
            ("I+II+V4", noise.MEDIAN, 0.625),
        )
    ]
    table = pd.DataFrame(rows, columns=list(noise.TABLE.columns))
    noise.TABLE.write(table, folder / "linear" / noise.FILE)
    text = look(opened("results"), "leads")
    assert "| on median beats | noise ceiling |" in text
    assert text.count("0.625 [0.625, 0.625] | 0.970 [0.970, 0.970]") == 2, "of V1 and of the mean"


def test_input_sets_are_compared_on_common_leads(folder):
    fill(folder)
    app = opened("results")
    app.toggle(key="link_same").set_value(True).run()
    assert "from each set, mean over V1, V2, V3, V5, V6" in words(app)


def test_tables_of_other_weights_and_of_other_databases_say_so(folder):
    fill(folder)
    app = opened("results")
    app.selectbox(key="link_scored").select("scores-unseen").run()
    assert not app.exception
    assert (
        "other weights than those on disk" in words(app)
        and "Linear MMSE, other weights" in words(app)
        and "LUDB · all recordings" in words(app)
    )


def test_r_peaks_are_shown_or_asked_for(folder):
    fill(folder)
    app = opened("results")
    assert "rlecg study qrs-height" in look(app, "qrs")
    ways = (("linear", "full", 100.0), ("linear", "low", 130.0), ("", "low", 40.0))
    rows = [
        (model, "old", "I+II+V4", way, record, patient, -level, level)
        for record, patient in RECORDS
        for model, way, level in ways
    ]
    pd.DataFrame(rows, columns=peaks.COLUMNS).to_csv(folder / "linear/peaks.csv.gz", index=False)
    text = look(opened("results"), "qrs")
    assert "130 [130, 130] | −130 [−130, −130] | 30 [30, 30]" in text and "**True leads**" in text
    assert "n = 12 records of 6 patients" in text and "other weights than those on disk: Linear MMSE" in text


def test_what_cannot_be_shown_is_refused_in_a_sentence(folder, monkeypatch):
    monkeypatch.delenv("ECG_DATA", raising=False)
    fill(folder)
    (folder / "linear/scores-unseen.parquet").write_bytes(b"damaged")
    app = opened("results")
    assert "set ECG_DATA" in look(app, "superclasses")
    look(app, "pair")
    app.selectbox(key="link_second").select("linear").run()
    assert "does not differ from itself" in app.error[0].value
    text = look(app, "worst")
    assert "set ECG_DATA" in text and all(
        button.disabled for button in app.button if "results_open" in button.key
    )
    app.selectbox(key="link_scored").select("scores-unseen").run()
    assert not app.exception and "is no table of scores" in words(app)


def test_the_trained_page_shows_every_model_and_its_card(folder):
    app = opened("trained")
    options = app.selectbox(key="link_model").options
    assert "Linear MMSE" in options and any("fitted on each recording" in option for option in options)
    for name in ("linear", "least-squares"):
        app.selectbox(key="link_model").select(name).run()
        assert not app.exception, app.exception
        text = words(app)
        if name == "linear":
            card = next(info.card for info in reconstruct.available() if info.name == name)
            for fact in (
                reconstruct.weights_of(name),
                card.dataset,
                card.folds,
                f"{card.records:,} of",
                card.command,
                card.licence,
            ):
                assert fact in text
        else:
            assert "nothing about another person" in text and "Departures from the paper" in text


def test_the_curve_of_a_training_is_drawn_where_it_was_kept(folder):
    weights = folder / "linear/weights.safetensors"
    weights.parent.mkdir()
    weights.write_bytes((reconstruct.TRAINED / "linear/weights.safetensors").read_bytes())
    (folder / "linear/history.csv").write_text(
        "epoch,train_loss,seconds,validation_loss\n1,2.0,400,\n2,1.0,320,1.5\n"
    )
    app = opened("trained")
    app.selectbox(key="link_model").select("linear").run()
    assert not app.exception
    assert "own scaled units; 0.2 h of training" in words(app) and app.get("plotly_chart")
