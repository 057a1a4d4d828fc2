"""The line about electrodes on Review, and what its two buttons do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ecgcore.demonstrations import real_recording
from ecgcore.ecg import Ecg
from ecgcore.electrodes.arrangements import by_name
from ecgcore.electrodes.correction import recorded_as
from pages.shared.reads import electrode_checks

ROOT = Path(__file__).parents[2]


def opened(ecg: Ecg) -> AppTest:
    """Review with this recording in place of the first demonstration."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.query_params["model"] = "linear"
    app.run()
    app.session_state["recording"] = ecg
    app.run()
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


def buttons(app: AppTest) -> set[str]:
    return {button.key for button in app.button if str(button.key).startswith("electrodes_")}


@pytest.fixture
def exported(monkeypatch):
    """The text of the file that Review's export held ready in the last run."""
    files, own = {}, st.download_button

    def button(label, data, *others, **named):
        files[named.get("key")] = data
        return own(label, data, *others, **named)

    monkeypatch.setattr(st, "download_button", button)
    return lambda: files["export_download"]().decode()


def test_a_right_recording_has_no_line():
    app = opened(real_recording())
    assert "exchanged" not in words(app) and not buttons(app)


def test_an_exchange_is_told_shown_corrected_and_taken_back(exported):
    ecg = real_recording()
    ecg = ecg.replace(signals=ecg.signals * 1.01)  # as corrected no recording that was open before
    app = opened(recorded_as(ecg, by_name()["V2-V5"]))
    app.selectbox(key="export_format").set_value("csv").run()
    assert "V2 and V5 look exchanged" in words(app)
    assert "not corrected: V2 and V5 look exchanged" in exported()
    app.button(key="electrodes_correct").click().run()
    assert not app.exception, app.exception
    assert "V2 and V5 exchanged back" in words(app) and "shown as corrected" in words(app)
    assert "Shown as corrected: V2 and V5 exchanged back" in exported()
    shown = app.session_state["recording"]
    assert (shown["V2"] == ecg["V2"]).all() and (shown["V5"] == ecg["V5"]).all()
    app.button(key="electrodes_as_recorded").click().run()
    assert "V2 and V5 look exchanged" in words(app)


def test_the_reader_may_say_that_it_is_right():
    app = opened(recorded_as(real_recording(), by_name()["V1-V4"]))
    app.button(key="electrodes_right").click().run()
    assert not app.exception, app.exception
    assert "exchanged" not in words(app) and not buttons(app)


def test_the_alarm_says_how_often_such_alarms_are_false():
    app = opened(recorded_as(real_recording(), by_name()["V2-V5"]))
    assert "none of which taught the check" in words(app)
    assert "Left bundle branch block" in words(app) and "dextrocardia" in words(app)


def test_results_count_by_exchange_and_diagnosis_and_list_the_worst():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.query_params["view"] = "electrodes"
    app.switch_page("pages/results.py").run()
    assert not app.exception, app.exception
    text = words(app)
    assert "By diagnosis, all data sets together" in text or "By diagnosis, all databases together" in text
    assert "**V2-V5**" in text and "**LA-LL**" in text and "A check takes" in text
    assert "truly exchanged" in text and "cinc2011/1328818" in text


def test_the_table_of_checks_is_summed_up_once_for_results_and_review(monkeypatch):
    counted = []
    for name in ("trade_off", "sensitivity"):
        sums = getattr(electrode_checks.study, name)
        monkeypatch.setattr(
            electrode_checks.study, name, lambda *args, of=sums: counted.append(of.__name__) or of(*args)
        )
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.query_params["view"] = "electrodes"
    app.switch_page("pages/results.py").run()
    app.run()
    assert not app.exception, app.exception
    exchanged = opened(recorded_as(real_recording(), by_name()["V2-V5"]))
    assert "none of which taught the check" in words(exchanged)
    assert Counter(counted) == {"trade_off": 1, "sensitivity": 1}, counted


def test_superclasses_have_their_names_beside_their_codes():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.query_params["view"] = "electrodes"
    app.switch_page("pages/results.py").run()
    text = words(app)
    assert "**CD · conduction disturbance** | " in text and "**all** | " in text
