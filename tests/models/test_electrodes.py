"""The check of electrodes: answers on a real recording whose electrodes were exchanged by algebra, and
identities."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import digamma

from ecgcore.demonstrations import REAL, demonstrations
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.electrodes.arrangements import AS_RECORDED, KINDS, by_name
from ecgcore.electrodes.correction import as_answered, recorded_as
from ecgcore.electrodes.names import ORDERS
from ecgcore.lead_algebra import observation
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from models.__main__ import main
from models.electrodes.calibration import LIKELY, Drawn, HeldOut, Nets, fit_terms, fitted
from models.electrodes.candidates import RIDGE, candidates, residual_taps
from models.electrodes.features import LENGTH, mean_beat
from models.electrodes.reference import Change, change_of, nearness
from models.electrodes.scores import (
    FIFTHS,
    FLAT_LEAD,
    Calibration,
    Layers,
    Network,
    Prior,
    check,
    evidence,
    flatness,
    network,
    numbers_of_kinds,
)
from models.electrodes.variation import (
    N_FEATURES,
    N_PARTS,
    N_TERMS,
    WINDOWS,
    mean_moments,
    moment_features,
    parts_of,
    terms,
    usual_of,
)


@pytest.fixture(scope="module")
def recording() -> Ecg:
    return demonstrations()[REAL]()


def test_a_right_recording_is_left_in_peace(recording):
    answer = check(recording)
    assert not answer.alarm and answer.likeliest is AS_RECORDED
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert list(answer.probabilities.values()) == sorted(answer.probabilities.values(), reverse=True)


@pytest.mark.parametrize("name", ["V2-V5", "V1-V4", "RA-LA", "RA-LL", "RA-RL", "V6-V1"])
def test_an_exchange_is_named_and_undone(recording, name):
    answer = check(recorded_as(recording, by_name()[name]))
    assert answer.alarm and answer.likeliest.name == name
    back = as_answered(recorded_as(recording, by_name()[name]), answer)
    assert all(np.allclose(back[lead], recording[lead], atol=0.02) for lead in back.leads)


def test_names_in_another_order_are_told_by_the_limb_equations(recording):
    order = ORDERS["chest leads first"]
    rows = {read: recording[true] for read, true in zip(STANDARD, order, strict=True)}
    answer = check(Ecg.from_leads(rows, recording.rate))
    assert answer.alarm and not answer.exchanged and "another order" in answer.text
    back = as_answered(Ecg.from_leads(rows, recording.rate), answer)
    assert np.array_equal(back.signals, recording.signals) and "Shown as corrected" in back.notes[-1]


def test_the_mean_beat_of_an_arrangement_is_that_arrangement_of_the_mean_beat(recording):
    own = recording.pick(INDEPENDENT)
    arrangement = by_name()["V2>V4>V3"]
    beat, moved = mean_beat(own), mean_beat(recorded_as(own, arrangement))
    through = beat.through(arrangement.matrix, beat.leads)
    assert np.allclose(through.signals, moved.signals, atol=1e-4)
    assert np.allclose(through.moments, moved.moments, atol=1e-5) and through.n == beat.n


def test_a_flat_chest_lead_was_not_recorded(recording):
    off = recording.replace(
        signals=np.stack([0.0 * recording[x] if x == "V3" else recording[x] for x in recording.leads])
    )
    answer = check(off)
    assert not answer.alarm and "V3" not in answer.leads and len(answer.leads) == 7


def test_the_prior_moves_the_answer_as_bayes_says(recording):
    few, many = check(recording, Prior(0.01)), check(recording, Prior(0.2))
    odds = (few.wrong / (1 - few.wrong)) / (many.wrong / (1 - many.wrong))
    assert odds == pytest.approx((0.01 / 0.99) / (0.2 / 0.8), rel=1e-3)
    with pytest.raises(UnusableEcg, match="between 0 and 1"):
        Prior(0.0)


def test_an_earlier_recording_of_the_person_decides(recording):
    arrangement = by_name()["LA-LL"]
    moved = recorded_as(recording, arrangement)
    answer = check(moved, reference=recording)
    assert answer.reference and answer.likeliest is arrangement and answer.wrong > check(moved).wrong
    assert answer.threshold == max(network().own.alarms[6], network().earlier[0][1].alarms[6])
    beat = mean_beat(recording.pick(INDEPENDENT))
    change = network().earlier[0][0]
    near = nearness(beat, candidates(beat.leads), beat, change)
    assert np.argmax(near.sum(1)) == 0 and np.allclose(near[0], 0)


def test_nearness_counts_in_units_of_the_usual_change_limb_and_chest_apart(recording):
    beat = mean_beat(recording.pick(INDEPENDENT))
    ways = candidates(beat.leads)
    basis = np.linalg.qr(np.random.default_rng(4).normal(size=(76, 3)))[0]
    leads = np.diag([1.0] * 7 + [4.0])
    change = Change(basis, leads, np.eye(3), np.array([0.25, 0.5]))
    size = np.sqrt(np.square(beat.signals).mean())
    first = beat.through(np.eye(8), beat.leads)
    for number, variance, block, count, usual in (
        (1, 1.0, 0, 2, 0.25),
        (6, 1.0, 1, 6, 0.5),
        (7, 4.0, 1, 6, 0.5),
    ):
        moved = beat.signals.copy()
        moved[number] += 0.2 * size * basis[:, 0]  # 0.2 in one of 3 numbers a lead
        near = nearness(beat, ways, replace(first, signals=moved), change)[0]
        assert near[block] == pytest.approx(-np.log1p(0.2**2 / variance / (3 * count) / usual), rel=0.02)
        assert near[1 - block] == pytest.approx(0, abs=1e-9)


def test_a_limb_lead_that_was_small_before_is_no_sign_of_the_right_leg(recording):
    beat = mean_beat(recording.pick(INDEPENDENT))
    lead_i = beat.signals[0]
    small = beat.signals.copy()
    small[1] = lead_i * (1 + np.exp(-2.0))  # III is I times that
    small = replace(beat, signals=small)
    third = FLAT_LEAD["LA-RL"]
    assert flatness(small, third) > 3
    assert flatness(small, third, small) < 0
    flat = replace(beat, signals=np.stack([lead_i, lead_i, *beat.signals[2:]]))
    assert flatness(flat, third, small) > 8
    assert flatness(flat, third, flat) < 1


def test_what_else_explains_a_beat_stands_beside_a_flat_lead(recording):
    """A right leg's cable is as likely as all other arrangements together times how flat the lead is: what is
    unlikely by itself adds nothing to it."""
    beat = mean_beat(recording.pick(INDEPENDENT))
    ways, values, _ = evidence(beat, network())
    moved = np.array([arrangement.kind == "right leg" for arrangement in ways.arrangements])
    together = np.log(np.exp(values + Prior().log_of(ways.arrangements))[~moved].sum())
    names = [arrangement.name for arrangement in ways.arrangements]
    for name, lead in FLAT_LEAD.items():
        assert values[names.index(name)] == pytest.approx(together + flatness(beat, lead))


def test_the_change_between_visits_is_learned_in_leads_and_shapes():
    rng = np.random.default_rng(5)
    leads, shapes = np.diag(np.linspace(0.4, 1.6, 8)), np.diag([0.5, 1.0, 1.5])
    apart = np.sqrt(np.diag(leads))[:, None] * rng.normal(size=(3000, 8, 3)) * np.sqrt(np.diag(shapes))
    change = change_of(apart, np.ones(3000), np.eye(76, 3))
    assert np.allclose(np.diag(change.leads) - 0.02, np.diag(leads), atol=0.08)
    assert np.allclose(np.diag(change.shapes) - 0.02, np.diag(shapes), atol=0.08)
    half = 3 * np.array([2, 6]) / 2  # of the degrees of freedom: shapes times leads of a block
    assert change.size == pytest.approx(np.exp(digamma(half) - np.log(half)), rel=0.1)


def test_people_with_several_recordings_are_scored_by_what_the_others_calibrated():
    net = network()
    assert len(net.earlier) == FIFTHS + 1
    slopes = [calibration.slopes for _, calibration in net.earlier]
    assert all(not np.allclose(slopes[0], other) for other in slopes[1:])


def test_features_of_moments_follow_an_arrangement_and_ignore_the_size(recording):
    usual = network().mean.usual[0]
    beat = mean_beat(recording.pick(INDEPENDENT))
    own = moment_features(beat.moments, usual)
    assert own.shape == (N_FEATURES,) and np.allclose(own, moment_features(4 * beat.moments, usual))
    wide = np.kron(np.eye(3), by_name()["V2-V5"].matrix)
    moved = moment_features(wide @ beat.moments @ wide.T, usual)
    order = [0, 1, 2, 6, 4, 5, 3, 7]
    for start in (8, 16):  # what its best relation to the others leaves, and its size, go with the lead
        assert np.allclose(moved[start : start + 8], own[start : start + 8][order])


def test_residuals_are_those_of_regression():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(72, 72))
    covariance = mixing @ mixing.T + 5 * np.eye(72)
    leads = LeadSet("I II V2 V5")
    taps = residual_taps(leads, covariance)[0]
    see = np.kron(np.eye(9), np.eye(8)[[INDEPENDENT.index(lead) for lead in leads]])
    own = see @ covariance @ see.T
    own += 1e-3 * np.trace(own) / len(own) * np.eye(len(own))
    at = 4 * 4 + 2  # V2 at lag 0
    others = [number for number in range(len(own)) if number != at]
    weights = np.linalg.solve(own[np.ix_(others, others)], own[others, at])
    variance = own[at, at] - weights @ own[others, at]
    assert taps[INDEPENDENT.index("V2"), at] == pytest.approx(1 / np.sqrt(variance))
    assert np.allclose(taps[INDEPENDENT.index("V2"), others], -weights / np.sqrt(variance))
    assert not taps[INDEPENDENT.index("V3")].any()


def test_second_moments_of_every_part_speak_for_the_arrangement_that_made_them():
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(N_PARTS, 24, 24))
    usual = mixing @ mixing.transpose(0, 2, 1) / 24 + 0.1 * np.eye(24)
    leads = LeadSet(INDEPENDENT)
    names = [arrangement.name for arrangement in candidates(leads).arrangements]
    same = [abs(abs(np.linalg.det(way.matrix)) - 1) < 1e-9 for way in candidates(leads).arrangements]
    for name in ("as recorded", "V2-V3", "LA-LL", "-V4"):
        wide = np.kron(np.eye(3), by_name()[name].matrix)
        own = terms(wide @ usual @ wide.T, usual_of(leads, usual))
        best = np.where(same, own[:, :N_PARTS].T, -np.inf).argmax(1)
        assert [names[number] for number in best] == [name] * N_PARTS
    own = terms(usual, usual_of(leads, usual))
    assert own.shape == (len(names), N_TERMS)
    for part, weight in enumerate([30, 10, 10, 10, 10, 10]):
        ridge = 1e-3 * np.trace(usual[part]) / 24 * np.eye(24)
        expected = -np.linalg.slogdet(weight * 1.001 * usual[part] + usual[part] + ridge)[1]
        assert own[0, part] == pytest.approx(expected)
    assert np.allclose(terms(4 * usual, usual_of(leads, usual)), own)


def test_parts_of_a_beat_are_its_waves_and_follow_an_arrangement(recording):
    beat = mean_beat(recording.pick(INDEPENDENT))
    parts = parts_of(beat.signals, beat.moments)
    assert np.array_equal(parts[0], beat.moments)
    for name, part in zip(WINDOWS, parts[1:], strict=True):
        own = beat.signals[:, WINDOWS[name]]
        assert np.allclose(np.diag(part)[8:16] - 1e-5, np.square(own).mean(1))
    matrix = by_name()["V2>V4>V3"].matrix
    moved = beat.through(matrix, beat.leads)
    wide = np.kron(np.eye(3), matrix)
    assert np.allclose(parts_of(moved.signals, moved.moments), wide @ parts @ wide.T)


def test_a_lead_unusual_in_its_t_wave_alone_is_told_by_that_part(recording):
    """T waves of V2 and V6 in each other's place: QRS and P wave speak for the places as they are."""
    usual, names = network().mean.usual, [way.name for way in candidates(LeadSet(INDEPENDENT)).arrangements]
    parts = usual.copy()
    wide, place = np.kron(np.eye(3), by_name()["V2-V6"].matrix), 1 + list(WINDOWS).index("T wave")
    parts[place] = wide @ parts[place] @ wide.T
    apart = terms(parts, usual_of(LeadSet(INDEPENDENT), usual))[:, :N_PARTS]
    better = apart[names.index("V2-V6")] > apart[names.index("as recorded")]
    assert list(np.flatnonzero(better)) == [place]


def test_terms_weigh_as_they_tell_arrangements_apart_in_what_taught():
    """Leads differ from the R point on alone: that part speaks for their places, the others hardly."""
    rng, leads = np.random.default_rng(6), LeadSet(INDEPENDENT)
    beats = 0.3 * rng.normal(size=(60, 8, LENGTH))
    beats[..., WINDOWS["from the R point"]] += np.linspace(1, 1.6, 8)[:, None] * rng.normal(size=(60, 1, 12))
    taught = HeldOut(beats, np.ones(60), np.tile(np.eye(24), (60, 1, 1)))
    moments = mean_moments(parts_of(beats, taught.second))
    slopes = fit_terms(np.eye(72), moments, taught, {6: (str(leads),)})
    own, names = (
        terms(moments, usual_of(leads, moments)),
        [way.name for way in candidates(leads).arrangements],
    )
    for_their_places = slopes[6, 0] * (own[0] - own[names.index("V1-V6")])
    place = 1 + list(WINDOWS).index("from the R point")
    assert for_their_places[place] > 2 > 5 * np.delete(for_their_places, place).max()


def test_a_fit_finds_the_slope_and_offset_that_made_the_evidence():
    rng = np.random.default_rng(2)
    kinds = np.array([KINDS.index(kind) for kind in ("as recorded", "chest exchange", "limb exchange")])
    prior = np.log([0.8, 0.1, 0.1])
    values = rng.normal(0, 2, (9000, 3, 2)) * [1.0, 0.0]
    apart = values[..., 0] - values[:, :1, 0]
    logits = np.array([0.0, 1.5, 0.8]) * apart + prior + np.array([0.0, 0.7, -0.5])
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    true = (chances.cumsum(1) > rng.random((9000, 1))).argmax(1)
    # a fifth of the weight lies on mix-ups, as they have it among all
    share = np.mean(true > 0)
    part = Drawn(values[true == 0], values[true > 0], true[true > 0], prior, prior, kinds)
    slopes, offsets = fitted([part])
    shift = np.log(share / (1 - share) / (LIKELY / (1 - LIKELY)))
    assert slopes[:2, 0] == pytest.approx([1.5, 0.8], abs=0.12)
    assert offsets[kinds] + [0, shift, shift] == pytest.approx([0, 0.7, -0.5], abs=0.25)


def test_too_few_leads_and_no_beat_are_one_sentence(recording):
    with pytest.raises(UnusableEcg, match="at least I, II and one chest lead"):
        check(recording.pick(["I", "II"]))
    limb = recording.pick(["I", "II"])
    dead = np.concatenate([limb.signals, np.zeros_like(limb.signals[:1])])
    with pytest.raises(UnusableEcg, match="at least I, II and one chest lead"):
        check(limb.replace(signals=dead, leads=LeadSet("I II V2")))
    with pytest.raises(UnusableEcg, match="No heartbeat"):
        check(
            recording.pick(["I", "II", "V2"]).replace(signals=np.ones((3, 4000)) * np.linspace(0, 0.01, 4000))
        )
    assert check(recording.pick(["I", "II", "V2"])).leads == ("I", "II", "V2")


def test_a_check_takes_less_than_fifty_milliseconds(recording):
    times = []
    for _ in range(6):
        start = time.process_time()
        check(recording)
        times.append(time.process_time() - start)
    assert min(times) < 0.05


def test_energies_are_those_of_training_on_tensors(recording):
    import torch

    from models.electrodes.network import Energy, MomentEnergy
    from models.electrodes.training import networks_of, stored_form
    from models.electrodes.ways import Ways

    torch.manual_seed(0)
    net = Energy(torch.randn(76, 4), 8, len(by_name())).eval().requires_grad_(False)
    other = MomentEnergy(torch.randn(N_FEATURES), torch.ones(N_FEATURES), 8).eval().requires_grad_(False)
    beat = mean_beat(recording.pick(INDEPENDENT))
    mean, taught = network().mean, network().taught
    stored = stored_form(Nets([net], [other], np.eye(72), mean, taught))
    again = networks_of(stored)
    for mine, back in ((net, again.of_beats[0]), (other, again.of_moments[0])):
        states = back.state_dict()
        assert all(torch.equal(value, states[name]) for name, value in mine.state_dict().items())
    names = dict(zip(map(str, stored["names"]), map(float, stored["bias"][0]), strict=True))
    own = Network(
        stored["basis"],
        Layers(stored["first"], stored["second"], stored["last"]),
        Layers(stored["moments_first"], stored["moments_second"], stored["moments_last"]),
        stored["feature_mean"],
        stored["feature_spread"],
        stored["covariance"],
        names,
        mean,
        again.taught,
        Calibration(np.ones((7, 3, 4)), np.zeros((7, len(KINDS))), np.ones(7)),
    )
    ways = Ways(beat.leads, stored["covariance"])
    every = np.arange(len(ways.arrangements))
    rr = torch.tensor([[max(beat.rr, 0.3)]])
    there = ways.energies(net, beat.signals[None].astype(np.float32), rr, every)[0].numpy()
    keep = [arrangement.kind != "right leg" for arrangement in candidates(beat.leads).arrangements]
    assert np.allclose(own.energies(beat)[keep], there, atol=1e-4)
    there = ways.moment_energies(other, beat.moments[None], mean.usual[0], every)[0].numpy()
    assert np.allclose(own.moment_energies(beat)[keep], there, atol=1e-4)
    assert np.allclose(own.likelihoods(beat), network().likelihoods(beat))


@pytest.mark.parametrize("leads", [LeadSet(INDEPENDENT), LeadSet("I II V2")])
def test_terms_taught_on_tensors_are_those_of_the_check(recording, leads):
    import torch

    from models.electrodes.network import LogDeterminant, Terms

    usual, weights = network().mean.usual, np.arange(3.0, 3 + N_PARTS)
    net, ways, size = Terms(usual, weights), candidates(leads), len(leads.chest)
    beat = mean_beat(recording.pick(leads))
    parts = parts_of(beat.signals, beat.moments)
    see = np.stack([observation(leads) @ way.matrix for way in ways.arrangements])
    kinds = torch.from_numpy(numbers_of_kinds(ways.arrangements))
    logits = net(torch.from_numpy(parts[None]), torch.from_numpy(see), kinds, size)[0].detach().numpy()
    taught = net.moments().detach().numpy()
    assert np.allclose(taught, usual, atol=1e-3 * np.abs(usual).max())
    apart = terms(parts, usual_of(leads, taught, weights / (1 + RIDGE))).sum(1)  # power without the ridge
    assert np.allclose(logits, 0.5 * (apart - apart[0]), atol=1e-6)
    matrices = torch.from_numpy(parts + np.eye(parts.shape[-1])).requires_grad_()
    LogDeterminant.apply(matrices).sum().backward()
    assert np.allclose(matrices.grad.numpy(), np.linalg.inv(parts + np.eye(parts.shape[-1])))


def test_stored_weights_know_every_arrangement():
    assert set(network().bias) == set(by_name())
    beat = mean_beat(demonstrations()[REAL]().pick(INDEPENDENT))
    assert len(evidence(beat, network()).values) == len(by_name())


def test_the_command_prints_and_writes_the_answer(recording, tmp_path, capsys):
    from ecgcore.io.write import write_ecg

    path = write_ecg(recorded_as(recording, by_name()["V2-V5"]), tmp_path, "exchanged")
    assert main(["check", str(path), "--json", str(tmp_path / "answer.json")]) == 0
    assert "V2 and V5 look exchanged" in capsys.readouterr().out
    answer = json.loads((tmp_path / "answer.json").read_text())["electrodes"]
    assert answer["likeliest"] == "V2-V5" and answer["electrodes"] == ["V2", "V5"]
