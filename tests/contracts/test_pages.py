"""Every page by AppTest: as first opened, with choices made, and with input that must be refused."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.demonstrations import REAL, demonstrations
from ecgcore.ecg import Ecg
from ecgcore.figures import FORMATS, Caliper
from ecgcore.leads import NAMED_SETS, STANDARD, LeadSet
from models.checkpoint import read_card
from pages.shared.choices import Choices, Origin, from_link, in_words

ROOT = Path(__file__).parents[2]


def opened(page: str = "review", **link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "review":
        app.switch_page(f"pages/{page}.py")
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """What is on the page, and what is behind its help marks; with plain spaces."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info, app.success)
    every = [element for kind in kinds for element in kind]
    behind = [getattr(element.proto, "help", "") for element in every]
    text = "\n".join([*(str(element.value) for element in every), *filter(None, behind)])
    return text.replace("\xa0", " ")


def sheet(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def labels(app: AppTest) -> str:
    return " ".join(note["text"] for note in sheet(app)["layout"]["annotations"])


def dotted(app: AppTest) -> set[str]:
    return {
        trace["name"]
        for trace in sheet(app)["data"]
        if trace.get("name") in STANDARD and trace["line"]["dash"] != "solid"
    }


def test_the_model_card_tells_the_scores_of_the_leads_that_are_chosen_or_none():
    scored = {
        condition.split(", ")[1]
        for condition in read_card(ROOT / "models/trained/any-subset/weights.safetensors").metrics
    }
    assert "I+II+V4" in scored and "I+V3" not in scored
    text = words(opened(leads="I-II-V4"))
    assert (
        "From I + II + V4 (ptb-xl, high-pass): r 0." in text
        and "From I + II + V2" not in text
        and "µV [" in text
    )
    text = words(opened(leads="I-V3"))
    assert (
        "Not scored from I + V3; other leads are under Results." in text and "(ptb-xl, high-pass)" not in text
    )


# -- as first opened -----------------------------------------------------------------------------------------


def test_without_a_click_the_real_recording_is_open_and_reconstructed():
    app = opened()
    assert REAL in words(app)
    assert {"V1", "V3", "V4", "V5", "V6"} <= dotted(app)
    assert "| **V3** |" in words(app) and "**mean of 5**" in words(app)


def test_the_default_model_is_not_fitted_on_the_recording():
    app = opened()
    assert "fitted on this recording" not in app.selectbox(key="pick_model").format_func(
        app.selectbox(key="pick_model").value
    )


# -- with choices made ---------------------------------------------------------------------------------------


def test_a_checked_lead_becomes_measured_and_leaves_the_table():
    app = opened()
    app.checkbox(key="pick_lead_V4").check().run()
    assert "V4" not in dotted(app) and "| **V4** |" not in words(app)
    assert app.query_params["leads"] == "I-II-V2-V4"


def test_a_named_set_checks_its_leads():
    app = opened()
    app.selectbox(key="pick_named").select("II + V1 + V5").run()
    assert {lead for lead in STANDARD if app.checkbox(key=f"pick_lead_{lead}").value} == {"II", "V1", "V5"}


def test_easi_is_named_and_refused_with_the_reason():
    app = opened()
    app.selectbox(key="pick_named").select("EASI").run()
    assert "cannot be taken from a 12-lead recording" in words(app)
    assert app.query_params["leads"] == "I-II-V2"


def test_the_empty_set_is_refused_and_the_recording_still_shown():
    app = opened(leads="II")
    app.checkbox(key="pick_lead_II").uncheck().run()
    assert not app.exception
    assert "Choose at least one input lead" in words(app)
    assert not dotted(app) and "V6" in labels(app)


@pytest.mark.parametrize("name", NAMED_SETS)
def test_every_named_set_gives_a_picture(name):
    app = opened(leads="-".join(NAMED_SETS[name]))
    assert not app.error and dotted(app)


def test_all_twelve_leads_leave_nothing_to_estimate():
    app = opened(leads="-".join(STANDARD))
    assert "Nothing had to be estimated" in words(app) and not dotted(app)


def test_the_window_survives_a_change_of_model():
    app = opened()
    source = app.session_state["recording"]
    app.session_state["recording"] = source.replace(signals=np.tile(source.signals, (1, 3)))
    app.run()
    app.slider(key="pick_start").set_value(12.0).run()
    models = app.selectbox(key="pick_model").options
    app.selectbox(key="pick_model").select_index(len(models) - 1).run()
    assert not app.exception
    assert app.slider(key="pick_start").value == 12.0 and app.query_params["start"] == "12"
    assert "from 12 s" in labels(app)


def test_as_recorded_is_said_under_picture_and_table():
    app = opened()
    assert "0.5 Hz high-pass" in labels(app)
    app.selectbox(key="pick_high_pass").select(False).run()
    assert "as recorded" in labels(app) and "as recorded" in words(app)
    assert app.query_params["filter"] == "as-recorded"


@pytest.mark.parametrize("layout", FORMATS)
def test_every_layout_draws(layout):
    app = opened(layout=layout, difference="on", order="cabrera")
    assert dotted(app) or layout == "single"


def test_the_recording_can_be_hidden_and_what_was_compared_with_it_goes_too():
    app = opened(show="reconstructed")
    assert "The recording is hidden" in words(app) and "| **V3** |" not in words(app)
    assert all(trace["line"]["dash"] != "solid" for trace in sheet(app)["data"] if trace.get("name") == "V3")
    app.button(key="desk_hide").click().run()
    assert "| **V3** |" in words(app) and "show" not in app.query_params
    assert any(trace["line"]["dash"] == "solid" for trace in sheet(app)["data"] if trace.get("name") == "V3")


def test_numbers_of_the_recording_stand_above_the_paper():
    text = words(opened())
    line = next(row for row in text.splitlines() if row.startswith("HR **"))
    assert all(f"{title} **" in line for title in ("PR", "QRS", "QT", "QTc", "QRS axis"))


def test_50_mm_per_second_takes_two_sheets():
    keys = {chart.key for chart in opened(speed="50").get("plotly_chart")}
    assert {"sheet_0", "sheet_1"} <= keys and "sheet_2" not in keys


@pytest.mark.parametrize("title", list(demonstrations()))
def test_every_demonstration_opens_by_link_and_simulated_ones_say_so(title):
    app = opened(record=Origin("demo", "", slugged(title)).in_link())
    assert title in words(app) and ("simulated]" in words(app)) == (title != REAL)


def slugged(title: str) -> str:
    from pages.shared.session import slug

    return slug(title)


# -- uploads -------------------------------------------------------------------------------------------------


def csv_of(leads: str, rate: float | None = 500.0, seconds: float = 10.0) -> bytes:
    ecg: Ecg = demonstrations()[REAL]().pick(LeadSet(leads)).cut(0, seconds)
    table = (
        np.column_stack([ecg.time[::2], *(ecg[lead][::2] for lead in ecg.leads)])
        if rate
        else np.column_stack([ecg[lead] for lead in ecg.leads])
    )
    head = ["time (s)"] * bool(rate) + [f"{lead} (mV)" if rate else lead for lead in ecg.leads]
    out = io.StringIO()
    np.savetxt(out, table, delimiter=",", header=",".join(head), comments="", fmt="%.6f")
    return out.getvalue().encode()


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.session_state["pick_source"] = "Upload"
    app.run()
    app.file_uploader[0].upload(name, content)
    return app.run()


def test_an_upload_of_few_leads_is_reconstructed_without_a_truth():
    app = upload(opened(), "Mueller_Hans.csv", csv_of("I II V2"))
    assert not app.exception and not app.error
    assert {"V1", "V3", "V4", "V5", "V6"} <= dotted(app)
    assert "None of the estimated leads was recorded" in words(app) and "mean of" not in words(app)


def test_an_upload_leaves_no_name_on_screen_or_in_the_link():
    app = upload(opened(), "Mueller_Hans.csv", csv_of("I II V2"))
    assert "Mueller" not in words(app)
    assert "record" not in app.query_params and "Mueller" not in str(dict(app.query_params))


def test_a_bad_upload_is_one_sentence_and_the_open_recording_stays():
    app = upload(opened(), "scan.csv", b"%PDF-1.7 this is no table")
    assert not app.exception
    assert len(app.error) == 1 and len(app.error[0].value) < 300 and "Traceback" not in app.error[0].value
    assert REAL in words(app) and dotted(app)


def test_a_file_that_does_not_say_its_rate_is_asked_for_it():
    app = upload(opened(), "bare.csv", csv_of("I II V2", rate=None))
    assert not app.exception
    app.number_input(key="hint_rate").set_value(1000.0)
    if any(box.key == "hint_unit" for box in app.selectbox):
        app.selectbox(key="hint_unit").select("mV")
    app.run()
    assert not app.exception and not app.error
    assert "1000 Hz" in words(app) and "None of the estimated leads was recorded" in words(app)


# -- links ---------------------------------------------------------------------------------------------------


def test_a_link_restores_record_leads_model_and_layout():
    app = opened(
        leads="II-V1-V5",
        model="least-squares",
        layout="12x1",
        gain="20",
        filter="as-recorded",
        difference="on",
    )
    again = dict(app.query_params)
    assert again["leads"] == "II-V1-V5" and again["model"] == "least-squares" and again["layout"] == "12x1"
    assert "20 mm/mV" in labels(app) and "as recorded" in labels(app) and "estimate − recorded" in labels(app)


@pytest.mark.parametrize(
    "link",
    [
        {"leads": "I-V9"},
        {"speed": "26"},
        {"layout": "<script>"},
        {"start": "nan"},
        {"record": "local/../../etc/passwd"},
        {"record": "demo/none-such"},
        {"record": "local/no-such-database/1"},
        {"model": "no-such-model"},
    ],
)
def test_a_bad_link_is_said_and_the_rest_still_opens(link):
    app = opened(**link)
    assert len(app.warning) == 1 and dotted(app) and REAL in words(app)


def test_choices_survive_the_way_through_a_link():
    choices = Choices(
        LeadSet("II V1"),
        "linear",
        False,
        12.5,
        interval=False,
        difference=True,
        calipers=True,
        boxes=(Caliper("II", 3, 1200, 1640, -100, 850),),
        true_size=True,
        present=True,
    ).with_paper(speed=50.0, gain=5.0, format="6x2", cabrera=True)
    back, complaints = from_link(choices.to_link())
    assert back == choices and not complaints


def test_private_places_stay_out_of_links():
    assert Origin("upload").in_link() is None
    assert Origin("local", "folder", "Mueller_Hans_1950").in_link() is None
    assert Origin("local", "folder:Mueller_Hans_1950", "a").in_link() is None
    assert Origin.from_link("local/folder/Mueller_Hans_1950") is None
    assert Origin.from_link("upload/x") is None


@pytest.mark.parametrize(
    "place",
    [
        Origin("demo", "", "a-title"),
        Origin("local", "ptbdb", "patient104/s0306lre"),
        Origin("physionet", "ptb-xl", "00001"),
        Origin("physionet", "mitdb/1.0.0", "x/100"),
    ],
)
def test_places_survive_the_way_through_a_link(place):
    assert Origin.from_link(place.in_link()) == place


def test_a_choice_of_leads_is_put_into_words():
    assert (
        in_words(LeadSet("I II"))
        == "**I + II** give III, aVR, aVL, aVF exactly (calculated, Einthoven/Goldberger); V1, V2, V3, "
        "V4, V5, V6 "
        "must be estimated."
    )
    assert "determines no other lead exactly" in in_words(LeadSet("V2"))
    assert "at least one" in in_words(LeadSet())


# -- quality -------------------------------------------------------------------------------------------------


def test_a_flat_lead_is_said_in_words_above_the_picture():
    app = opened()
    source = app.session_state["recording"]
    signals = source.signals.copy()
    signals[STANDARD.index("V5")] = 0.0
    app.session_state["recording"] = source.replace(signals=signals)
    app.run()
    assert not app.exception
    assert any("V5" in warning.value and "flat" in warning.value for warning in app.warning)


def test_review_says_what_the_interval_stands_on_and_lets_it_be_chosen():
    app = opened()
    assert "90 % band: any hospital" in json.dumps(sheet(app)["layout"])
    app.selectbox(key="pick_rung").select("hospitals like PTB-XL").run()
    assert not app.exception and "90 % band: hospitals like PTB-XL" in json.dumps(sheet(app)["layout"])


def test_a_site_file_is_taken_named_under_the_paper_and_a_foreign_one_refused(tmp_path):
    from models.reconstruct import any_hospital

    given = replace(any_hospital("any-subset"), rung="site", name="Ward 3", recordings=20)
    given.write(tmp_path / "ward.json")
    app = opened()
    assert "90 % band: any hospital" in json.dumps(sheet(app)["layout"])
    app.selectbox(key="pick_rung").select("uploaded site").run()
    assert "calibrated on **any hospital**" in words(app)
    content = (tmp_path / "ward.json").read_bytes()
    app.get("file_uploader")[0].set_value([("ward.json", content, "application/json")]).run()
    assert not app.exception and "calibrated on **site Ward 3 (20 recordings)**" in words(app)
    assert "90 % band: site Ward 3 (20 recordings)" in json.dumps(sheet(app)["layout"])
    app.get("file_uploader")[0].set_value([("x.json", b"{}", "application/json")]).run()
    assert any("This file is none that" in warning.value for warning in app.warning)
