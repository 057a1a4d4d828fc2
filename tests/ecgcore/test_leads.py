"""Names, order and algebra of the leads."""

import numpy as np
import pytest

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.lead_algebra import (
    LIMB_FROM_I_II,
    i_and_ii,
    limb_violation,
    observation,
    standard_from_independent,
    with_derived,
    with_recorded_leads,
)
from ecgcore.leads import CHEST, INDEPENDENT, LIMB, NAMED_SETS, STANDARD, LeadSet, all_states, lead_name

RNG = np.random.default_rng(0)


def twelve(n=500, rate=100.0):
    eight = RNG.normal(size=(8, n)).astype(np.float32)
    return Ecg(standard_from_independent() @ eight, STANDARD, rate)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AVR", "aVR"),
        ("avf", "aVF"),
        ("ii", "II"),
        ("Lead V3", "V3"),
        ("ECG V1", "V1"),
        ("MLII", "II"),
        ("C4", None),
        ("1", None),
        ("ECG1", None),
        ("ECG 2", None),
        ("Lead 1", None),
        ("Dérivation I", "I"),
        ("第Ⅱ誘導", "II"),
        ("v6 ", "V6"),
        ("ECG -", None),
        ("Lead -aVR", None),
        ("Lead - II", "II"),
        ("ecg.V1", "V1"),
        ("Channel II", "II"),
        ("Kanal 2", None),
        ("Channel 1", None),
        ("Einthoven III", "III"),
        ("Goldberger aVR", "aVR"),
        ("Brustwand V4", "V4"),
        ("vx", None),
        ("V7", None),
        ("", None),
    ],
)
def test_leads_are_found_in_every_spelling_and_nothing_else_is(text, name):
    assert lead_name(text) == name


def test_a_lead_set_has_one_order_and_no_doubles():
    assert LeadSet("V2, ii, I") == ("I", "II", "V2") == LeadSet(["V2", "I", "II", "i"])
    assert str(LeadSet("V4 I+II")) == "I+II+V4"
    with pytest.raises(ValueError, match="V9"):
        LeadSet("I V9")


def test_two_limb_leads_determine_all_six_and_no_chest_lead():
    for limb_lead in LIMB:
        assert LeadSet([limb_lead]).derived == ()
        for other in set(LIMB) - {limb_lead}:
            assert LeadSet([limb_lead, other]).determined == LIMB
            assert LeadSet([limb_lead, other]).missing == CHEST


def test_there_are_510_states_of_knowledge_and_each_leaves_something_to_estimate():
    states = list(all_states())
    assert len(states) == len(set(states)) == 510
    assert all(state.missing for state in states)
    assert set(NAMED_SETS.values()) <= set(states)


def test_einthoven_and_goldberger_hold_in_the_matrix():
    ecg = twelve()
    assert np.allclose(ecg["III"], ecg["II"] - ecg["I"], atol=1e-6)
    assert np.allclose(ecg["aVR"], -(ecg["I"] + ecg["II"]) / 2, atol=1e-6)
    assert np.allclose(ecg["aVL"], ecg["I"] - ecg["II"] / 2, atol=1e-6)
    assert np.allclose(ecg["aVF"], ecg["II"] - ecg["I"] / 2, atol=1e-6)
    assert np.allclose(ecg["aVR"] + ecg["aVL"] + ecg["aVF"], 0, atol=1e-6)


@pytest.mark.parametrize("pair", [(a, b) for a in LIMB for b in LIMB if a < b])
def test_any_two_limb_leads_give_back_the_other_four(pair):
    ecg = twelve()
    again = with_derived(ecg.pick(pair))
    assert again.leads == LIMB
    for lead in LIMB:
        assert np.allclose(again[lead], ecg[lead], atol=1e-5)


def test_leads_already_there_stay_as_recorded():
    ecg = twelve()
    odd = ecg.replace(signals=ecg.signals + RNG.normal(scale=0.1, size=ecg.signals.shape))
    three = odd.pick(["I", "II", "III"])
    assert np.array_equal(with_derived(three)["III"], odd["III"])
    assert np.array_equal(i_and_ii(odd), odd.signals[:2])


def test_a_constant_offset_breaks_no_law_but_a_swapped_lead_does():
    ecg = twelve()
    offset = ecg.replace(signals=ecg.signals + np.arange(12)[:, None])
    assert max(limb_violation(offset).values()) < 1e-3
    swapped = dict(zip(ecg.leads, ecg.signals, strict=True)) | {"I": ecg["II"], "II": ecg["I"]}
    assert max(limb_violation(Ecg.from_leads(swapped, 100)).values()) > 0.5


def test_observation_rows_are_the_leads():
    assert np.array_equal(observation(LeadSet("aVF V6"))[0], [*LIMB_FROM_I_II["aVF"], 0, 0, 0, 0, 0, 0])
    assert observation(LeadSet(INDEPENDENT)).tolist() == np.eye(8).tolist()


def test_an_ecg_is_checked_immutable_and_survives_pickling():
    import pickle

    ecg = Ecg(np.arange(6.0).reshape(2, 3), ("v1", "I"), 250, name="x")
    assert ecg.leads == ("I", "V1")
    assert ecg["V1"].tolist() == [0, 1, 2]
    again = pickle.loads(pickle.dumps(ecg))
    assert again.digest == ecg.digest
    assert not again.signals.flags.writeable
    for wrong in (
        {"signals": np.full((1, 4), np.nan), "leads": ("I",)},
        {"signals": np.zeros((2, 4)), "leads": ("I",)},
        {"signals": np.zeros((2, 4)), "leads": ("I", "i")},
        {"signals": np.zeros((1, 4)), "leads": ("pleth",)},
        {"signals": np.zeros((1, 4)), "leads": ("I",), "rate": 0},
    ):
        with pytest.raises(UnusableEcg):
            Ecg(**({"rate": 100} | wrong))
    with pytest.raises(UnusableEcg, match="no lead V3"):
        ecg.pick(["V3"])
    with pytest.raises(UnusableEcg, match="outside"):
        ecg.cut(5, 6)


def test_a_reconstruction_knows_where_each_lead_comes_from():
    ecg = twelve()
    source = dict.fromkeys(STANDARD, "estimated") | {"I": "measured"}
    reconstruction = Reconstruction(ecg, source, LeadSet("I"), "test")
    assert reconstruction.leads_that_are("measured") == ("I",)
    assert len(reconstruction.estimated) == 11
    with pytest.raises(ValueError, match="twelve"):
        Reconstruction(ecg.pick(["I"]), source, LeadSet("I"), "test")
    with pytest.raises(ValueError, match="source"):
        Reconstruction(ecg, source | {"V1": "guessed"}, LeadSet("I"), "test")


def test_a_lead_of_one_value_throughout_was_not_recorded():
    ecg = twelve()
    rows = np.array(ecg.signals)
    rows[STANDARD.index("V2")], rows[STANDARD.index("V6")] = 0.0, -0.3
    kept = with_recorded_leads(ecg.replace(signals=rows))
    assert kept.leads == LeadSet(STANDARD) - LeadSet("V2 V6")
    assert kept.notes[-1].endswith("taken as not recorded: V2 V6.") and np.array_equal(kept["V3"], ecg["V3"])
    rows[STANDARD.index("V2"), 7] = 0.001
    assert "V2" in with_recorded_leads(ecg.replace(signals=rows)).leads
    dead = ecg.replace(signals=np.zeros_like(rows))
    assert with_recorded_leads(ecg) is ecg and with_recorded_leads(dead) is dead


def test_other_words_are_on_the_same_samples_and_other_samples_are_looked_at_again():
    ecg = twelve()
    before = ecg.digest
    renamed = ecg.replace(name="another", notes=("a note",))
    assert (renamed.name, renamed.notes, ecg.name, ecg.notes) == ("another", ("a note",), "recording", ())
    assert renamed.signals is ecg.signals and renamed.digest == before
    assert ecg.replace(signals=2 * ecg.signals).digest != before
    with pytest.raises(UnusableEcg, match="gaps"):
        ecg.replace(signals=np.nan * ecg.signals, name="another")
