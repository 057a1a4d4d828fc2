"""Lead significance against answers known beforehand: a linear estimator whose weights were chosen, and maps
under many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ecgcore.demonstrations import demonstrations
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.studies.significance import by_diagnosis as significance
from ecgcore.studies.significance.contributions import (
    contribution_of,
    explained_power,
    occlusion,
    shapley,
    subsets,
)
from ecgcore.studies.significance.shares import rank_agreement, shares
from models.blocks.number_formats import has_bfloat16
from models.linear_estimator import LinearConfig
from models.significance import attention, cohort, explain
from models.significance.contributions import (
    Scene,
    check,
    estimates,
    gradient_maps,
    map_curves,
    map_of,
    map_shares,
    occlusion_map,
    of_target,
    randomisation,
    randomised,
    scene,
    variance_removed,
)
from models.zoo.any_subset import AnySubset, AnySubsetConfig
from models.zoo.linear import Linear

INPUTS = LeadSet("I V1 V2 V5")
WEIGHTS = {"I": 0.5, "V1": 0.0, "V2": 1.5, "V5": -1.0}
"""How V3 is made of the independent inputs in the chest of these tests."""
N = 4000


def known_chest() -> tuple[Linear, Scene]:
    """An estimator and a recording that obey V3 = 0.5 I + 1.5 V2 - V5 exactly, inputs uncorrelated with power
    1, 1, .25, 1."""
    rng = np.random.default_rng(3)
    sd = dict(zip(INDEPENDENT, (1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0), strict=True))
    mix = np.diag(list(sd.values()))
    mix[INDEPENDENT.index("V3")] = [WEIGHTS.get(lead, 0.0) * sd[lead] for lead in INDEPENDENT]
    model = Linear(LinearConfig(lags_ms=(0,), ridge=0.0))
    model.linear.covariance.copy_(torch.from_numpy(mix @ mix.T))
    white, _ = np.linalg.qr(rng.normal(size=(N, 8)))
    eight = (mix @ white.T * np.sqrt(N)).astype(np.float32)
    twelve = dict(zip(STANDARD, (standard_from_independent() @ eight).astype(np.float32), strict=True))
    return model.eval().requires_grad_(False), Scene(
        INPUTS, np.stack([twelve[lead] for lead in INPUTS]), twelve
    )


POWER = {"I": 0.25e6, "V1": 0.0, "V2": 2.25 * 0.25e6, "V5": 1e6}
"""uV^2 that each input adds to V3: weight^2 times power."""
EVERYWHERE = np.ones(N, bool)


def small_network(seed: int = 0) -> AnySubset:
    """An any-subset network of random weights that do something, on a solved covariance of simulated
    hearts."""
    torch.manual_seed(seed)
    model = AnySubset(AnySubsetConfig(widths=(16, 16), depth=1))
    hearts = [scene(make(), LeadSet("I")) for make in list(demonstrations().values())[1:3]]
    rows = np.concatenate([np.stack([heart.truth[lead] for lead in INDEPENDENT]) for heart in hearts], axis=1)
    lags = model.linear.config.lags_ms
    lagged = np.concatenate([np.roll(rows, -lag // 10, axis=1) for lag in lags])
    model.linear.covariance.copy_(torch.from_numpy(np.cov(lagged) + 1e-4 * np.eye(len(lagged))))
    for parameter in model.network.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.05)
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def network() -> AnySubset:
    return small_network()


@pytest.fixture(scope="module")
def recording() -> Ecg:
    return list(demonstrations().values())[1]()


# -- the linear estimator is the ground truth ----------------------------------------------------------------


def test_occlusion_shapley_and_map_all_recover_the_known_weights_of_a_linear_estimator():
    model, here = known_chest()
    value = explained_power(here.truth["V3"], of_target(estimates(model, here), "V3"), EVERYWHERE)
    assert shapley(INPUTS, value) == pytest.approx(POWER, abs=1.0)
    assert occlusion(INPUTS, value) == pytest.approx(POWER, abs=1.0)
    assert map_shares(gradient_maps(model, here, "V3", [EVERYWHERE])[0], INPUTS) == pytest.approx(
        POWER, abs=1.0
    )


def test_the_variance_that_leads_remove_without_the_truth_is_the_same_there():
    model, here = known_chest()
    assert shapley(INPUTS, variance_removed(model, here, "V3")) == pytest.approx(POWER, rel=1e-4, abs=1.0)


def test_a_derived_target_uses_both_limb_errors_and_their_correlation():
    """aVF = II - I/2 from I and V1 alone: I adds its quarter, II is unknown, so all that is known is I's
    part."""
    model, here = known_chest()
    here = Scene(LeadSet("I V1"), here.seen[:2], here.truth)
    value = variance_removed(model, here, "aVF")
    assert value[LeadSet("I")] == pytest.approx(0.25e6, rel=1e-4) and value[LeadSet("V1")] == pytest.approx(
        0, abs=1.0
    )


def test_the_map_lies_where_the_window_is_and_sums_to_the_power_of_the_estimate():
    model, here = known_chest()
    window = np.arange(N) < 500
    maps = gradient_maps(model, here, "V3", [window, EVERYWHERE])
    assert np.abs(maps[0][:, 500:]).max() == 0
    estimate = of_target(estimates(model, here, [INPUTS]), "V3")[INPUTS]
    assert maps[0].sum() == pytest.approx(1e6 * np.mean(estimate[:500] ** 2), rel=1e-4)


def test_lags_are_seen_by_the_map(network, recording):
    here = scene(recording, LeadSet("II V1"))
    window = np.zeros(here.n, bool)
    window[400] = True
    levels = np.abs(gradient_maps(network.linear, here, "V4", [window])[0])
    assert levels[:, [394, 399, 406]].max() > 0 and levels[:, :394].max() == levels[:, 407:].max() == 0


# -- the network ---------------------------------------------------------------------------------------------


def test_a_subset_is_estimated_as_the_model_itself_would_from_those_leads_alone(network, recording):
    """The mask is the trained one: taking V2 away equals never having measured it."""
    here = scene(recording, LeadSet("I II V2"))
    fewer = scene(recording.pick("I II"), LeadSet("I II"))
    part = LeadSet("I II")
    np.testing.assert_allclose(estimates(network, here)[part], estimates(network, fewer)[part], atol=1e-5)


def test_estimates_agree_with_the_models_own_reconstruction(network, recording):
    slow = Ecg(scene(recording, LeadSet("I")).truth["I"][None], LeadSet("I"), 100.0).replace(
        signals=np.stack([scene(recording, LeadSet("I")).truth[lead] for lead in STANDARD]), leads=STANDARD
    )
    inputs = LeadSet("I II V2")
    own = network.estimate(slow.pick(inputs))
    row = of_target(estimates(network, scene(slow, inputs), [inputs]), "V4")[inputs]
    inner = slice(100, -100)  # both filter once more; edges differ
    assert np.corrcoef(own.signals[own.leads.index("V4")][inner], row[inner])[0, 1] > 0.999


def test_shapley_values_of_the_network_sum_to_the_total(network, recording):
    inputs = LeadSet("I II V1 V2 V4 V6")
    here = scene(recording, inputs)
    window = np.ones(here.n, bool)
    value = explained_power(here.truth["V3"], of_target(estimates(network, here), "V3"), window)
    contribution = contribution_of("V3", inputs, value, here.lead_power(window), 1.0)
    assert len(value) == 64
    assert abs(sum(contribution.shapley.values()) - contribution.total) < 1e-6 * max(
        1.0, abs(contribution.total)
    )


def test_leads_that_follow_from_others_share_their_contribution_of(network, recording):
    inputs = LeadSet("I II III V2")
    here = scene(recording, inputs)
    values = estimates(network, here)
    np.testing.assert_array_equal(values[LeadSet("I II")], values[LeadSet("II III")])
    assert len(values) == 15


def test_the_occlusion_map_adds_up_to_the_occlusion(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    values, window = estimates(network, here), np.ones(here.n, bool)
    value = explained_power(here.truth["V4"], of_target(values, "V4"), window)
    sums = occlusion_map(here, values, "V4").mean(1)
    assert dict(zip(here.inputs, sums, strict=True)) == pytest.approx(occlusion(here.inputs, value), rel=1e-3)


# -- whether to believe the map ------------------------------------------------------------------------------


def test_shuffled_models_give_other_maps_and_leave_the_model_alone(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    window = np.ones(here.n, bool)
    before = gradient_maps(network, here, "V4", [window])
    assert randomisation(network, here, "V4", window) < 0.5
    np.testing.assert_array_equal(gradient_maps(network, here, "V4", [window]), before)
    own = {name: value.clone() for name, value in network.state_dict().items()}
    other = randomised(network, 0)
    same = [
        name
        for name, value in other.network.named_parameters()
        if value.numel() > 8 and torch.equal(value, own[f"network.{name}"])
    ]
    constant = [name for name, value in network.network.named_parameters() if value.unique().numel() == 1]
    assert set(same) <= set(constant)


def test_deletion_of_the_known_leads_first_beats_random_order():
    model, here = known_chest()
    curves = map_curves(model, here, "V3", EVERYWHERE, gradient_maps(model, here, "V3", [EVERYWHERE])[0])
    assert curves.gain_deletion > 0.05 and curves.gain_insertion > 0.05


def test_the_map_agrees_with_shapley_on_the_linear_estimator():
    model, here = known_chest()
    value = explained_power(here.truth["V3"], of_target(estimates(model, here), "V3"), EVERYWHERE)
    amounts = map_shares(gradient_maps(model, here, "V3", [EVERYWHERE])[0], INPUTS)
    assert (
        rank_agreement(
            {k: round(v) for k, v in amounts.items()},
            {k: round(v) for k, v in shapley(INPUTS, value).items()},
        )
        == 1
    )


def test_maps_made_by_many_threads_at_once_are_those_made_alone(network, recording):
    """Hooks on a shared model would mix users' maps up; a split forward pass with autograd.grad does not."""
    sets = [LeadSet("I II V2"), LeadSet("II V1"), LeadSet("I V6"), LeadSet("II V1 V5")]
    scenes = [scene(recording, inputs) for inputs in sets]
    window = np.ones(scenes[0].n, bool)

    def map_of(number: int) -> np.ndarray:
        return gradient_maps(network, scenes[number % 4], "V4", [window])[0]

    alone = [map_of(number) for number in range(4)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(map_of, range(64)))
    for number, drawn in enumerate(together):
        np.testing.assert_allclose(drawn, alone[number % 4], rtol=1e-4, atol=1e-3)


# -- what cannot be explained --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "target", "message"),
    [
        ("", "V1", "at least one input lead"),
        ("I II V2", "V2", "V2 is an input lead"),
        ("I II V2", "aVF", "aVF follows exactly"),
    ],
)
def test_questions_without_an_answer_are_refused_in_a_sentence(inputs, target, message):
    with pytest.raises(UnusableEcg, match=message):
        check(LeadSet(inputs), target)


def test_one_lead_alone_carries_everything_and_has_a_map(network, recording):
    from models.significance.contributions import only_one

    assert "Only II is an input lead" in only_one(LeadSet("II")) and not only_one(LeadSet("I II"))
    explanation = explain.explain(network, recording, LeadSet("II"), "V4", None, [0.4, 1.4, 2.4, 3.4])
    assert explanation.contribution.shapley["II"] == pytest.approx(explanation.contribution.total)
    assert (
        set(explanation.maps) == {"grad-cam", "gradient", "occlusion"}
        and explanation.agreement("gradient") is None
    )
    assert 1e6 * np.mean(explanation.truth**2) - 1e6 * np.mean(
        (explanation.truth - explanation.estimate) ** 2
    ) == pytest.approx(explanation.maps["occlusion"].mean(), rel=1e-3)


def test_every_kind_of_map_is_checked_for_itself(network, recording):
    inputs, r_seconds = LeadSet("I II V2"), [0.4, 1.4, 2.4, 3.4]
    explanation = explain.explain(network, recording, inputs, "V4", None, r_seconds)
    checks = {
        kind: explain.check_map(network, recording, inputs, "V4", explanation, kind)
        for kind in explanation.maps
    }
    assert checks["gradient"].randomisation != checks["occlusion"].randomisation
    assert explanation.agreement("gradient") is not None and explanation.steadiness("occlusion") > 0.3
    here = scene(recording, inputs)
    np.testing.assert_allclose(
        explanation.maps["occlusion"], map_of("occlusion", network, here, "V4", explanation.window), atol=1e-2
    )


@pytest.mark.slow
def test_whole_explanations_made_by_many_threads_at_once_are_those_made_alone(network, recording):
    """Every reader's page at once: maps, Shapley values and the checks with shuffled models."""
    questions = [("I II V2", "V4"), ("II V1", "V6"), ("I V6", "V3")]

    def explained(number: int) -> tuple[np.ndarray, dict[str, float], float | None]:
        leads, target = questions[number % 3]
        explanation = explain.explain(network, recording, LeadSet(leads), target, [(1.0, 3.0)], [1.4, 2.4])
        return (
            explanation.maps["gradient"],
            dict(explanation.contribution.shapley),
            explain.randomisation(network, scene(recording, LeadSet(leads)), target, explanation.window),
        )

    alone = [explained(number) for number in range(3)]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(explained, range(12)))
    for number, (drawn, values, shuffled) in enumerate(together):
        np.testing.assert_allclose(drawn, alone[number % 3][0], rtol=1e-3, atol=1e-3)
        assert values == pytest.approx(alone[number % 3][1], rel=1e-3, abs=1e-2)
        assert shuffled == pytest.approx(alone[number % 3][2], abs=1e-2)


def test_a_lead_that_the_recording_does_not_have_is_refused(network, recording):
    with pytest.raises(UnusableEcg, match="V2"):
        explain.explain(network, recording.pick("I II V1"), LeadSet("I II V2"), "V5", None, [0.4])


def test_a_model_of_fixed_leads_is_refused_with_those_that_can(recording):
    from models.base import families

    fixed = next(family for name, family in families().items() if name == "least-squares")
    here = scene(recording, LeadSet("I II"))
    with pytest.raises(UnusableEcg, match="fixed leads"):
        fixed(fixed.Config()).estimate_subsets(torch.zeros(1, 8, here.n), [LeadSet("I")])


def test_shares_exist_for_every_subset_game_of_the_recording(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    amounts = map_shares(gradient_maps(network, here, "V5", [np.ones(here.n, bool)])[0], here.inputs)
    assert sum(shares(amounts).values()) == pytest.approx(1)
    assert len(subsets(here.inputs)) == 8


# -- what the autoencoder attends to -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def autoencoder():
    from models.zoo.conv_vae import ConvVae, ConvVaeConfig

    torch.manual_seed(0)
    return (
        ConvVae(ConvVaeConfig(rate=125, samples=256, widths=(4, 6, 8), dense=32, latent=8))
        .eval()
        .requires_grad_(False)
    )


class OneLead:
    """A network whose only map copies the input, and whose output is lead V2 alone: what matters is known."""

    def scaled(self, x):
        return x, 0, 1

    def features(self, x):
        return torch.relu(x)[:, None]

    def head(self, maps):
        keep = torch.zeros(12)
        keep[STANDARD.index("V2")] = 1.0
        return maps[:, 0] * keep[:, None]


def test_windows_follow_one_another_with_the_papers_overlap_and_cover_the_recording(autoencoder, recording):
    windows, starts = attention.windows_of(autoencoder, recording)
    assert windows.shape[1:] == (12, 256)
    assert set(np.diff(starts)[:-1]) == {192} and starts[-1] + 256 == round(recording.duration * 125)


def test_the_modes_are_grad_cam_by_its_definition(autoencoder, recording):
    """Against the weighted sum written out channel by channel, with gradients by finite differences of the
    head."""
    windows, _ = attention.windows_of(autoencoder, recording)
    x, _, _ = autoencoder.scaled(torch.from_numpy(windows[:1]))
    maps = autoencoder.features(x)
    doubled, target = autoencoder.double(), x.double()
    slopes = []
    for channel in range(
        maps.shape[1]
    ):  # a map's mean gradient is the slope along adding a constant to it, over its size
        step = torch.zeros_like(maps, dtype=torch.float64)
        step[:, channel] = 1e-6
        up, down = (float((doubled.head(maps.double() + s * step) - target).square().mean()) for s in (1, -1))
        slopes.append((up - down) / 2e-6 / maps[0, 0].numel())
    autoencoder.float()
    weighted = sum(slope * row for slope, row in zip(slopes, maps[0].numpy(), strict=True))
    levels = attention.class_activation(autoencoder, windows[:1], "counterfactual")[0]
    np.testing.assert_allclose(levels, np.maximum(-weighted, 0), atol=2e-3 * np.abs(weighted).max())
    assert levels.shape[0] == 12


def test_the_positive_map_of_a_network_that_shows_one_lead_follows_the_maps_it_weighs():
    windows = np.random.default_rng(0).normal(size=(2, 12, 64)).astype(np.float32)
    maps = attention.class_activation(OneLead(), windows, "positive")
    np.testing.assert_allclose(maps / maps.max(), np.maximum(windows, 0) / windows.max(), atol=0.2)
    assert (maps[windows < 0] == 0).all()


def test_every_mode_gives_maps_that_are_not_negative_and_differ(autoencoder, recording):
    windows, starts = attention.windows_of(autoencoder, recording)
    maps = {mode: attention.class_activation(autoencoder, windows, mode) for mode in attention.MODES}
    assert next(iter(maps)) == "counterfactual" and len(maps) == 3
    assert all((values >= 0).all() for values in maps.values())
    assert not np.allclose(maps["positive"], maps["counterfactual"])
    whole = attention.on_the_recording(maps["positive"], starts, 256)
    assert whole.shape == (12, starts[-1] + 256)


def test_activation_maps_made_by_many_threads_at_once_are_those_made_alone(autoencoder, recording):
    windows, _ = attention.windows_of(autoencoder, recording)
    parts = [windows[:2], windows[2:4], windows[4:]]
    alone = [attention.class_activation(autoencoder, part) for part in parts]
    with ThreadPoolExecutor(8) as threads:
        together = list(
            threads.map(lambda number: attention.class_activation(autoencoder, parts[number % 3]), range(60))
        )
    for number, drawn in enumerate(together):
        np.testing.assert_allclose(drawn, alone[number % 3], rtol=1e-4, atol=1e-7)
    assert not any(parameter.requires_grad for parameter in autoencoder.parameters())


class TwoChannels(OneLead):
    """Of two maps, one of lead V1 and one of lead V2 at ten times the size, the output is made of the first
    alone."""

    def features(self, x):
        keep = torch.zeros(2, 12)
        keep[0, STANDARD.index("V1")], keep[1, STANDARD.index("V2")] = 1.0, 10.0
        return torch.relu(x)[:, None] * keep[None, :, :, None]

    def head(self, maps):
        return maps[:, 0]


def test_the_null_of_the_autoencoders_shares_is_what_amplitude_gives_whatever_the_weights():
    windows = np.random.default_rng(0).normal(size=(2, 12, 64)).astype(np.float32)
    null = attention.channel_null(TwoChannels(), windows, "positive", draws=200)
    assert null.observed["V1"] == pytest.approx(1)
    assert null.mean["V1"] == pytest.approx(0.5, abs=0.12) and null.mean["V2"] == pytest.approx(
        0.5, abs=0.12
    )  # half the draws each
    assert null.p["V1"] == pytest.approx(0.5, abs=0.12) and null.p["V2"] == 1.0


def test_a_recording_without_all_leads_is_refused(autoencoder, recording):
    with pytest.raises(UnusableEcg, match="all twelve leads; V1.*is not in this recording"):
        attention.windows_of(autoencoder, recording.pick("I II V2"))
    with pytest.raises(UnusableEcg, match="windows of 2.05 s"):
        attention.windows_of(autoencoder, recording.cut(0, 1.5))


def test_the_page_has_all_it_shows_of_the_autoencoder(autoencoder, network, recording):
    explanation = explain.attend(autoencoder, network.linear, recording, "counterfactual")
    assert explanation.map.shape == explanation.signals.shape and (explanation.map >= 0).all()
    assert explanation.raw is None or sum(explanation.raw.values()) == pytest.approx(1)
    assert np.isfinite([explanation.curves.gain_deletion, explanation.error]).all()


# -- over many recordings ------------------------------------------------------------------------------------


def rows(shares_of: dict[str, dict[str, float]], measure: str = "raw") -> list[tuple]:
    return [
        (record, record[:2], "attention", "m", "w", "all of it", "positive", measure, lead, amount)
        for record, parts in shares_of.items()
        for lead, amount in parts.items()
    ]


def test_groups_that_differ_are_told_from_groups_that_do_not():
    import pandas as pd

    rng = np.random.default_rng(0)
    records = {f"{number:02d}{part}": rng.normal(0, 0.01) for number in range(40) for part in "ab"}
    members = {
        record: (("MI",) if int(record[:2]) < 20 else ()) + (("CD",) if int(record[:2]) % 2 else ())
        for record in records
    }
    moved = {
        record: {
            "V1": 0.2 + e,
            "V2": 0.6 - e - 0.1 * ("MI" in members[record]),
            "V6": 0.2 + 0.1 * ("MI" in members[record]),
        }
        for record, e in records.items()
    }
    table = significance.summarise(
        pd.DataFrame(rows(moved), columns=list(significance.AMOUNTS.columns[:-1])), members
    )
    p = table.drop_duplicates("group").set_index("group")["p_group"]
    assert p["MI"] < 0.01 and p["CD"] > 0.05 and np.isnan(p["all"])
    everyone = table[table["group"] == "all"].set_index("lead")
    assert everyone.loc["V2", "share"] == pytest.approx(np.mean([parts["V2"] for parts in moved.values()]))
    assert everyone.loc["V2", "patients"] == 40 and everyone.loc["V2", "records"] == 80
    ill = table[table["group"] == "MI"].set_index("lead")
    assert ill.loc["V2", "others"] == pytest.approx(
        np.mean([parts["V2"] for name, parts in moved.items() if "MI" not in members[name]])
    )
    assert significance.largest_difference(table, "MI")[0] in ("V2", "V6")
    assert (
        "1 of 2 groups" in significance.who_differs(table)[0]
        and "MI (V" in significance.who_differs(table)[0]
    )
    assert (
        everyone.loc["V2", "low"]
        > everyone.loc["V2", "chance_high"]
        > 1 / 3
        > everyone.loc["V2", "chance_low"]
    )


def test_a_recording_of_which_next_to_nothing_is_explained_does_not_spoil_its_groups_shares():
    import pandas as pd

    good = {f"{number:02d}": {"V1": 0.3, "V6": 0.6} for number in range(10)}
    poor = {"99": {"V1": -0.05, "V6": 0.051}}  # shares of -50 and 51
    table = significance.summarise(
        pd.DataFrame(rows(good | poor), columns=list(significance.AMOUNTS.columns[:-1])),
        dict.fromkeys(good | poor, ("MI",)),
    )
    everyone = table[table["group"] == "all"].set_index("lead")
    assert everyone.loc["V1", "share"] == pytest.approx((10 * 0.3 - 0.05) / (10 * 0.9 + 0.001))
    assert everyone["share"].sum() == pytest.approx(1) and everyone.loc["V1", "low"] > 0.25


def test_the_findings_say_whether_the_wanted_leads_lead():
    import pandas as pd

    parts = dict(
        zip(STANDARD, (0.02, 0.06, 0.02, 0.02, 0.02, 0.02, 0.06, 0.2, 0.2, 0.2, 0.1, 0.08), strict=True)
    )
    flat = dict(
        zip(STANDARD, (0.2, 0.2, 0.2, 0.04, 0.04, 0.04, 0.04, 0.05, 0.05, 0.05, 0.05, 0.04), strict=True)
    )
    records = [f"{number:02d}" for number in range(6)]
    data = rows(dict.fromkeys(records, parts)) + rows(dict.fromkeys(records, flat), "normalised")
    table = significance.summarise(
        pd.DataFrame(data, columns=list(significance.AMOUNTS.columns[:-1])), dict.fromkeys(records, ("NORM",))
    )
    text = significance.answer(table)
    assert "Raw, in NORM (6 recordings), V2, V3 and V4 lead: V2 20 %" in text
    assert (
        "After variance normalisation V2, V3 and V4 do not lead (places 4, 5, 6 of 12): first I 20 %" in text
    )


def test_a_run_is_resumed_where_it_stopped_and_the_page_can_read_what_it_wrote(
    network, recording, tmp_path, monkeypatch
):

    from models.checkpoint import Trained

    calls = []

    class Base:
        identity = "ptb-xl"

        def records(self, split):
            return [f"{number:05d}" for number in range(4)]

        def info(self, record):
            return {
                "patient": record,
                "superclasses": ("NORM",) if record < "00002" else ("MI",),
                "codes": (),
            }

        def read(self, record):
            calls.append(record)
            if record == "00003":
                raise UnusableEcg("This one is broken.")
            return recording.cut(0.5 * int(record), 5 + 0.5 * int(record))

    card = type("Card", (), {"name": "linear"})()
    use = Trained(network.linear, card, "abc")
    monkeypatch.setattr(cohort, "open_database", lambda name, root: Base())
    out, done = tmp_path / "s.csv.gz", tmp_path / "rows.csv"
    first_words = cohort.run(tmp_path, out, done, "contribution", use, splits=("test",))
    assert sorted(calls) == ["00000", "00001", "00002", "00003"]
    assert "3 recordings of 3 patients" in first_words
    first = done.read_text()
    calls.clear()
    cohort.run(tmp_path, out, done, "contribution", use, splits=("test",))
    assert calls == ["00003"]  # only what could not be read is tried again
    assert done.read_text() == first
    table = significance.TABLE.read(out)
    assert set(table["group"]) == {"all", "NORM", "MI"} and set(table["lead"]) == set(INDEPENDENT)
    assert table[table["group"] == "all"].groupby("measure")["share"].sum().to_numpy() == pytest.approx(
        [1, 1], abs=1e-3
    )
    calls.clear()
    cohort.run(tmp_path, out, done, "contribution", use, splits=("test",), settings=cohort.Settings(2.0))
    assert len(calls) == 4  # other settings are another run
    cohort.run(tmp_path, out, done, "contribution", Trained(network.linear, card, "def"), splits=("test",))
    assert len(calls) == 8 and set(significance.TABLE.read(out)["weights"]) == {"def"}  # and other weights


def test_a_diagnosis_is_a_group_from_twelve_patients_on():
    infos = [
        (f"{n}", {"patient": f"p{n % 12}", "codes": ("LVH", "SR") if n % 2 else ("IMI",)}) for n in range(40)
    ]
    assert cohort.frequent_codes(infos) == set()
    infos += [(f"x{n}", {"patient": f"p{n}", "codes": ("LVH", "SR")}) for n in range(0, 12, 2)]
    assert cohort.frequent_codes(infos) == {"LVH"}


def test_half_precision_changes_shares_by_little(network, recording):
    exact, half = (
        shares(cohort.shapley_of_leads(network, recording.cut(0, 4), bf16)["raw"]) for bf16 in (False, True)
    )
    assert max(abs(half[lead] - exact[lead]) for lead in exact) < 0.01
    assert (half != exact) == has_bfloat16()  # elsewhere nothing is shortened
