"""Finding a recording: by words on every page, as a list, the next one, another like it, and examples."""

from __future__ import annotations

import pytest

from ecgcore.datasets import data_root
from ecgcore.datasets.diagnoses import NEWCOMERS
from ecgcore.demonstrations import LONG, REAL
from pages.shared.choices import search_from_link, search_to_link
from pages.shared.session import slug
from tests.contracts.test_pages import opened, words
from tests.ecgcore.datasets.test_search import STATEMENTS, TABLE

real = pytest.mark.skipif(
    data_root() is None, reason="needs the real recordings: set ECG_DATA to their folder"
)


@pytest.fixture
def small_database(tmp_path, monkeypatch):
    """PTB-XL with seven recordings, one of them with its signals."""
    from ecgcore.io.write import write_ecg
    from ecgcore.synthetic import Heart, simulate

    folder = tmp_path / "ptb-xl"
    (folder / "a").mkdir(parents=True)
    (folder / "ptbxl_database.csv").write_text(TABLE)
    (folder / "scp_statements.csv").write_text(STATEMENTS)
    for number in range(1, 8):
        write_ecg(simulate(Heart(), 100.0, 10.0, seed=number), folder / "a", f"0000{number}_lr")
    monkeypatch.setenv("ECG_DATA", str(tmp_path))
    return tmp_path


def record(app) -> str:
    return (
        app.query_params["record"][0]
        if isinstance(app.query_params["record"], list)
        else (app.query_params["record"])
    )


@pytest.mark.parametrize("name", NEWCOMERS)
def test_an_example_is_one_click(name, monkeypatch):
    monkeypatch.delenv("ECG_DATA", raising=False)
    app = opened(record="demo/" + slug("Simulated: noisy recording, 80/min, 100 Hz"))
    app.button(key=f"example_{name}").click().run()
    assert not app.exception and NEWCOMERS[name].demonstration in words(app)


def test_next_and_previous_go_round_the_demonstrations(monkeypatch):
    monkeypatch.delenv("ECG_DATA", raising=False)
    app = opened()
    app.button(key="step_back").click().run()
    assert LONG in words(app)
    app.button(key="step_on").click().run()
    assert REAL in words(app)


def test_words_in_the_sidebar_narrow_the_list_and_next_follows_it(small_database):
    app = opened(record="local/ptb-xl/00001")
    assert "anterior myocardial infarction, sinus rhythm" in words(app)
    app.text_input(key="pick_words").set_value("left bundle").run()
    assert not app.exception and len(app.selectbox(key="pick_record").options) == 2
    assert app.query_params["find"] == ["left bundle"] or app.query_params["find"] == "left bundle"
    app.button(key="step_on").click().run()
    assert record(app) == "local/ptb-xl/00002"
    app.button(key="step_on").click().run()
    assert record(app) == "local/ptb-xl/00003"
    app.button(key="step_on").click().run()
    assert record(app) == "local/ptb-xl/00002"
    app.button(key="step_back").click().run()
    assert record(app) == "local/ptb-xl/00003"


def test_another_like_this_opens_the_likest_of_another_person_and_then_says_that_there_is_none(
    small_database,
):
    app = opened(record="local/ptb-xl/00002")
    app.button(key="step_alike").click().run()
    assert record(app) == "local/ptb-xl/00003"
    for _ in range(6):
        app.button(key="step_alike").click().run()
    assert "No other recording here has diagnoses like" in words(app)


def test_the_list_shows_who_what_and_lead_ii(small_database):
    app = opened("find", find="hypertrophy", age="50-100")
    text = words(app)
    assert not app.exception and "**3 recordings**" in text
    assert "female 90 y · PTB-XL 00004 · in the training data" in text
    assert "**left ventricular hypertrophy**, complete right bundle branch block" in text
    assert len(app.image) == 3
    app.text_input(key="pick_words").set_value("no such thing").run()
    assert "No recording meets this" in words(app)


def test_the_list_says_what_a_database_noted_on_the_signal(small_database):
    text = words(opened("find", quality="noted"))
    assert "**1 recordings**" not in text and "**1 recording**" in text and "noted: noise (I-V1)" in text


def test_a_link_keeps_the_search_and_what_does_not_hold_is_told(small_database):
    app = opened(record="local/ptb-xl/00002", find="left bundle", sex="female", age="60-80")
    assert app.selectbox(key="pick_record").options[0].startswith("00003 · female 72 y")
    app = opened(sex="x", age="old")
    assert len(app.warning) == 2 and "possible are female, male" in words(app)
    search, complaints = search_from_link(
        {"find": " left  bundle ", "age": "40-60", "fold": "3", "database": "all"}
    )
    assert not complaints and search_from_link(search_to_link(search)) == (search, [])
    assert search_from_link({"leads": "I"}) == (None, [])


def test_a_private_folder_stays_out_of_the_link():
    from ecgcore.datasets.search import Search

    assert "database" not in search_to_link(Search("a", database="folder:Mueller_Hans"))


def test_without_a_database_the_list_says_what_to_set(monkeypatch):
    monkeypatch.delenv("ECG_DATA", raising=False)
    assert "ECG_DATA" in words(opened("find"))


@real
def test_an_anterior_infarction_is_found_in_the_real_tables():
    app = opened("find", find="anterior infarction", database="ptb-xl")
    assert not app.exception and len(app.image) == 8
    assert "in the training data" not in words(app)  # what no model has seen comes first


def test_what_is_changed_before_the_first_run_ends_stands_in_the_address(monkeypatch):
    import streamlit as st

    from pages.views.review import checks

    with monkeypatch.context() as cut_off:
        cut_off.setattr(checks, "notes", lambda quality: st.stop())
        app = opened()
    assert "leads" not in app.query_params  # the run was cut off before its end, as typing does
    app.checkbox(key="pick_lead_V4").check().run()
    assert app.query_params.get("leads") in ("I-II-V2-V4", ["I-II-V2-V4"])


def test_next_leads_from_a_demonstration_to_what_was_found(small_database):
    app = opened(find="left bundle")
    app.session_state["pick_source"] = "Local"
    app.button(key="step_on").click().run()
    assert record(app) == "local/ptb-xl/00002"
