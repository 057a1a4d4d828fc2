"""The published networks: parameter counts, variants, gradients, what the papers say about inputs and
outputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecgcore.leads import CHEST, LIMB, STANDARD, LeadSet
from ecgcore.studies.published.gradowski_tables import PAPER_SETS
from ecgcore.synthetic import Heart, simulate
from models.base import build, families
from models.blocks.published import Published
from models.zoo.olaiya import limb_violation

SMALL = {"widths": (4, 8, 16), "rate": 125, "samples": 64, "dropout": 0.0}


def count(model) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


# -- Gradowski -----------------------------------------------------------------------------------------------


def test_there_are_the_papers_25_input_sets_and_each_estimates_the_chest_leads_it_lacks():
    assert len(set(PAPER_SETS)) == 25
    assert [sum(len(leads) == size for leads in PAPER_SETS) for size in (1, 2, 3, 4)] == [3, 1, 6, 15]
    names = set()
    for leads in PAPER_SETS:
        model = build("gradowski", {"inputs": tuple(leads), "widths": (2, 4)})
        assert set(model.outputs) == set(CHEST) - set(leads)
        names.add(model.called()[0])
    assert len(names) == 25 and "gradowski-i-ii-v2" in names


def test_the_gradowski_network_has_no_activation_at_the_end_and_four_poolings():
    model = build("gradowski", {})
    assert isinstance(model.last, torch.nn.Conv1d) and model.last.kernel_size == (1,)
    bottom, skips = model.encoder(torch.zeros(1, 3, 1024))
    assert bottom.shape == (1, 1024, 64) and [skip.shape[1] for skip in skips] == [64, 128, 256, 512]


# -- Olaiya --------------------------------------------------------------------------------------------------


def test_the_parameter_counts_are_those_published():
    baseline = count(build("olaiya", {}))
    assert baseline == 17_122_373
    assert count(build("olaiya", {"head": "hybrid"})) - baseline == 10_240
    assert round(count(build("olaiya", {"head": "lead-specific"})) / 1e6, 1) == 40.8


def losses(physics: str, limb: torch.Tensor):
    torch.manual_seed(0)
    model = build("olaiya", {**SMALL, "physics": physics}).train()
    torch.manual_seed(1)
    x, truth = torch.randn(4, 3, 64), torch.randn(4, 5, 64)
    loss = model.total_loss(x, truth, limb)
    loss.backward()
    return float(loss.detach()), {name: value.grad for name, value in model.named_parameters()}


def test_the_published_physics_term_moves_no_parameter():
    limb = torch.randn(4, 6, 64, generator=torch.Generator().manual_seed(2))  # breaks every law
    plain, gradients = losses("none", limb)
    physics, with_physics = losses("published", limb)
    assert physics > plain + 0.1  # the number that is printed is larger ...
    assert all(
        torch.equal(gradients[name], with_physics[name]) for name in gradients
    )  # ... and nothing is learned from it


def test_the_acting_physics_term_reaches_the_trunk():
    limb = torch.randn(4, 6, 64, generator=torch.Generator().manual_seed(2))
    _, gradients = losses("none", limb)
    _, with_physics = losses("acting", limb)
    first = next(name for name in gradients if name.startswith("trunk"))
    assert not torch.allclose(gradients[first], with_physics[first])


def test_lawful_limb_leads_violate_nothing():
    ecg = simulate(Heart(), 125.0, 2.0)
    limb = torch.from_numpy(ecg.pick(LIMB).signals[None].copy())
    assert float(limb_violation(limb)) < 1e-9
    limb[0, 2] += 0.1
    assert float(limb_violation(limb)) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("option", [{"head": "none"}, {"physics": "strict"}])
def test_an_unknown_variant_of_olaiya_is_refused(option):
    with pytest.raises(ValueError, match="is one of"):
        build("olaiya", option)


# -- Beco ----------------------------------------------------------------------------------------------------

TINY = {"widths": (4, 8, 8, 8), "rate": 125, "samples": 128}


def test_shared_and_individual_encoders_differ_by_ten_encoders():
    shared, own = build("beco", TINY), build("beco", {**TINY, "encoders": "individual"})
    assert count(own) - count(shared) == 10 * count(shared.network.encoders[0])


def test_each_lead_but_the_input_has_a_decoder_with_values_within_one():
    model = build("beco", {**TINY, "inputs": ("I",)})
    out = model(10 * torch.randn(2, 1, 128))
    assert len(out) == 1 and out[0].shape == (2, 11, 128) and float(out[0].detach().abs().max()) <= 1
    assert model.outputs == LeadSet(STANDARD) - ("I",)


def test_the_label_refinement_network_answers_at_every_level_from_coarse_to_fine():
    out = build("beco", {**TINY, "architecture": "lrn"})(torch.randn(2, 1, 128))
    assert [level.shape[-1] for level in out] == [32, 64, 128]


def test_the_autoencoder_has_no_way_around_the_bottom():
    model = build("beco", {**TINY, "architecture": "ae"}).eval()
    encoder, decoder = model.network.encoders[0], model.network.decoders[0]
    bottom, steps = encoder(torch.randn(1, 1, 128))
    other = [torch.randn_like(step) for step in steps]
    assert torch.equal(decoder(bottom, steps)[0], decoder(bottom, other)[0])


def test_the_codes_four_poolings_by_five_can_be_had():
    model = build("beco", {"widths": (2, 4, 4, 4, 4), "pools": (5, 5, 5, 5)}).eval()
    assert model.network.encoders[0](torch.zeros(1, 1, 5000))[0].shape[-1] == 8
    assert model(torch.zeros(1, 1, 5000))[0].shape == (1, 11, 5000)


def test_the_fully_connected_baseline_sees_each_sample_by_itself_and_keeps_leads_apart():
    model = build("beco", {"architecture": "fc", "hidden": 16, "rate": 125, "samples": 128}).eval()
    x = torch.rand(2, 1, 128) * 2 - 1
    order = torch.randperm(128)
    torch.testing.assert_close(model(x[..., order])[0], model(x)[0][..., order])


def test_the_fully_connected_baseline_learns_what_it_can_learn():
    torch.manual_seed(0)
    model = build("beco", {"architecture": "fc", "hidden": 32, "rate": 125, "samples": 128})
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    weights = torch.linspace(-0.9, 0.9, 11)[:, None]
    for _ in range(150):
        x = torch.rand(8, 1, 128) * 2 - 1
        loss = (model(x)[0] - weights * x).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    x = torch.rand(1, 1, 500) * 2 - 1
    out = model(x)[0].detach()[0]
    assert np.corrcoef(out[0], x[0, 0])[0, 1] < -0.99 and np.corrcoef(out[-1], x[0, 0])[0, 1] > 0.99


def test_scaling_the_input_scales_the_answer_in_millivolts():
    model = build("beco", TINY).eval()
    x = torch.randn(1, 1, 128)
    torch.testing.assert_close(model.answer(3 * x), 3 * model.answer(x), rtol=1e-3, atol=1e-4)


# -- ConvVAE -------------------------------------------------------------------------------------------------


def test_the_vae_keeps_leads_apart_until_the_dense_layers():
    model = build(
        "conv-vae", {"widths": (4, 8), "pools": (4, 4), "samples": 64, "dense": 8, "latent": 4}
    ).eval()
    x = torch.randn(1, 12, 64)
    other = x.clone()
    other[0, STANDARD.index("V2")] += 1
    changed = (model.features(x) - model.features(other)).abs().sum((0, 1, 3)) > 0
    assert [lead for lead, moved in zip(STANDARD, changed, strict=True) if moved] == ["V2"]


def test_head_after_features_is_the_whole_and_gradients_need_no_hooks():
    model = build(
        "conv-vae", {"widths": (4, 8), "pools": (4, 4), "samples": 64, "dense": 8, "latent": 4}
    ).eval()
    x = torch.randn(2, 12, 64)
    maps = model.features(x)
    torch.testing.assert_close(model.head(maps), model(x))
    (slope,) = torch.autograd.grad((model.head(maps) - x).square().mean(), maps)
    assert slope.shape == maps.shape == (2, 8, 12, 16) and float(slope.abs().sum()) > 0


def test_the_vae_accepts_nothing_less_than_all_twelve():
    model = build("conv-vae", {})
    assert model.accepts(LeadSet(STANDARD)) and model.accepts(LeadSet("I II V1 V2 V3 V4 V5 V6"))
    assert not model.accepts(LeadSet("I II V1 V2 V3 V4 V5"))


# -- protocols -----------------------------------------------------------------------------------------------


def test_no_protocol_learns_from_what_it_is_validated_on_nor_the_house_from_its_test():
    rows = [
        {"fold": fold, "split": "train" if fold < 9 else "val" if fold == 9 else "test", "patient": "1"}
        for fold in range(1, 11)
    ]
    patients = [{"fold": None, "split": "", "patient": f"patient{number:03d}"} for number in range(1, 291)]
    published = [family for family in families().values() if issubclass(family, Published)]
    protocols = {name: protocol for family in published for name, protocol in family.protocols.items()}
    assert set(protocols) == {"house", "gradowski", "olaiya", "beco", "matyschik"}
    for name, protocol in protocols.items():
        some = patients if protocol.database == "ptbdb" else rows
        assert any(map(protocol.learn, some)) and any(map(protocol.validate, some))
        assert not [row for row in some if protocol.learn(row) and protocol.validate(row)], name
    assert not [row for row in rows if row["split"] == "test" and protocols["house"].learn(row)]
    assert not [
        row for row in patients[:50] if protocols["beco"].learn(row) or protocols["beco"].validate(row)
    ]
