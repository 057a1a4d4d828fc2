"""The Lead information page by AppTest: every view, what cannot be answered, links, lessons and the quiz."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.information import RECORDS_FILE, STATES_FILE
from ecgcore.quiz import Tally, sides
from models import reconstruct

ROOT = Path(__file__).parent.parent
TABLES = [name for name in ("any-subset", "linear") if (reconstruct.TRAINED / name / STATES_FILE).is_file()]


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in {"record": "demo/normal-60-min", "model": "linear", "leads": "I-II-V2", **link}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("pages/lead_information.py")
    for name, value in {"model": "linear", "tables": "linear", **link}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


needs_tables = pytest.mark.skipif("linear" not in TABLES, reason="python -m models.lead_information linear was not run")


@needs_tables
def test_what_if_says_how_each_lead_is_known_here_and_in_the_population():
    said = words(opened())
    assert re.search(r"\| \*\*V3\*\* \| :blue\[estimated\] \| (−?0\.\d+) \| \d+ \| 0\.\d+ \| 0\.\d+ \| ", said)
    assert "| **aVF** | :orange[exact] |" in said and "| **V2** | measured |" in said
    assert "Which lead should I add next?" in said and re.search(r"\*\*V[1-6]\*\*: \d\d\.\d % → ", said)


@needs_tables
@pytest.mark.parametrize(
    ("leads", "expected"), [("I-II-V1-V2-V3-V4-V5-V6", "None: all twelve leads are known"), ("aVR", "| **I** | :blue[estimated] |")]
)
def test_sets_at_the_ends_are_answered(leads, expected):
    assert expected in words(opened(leads=leads))


@needs_tables
def test_a_target_that_is_known_has_no_next_lead_and_one_that_is_not_becomes_exact():
    assert "None: V2 is measured or follows exactly." in words(opened(target="V2"))
    assert "(it is then exact)" in words(opened(leads="I", target="aVF"))


@needs_tables
def test_no_lead_ticked_is_said():
    app = opened()
    for lead in ("I", "II", "V2"):
        app.checkbox(key=f"pick_lead_{lead}").uncheck().run()
    assert not app.exception and "Choose at least one lead" in words(app)


@needs_tables
def test_every_set_has_seven_sizes_and_exact_shapley_values():
    app = opened(view="sets", group="MI")
    said = words(app)
    for size in range(1, 8):
        assert f"| {size} | **" in said
    assert "exact over all 4,096 subsets" in said and "The values sum to 100.00 % of 100.00 %" in said
    app.selectbox(key="link_target").select("V3").run()
    assert not app.exception and "Share of the power of V3" in words(app)


@needs_tables
def test_the_papers_tables_have_25_rows_both_conventions_and_a_comparison():
    app = opened(view="paper")
    said = words(app)
    assert len(re.findall(r"^\| I\S* \| \S+ \[\S+, \S+\] \|", said, re.MULTILINE)) + len(re.findall(r"^\| II+ \| \S+ \[", said, re.MULTILINE)) >= 25
    assert "On V1, V2, V4, V5: I+II+V3 − I+II+V6" in said and "V6 is the worst third lead" in said
    app.selectbox(key="link_metric").select("rmse_uv").run()
    app.selectbox(key="link_group").select("CD").run()
    assert not app.exception and "error 0" in words(app)


@needs_tables
def test_correlations_point_out_becos_swapped_columns():
    said = words(opened(view="correlation"))
    assert "columns are exchanged" in said
    ours = re.search(r"with II .*?\n.*?\n\| as printed \| (.*?)\n\| columns exchanged \| (.*?)\n\| ours \| (.*?)$", said, re.MULTILINE | re.DOTALL)
    printed, exchanged, own = ([cell.strip() for cell in row.split("|")] for row in ours.groups())
    assert printed[2] == ":orange[0.25]" and exchanged[2] == "−0.82" and own[2].startswith("−0.")


@needs_tables
@pytest.mark.parametrize("name", ["view", "group", "tables"])
def test_a_link_that_asks_for_what_is_not_there_gets_a_sentence(name):
    app = opened(**{name: "nonsense"})
    assert f"asks for {name}" in words(app.run()) or "asks for" in words(app)


def test_without_tables_the_page_names_the_command(monkeypatch, tmp_path):
    for name in ("linear",):
        (tmp_path / name).mkdir()
        shutil.copy(reconstruct.TRAINED / name / "weights.safetensors", tmp_path / name)
    reconstruct.available.cache_clear()
    monkeypatch.setattr(reconstruct, "TRAINED", tmp_path)
    try:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
        app.switch_page("pages/lead_information.py").run()
        assert not app.exception and "python -m models.lead_information" in app.error[0].value
    finally:
        reconstruct.available.cache_clear()


@needs_tables
def test_tables_of_other_weights_are_called_so(monkeypatch):
    monkeypatch.setattr(reconstruct, "weights_of", lambda name: "other")
    assert "made with other weights" in words(opened())


@needs_tables
@pytest.mark.parametrize(("lesson", "right"), [("views", "aVL"), ("disease", None), ("limb", None), ("chest", None), ("pairs", None)])
def test_every_lesson_asks_and_the_screen_answers(lesson, right):
    app = opened(view="lessons", lesson=lesson)
    radio = app.radio(key=f"lesson_answer_{lesson}")
    verdicts = []
    for answer in [right] if right else radio.options:
        app.radio(key=f"lesson_answer_{lesson}").set_value(answer).run()
        assert not app.exception, app.exception
        verdicts.append(bool(app.success))
    assert sum(verdicts) == 1


@needs_tables
def test_the_quiz_counts_and_can_be_taken_along():
    app = opened(view="lessons", lesson="quiz")
    app.button(key="quiz_pick_A").click().run()
    app.button(key="quiz_pick_A").click().run()
    assert not app.exception and re.search(r"[012] of 2 right", words(app))
    assert app.session_state["quiz"].csv().count("\n") == 4


def test_the_quiz_is_fair_and_the_tally_knows_chance():
    asked = [sides(number, ["V1", "V2"]) for number in range(400)]
    assert 160 < sum(side == "A" for _, side in asked) < 240 and 160 < sum(lead == "V1" for lead, _ in asked) < 240
    tally = Tally().add("V1", "I", "linear", "A", "A").add("V1", "I", "linear", "A", "B")
    assert tally.said.startswith("1 of 2 right") and tally.said.endswith("0.75.")


@needs_tables
def test_views_are_drawn_from_stored_tables_in_time():
    app = opened(view="sets")
    start = time.perf_counter()
    app.selectbox(key="link_group").select("STTC").run()
    assert time.perf_counter() - start < 6.0  # 1.5 s on a quiet machine


def test_records_table_holds_no_names():
    for name in TABLES:
        import pandas as pd

        table = pd.read_csv(reconstruct.TRAINED / name / RECORDS_FILE, nrows=50)
        assert table["record"].dtype.kind == "i" and table["patient"].dtype.kind == "i"
