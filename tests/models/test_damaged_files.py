"""A damaged model file takes one model out, says which, and leaves the others working."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import models.reconstruct as registry
from ecgcore.ecg import UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.checkpoint import WEIGHTS_FILE, _write, read_card
from models.sites import ANY, ANY_FILE, OWN

ECG = simulate(Heart(), rate=500, seconds=4)
BROKEN = "any-subset"


@pytest.fixture
def trained_folder(tmp_path, monkeypatch):
    """Two stored models in a folder of their own."""
    for name in (BROKEN, "linear"):
        (tmp_path / name).mkdir()
        shutil.copy(registry.TRAINED / name / WEIGHTS_FILE, tmp_path / name / WEIGHTS_FILE)
    monkeypatch.setattr(registry, "TRAINED", tmp_path)
    registry.forget()
    yield tmp_path
    registry.forget()


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "nonsense", "cut off"])
def test_a_damaged_file_takes_one_model_out(trained_folder, content):
    path = trained_folder / BROKEN / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:-1000] if content is None else content)
    assert BROKEN not in [info.name for info in registry.available()]
    assert [sentence for sentence in registry.damaged() if BROKEN in sentence] == list(registry.damaged())
    with pytest.raises(UnusableEcg, match="damaged"):
        registry.trained(BROKEN)
    assert registry.reconstruct(ECG, LeadSet("I II V2"), "linear").ecg.n_samples == ECG.n_samples


def test_weights_that_are_no_numbers_do_not_blame_the_recording(trained_folder):
    path = trained_folder / BROKEN / WEIGHTS_FILE
    card, tensors = read_card(path), load_file(path)
    name = max(tensors, key=lambda name: tensors[name].numel())
    _write(path, {**tensors, name: torch.full_like(tensors[name], float("nan"))}, card)
    with pytest.raises(UnusableEcg, match=f"model {BROKEN} is damaged"):
        registry.reconstruct(ECG, LeadSet("I II V2"), BROKEN)


def test_a_damaged_calibration_leaves_the_model_with_its_own_and_says_so(trained_folder):
    shutil.copy(Path(registry.__file__).parents[1] / "trained" / BROKEN / ANY_FILE, trained_folder / BROKEN)
    leads = LeadSet("I II V2")
    assert registry.damaged() == ()
    own = registry.reconstruct(ECG, leads, BROKEN)
    wide = registry.reconstruct(ECG, leads, BROKEN, registry.usual_calibration(BROKEN, "anything"))
    assert (own.rung, wide.rung, own.warnings) == (OWN, ANY, wide.warnings)
    (trained_folder / BROKEN / ANY_FILE).write_text("{")
    registry.forget()
    sentence = f"The calibration of {BROKEN} for any hospital is damaged"
    assert BROKEN in [info.name for info in registry.available()]
    assert [text.startswith(sentence) for text in registry.damaged()] == [True]
    calibration = registry.calibration_for(BROKEN, "anything")
    usual = registry.reconstruct(ECG, leads, BROKEN, calibration)
    assert calibration is None and usual.rung == OWN
    assert usual.warnings == (*own.warnings, *registry.damaged())
    assert (usual.interval == own.interval).all()
    with pytest.raises(UnusableEcg, match=sentence):
        registry.calibration_for(BROKEN, "anything", ANY)
