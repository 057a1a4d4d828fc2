"""Muon: which weights it moves, and by how much."""

from dataclasses import replace

import pytest
import torch

from models.training.optimisers import Float32Muon, optimiser_for, orthogonalised
from models.training.plan import Plan


def test_muon_turns_the_gradient_of_a_convolution_into_an_orthogonal_step_and_leaves_biases_to_adamw():
    torch.manual_seed(0)
    layer, plain = torch.nn.Conv1d(8, 16, 3), torch.nn.Conv1d(8, 16, 3)
    plain.load_state_dict(layer.state_dict())
    plan = Plan(learning_rate=1e-3, optimiser="muon")
    for parameter, kind in ((layer, "muon"), (plain, "adamw")):
        optimiser = optimiser_for(parameter, replace(plan, optimiser=kind))
        before = parameter.weight.detach().clone()
        parameter(torch.ones(2, 8, 9) * torch.arange(9)).square().mean().backward()
        optimiser.step()
        step = (parameter.weight.detach() - before).view(16, 24) / plan.learning_rate
        sizes = torch.linalg.svdvals(step)
        if kind == "muon":
            rank = torch.linalg.matrix_rank(parameter.weight.grad.view(16, 24), rtol=1e-3)
            usual = 0.2 * 24**0.5  # what gives each element AdamW's usual size
            assert 1 <= rank < 16
            assert ((sizes[:rank] > 0.5 * usual) & (sizes[:rank] < 1.3 * usual)).all()
            optimiser.zero_grad()
            assert parameter.weight.grad is None
        else:
            assert sizes[0] > 3 * sizes[1]
    assert torch.equal(layer.bias, plain.bias)


@pytest.mark.parametrize("shape", [(12, 30), (30, 12)])
def test_orthogonalisation_in_float32_is_the_librarys_but_for_the_digits(shape, monkeypatch):
    torch.manual_seed(0)
    matrix, plan, moved = torch.randn(shape), Plan(learning_rate=1e-2, weight_decay=0.1, optimiser="muon"), []
    for able in (True, False):
        monkeypatch.setattr("models.training.optimisers.has_bfloat16", lambda device, able=able: able)
        layer = torch.nn.Linear(shape[1], shape[0])
        layer.load_state_dict({"weight": matrix, "bias": torch.zeros(shape[0])})
        optimiser = optimiser_for(layer, plan)
        assert type(optimiser.parts[0]) is (torch.optim.Muon if able else Float32Muon)
        torch.manual_seed(1)
        for _ in range(3):
            layer.weight.grad = torch.randn(shape)
            optimiser.step()
        moved.append(layer.weight.detach() - matrix)
    assert (moved[1] - moved[0]).abs().max() < 0.03 * moved[0].abs().max()
    sizes = torch.linalg.svdvals(orthogonalised(matrix, (3.4445, -4.7750, 2.0315), 5, 1e-7))
    assert ((sizes > 0.5) & (sizes < 1.3)).all()
