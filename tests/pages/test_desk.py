"""The reading desk on Review by AppTest: calipers by key, vector loops, another recording of the patient, the
presenter view."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.leads import LeadSet
from pages.views.review.checks import nothing_odd

ROOT = Path(__file__).parents[2]
REPEATED = "local/ptb-xl/02041"


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    for name, value in {"model": "linear", "leads": "I-II-V2", **link}.items():
        app.query_params[name] = value
    app.switch_page("pages/review.py").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def linked(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def test_a_warning_tells_a_wrong_shape_from_an_interval_that_is_too_narrow():
    app = opened(leads="I-II", model="any-subset", record="demo/simulated-sinus-rhythm-60-min-500-hz")
    (warning,) = [one.value for one in app.warning if "prediction band" in one.value]
    assert "leaves the 90 % prediction band too often in **V2** (" in warning
    assert "does not follow" not in warning and "**V3**" not in warning


def test_what_the_model_says_against_its_estimate_stands_above_the_paper():
    app = opened(model="any-subset", record="demo/simulated-like-ventricular-pacing-70-min-1000-hz")
    order = [element.value if element.type == "warning" else element.type for element in app.main]
    (place,) = [number for number, what in enumerate(order) if "pacing spikes" in what]
    assert place < order.index("plotly_chart")


def test_an_enlarged_lead_tells_of_an_interval_only_where_it_has_one_and_is_not_called_small():
    for lead, estimated in (("II", False), ("V4", True)):
        app = opened(layout="single", rhythm=lead, model="any-subset")
        footers = [
            chart.proto.spec for chart in app.get("plotly_chart") if "drawn 2 times" in chart.proto.spec
        ]
        assert len(footers) == 2 and all(("90 % band" in footer) == estimated for footer in footers)
        notes = "".join(part.proto.body for part in app.get("html"))
        assert "Drawn larger than true size" in notes and "Drawn smaller" not in notes


def test_leads_that_cannot_contradict_each_other_are_not_said_to_agree():
    assert "contradiction between the limb leads" in nothing_odd(LeadSet("I II III V2"))
    assert "limb" not in nothing_odd(LeadSet("I V2")) and "nothing flat" in nothing_odd(LeadSet("I V2"))


def test_calipers_are_drawn_moved_and_removed_by_key_and_stand_in_the_link():
    app = press(press(opened(), "desk_calipers"), "caliper_New")
    assert linked(app, "calipers") == "II_3_1000_1400_0_500"
    for key in ("Wider", "Later", "Higher"):
        press(app, f"caliper_{key}")
    assert linked(app, "calipers") == "II_3_1010_1420_0_550"
    assert "II   410 ms   146 bpm   0.55 mV" in words(app)
    press(app, "caliper_New")
    press(press(app, "caliper_Next"), "caliper_Narrower")
    assert linked(app, "calipers") == "II_3_1010_1410_0_550~II_3_1400_1800_0_500"
    press(app, "caliper_Remove")
    assert linked(app, "calipers") == "II_3_1400_1800_0_500"


def test_the_vector_loop_has_its_numbers_of_both_traces():
    text = words(opened(show="vector"))
    assert all(part in text for part in ("QRS-T angle", "| recorded |", "| reconstructed |"))


def test_true_size_and_the_presenter_view_are_one_click_each_and_part_of_the_link():
    app = press(opened(), "desk_size")
    assert linked(app, "size") == "true"
    press(app, "page_present")
    assert linked(app, "present") == "on" and not [box for box in app.selectbox if box.label == "Layout"]
    press(app, "page_present")
    assert "present" not in app.query_params


@pytest.mark.skipif(
    not (Path(os.environ.get("ECG_DATA", "")) / "ptb-xl/records500/02000/02041_hr.hea").is_file(),
    reason="ECG_DATA holds no PTB-XL",
)
def test_the_recording_before_stands_under_this_one():
    app = opened(record=REPEATED, show="previous")
    picked = app.selectbox(key="link_previous")
    assert picked.value == "01953" and any("days earlier" in option for option in picked.options)
    assert words(app).count("HR **") == 2


def test_an_uploaded_lead_that_was_never_connected_is_no_input_and_no_truth():
    """Files of twelve channels, some without a signal, are recordings of fewer leads."""
    import numpy as np
    import pandas as pd

    from ecgcore.demonstrations import real_recording

    ecg = real_recording()
    columns = {f"{lead} (mV)": ecg[lead] * (lead not in ("V2", "V4")) for lead in ecg.leads}
    text = pd.DataFrame({"time (s)": np.arange(ecg.n_samples) / ecg.rate, **columns}).to_csv(index=False)
    app = opened()
    app.session_state["pick_source"] = "Upload"
    app.run()
    app.get("file_uploader")[0].upload("twelve.csv", text.encode(), "text/csv")
    app.run()
    assert not app.exception
    assert "taken as not recorded: V2 V4." in words(app)
    ticked = {box.key.removeprefix("pick_lead_") for box in app.checkbox if box.value and "lead" in box.key}
    assert "I" in ticked and not ticked & {"V2", "V4"}
    assert "flat for up to" not in words(app)
