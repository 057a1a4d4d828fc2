"""The Personal model page and its queue: trains in the background, can be cancelled, is found again, is
compared."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.synthetic import Heart, simulate
from pages.shared.training_queue import LONGEST_QUEUE, Queue

ROOT = Path(__file__).parents[2]


def opened(seconds: float, seed: int = 0, epochs: int = 2) -> AppTest:
    return opened_with(simulate(Heart(), 500.0, seconds, seed=seed), epochs)


def opened_with(ecg: Ecg, epochs: int = 2, **link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.session_state["recording"] = ecg
    app.session_state["personal_options"] = {"epochs": epochs, "widths": (4, 4, 4), "hidden": 16}
    for name, value in link.items():
        app.query_params[name] = value
    app.switch_page("pages/personal_model.py").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(
        str(element.value) for kind in (app.markdown, app.caption, app.info, app.error) for element in kind
    )


def until(condition, seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def test_a_short_recording_is_refused_with_the_reason():
    app = opened(10.0)
    assert "lasts 10 s" in words(app) and not app.selectbox(key="pick_demo").disabled
    assert not [box for box in app.selectbox if box.key == "link_input"]


@pytest.mark.slow
def test_training_runs_to_a_result_beside_least_squares_and_another_session_finds_it():
    app = opened(40.0, seed=1)
    assert "| least squares with intercept |" in words(app) and "| CR |" not in words(app)
    table = words(app)[words(app).index("| Model |") :]
    assert table.splitlines()[2].startswith("| ") and "first 10 s as reference" in table.splitlines()[2]
    app.button(key="personal_train").click().run()
    assert not app.exception, app.exception
    until(lambda: "| CR |" in words(app.run()))
    assert app.get("plotly_chart") and "which no personal model was fitted on" in words(app)
    assert "| CR |" in words(opened(40.0, seed=1))


@pytest.mark.slow
def test_a_training_can_be_cancelled_on_the_page():
    app = opened(40.0, seed=2, epochs=100_000)
    app.button(key="personal_train").click().run()
    app.button(key="personal_cancel").click().run()
    until(lambda: "cancelled" in words(app.run()))
    assert app.button(key="personal_train").label == "Train again"


def test_a_flat_input_lead_is_refused_and_another_can_be_chosen():
    ecg = simulate(Heart(), 500.0, 40.0, seed=4)
    signals = ecg.signals.copy()
    signals[ecg.leads.index("V2")] = 0.2
    app = opened_with(ecg.replace(signals=signals), input="V2")
    assert "Lead V2 is flat" in words(app) and not trainable(app)
    app.selectbox(key="link_input").select("V3").run()
    assert "V2 is flat" not in words(app) and trainable(app)


def trainable(app: AppTest) -> bool:
    return any(button.key == "personal_train" for button in app.button)


def test_lead_and_method_are_part_of_the_link_and_an_absent_lead_is_named():
    ecg = simulate(Heart(), 500.0, 40.0, seed=5).pick(["I", "II", "V1", "V5"])
    app = opened_with(ecg, input="V5", method="cf")
    assert (app.selectbox(key="link_input").value, app.selectbox(key="link_method").value) == ("V5", "cf")
    app = opened_with(ecg, input="V3")
    warnings = [str(warning.value) for warning in app.run().warning]
    assert app.selectbox(key="link_input").value == "II" and any(
        "'V3'; possible are I, II, V1, V5" in sentence for sentence in warnings
    )


@pytest.mark.slow
def test_other_trainings_of_the_recording_are_one_click_away():
    app = opened(40.0, seed=6, epochs=1)
    app.selectbox(key="link_input").select("V3").run()
    app.button(key="personal_train").click().run()
    app.selectbox(key="link_input").select("II").run()
    app.button(key="other_V3_cr").click().run()
    assert app.selectbox(key="link_input").value == "V3"
    until(lambda: "in **" in words(app.run()))
    assert "of 11** leads" in words(app)


def test_what_came_out_is_shown_where_there_is_a_table(tmp_path, monkeypatch):
    from models import reconstruct
    from tests.ecgcore.studies.test_personal_model import gain, written

    (tmp_path / "personal").mkdir()
    written(tmp_path / "personal/trials.csv.gz", gain({"cr": 0.1, "cf": 0.05, "least-squares": 0.0}))
    monkeypatch.setattr(reconstruct, "TRAINED", tmp_path)
    app = opened(10.0)
    assert "What came out over 8 recordings" in words(app) and "CR beats CF by" in words(app)
    assert "| **CR** |" in words(app)


def test_least_squares_needs_no_training():
    app = opened(40.0, seed=3)
    app.selectbox(key="link_method").select("least-squares").run()
    assert not [button for button in app.button if button.key == "personal_train"]
    assert app.get("plotly_chart") and not app.error


def waiting(go: threading.Event):
    def work(progress, cancel):
        progress({"epoch": 1, "seconds": 0.5})
        go.wait(20)
        return "fitted"

    return work


def test_one_training_at_a_time_in_order_and_the_same_one_only_once():
    queue, go = Queue(), threading.Event()
    first = queue.submit(("a", "II", "cr"), 10, waiting(go))
    until(lambda: first.history)
    second = queue.submit(("b", "II", "cr"), 10, waiting(go))
    assert queue.submit(("a", "II", "cr"), 10, waiting(go)) is first
    assert (first.state, second.state, queue.ahead(second)) == ("running", "waiting", 1)
    assert first.seconds_left == pytest.approx(4.5)
    go.set()
    until(lambda: second.state == "done")
    assert second.result == "fitted" and second.work is None and queue.find(("a", "II", "cr")) is first


def test_a_full_queue_says_so_and_a_waiting_training_can_be_withdrawn():
    queue, go = Queue(), threading.Event()
    there = [queue.submit((str(number), "II", "cr"), 1, waiting(go)) for number in range(LONGEST_QUEUE)]
    with pytest.raises(UnusableEcg, match="waiting already"):
        queue.submit(("more", "II", "cr"), 1, waiting(go))
    queue.cancel(there[-1])
    assert there[-1].state == "cancelled"
    queue.submit(("more", "II", "cr"), 1, waiting(go))
    go.set()


def test_a_failing_training_says_why_and_the_next_one_runs(caplog):
    queue = Queue()

    def refuse(progress, cancel):
        raise UnusableEcg("Too short for this.")

    def break_down(progress, cancel):
        raise RuntimeError("no such tensor")

    refused, broken = (
        queue.submit(("a", "II", "cr"), 1, refuse),
        queue.submit(("b", "II", "cr"), 1, break_down),
    )
    after = queue.submit(("c", "II", "cr"), 1, lambda progress, cancel: "fitted")
    until(lambda: after.state == "done")
    assert (refused.state, refused.error) == ("failed", "Too short for this.")
    assert (
        broken.state == "failed" and "no such tensor" not in broken.error and "no such tensor" in caplog.text
    )
