"""The card of a network whose weights are too large to be shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from models import reconstruct
from models.checkpoint import CARD_FILE, WEIGHTS_FILE, write_card_alone
from models.reconstruct import TRAINED
from tests.contracts.test_pages import words

ROOT = Path(__file__).parents[3]
NAME = "nearest-lead"


@pytest.fixture
def app(tmp_path, monkeypatch):
    """The page in a folder where one of three models is a card alone."""
    for name in ("any-subset", "linear", NAME):
        (tmp_path / name).mkdir()
        (tmp_path / name / WEIGHTS_FILE).write_bytes((TRAINED / name / WEIGHTS_FILE).read_bytes())
    assert write_card_alone(tmp_path / NAME / WEIGHTS_FILE).name == CARD_FILE
    (tmp_path / NAME / WEIGHTS_FILE).unlink()
    monkeypatch.setattr(reconstruct, "TRAINED", tmp_path)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("pages/trained.py")
    return app


def test_the_card_says_that_the_weights_are_not_there_and_what_makes_them(app):
    app.query_params["model"] = NAME
    app.run()
    text = words(app)
    assert not app.exception and "do not come with the product" in text and "not shipped" in text
    assert "train nearest-lead" in text
    app.query_params["model"] = "linear"
    app.run()
    assert "do not come with the product" not in words(app) and " MB]" in words(app)


def test_the_recipe_is_shown_for_one_input_set_and_the_card_without_empty_options():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/trained.py")
    app.query_params["model"] = "any-subset"
    tables = {}
    for inputs in ("I+II+V2", "I"):
        app.query_params["ablated"] = inputs
        text = words(app.run())
        tables[inputs] = next(part.value for part in app.markdown if "| changed |" in part.value)
        assert not app.exception and "only ;" not in text and "without |" not in text
    assert tables["I"] != tables["I+II+V2"]
    assert all(table.count("without augmentation") == 1 for table in tables.values())
