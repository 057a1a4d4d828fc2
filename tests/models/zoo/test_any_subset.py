"""The any-subset network: exact where it must be, seamless on long recordings, repeatable in training."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch

from ecgcore.ecg import Ecg
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet, all_states
from ecgcore.signals import high_pass, resample
from ecgcore.synthetic import Heart, simulate
from models.base import Estimate, build
from models.blocks.training_mix import draw_any
from models.calibration import Slopes
from models.checkpoint import card_for, load, save
from models.linear_estimator import observed_leads
from models.out_of_distribution import SETS
from models.reconstruct import assemble, reconstruct, trained
from models.training.augment import chests, stretched
from models.training.batches import Dataset, high_passed
from models.training.plan import Plan
from models.windows import in_blocks, ramps, spans
from models.zoo.any_subset import SLOPES_FROM


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    small = build("any-subset", {"widths": (16, 24)})
    torch.nn.init.normal_(
        small.network.head.weight, std=0.05
    )  # fresh heads answer zero: make it say something
    small.gain.uniform_(0.8, 1.3)
    return small.eval()


@pytest.fixture(scope="module")
def ecg():
    return simulate(Heart(noise_uv=3.0, wander_uv=20.0), 500.0, 10.0, seed=5)


def test_what_is_observed_stays_and_the_limb_algebra_is_exact(model, ecg):
    for state in list(all_states())[::31]:
        reconstruction = assemble(ecg.pick(state), model.estimate(ecg.pick(state)), "any-subset")
        for lead in state:
            assert np.array_equal(reconstruction.ecg[lead], ecg[lead])
        assert (
            np.abs(reconstruction.ecg["III"] - (reconstruction.ecg["II"] - reconstruction.ecg["I"])).max()
            < 1e-4
        )
        assert (
            np.abs(reconstruction.ecg["aVF"] - (reconstruction.ecg["II"] - reconstruction.ecg["I"] / 2)).max()
            < 1e-4
        )


@pytest.mark.parametrize("lead", LIMB)
def test_the_raw_estimate_of_a_single_limb_lead_is_that_lead(model, ecg, lead):
    """Not only by being copied back: the correction itself keeps to the line that reproduces what was
    measured."""
    estimate = model.estimate(ecg.pick([lead]))
    assert np.abs(estimate.signals[STANDARD.index(lead)] - ecg[lead]).max() < 1e-3


def test_a_fresh_network_is_the_linear_estimate(ecg):
    fresh = build("any-subset", {"widths": (16, 24)}).eval()
    fresh.linear.load_state_dict(trained("linear").model.linear_part().state_dict())
    given = ecg.pick(["I", "II", "V2"])
    assert (
        np.abs(fresh.estimate(given).signals - trained("linear").model.estimate(given).signals).max() < 1e-4
    )


def test_windows_cover_a_long_recording_and_their_weights_leave_no_gap():
    cuts = spans(6500, 1000, 200)
    assert cuts[0][0] == 0 and cuts[-1][1] == 6500
    total = np.zeros(6500)
    for start, stop in cuts:
        total[start:stop] += ramps(start, stop, 6500, 200)
    assert (total > 0.5).all()


def test_the_middle_of_a_long_recording_has_no_seams_and_does_not_depend_on_its_ends(model):
    long = simulate(Heart(noise_uv=0.0, wander_uv=0.0), 250.0, 65.0, seed=1).pick(["I", "II", "V2"])
    whole = model.estimate(long).signals
    assert np.abs(np.diff(whole, axis=1)).max() < 2 * np.abs(np.diff(long.signals, axis=1)).max()
    other = long.signals.copy()
    other[:, : 10 * 250] *= 3
    other[:, 55 * 250 :] = 0
    again = model.estimate(long.replace(signals=other)).signals
    middle = slice(25 * 250, 40 * 250)
    change = np.abs(again - whole)
    assert change[:, middle].max() < 0.002 and change[:, : 5 * 250].max() > 0.05


def test_blocks_are_put_together_as_they_were_and_their_warnings_told_once():
    ecg = simulate(Heart(), 10.0, 3000.0, seed=1)

    def estimate(part):
        number = len(seen)
        seen.append(part.duration)
        own = () if number == 0 else (f"Lead V2 is odd by {number}.5 uV.",)
        return Estimate(part.signals, part.leads, np.abs(part.signals), ("Everywhere.", *own))

    seen = []
    whole = in_blocks(ecg, estimate)
    assert len(seen) == 6 and set(seen) == {600.0}
    assert (
        np.abs(whole.signals - ecg.signals).max() < 1e-5
        and np.abs(whole.half_width - np.abs(ecg.signals)).max() < 1e-5
    )
    assert whole.warnings == (
        "Everywhere.",
        "Lead V2 is odd by 1.5 uV. (5 of 6 parts of ten minutes, first from 8 min on)",
    )
    seen = []
    short = ecg.cut(0, 630)
    assert in_blocks(short, estimate).signals is short.signals and len(seen) == 1
    seen = []
    assert in_blocks(ecg, lambda part: replace(estimate(part), half_width=None)).half_width is None


def test_a_long_recording_needs_the_memory_of_a_block_and_no_seam_shows(model):
    beats = simulate(Heart(wander_uv=50.0), 100.0, 60.0, seed=1).pick(["II", "V2"])
    peaks, steps = [], []
    for minutes in (11, 22):
        long = beats.replace(signals=np.tile(beats.signals, minutes))
        tracemalloc.start()
        estimate = model.estimate(long)
        peaks.append(
            tracemalloc.get_traced_memory()[1] - estimate.signals.nbytes - estimate.half_width.nbytes
        )
        tracemalloc.stop()
        steps.append(np.abs(np.diff(estimate.signals, axis=1)).max())
    assert peaks[1] < 1.15 * peaks[0]
    assert steps[1] < 1.05 * steps[0]


def test_scale_and_units_pass_through(model, ecg):
    """Above the silence floor the linear part scales; the network is told the amplitude, so it is only nearly
    so."""
    given = high_pass(ecg).pick(["I", "II", "V2"])
    for rate in (100.0, 250.0, 1000.0):
        other = resample(given, rate)
        estimate = model.estimate(other)
        back = resample(Ecg(estimate.signals, estimate.leads, rate), 500.0)
        inner = slice(500, -500)
        assert np.abs(back.signals[:, inner] - model.estimate(given).signals[:, inner]).max() < 0.08


def test_augmented_chests_keep_twelve_leads_of_one_heart():
    maps = chests(64, np.random.default_rng(0))
    assert maps.shape == (64, 8, 8)
    assert np.isfinite(maps).all()
    assert 0.4 < np.abs(np.linalg.det(maps[0])) < 2.5
    assert np.abs(maps - np.eye(8)).mean() < 0.15


def test_stretching_in_time_is_interpolation():
    time = np.arange(1000) / 100
    signals = np.tile(np.sin(2 * np.pi * 3 * time), (8, 1)).astype(np.float32)
    at = 100 + 1.1 * np.arange(700)
    assert np.abs(stretched(signals, at)[0] - np.sin(2 * np.pi * 3 * at / 100)).max() < 0.01
    assert np.allclose(stretched(signals, np.arange(10, 50).astype(float)), signals[:, 10:50])


def test_the_correction_is_zero_where_nothing_is_missing(model):
    given = model.given(LeadSet(INDEPENDENT))
    assert not given.missing.any()
    correction, size = model.correct(torch.randn(1, 8, 800), [given])
    assert correction.abs().max() < 1e-4
    assert not size.any()


def test_calibrated_estimates_do_not_shrink(monkeypatch):
    """On the recordings that the gains are fitted on the slope of truth on estimate is 1 in every lead, of
    whatever is free."""
    signals = np.stack(
        [
            np.round(
                1000
                * simulate(Heart(rate=60 + n, noise_uv=30.0 + 10 * n), 100.0, 4.0, seed=n)
                .pick(INDEPENDENT)
                .signals
            )
            for n in range(6)
        ]
    )
    names = np.array([f"p{n}" for n in range(6)])
    dataset = high_passed(Dataset(signals.astype(np.int16), np.full(6, 400), 100.0, names, names))
    torch.manual_seed(0)
    model = build("any-subset", {"widths": (8, 8)}).eval()
    model.linear.solve(dataset)
    torch.nn.init.normal_(model.network.head.weight, std=0.3)  # errors worth a gain
    monkeypatch.setattr(model.linear.usual, "fit", lambda *_: None)  # of other tests
    model.calibrate(dataset)
    model.requires_grad_(False)
    truth = torch.from_numpy(dataset.signals[::SLOPES_FROM].astype(np.float32) / 1000)
    for state in (LeadSet("II"), LeadSet("aVL V2"), LeadSet("V1 V6"), LeadSet("I II V4")):
        given = [model.given(state)] * len(truth)
        answer, free = model.answer(model.linear_batch(truth, given), given)[0], given[0].free
        left = Slopes()
        for true, other in zip(free @ truth, free @ answer, strict=True):
            left.add(true.numpy(), other.numpy())
        assert left.gains() == pytest.approx(np.ones(8), abs=0.02), state
        assert (model.gain[SETS[state]] != 1).any()


def test_a_recording_is_answered_with_the_gain_of_its_set(model, ecg):
    """A chest lead that was estimated is its gain times what it is without; the drift below 0.5 Hz has
    none."""
    given = high_pass(ecg).pick(["I", "II", "V2"])
    plain = build("any-subset", {"widths": (16, 24)}).eval()
    plain.load_state_dict(model.state_dict() | {"gain": torch.ones_like(model.gain)})
    rows = [STANDARD.index(lead) for lead in ("V1", "V3", "V6")]
    gain = model.gain[SETS[LeadSet("I II V2")]][
        [INDEPENDENT.index(lead) for lead in ("V1", "V3", "V6")]
    ].numpy()
    assert (
        np.abs(
            model.estimate(given).signals[rows] - gain[:, None] * plain.estimate(given).signals[rows]
        ).max()
        < 0.01
    )


def test_a_gain_is_the_slope_through_the_origin():
    slopes = Slopes()
    truth = np.arange(24.0).reshape(8, 3) - 10
    slopes.add(truth, np.concatenate([truth[:1], 0.5 * truth[1:7], np.zeros((1, 3))]))
    assert slopes.gains() == pytest.approx([1, *[2] * 6, 1])


def test_of_a_single_limb_lead_both_others_have_one_gain(model):
    """What is free moves on a line, so its slope is the same whichever of I and II it is read in."""
    rng = np.random.default_rng(0)
    for lead in ("III", "aVR", "aVL", "aVF"):
        free, slopes = model.given(LeadSet([lead])).free.numpy(), Slopes()
        slopes.add(free @ rng.normal(size=(8, 500)), free @ rng.normal(size=(8, 500)))
        assert slopes.gains()[0] == pytest.approx(slopes.gains()[1], rel=1e-4)


def test_the_committed_models_estimate_with_an_interval():
    ecg = high_pass(simulate(Heart(rate=71), 500.0, 10.0, seed=9))
    leads = LeadSet("I II V2")
    for name in ("any-subset", "linear"):
        reconstruction = reconstruct(ecg, leads, name)
        assert reconstruction.estimated == ("V1", "V3", "V4", "V5", "V6")
        assert reconstruction.interval is not None
    assert standard_from_independent().shape == (12, 8)


def test_windows_are_augmented_in_training_alone_and_only_if_wanted(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "models.zoo.any_subset.augmented_windows", lambda *args, augment: calls.append(augment)
    )
    for wanted in (True, False):
        small = build("any-subset", {"widths": (16, 24), "augment": wanted})
        for training in (True, False):
            small.train(training).batches(None, Plan(), None)
    assert calls == [True, False, False, False]


def test_few_leads_are_drawn_more_often_and_every_state_can_be():
    rng = np.random.default_rng(0)
    drawn = [draw_any(rng) for _ in range(6000)]
    sizes = np.bincount([len(observed_leads(state)) for state in drawn], minlength=8)[1:]
    assert sizes / 6000 == pytest.approx(np.array([3, 3, 2, 1, 1, 1, 1]) / 12, abs=0.02)
    assert {state for state in drawn if len(observed_leads(state)) == 1} == {
        state for state in all_states() if len(observed_leads(state)) == 1
    }


def test_what_each_observed_lead_says_adds_up_to_the_linear_estimate(model):
    """Away from the ends; also where one limb lead of any name is all that is known of the limb leads."""
    model.linear.load_state_dict(trained("linear").model.linear_part().state_dict())
    model.linear.posterior.cache_clear()
    model.given.cache_clear()
    truth = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 8, 300)).astype(np.float32))
    sets = [LeadSet("I II V2"), LeadSet("aVF V1 V5"), LeadSet("V3")]
    given = [model.given(leads) for leads in sets]
    linear = model.linear_batch(truth, given)
    parts, leads, items = model.parts(linear, given)
    assert [STANDARD[number] for number in leads] == [lead for inputs in sets for lead in inputs]
    together = torch.zeros_like(linear).index_add(0, items, parts)
    assert (together - linear)[..., 10:-10].abs().max() < 1e-4


def test_the_stem_keeps_leads_apart_until_they_are_summed(model):
    """A lead's activations depend on that lead alone, on its name, and not on its place in the batch."""
    stem = model.network.stem
    torch.nn.init.normal_(stem.shift)
    parts = torch.randn(3, 40, 8)
    first = stem.apart(parts, torch.tensor([0, 1, 7]))
    other = parts.clone()
    other[0] = 0
    again = stem.apart(other, torch.tensor([0, 1, 7]))
    assert torch.equal(first[1:], again[1:]) and not torch.equal(first[0], again[0])
    assert not torch.allclose(first[1], stem.apart(parts, torch.tensor([0, 2, 7]))[1])
    items = torch.tensor([0, 1, 1])
    both = stem.together(first, items, 2)
    assert torch.allclose(both[1], stem.mix(first[1] + first[2]), atol=1e-5)


def test_weights_from_before_the_stem_keep_their_answers(tmp_path, ecg):
    """A card that names no stem is of a network whose leads enter together."""
    torch.manual_seed(1)
    old = build("any-subset", {"widths": (16, 24), "lead_channels": 0}).eval()
    torch.nn.init.normal_(old.network.head.weight, std=0.05)
    config = {key: value for key, value in old.config_dict().items() if key != "lead_channels"}
    names = np.array(["p"])
    dataset = Dataset(np.zeros((1, 8, 10), np.int16), np.array([10]), 100.0, names, names)
    card = card_for(old, dataset, config=config, dataset="", folds="", normalisation="")
    save(old, card, tmp_path / "w")
    given = ecg.pick(["I", "II", "V2"])
    again = load(tmp_path / "w").model
    assert again.config.lead_channels == 0
    assert np.array_equal(again.estimate(given).signals, old.estimate(given).signals)


def test_errors_count_by_the_window_or_by_each_tenth_of_a_second():
    signals, error = torch.zeros(1, 8, 256), torch.zeros(1, 8, 256)
    signals[..., 100:110] = 1.0  # a QRS of 1 mV
    error[..., 100:110], error[..., 200:210] = 0.1, 0.1  # as large in it as where the lead is quiet
    power = 2 * 10 * 0.01 / 256
    expected = {
        False: power / (10 / 256 + 0.05**2),
        True: (0.01 / (1 + 0.02**2) + 0.01 / 0.02**2) / 25,
    }
    for patches, relative in expected.items():
        model = build("any-subset", {"patches": patches})
        value = model._misfit(error, signals)
        assert torch.allclose(value, torch.full((1, 8), 0.5 * relative + 5 * (power + 1e-5) ** 0.5))
