"""The Lead information page by AppTest: every view, what cannot be answered, links, lessons and the quiz."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.studies.lead_information.quiz import WINDOW_S, Tally, question
from ecgcore.studies.lead_information.states import FILE, ScoredStates
from models import reconstruct
from pages.views.lead_information.lesson_texts import LESSONS
from tests.contracts.test_pages import words

ROOT = Path(__file__).parents[2]
TABLES = [name for name in ("any-subset", "linear") if (reconstruct.TRAINED / name / FILE).is_file()]


def opened(**link: str) -> AppTest:
    """The page by a link; record="" opens what every session begins with."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in {"model": "linear", "leads": "I-II-V2", "tables": "linear", **link}.items():
        if value:
            app.query_params[name] = value
    app.switch_page("pages/lead_information.py").run()
    assert not app.exception, app.exception
    return app


def linked(app: AppTest, name: str) -> str:
    """The value of a query parameter."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


needs_tables = pytest.mark.skipif(
    "linear" not in TABLES, reason="rlecg study lead-information linear was not run"
)


@needs_tables
def test_what_if_says_how_each_lead_is_known_here_and_in_the_population():
    text = words(opened())
    assert re.search(r"\| \*\*V3\*\* \| −?0\.\d+ \| \d+ \| 0\.\d+\s\[0\.\d+,\s0\.\d+\] \| 0\.\d+ \| ", text)
    assert (
        "**Input** I, II, V2" in text
        and ":orange[**exact**] III, aVR, aVL, aVF" in text
        and ":blue[**estimated**] V1, V3, V4, V5, V6" in text
    )
    assert "Which lead should I add next?" in text and re.search(
        r"\*\*V[1-6]\*\*: \d\d\.\d % → \*\*\d\d\.\d\s%\s\[", text
    )


@needs_tables
@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        ("I-II-V1-V2-V3-V4-V5-V6", "None: all twelve leads are known"),
        ("aVR", ":blue[**estimated**] I, II, III, aVL, aVF, V1"),
    ],
)
def test_sets_at_the_ends_are_answered(leads, expected):
    assert expected in words(opened(leads=leads))


@needs_tables
def test_a_target_that_is_known_has_no_next_lead_and_one_that_is_not_becomes_exact():
    assert "None: V2 is an input lead or follows exactly." in words(opened(target="V2"))
    assert "(it is then exact)" in words(opened(leads="I", target="aVF"))


@needs_tables
def test_no_lead_ticked_is_said():
    app = opened()
    for lead in ("I", "II", "V2"):
        app.checkbox(key=f"pick_lead_{lead}").uncheck().run()
    assert not app.exception and "Choose at least one input lead" in words(app)


@needs_tables
def test_every_set_has_seven_sizes_and_exact_shapley_values():
    app = opened(view="sets", group="MI")
    text = words(app)
    for size in range(1, 8):
        assert f"| {size} | **" in text
    shares = re.search(r"chest leads together ([\d.]+) %, the limb leads ([\d.]+) %", text)
    assert float(shares[1]) + float(shares[2]) == pytest.approx(100, abs=0.11)
    assert "**Anterior infarction** |" in text and re.search(
        r"Your set \*\*I \+ II \+ V2\*\* explains \*\*\d\d", text
    )
    app.selectbox(key="link_target").select("V3").run()
    assert not app.exception and "Share of the power of V3" in words(app)


@needs_tables
def test_the_papers_tables_have_25_rows_both_conventions_and_a_comparison():
    app = opened(view="paper", by="linear")
    text = words(app)
    rows = [
        row for chart in app.get("plotly_chart")[:2] for row in json.loads(chart.proto.spec)["data"][0]["y"]
    ]
    assert len(rows) == 25 and "<b>▸ I + II + V2</b>" in rows
    assert "On V1, V2, V4, V5: I + II + V3 − I + II + V6" in text and "V6 is the worst third lead" in text
    app.selectbox(key="link_metric").select("rmse_uv").run()
    app.selectbox(key="link_group").select("CD").run()
    assert not app.exception and "error 0" in words(app)


@needs_tables
def test_any_other_set_stands_below_the_25_and_chosen_targets_leave_sets_out():
    app = opened(view="paper", by="linear", leads="aVF-V5", targets="V1-V2")
    rows = [
        row for chart in app.get("plotly_chart")[:3] for row in json.loads(chart.proto.spec)["data"][0]["y"]
    ]
    assert (
        "<b>▸ aVF + V5</b>" in rows
        and "I + II + V1" not in rows
        and "I + II + V3" in rows
        and "mean over V1, V2" in words(app)
    )


@needs_tables
def test_correlations_point_out_becos_swapped_columns():
    text = words(opened(view="correlation"))
    assert "columns are exchanged" in text
    rows = re.search(
        r"with II .*?\n.*?\n\| as printed \| (.*?)\n\| columns exchanged \| (.*?)\n\| \*\*ours\*\* \| (.*?)$",
        text,
        re.MULTILINE | re.DOTALL,
    )
    printed, exchanged, own = ([cell.strip() for cell in row.split("|")] for row in rows.groups())
    assert printed[2] == ":orange[0.25]" and exchanged[2] == "−0.82" and re.match(r"\*\*−0\.[89]", own[2])
    mine = opened(view="correlation", given="mine", lag="20")
    assert "when I + II + V2 are known" in words(mine) and "column lead +20 ms" in words(mine)


@needs_tables
@pytest.mark.parametrize("name", ["view", "group", "tables"])
def test_a_link_that_asks_for_what_is_not_there_gets_a_sentence(name):
    app = opened(**{name: "nonsense"})
    assert f"asks for {name}" in words(app.run()) or "asks for" in words(app)


def test_without_tables_the_page_names_the_command(monkeypatch, tmp_path):
    for name in ("linear",):
        (tmp_path / name).mkdir()
        shutil.copy(reconstruct.TRAINED / name / "weights.safetensors", tmp_path / name)
    monkeypatch.setattr(reconstruct, "TRAINED", tmp_path)
    reconstruct.forget()
    try:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.switch_page("pages/lead_information.py").run()
        assert not app.exception and "rlecg study lead-information" in app.error[0].value
    finally:
        reconstruct.forget()


@needs_tables
def test_tables_of_other_weights_are_called_so(monkeypatch):
    monkeypatch.setattr(reconstruct, "weights_of", lambda name: "other")
    assert "Made with other weights" in words(opened())


@needs_tables
@pytest.mark.parametrize(
    ("lesson", "right"),
    [
        ("views", "aVL"),
        *(pytest.param(name, None, marks=pytest.mark.slow) for name in LESSONS if name != "views"),
    ],
)
def test_every_lesson_asks_and_the_screen_answers_only_after_the_test(lesson, right):
    app = opened(view="lessons", lesson=lesson)
    radio = app.radio(key=f"link_answer-{lesson}")
    verdicts = []
    for answer in [right] if right else radio.options:
        app.radio(key=f"link_answer-{lesson}").set_value(answer).run()
        assert not app.exception and not app.success, app.exception
        app.button(key=f"lesson_test_{lesson}").click().run()
        assert not app.exception, app.exception
        verdicts.append(bool(app.success))
    assert sum(verdicts) == 1
    tested = {"views": "I-aVF", "chest": "I-II-V6", "pairs": "I-II-V5-V6"}.get(lesson, "I-II")
    assert linked(app, "leads") == tested


@needs_tables
def test_the_lesson_of_disease_opens_a_recording_by_itself_and_another_on_request(monkeypatch):
    monkeypatch.delenv("ECG_DATA", raising=False)
    app = opened(view="lessons", lesson="disease", record="")
    assert not app.exception and "like left bundle branch block" in words(app) and "simulated" in words(app)
    app.segmented_control(key="lesson_disease").set_value("Anterior infarction").run()
    assert (
        not app.exception
        and linked(app, "record") == "demo/simulated-like-an-anterior-infarction-75-min-500-hz"
    )
    assert "R is lost" in words(app)


@needs_tables
def test_the_lesson_of_disease_leaves_a_chosen_recording_open():
    app = opened(view="lessons", lesson="disease", record="demo/simulated-sinus-rhythm-60-min-500-hz")
    assert "Choose a disease" in words(app) and "sinus rhythm" in words(app)


@needs_tables
@pytest.mark.skipif(not os.environ.get("ECG_DATA"), reason="ECG_DATA is not set")
def test_the_lesson_of_disease_finds_real_recordings_no_model_has_seen():
    from ecgcore.datasets import data_root, local_databases

    if "ptb-xl" not in local_databases(data_root()):
        pytest.skip("ECG_DATA holds no PTB-XL")
    app = opened(view="lessons", lesson="disease", record="")
    assert not app.exception and "PTB-XL 07919 · CLBBB · test part, never trained on" in words(app)
    app.segmented_control(key="lesson_disease").set_value("Anterior infarction").run()
    first = linked(app, "record")
    app.button(key="lesson_another").click().run()
    assert not app.exception and linked(app, "record") != first and "ASMI" in words(app)


@needs_tables
@pytest.mark.parametrize("source", ["open", "demo"])
def test_the_quiz_hides_the_truth_counts_and_can_be_taken_along(source):
    app = opened(**{"view": "lessons", "lesson": "quiz", "from": source})
    assert "was recorded (" not in words(app) and len(app.get("plotly_chart")) == 2
    app.button(key="quiz_pick_A").click().run()
    assert len(app.get("plotly_chart")) == 3  # now both laid over one another
    app.button(key="quiz_pick_A").click().run()
    assert not app.exception and re.search(r"[012] of 2 right", words(app))
    assert app.session_state["quiz"].csv().count("\n") == 4
    app.button(key="quiz_again").click().run()
    assert not app.exception and not app.session_state["quiz"].rows


def test_the_quiz_is_fair_repeats_itself_and_the_tally_knows_chance():
    questions = [question(number, ["V1", "V2"], 10.0) for number in range(400)]
    assert (
        160 < sum(drawn.real == "A" for drawn in questions) < 240
        and 160 < sum(drawn.lead == "V1" for drawn in questions) < 240
    )
    assert (
        all(0 <= drawn.start <= 10 - WINDOW_S for drawn in questions)
        and len({drawn.start for drawn in questions}) > 100
    )
    assert questions[7] == question(7, ["V1", "V2"], 10.0) and questions[:5] != [
        question(n, ["V1", "V2"], 10.0, 1) for n in range(5)
    ]
    assert question(0, ["V1"], 2.0).start == 0
    tally = Tally().add("V1", "I", "linear", "A", "A").add("V1", "I", "linear", "A", "B")
    assert tally.sentence.startswith("1 of 2 right") and tally.sentence.endswith("0.75.")


@needs_tables
def test_views_are_drawn_from_stored_tables():
    app = opened(view="sets")
    assert not app.selectbox(key="link_group").select("STTC").run().exception


VIEW_LINKS = [
    {"view": "what-if", "group": "MI", "target": "V3"},
    {"view": "sets", "group": "Anterior infarction", "target": "V1"},
    {
        "view": "paper",
        "by": "linear",
        "metric": "rmse_uv",
        "statistic": "median",
        "targets": "V1-V6",
        "one": "II",
        "other": "I+II",
    },
    {"view": "correlation", "lag": "-20", "given": "mine"},
    {"view": "lessons", "lesson": "views", "law": "avf"},
    {"view": "lessons", "lesson": "limb"},
    {"view": "lessons", "lesson": "pairs"},
    {"view": "lessons", "lesson": "electrodes", "exchange": "V2-V5", "answer-electrodes": "aVF"},
    {"view": "lessons", "lesson": "quiz", "from": "demo"},
]


@needs_tables
@pytest.mark.parametrize("link", VIEW_LINKS, ids=lambda link: f"{link['view']}-{link.get('lesson', '')}")
def test_a_link_restores_the_view_and_stays_as_it_is(link):
    app = opened(**link)
    for name, value in link.items():
        if name in app.query_params:  # the usual choice is left out
            assert linked(app, name) == value, name
        if name == "targets":
            assert app.multiselect(key="link_targets").value == ["V1", "V6"]
        elif name.startswith("answer-"):
            assert app.radio(key=f"link_{name}").value == value
        elif name in ("view", "lesson", "law", "exchange"):
            assert app.segmented_control(key=f"link_{name}").value == value
        else:
            assert app.selectbox(key=f"link_{name}").value == value


def test_tables_hold_no_names():
    for name in TABLES:
        table = ScoredStates.read(reconstruct.TRAINED / name / FILE)
        assert (
            table.patients.dtype.kind == "i"
            and table.patients.max() < len(table.patients)
            and "/" not in table.recordings
        )
