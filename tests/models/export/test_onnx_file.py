"""``rlecg export``: the file says what the app says, for either stem of the network, and stands alone."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import torch

from ecgcore.demonstrations import demonstrations
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.signals import filter_array, resample, resample_array
from ecgcore.synthetic import Heart, simulate
from models.base import build
from models.cli import main as rlecg
from models.export import onnx_file
from models.export.graph import WholeEstimate
from models.export.signals import HighPass, Resample
from models.reconstruct import assemble, of_role, reconstruct, usual_calibration

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
NAME = of_role("ours")[0].name
RATE = 500
INPUTS = LeadSet("I II V2")


def recordings():
    """Ten: eight demonstrations, a long one, one unlike the training data."""
    parts = [resample(make(), float(RATE)) for make in demonstrations().values()]
    loud = simulate(Heart(rate=90), float(RATE), 10.0, seed=2)
    return [
        *parts[:8],
        simulate(Heart(rate=70), float(RATE), 33.3, seed=1),
        loud.replace(signals=20 * loud.signals),
    ]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "estimate.onnx"
    assert rlecg(["export", NAME, "--inputs", str(INPUTS), "--onnx", str(path)]) == 0
    return path


@pytest.mark.slow
def test_ten_recordings_are_the_app_s_within_a_microvolt(file):
    from models.export.reader import Estimator

    estimator, calibration = Estimator(str(file)), usual_calibration(NAME, "")
    assert file.stat().st_size < 10e6
    widened = []
    for ecg in recordings():
        wanted = reconstruct(ecg, INPUTS, NAME, calibration)
        twelve = estimator({lead: ecg[lead] for lead in INPUTS}, ecg.rate)
        for row, lead in enumerate(STANDARD):
            assert np.abs(twelve[lead].samples - wanted.ecg[lead]).max() < 1e-3
            assert np.abs(twelve[lead].half_width - wanted.interval[row]).max() < 1e-3
            assert twelve[lead].source == wanted.source[lead]
        assert (estimator.widened > 1) == bool(wanted.warnings)
        widened.append(estimator.widened > 1)
    assert len(widened) == 10 and any(widened) and not all(widened)
    facts = estimator.facts
    assert (facts["inputs"], facts["rate_hz"], facts["interval"]) == (list(INPUTS), RATE, wanted.rung)
    assert "not for diagnosis" in facts["notice"]
    with pytest.raises(ValueError, match="V2 is missing"):
        estimator({"I": ecg["I"], "II": ecg["II"]}, RATE)
    with pytest.raises(ValueError, match="500 Hz and 1 to 630 s"):
        estimator({lead: ecg[lead] for lead in INPUTS}, 250)


@pytest.mark.parametrize("inputs", ["II", "V1 V5", "III aVL V3", "I V1 V2 V3 V4 V5 V6"])
@pytest.mark.parametrize("rate", [100, 257])
def test_the_graph_is_the_estimate_whatever_the_leads_and_the_rate(inputs, rate):
    from models.reconstruct import trained

    ecg = simulate(Heart(rate=80, noise_uv=20), float(rate), 13.7, seed=5)
    leads = LeadSet(inputs)
    _same(trained(NAME).model, ecg, leads)


@pytest.mark.slow
@pytest.mark.parametrize("lead_channels", [0, 64])
def test_either_stem_of_the_network_is_exported(lead_channels):
    torch.manual_seed(0)
    model = build(NAME, {"lead_channels": lead_channels}).eval().requires_grad_(False)
    for parameter in model.network.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))  # fresh weights end in zeros
    ecg = simulate(Heart(), 250.0, 5.3, seed=6)
    estimate, wanted = _same(model, ecg, INPUTS)
    data = onnx_file.onnx_bytes(estimate, len(INPUTS), 250, {"notice": ""})
    leads, half, widened = onnx_file.session(data).run(None, {"signals": ecg.pick(INPUTS).signals})
    assert len(data) < 10e6
    assert np.abs(leads - wanted.ecg.signals).max() < 1e-3
    assert np.abs(half - wanted.interval).max() < 1e-3 * max(1.0, wanted.interval.max())
    assert widened == 1


def _same(model, ecg, inputs):
    wanted = assemble(ecg.pick(inputs), model.estimate(ecg.pick(inputs)), NAME)
    estimate = WholeEstimate(model, inputs, int(ecg.rate)).eval()
    with torch.inference_mode():
        leads, half, _ = estimate(torch.from_numpy(ecg.pick(inputs).signals.copy()))
    assert np.abs(leads.numpy() - wanted.ecg.signals).max() < 1e-3
    assert np.abs(half.numpy() - wanted.interval).max() < 1e-3 * max(1.0, wanted.interval.max())
    assert estimate.sources == dict(wanted.source)
    return estimate, wanted


@pytest.mark.parametrize("rate", [100, 257, 500, 1000])
@pytest.mark.parametrize("n", [150, 2003])
def test_filters_are_those_of_the_app(rate, n):
    signals = np.random.default_rng(n).standard_normal((2, n), np.float32).cumsum(1)
    size = np.abs(signals).max()
    high = HighPass(rate, 0.5)(torch.from_numpy(signals)).numpy()
    assert np.abs(high - filter_array(signals, rate, 0.5)).max() < 1e-6 * size
    for new in (100, 500, 300):
        again = Resample(rate, new)(torch.from_numpy(signals)).numpy()
        wanted = resample_array(signals, rate, new)
        assert again.shape == wanted.shape and np.abs(again - wanted).max() < 1e-5 * size


def test_spikes_of_a_pacemaker_are_seen():
    from models.export.graph import Paced
    from models.out_of_distribution import paced

    ecg = simulate(Heart(rate=70), 500.0, 10.0, seed=3).pick(INPUTS)
    signals = ecg.signals.copy()
    assert not Paced(500)(torch.from_numpy(signals)) and not paced(signals, 500.0)
    signals[:, 200::400] += 3.0
    assert Paced(500)(torch.from_numpy(signals)) and paced(signals, 500.0)


def test_what_cannot_be_exported_is_refused_in_a_sentence(tmp_path, capsys):
    out = ["--onnx", str(tmp_path / "x.onnx")]
    for words, sentence in (
        ([NAME, "--inputs", "I II", "--rate", "50"], "100 to 1000 Hz"),
        ([NAME, "--inputs", " ".join(INDEPENDENT)], "nothing to estimate"),
        (["mean-beat", "--inputs", "I II"], "cannot be exported"),
        (["no-such", "--inputs", "I II"], "There is no model"),
    ):
        assert rlecg(["export", *words, *out]) == 2
        assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_reader_stands_alone():
    source = (Path(onnx_file.__file__).parent / "reader.py").read_text()
    tree = ast.parse(source)
    imported = {node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"json", "typing", "numpy", "onnxruntime"}
    assert len(source.splitlines()) <= 50
