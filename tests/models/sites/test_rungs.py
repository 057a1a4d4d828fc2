"""What an interval stands on: any hospital, sites, and what the commands say of them."""

import json

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io.write import write_ecg
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.partial import PartialEcg
from ecgcore.signals import high_pass
from ecgcore.synthetic import Heart, simulate
from models import reconstruct as models
from models.cli import main
from models.partial import reconstruct_partial
from models.reconstruct import (
    any_hospital,
    calibration_for,
    reconstruct,
    trained,
    usual_calibration,
)
from models.reconstruct.texts import for_person
from models.sites import ANY, OWN, SHAPE, Calibration

LEADS = LeadSet("I II V2")
ONE = np.ones(SHAPE)


@pytest.fixture(scope="module")
def ecg():
    return high_pass(simulate(Heart(), 250.0, 10.0, seed=4))


@pytest.fixture(scope="module")
def site():
    """Twice the weights' own factors, and chest leads estimated a tenth taller from three leads."""
    own = trained("any-subset")
    gain = np.where(np.arange(9)[:, None] == 3, 1.1, 1.0) * np.ones(SHAPE)
    factor = 2 * own.model.interval_factor.numpy()
    return Calibration("site", "Ward 3", own.weights_hash, factor, gain, 40, "made up")


def test_the_committed_calibration_belongs_to_the_committed_weights_and_is_wider():
    calibration = any_hospital("any-subset")
    assert calibration is not None and calibration.label == ANY and not calibration.moves
    own = trained("any-subset").model.interval_factor.numpy()
    wider = calibration.factor[1:8] / own[1:8]
    assert 1.1 < np.median(wider) < 1.6 and (wider > 0.9).all()
    assert any_hospital("linear") is None


def test_the_calibration_is_that_of_the_folder_and_the_weights_that_are_there(monkeypatch, tmp_path):
    own = any_hospital("any-subset")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(models, "TRAINED", tmp_path)
        assert any_hospital("any-subset") is None
    assert any_hospital("any-subset") is own is not None
    with monkeypatch.context() as retrained:
        retrained.setattr(models, "weights_of", lambda _name: "other weights")
        assert any_hospital("any-subset") is None
    assert any_hospital("any-subset") is own


def test_a_recording_of_unknown_origin_stands_on_any_hospital_and_one_of_ptb_xl_on_its_own():
    assert usual_calibration("any-subset", "ptb-xl/00001") is None
    assert usual_calibration("any-subset", "anything") is any_hospital("any-subset")
    assert calibration_for("any-subset", "anything", OWN) is None
    assert calibration_for("any-subset", "ptb-xl/00001", ANY) is any_hospital("any-subset")
    assert calibration_for("any-subset", "ptb-xl/00001", "Any hospital") is any_hospital("any-subset")
    assert calibration_for("any-subset", "anything", OWN.upper()) is None
    with pytest.raises(UnusableEcg, match=OWN):
        calibration_for("linear", "anything", ANY)


def test_any_hospital_widens_the_interval_and_leaves_the_estimate(ecg):
    own = reconstruct(ecg, LEADS, "any-subset")
    wide = reconstruct(ecg, LEADS, "any-subset", any_hospital("any-subset"))
    assert (own.rung, wide.rung) == (OWN, ANY)
    assert np.array_equal(own.ecg.signals, wide.ecg.signals)
    ratio = float(wide.half_width("V5").mean() / own.half_width("V5").mean())
    row = INDEPENDENT.index("V5")
    factor = float(trained("any-subset").model.interval_factor[3, row])
    assert ratio == pytest.approx(any_hospital("any-subset").factor[3, row] / factor, rel=0.05)


def test_a_sites_gains_and_factors_are_those_of_the_estimate(ecg, site):
    own, moved = reconstruct(ecg, LEADS, "any-subset"), reconstruct(ecg, LEADS, "any-subset", site)
    assert moved.rung == "site Ward 3 (40 recordings)"
    row = STANDARD.index("V5")
    assert np.abs(moved.ecg.signals[row] - 1.1 * own.ecg.signals[row]).max() < 2e-3
    assert moved.half_width("V5").mean() == pytest.approx(2 * own.half_width("V5").mean(), rel=0.02)
    for lead in LEADS:
        assert np.array_equal(moved.ecg[lead], ecg[lead])
    assert moved.cut(2, 4).rung == moved.rung


def test_a_site_of_other_weights_is_refused_with_what_to_do(ecg):
    with pytest.raises(UnusableEcg, match="calibrate the site again"):
        reconstruct(ecg, LEADS, "any-subset", Calibration("site", "Ward 3", "other", ONE, ONE, 40, ""))


def test_a_partly_known_recording_says_what_its_interval_stands_on(ecg, site):
    reconstruction = reconstruct_partial(PartialEcg.from_ecg(ecg.pick(LEADS)), "any-subset", site)
    assert reconstruction.rung == "site Ward 3 (40 recordings)" == reconstruction.cut(1, 3).rung


def test_the_commands_make_a_site_and_use_it(ecg, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RLECG_SITES", str(tmp_path / "sites"))
    for number in range(5):
        recording = simulate(Heart(rate=60 + 5 * number, noise_uv=20.0), 250.0, 10.0, seed=number)
        write_ecg(recording, tmp_path / "local", f"r{number}")
    arguments = ["calibrate-site", "--data", str(tmp_path / "local"), "--name", "Ward 3"]
    monkeypatch.setattr("models.training.site.input_sets", lambda model: [LEADS])
    assert main(arguments) == 0
    begun = capsys.readouterr().out
    assert "site Ward 3 (5 recordings)" in begun and "count again" not in begun
    assert main([*arguments, "--online"]) == 0
    added = "5 recordings were added to 5. Recordings that were counted before count again"
    assert added in capsys.readouterr().out
    file = tmp_path / "sites" / "Ward 3.json"
    text = file.read_text()
    assert json.loads(text)["recordings"] == 10 and "r0" not in text
    record = str(tmp_path / "local" / "r0")
    request = [
        "reconstruct",
        record,
        "--inputs",
        "I II V2",
        "--model",
        "any-subset",
        "--json",
        str(tmp_path / "a.json"),
    ]
    for option, rung in (
        (["--site", "Ward 3"], "site Ward 3 (10 recordings)"),
        ([], ANY),
        (["--site", OWN], OWN),
    ):
        assert main([*request, *option]) == 0
        assert json.loads((tmp_path / "a.json").read_text())["interval"] == rung
    assert main([*request, "--site", "Ward 9"]) == 2
    assert "Ward 3" in capsys.readouterr().err
    go_on = [*arguments, "--online", "--out", str(file)]
    assert main([*go_on, "--name", "Ward 4"]) == 2
    assert "is the site 'Ward 3', not 'Ward 4'" in capsys.readouterr().err
    for other, sentence in (
        ({"weights": "0" * 16}, "calibrate the site again"),
        ({"rung": ANY, "name": ""}, "not that of a site"),
    ):
        file.write_text(json.dumps(json.loads(text) | other))
        before = file.read_text()
        assert main(go_on) == 2 and sentence in capsys.readouterr().err
        assert file.read_text() == before


def test_a_site_is_not_made_of_all_databases_that_are_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ECG_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match="2"):
        main(["calibrate-site", "--name", "Ward 3"])
    assert "--data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("age", "warned"), [(9.0, True), (17.9, True), (18.0, False), (None, False), (float("nan"), False)]
)
def test_a_known_child_is_told_that_nothing_is_validated_for_children(ecg, age, warned):
    reconstruction = for_person(reconstruct(ecg, LEADS, "any-subset"), age)
    assert any("children" in sentence for sentence in reconstruction.warnings) == warned
    assert not for_person(reconstruct(ecg, LeadSet(STANDARD), "any-subset"), 9.0).warnings
