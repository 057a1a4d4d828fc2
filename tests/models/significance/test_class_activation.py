"""Grad-CAM of the layers in which the input leads are still apart: by its definition, per lead, all of the
estimate, and refused where there is no such layer."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import LeadSet
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
    layers = network.activations(eight_of(here), INPUTS)
    assert [value.shape[0] for value in layers.values] == [3, 3]
    assert [value.shape[2] for value in layers.values] == [12, 8]
    estimate = network.estimate_subsets(eight_of(here), [INPUTS])
    assert torch.allclose(layers.behind(*layers.values), estimate, atol=1e-5)


def test_the_map_is_grad_cam_by_its_definition(network, here):
    """The derivative of the scalar by each value of one lead at one moment, by differences, against the map
    that autograd gives."""
    window = np.zeros(here.n, bool)
    window[100:300] = True
    layers = network.activations(eight_of(here), INPUTS)
    row = torch.from_numpy(target_row("V5").astype(np.float32))

    def scalar(*values):
        return 0.5 * float((row @ layers.behind(*values)[0])[window].double().square().mean())

    def contribution(layer, lead, step):
        """Sum over channels of gradient times value, along the way to a silent lead."""
        values = [[each.clone() for each in layers.values] for _ in range(2)]
        way = layers.values[layer][lead, step] - layers.silent[layer].expand_as(layers.values[layer])[lead, 0]
        for altered, by in zip(values, (-0.5, 0.5), strict=True):
            altered[layer][lead, step] += by * way
        return scalar(*values[1]) - scalar(*values[0])

    level = class_activation_map(network, here, "V5", window)
    assert level.shape == (3, here.n) and (level >= 0).all()
    steps = range(26, 74, 5)
    for lead in range(3):
        by_definition = [
            contribution(1, lead, 4 * step + 1)
            + (0.875 * contribution(0, lead, step) + 0.125 * contribution(0, lead, step - 1)) / 4
            for step in steps
        ]
        there = [level[lead, 4 * step + 1] for step in steps]
        wanted = [max(1e6 * value, 0.0) for value in by_definition]
        assert there == pytest.approx(wanted, rel=0.01, abs=0.05)


def test_of_the_linear_estimate_alone_the_map_is_its_power(network, here):
    """Without a correction the map before its negative parts are left out adds up to the mean square: a lead
    that is left alone has no negative part."""
    linear = build("any-subset", network.config_dict()).eval()
    linear.load_state_dict(network.state_dict())
    with torch.no_grad():
        linear.network.head.weight.zero_()
        linear.network.head.bias.zero_()
    alone = scene(simulate(Heart(), 250.0, 6.0, seed=2), LeadSet("V4"))
    level = class_activation_map(linear.requires_grad_(False), alone, "V5", np.ones(alone.n, bool))
    eight = torch.from_numpy((back(LeadSet("V4")) @ alone.seen).astype(np.float32))[None]
    estimate = target_row("V5") @ linear.estimate_subsets(eight, [LeadSet("V4")])[0].numpy()
    assert level.sum() == pytest.approx(1e6 * np.mean(np.square(estimate)), rel=0.02)


def test_a_lead_that_says_nothing_has_none_of_the_map(network, here):
    quiet = replace(here, seen=here.seen * np.array([[1.0], [1.0], [0.0]]))
    level = map_of("grad-cam", network, quiet, "V5", np.ones(here.n, bool))
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
