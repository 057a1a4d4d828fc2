"""Published systems on the Results page."""

from __future__ import annotations

import re

import pytest

from models.reconstruct import TRAINED
from pages.shared.reads import published, scores
from tests.contracts.test_pages import words
from tests.ecgcore.studies.published.scored_systems import REDUCED_MODELS, TITLES, everything, write
from tests.pages.results.test_scores import look, opened


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write(tmp_path, everything())
    monkeypatch.setattr(scores, "folder", lambda: tmp_path)
    monkeypatch.setattr(scores, "titles", lambda of_papers=True: TITLES)
    monkeypatch.setattr(scores, "reduced", lambda: REDUCED_MODELS)
    monkeypatch.setattr(
        scores, "weights_in_tables", lambda: tuple((name, frozenset({"w"})) for name in TITLES)
    )
    return tmp_path


def test_versions_of_a_network_stand_together_under_one_name_full_width_first():
    models = ("any-subset", "gradowski-i-ii-v4", "olaiya-baseline", "gradowski-i-ii-v4-full")
    scored = published.Scored((), None, dict.fromkeys(models, "as in lists"), ())
    assert scored.together(models) == ["any-subset", "gradowski-i-ii-v4-full", models[1], models[2]]
    assert [tuple(scored.network(model)) for model in (models[0], models[1], models[3])] == [
        ("as in lists", ""),
        ("Gradowski U-Net", "reduced version"),
        ("Gradowski U-Net", "full width"),
    ]


@pytest.mark.parametrize("name", ["peers.csv.gz", "peers.json"])
def test_a_table_that_breaks_off_is_a_sentence(folder, name):
    for file in ("peers.csv.gz", "peers.json"):
        content = (TRAINED / file).read_bytes()
        (folder / file).write_bytes(content[:100] if file == name else content)
    app = opened("results")
    app.query_params["view"], app.query_params["table"] = "published", "full-width"
    app.run()
    assert not app.exception
    assert [
        f"{name} breaks off" in each.value or f"{name} is damaged" in each.value for each in app.error
    ] == [True]


@pytest.mark.slow
def test_the_page_shows_what_holds_the_tables_and_the_tests(folder):
    app = opened("results")
    text = look(app, "published")
    assert (
        "claims:** ✓ " in text
        and "do not agree" in text
        and "reduced version: 0.6" in text
        and "7 × 1 + 5 × 0.8463" in text
        and "leads that none is given" in text
    )

    def table_of(view: str) -> str:
        app.segmented_control(key="link_table").set_value(view).run()
        assert not app.exception, app.exception
        return words(app)

    text = table_of("benchmark")
    assert "| **Olaiya U-Net, baseline** · reduced version | 0." in text
    assert "n = 12 records of 12 patients" in text and "| **Any-subset network** | " in text
    assert (
        "Input sets on leads that none holds: V1, V2, V3, V5, V6" in text
        and "Gradowski U-Net, one network a set (reduced version)" in text
    )
    app.selectbox(key="link_place").select("PTB recordings").run()
    assert "was trained on these recordings" in words(app)
    app.selectbox(key="link_inputs").select("I+II").run()
    assert "Nothing was scored from I+II on PTB recordings" in words(app)
    assert "No network at full width was scored here" in table_of("full-width")
    text = table_of("leads")
    assert "| Printed: baseline, PTB-XL fold 9 | 0.846 | 0.818 |" in text and "| below |" in text
    app.selectbox(key="link_paper").select("Beco, from II").run()
    text = words(app)
    assert (
        "(−0.38)" in text
        and "| Printed: shared encoder, PTB patients 1–50 | 0.67 |" in text
        and "| **Beco U-Net** · reduced version |" in text
    )
    text = table_of("variants")
    assert (
        re.search(r"\*\*Olaiya: shared − lead-specific decoders\*\* \| [a-z][^|]+ \| r \| 0\.", text)
        and "Bonferroni" in text
        and "12" in text
    )


def test_without_scores_of_the_systems_the_page_says_how(tmp_path, monkeypatch):
    monkeypatch.setattr(scores, "folder", lambda: tmp_path)
    app = opened("results")
    app.segmented_control(key="view_group").set_value("Published systems").run()
    assert not app.exception and "rlecg study published" in words(app)
