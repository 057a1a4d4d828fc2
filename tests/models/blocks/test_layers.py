"""Convolutions as products of matrices are convolutions, and weights stored as such are read as what they
were."""

import pytest
import torch
from torch import nn

from ecgcore.leads import LeadSet
from models.base import build
from models.blocks.conditioned_unet import ConditionedUNet, Shape
from models.blocks.layers import Convolution, TransposedConvolution, matrix_of


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(3, 1, 1), (3, 1, 4), (5, 1, 2), (4, 2, 1), (16, 4, 1)]
)
def test_a_convolution_is_one(kernel, stride, dilation):
    reference = nn.Conv1d(
        6, 10, kernel, stride, padding=(dilation * (kernel - 1) + 1 - stride) // 2, dilation=dilation
    )
    layer = Convolution(6, 10, kernel, stride, dilation)
    layer.load_state_dict({"weight": matrix_of(reference.weight, transposed=False), "bias": reference.bias})
    x = torch.randn(3, 6, 64)
    by_library = layer(x.transpose(1, 2)).transpose(1, 2)
    assert torch.allclose(by_library, reference(x), atol=1e-5)
    assert torch.allclose(layer.by_products(x.transpose(1, 2)).transpose(1, 2), reference(x), atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (16, 4), (2, 2)])
def test_a_transposed_convolution_is_one(kernel, stride):
    reference = nn.ConvTranspose1d(6, 10, kernel, stride, padding=(kernel - stride) // 2)
    layer = TransposedConvolution(6, 10, kernel, stride)
    layer.load_state_dict({"weight": matrix_of(reference.weight, transposed=True), "bias": reference.bias})
    x = torch.randn(3, 6, 40)
    assert torch.allclose(layer(x.transpose(1, 2)).transpose(1, 2), reference(x), atol=1e-5)


def as_stored_before(model: ConditionedUNet, place: str) -> dict[str, torch.Tensor]:
    """The weights in the shapes of convolutions, and each block's scale, less 1, and shift beside it."""
    stored = {
        f"{place}{name}": value for name, value in model.state_dict().items() if not name.startswith("film.")
    }
    for name, layer in model.named_modules():
        if isinstance(layer, Convolution):
            kernel = layer.stride * layer.parts
            stored[f"{place}{name}.weight"] = (
                layer.weight.detach().unflatten(1, (kernel, -1)).permute(0, 2, 1)
            )
        elif isinstance(layer, TransposedConvolution):
            stored[f"{place}{name}.weight"] = (
                layer.weight.detach().unflatten(0, (-1, len(layer.bias))).permute(2, 1, 0)
            )
    names = {block: name for name, block in model.named_modules()}
    start = 0
    for block in model.blocks():
        width = block.norm.num_features
        weight, bias = (
            value.detach()[start : start + 2 * width].clone()
            for value in (model.film.weight, model.film.bias)
        )
        bias[:width] -= 1
        stored |= {f"{place}{names[block]}.film.weight": weight, f"{place}{names[block]}.film.bias": bias}
        start += 2 * width
    return stored


@pytest.mark.parametrize("widths", [(8, 12), (8, 10, 12)])
def test_weights_stored_as_convolutions_are_the_same_network(widths):
    torch.manual_seed(3)
    reference = ConditionedUNet(4, 6, 5, Shape(widths, 4, 2, 3, 0.1)).eval()
    for value in reference.parameters():
        nn.init.normal_(value, std=0.3)
    stored = as_stored_before(reference, "network.")
    assert stored["network.stem.weight"].shape == (8, 4, 16) and stored["network.head.weight"].shape == (
        8,
        6,
        16,
    )
    again = ConditionedUNet(4, 6, 5, Shape(widths, 4, 2, 3, 0.1)).eval()
    now = again.current(stored | {"gain": torch.ones(3)}, "network.")
    assert torch.equal(now.pop("gain"), torch.ones(3))
    again.load_state_dict({name.removeprefix("network."): value for name, value in now.items()})
    x, condition = torch.randn(2, 4, 64), torch.randn(2, 5)
    assert torch.allclose(again(x, condition), reference(x, condition), rtol=1e-4, atol=1e-3)  # of tens
    today = reference.state_dict()
    assert again.current(today, "") is today


def test_in_training_whole_channels_are_dropped_and_only_then():
    torch.manual_seed(0)
    network = ConditionedUNet(4, 6, 5, Shape((8, 12), 4, 2, 3, 0.5))
    for value in network.parameters():
        nn.init.normal_(value, std=0.3)
    x, condition = torch.randn(2, 4, 64), torch.randn(2, 5)
    assert not torch.equal(network(x, condition), network(x, condition))
    network.eval()
    assert torch.equal(network(x, condition), network(x, condition))
    seen, block = [], network.train().blocks()[0]
    block.second.forward = lambda h: seen.append(h) or torch.zeros_like(h)
    network(x, condition)
    dropped = seen[0] == 0
    assert torch.equal(dropped.any(1), dropped.all(1)) and 0 < dropped.all(1).float().mean() < 1


def test_a_fresh_network_says_nothing():
    for channels in (0, 16):
        model = build("any-subset", {"widths": (16, 24), "lead_channels": channels}).eval()
        assert not model.correct(torch.randn(1, 8, 64), [model.given(LeadSet("I V2"))])[0].any()
