"""A hospital's own interval from the page: recordings in, a small file out, used for what is open."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.io.write import write_ecg
from ecgcore.synthetic import Heart, simulate
from models import reconstruct as registry
from models.checkpoint import WEIGHTS_FILE
from models.reconstruct import any_hospital
from models.sites import ANY_FILE, parse

ROOT = Path(__file__).parents[3]
RECORD = "demo/simulated-two-minutes-of-sinus-rhythm-68-min-500-hz"


@pytest.fixture
def app():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("pages/trained.py")
    app.query_params["model"] = "any-subset"
    return app.run()


def recordings(folder: Path, count: int) -> list[tuple[str, bytes, str]]:
    """WFDB files of hearts that beat at other rates."""
    for number in range(count):
        heart = Heart(rate=55.0 + 4 * number)
        write_ecg(simulate(heart, 250.0, 10.0, seed=number), folder, f"Mustermann{number}")
    return [(path.name, path.read_bytes(), "") for path in sorted(folder.iterdir())]


def texts(app) -> str:
    return " ".join(element.value for kind in (app.success, app.error, app.warning) for element in kind)


def calibrate(app, files) -> None:
    next(each for each in app.file_uploader if each.key == "site_recordings").set_value(files)
    app.text_input(key="site_name").set_value("St. Anna").run()
    app.button(key="site_calibrate").click().run()
    assert not app.exception


def test_a_site_is_calibrated_taken_along_and_used(app, tmp_path):
    files = recordings(tmp_path, 6)
    calibrate(app, [*files, ("other.csv", b"nothing", "")])
    assert "site St. Anna (6 recordings)" in texts(app)
    assert "Recording 7" in texts(app) and "Mustermann" not in texts(app)
    taken = next(each for each in app.get("download_button") if each.label == "Take the site file")
    assert taken is not None
    app.button(key="site_use").click().run()
    assert app.session_state.choices.rung == "uploaded site"
    site = app.session_state.site
    shared = any_hospital("any-subset")
    assert site.weights == shared.weights and site.recordings == 6
    ratio = site.factor[1:8] / shared.factor[1:8]
    assert ((ratio > 0.3) & (ratio < 2)).all() and not np.allclose(ratio, 1)
    assert json.loads(site.text)["kind"] and "Mustermann" not in site.text
    assert np.allclose(parse(site.text).factor, site.factor, atol=1e-4)
    app.switch_page("pages/review.py").run()
    assert any("site St. Anna" in each.value for each in app.caption)


def test_too_few_recordings_and_leads_are_a_sentence(app, tmp_path):
    files = recordings(tmp_path, 2)
    calibrate(app, files)
    assert "at least 5" in texts(app)
    assert "Take the site file" not in [each.label for each in app.get("download_button")]
    calibrate(app, [("leads.csv", b"time,I,II\n" + b"".join(b"%d,0.1,0.2\n" % n for n in range(2000)), "")])
    assert "twelve leads" in texts(app)


def test_a_damaged_calibration_is_told_and_leaves_the_model_its_own(tmp_path, monkeypatch):
    for name in ("any-subset", "linear"):
        (tmp_path / name).mkdir()
        (tmp_path / name / WEIGHTS_FILE).symlink_to(registry.TRAINED / name / WEIGHTS_FILE)
    (tmp_path / "any-subset" / ANY_FILE).write_text("{")
    monkeypatch.setattr(registry, "TRAINED", tmp_path)
    registry.forget()
    try:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update({"record": RECORD, "leads": "I-II-V2", "model": "any-subset"})
        app.switch_page("pages/review.py").run()
        assert not app.exception and not app.error
        assert "of any-subset for any hospital is damaged" in texts(app)
        rung = next(box for box in app.selectbox if box.key == "pick_rung")
        assert rung.options[:2] == ["Hospitals like PTB-XL (default)", "Hospitals like PTB-XL"]
        assert "Any hospital" not in rung.options
    finally:
        monkeypatch.undo()
        registry.forget()
