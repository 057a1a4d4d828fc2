"""The two newest peers: CaLiNet's linear map beneath, MorphRec's styles and patches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecgcore.leads import INDEPENDENT, LeadSet
from models.base import build
from models.training.batches import Dataset

RNG = np.random.default_rng(4)
MIX = RNG.normal(size=(8, 3))
SMALL = {"widths": (8, 16), "samples": 256}


def recordings(n: int = 6, samples: int = 400) -> Dataset:
    """Eight leads that three of them determine, with an offset of .1 mV in V4; recordings of other sizes."""
    sources = RNG.normal(size=(n, 3, samples))
    signals = np.einsum("ls,nst->nlt", MIX, sources) * np.array([0.2, 1, 3, 0.5, 1, 2])[:, None, None]
    names = np.array([f"r{number}" for number in range(n)])
    whole = np.round(1000 * signals).astype(np.int16)
    return Dataset(whole, np.full(n, samples), 100.0, names, names)


def test_before_training_the_anchored_network_is_the_map_of_the_population():
    model, data = build("calinet", SMALL), recordings()
    model.prepare(data)
    eight = torch.from_numpy(data.read(2)[:, :256][None])
    x, truth = model.eval().split(eight)
    assert (model.answer(x) - truth).abs().max() < 0.2  # mV, of the ridge; leads reach 15
    assert model.outputs == LeadSet("V1 V3 V4 V5 V6") and model.called()[0] == "calinet-i-ii-v2"


def test_without_the_map_the_network_answers_alone():
    model, data = build("calinet", SMALL | {"anchor": False}), recordings()
    model.prepare(data)
    assert not model.slope.any() and model.called()[0] == "calinet-unet-i-ii-v2"
    x, truth = model.eval().split(torch.from_numpy(data.read(2)[:, :256][None]))
    assert (model.answer(x) - truth).abs().max() > 1


def calibrated():
    model = build("calinet", SMALL | {"calibrated": True})
    model.prepare(recordings())
    return model.eval()


def test_a_person_whose_leads_are_linear_is_recovered_before_training():
    model, other = calibrated(), RNG.normal(size=(5, 3))
    x = RNG.normal(size=(3, 256))
    person = model.map_of(x[:, :200], other @ x[:, :200])
    assert np.abs(person - other).max() < 0.05
    assert model.called()[0] == "calinet-calibrated-i-ii-v2"
    assert np.abs(model.estimate_rows(x, person) - person @ x).max() < 1e-3


def test_without_a_reference_or_with_a_useless_one_the_map_is_that_of_the_population():
    model, x = calibrated(), RNG.normal(size=(3, 256))
    population = model.slope.double().numpy()
    y = population @ x
    y[:, :100] = RNG.normal(size=(5, 100))  # what the first second says holds no longer in the second
    assert np.abs(model.map_of(x[:, :200], y[:, :200]) - population).max() < 1e-3
    alone = model.answer(torch.from_numpy(x[None]).float()).detach().numpy()[0]
    assert alone == pytest.approx(population @ x + model.level.numpy(), abs=1e-4)


def test_the_network_is_told_how_a_person_differs():
    model, x = calibrated(), torch.randn(1, 3, 256)
    torch.nn.init.normal_(model.last.weight)
    torch.nn.init.normal_(model.film.last.weight)
    other = model.slope[None] + 0.5
    corrections = [
        model.answer(x, maps) - maps @ x for maps in (model.slope[None], other)
    ]  # with all else equal
    assert torch.allclose(corrections[0], model.answer(x) - model.slope @ x, atol=1e-4)
    assert (corrections[0] - corrections[1]).abs().max() > 0.1


def test_seconds_that_calibrate_do_not_count_in_the_loss(monkeypatch):
    model = calibrated()
    monkeypatch.setattr(model, "map_of", lambda x, y: model.slope.numpy())
    monkeypatch.setattr("models.zoo.calinet.WITHOUT", 0.0)
    eight = torch.randn(1, 8, 256)
    start = int(np.random.default_rng(3).integers(0, 57, 1)[0])
    losses = []
    for changed in (slice(0, 0), slice(start, start + 200), slice(0, 256)):
        other = eight.clone()
        other[:, INDEPENDENT.index("V5"), changed] *= -1
        losses.append(float(model.loss(other, np.random.default_rng(3)).detach()))
    assert losses[0] == pytest.approx(losses[1]) and abs(losses[0] - losses[2]) > 1e-3


def test_a_calibrated_network_needs_a_map_to_replace():
    with pytest.raises(ValueError, match="needs anchor"):
        build("calinet", {"calibrated": True, "anchor": False})


def test_what_tells_leads_apart_is_their_style():
    model = build("morphrec", {"widths": (8, 16), "style": 4, "samples": 256}).eval()
    x = torch.randn(2, 2, 256)
    first = model.answer(x)
    assert first.shape == (2, 6, 256) and not torch.allclose(first[:, 0], first[:, 1])
    with torch.no_grad():
        model.styles[model.styled.index("V2")] = model.styles[model.styled.index("V1")]
    same = model.answer(x)
    assert torch.allclose(same[:, 0], same[:, 1], atol=1e-6) and torch.allclose(same[:, 0], first[:, 0])


def test_a_patch_counts_by_its_own_spread(monkeypatch):
    model = build("morphrec", {"widths": (8, 16), "style": 4, "rate": 100, "samples": 200})
    time = torch.arange(200) / 100
    eight = torch.sin(2 * torch.pi * 10 * time).repeat(1, len(INDEPENDENT), 1)
    eight[..., 100:] *= 10
    order = [INDEPENDENT.index(lead) for lead in model.styled]
    losses = []
    for half, error in ((slice(0, 100), 0.1), (slice(100, 200), 1.0)):  # the same part of the spread
        wrong = eight[:, order].clone()
        wrong[..., half] *= 1 + error / (1 if half.start == 0 else 10)
        monkeypatch.setattr(model, "_decoded", lambda _x, _leads, wrong=wrong: wrong)
        plain = 5.0 * float((wrong - eight[:, order]).square().mean())
        losses.append(float(model.loss(eight, RNG)) - plain)
    assert losses[0] > 0.01 and abs(losses[0] - losses[1]) < 0.01 * losses[0]
