"""Grad-CAM of the layer in which the network's input leads are still apart: by its definition, per lead, and
refused where there is no such layer."""

import numpy as np
import pytest
import torch

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.synthetic import Heart, simulate
from models.base import build
from models.reconstruct import trained
from models.significance.contributions import (
    back,
    class_activation_map,
    has_class_activations,
    map_of,
    randomisation,
    scene,
    target_row,
)

INPUTS = LeadSet("I II V2")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    model = build("any-subset", {"widths": (16, 24), "lead_channels": 12}).eval()
    model.linear.load_state_dict(trained("linear").model.linear_part().state_dict())
    torch.nn.init.normal_(model.network.head.weight, std=0.3)
    torch.nn.init.normal_(model.network.stem.shift)
    return model.requires_grad_(False)


@pytest.fixture(scope="module")
def here():
    return scene(simulate(Heart(), 250.0, 6.0, seed=2), INPUTS)


def eight_of(here):
    return torch.from_numpy((back(INPUTS) @ here.seen).astype(np.float32))[None]


def test_what_comes_behind_the_activations_is_the_estimate(network, here):
    activations, behind = network.activations(eight_of(here), INPUTS)
    assert activations.shape[0] == 3 and activations.shape[2] == 12
    assert torch.allclose(behind(activations), network.estimate_subsets(eight_of(here), [INPUTS]), atol=1e-5)


def test_the_map_is_grad_cam_by_its_definition(network, here):
    """The derivative of the scalar along each channel, by differences, against the map that autograd
    gives."""
    window = np.zeros(here.n, bool)
    window[100:300] = True
    activations, behind = network.activations(eight_of(here), INPUTS)
    row = torch.from_numpy(target_row("V5").astype(np.float32))

    def scalar(values):
        return 0.5 * float((row @ behind(values)[0])[window].double().square().mean())

    weights = []
    for channel in range(12):
        moved = [activations.clone() for _ in range(2)]
        for altered, step in zip(moved, (-1e-2, 1e-2), strict=True):
            altered[..., channel] += step  # every place alike: the sum of their gradients
        weights.append((scalar(moved[1]) - scalar(moved[0])) / 2e-2 / activations[..., 0].numel())
    coarse = np.maximum(activations.numpy() @ np.array(weights), 0)
    level = class_activation_map(network, here, "V5", window)
    assert level.shape == (3, here.n) and (level >= 0).all()
    assert np.corrcoef(level[:, 2::4].ravel(), coarse[:, : level[:, 2::4].shape[1]].ravel())[0, 1] > 0.99


def test_a_lead_whose_activations_are_silent_has_none_of_the_map(network, here):
    silent = build("any-subset", network.config_dict()).eval()
    silent.load_state_dict(network.state_dict())
    with torch.no_grad():
        for parameter in (silent.network.stem.scale, silent.network.stem.shift):
            parameter.view(len(STANDARD), -1)[STANDARD.index("V2")] = 0
    level = map_of("grad-cam", silent.requires_grad_(False), here, "V5", np.ones(here.n, bool))
    assert not level[2].any() and level[:2].any()


def test_the_map_hangs_on_what_was_learned(network, here):
    assert randomisation(network, here, "V5", np.ones(here.n, bool), "grad-cam", draws=2) < 0.9


def test_where_leads_are_added_up_first_or_taken_together_there_is_no_map(network, here):
    other = build("any-subset", {"widths": (16, 24), "lead_channels": 0}).eval()
    assert not has_class_activations(other, INPUTS) and not has_class_activations(
        trained("linear").model, INPUTS
    )
    with pytest.raises(UnusableEcg, match="adds its input leads up"):
        class_activation_map(other, here, "V5", np.ones(here.n, bool))
    three = LeadSet("I II III V2")
    assert has_class_activations(network, INPUTS) and not has_class_activations(network, three)
    together = scene(simulate(Heart(), 250.0, 6.0, seed=2), three)
    with pytest.raises(UnusableEcg, match="are seen as"):
        class_activation_map(network, together, "V5", np.ones(together.n, bool))
