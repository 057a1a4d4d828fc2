"""Arrangements of electrodes: what each does to the leads is known from the potentials themselves, and
undoing it brings the recording back."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.electrodes.arrangements import AS_RECORDED, arrangements, by_name, distinct
from ecgcore.electrodes.check import ElectrodeCheck
from ecgcore.electrodes.correction import corrected, measured_leads, recorded_as
from ecgcore.electrodes.names import ORDERS, cure
from ecgcore.lead_algebra import limb_violation
from ecgcore.leads import CHEST, INDEPENDENT, LIMB, STANDARD, LeadSet

RNG = np.random.default_rng(3)
SITES = {site: RNG.normal(size=400) for site in ("RA", "LA", "LL", *CHEST)}


def from_cables(**sites: str) -> Ecg:
    """Twelve leads as amplifiers make them, from cables on these sites; both legs have one potential."""
    at = {cable: SITES[sites.get(cable, cable)] for cable in ("RA", "LA", "LL", *CHEST)}
    terminal = (at["RA"] + at["LA"] + at["LL"]) / 3
    rows = {"I": at["LA"] - at["RA"], "II": at["LL"] - at["RA"], "III": at["LL"] - at["LA"]}
    rows |= {
        "aVR": at["RA"] - (at["LA"] + at["LL"]) / 2,
        "aVL": at["LA"] - (at["RA"] + at["LL"]) / 2,
        "aVF": at["LL"] - (at["RA"] + at["LA"]) / 2,
    }
    return Ecg.from_leads(rows | {lead: at[lead] - terminal for lead in CHEST}, 100.0)


RIGHT = from_cables()
MOVED = {
    "RA-LA": {"RA": "LA", "LA": "RA"},
    "RA-LL": {"RA": "LL", "LL": "RA"},
    "LA-LL": {"LA": "LL", "LL": "LA"},
    "RA>LA>LL": {"RA": "LA", "LA": "LL", "LL": "RA"},
    "RA-RL": {"RA": "LL"},
    "LA-RL": {"LA": "LL"},
    "arms-legs": {"RA": "LL", "LA": "LL", "LL": "LA"},
    "V2-V5": {"V2": "V5", "V5": "V2"},
    "V1>V2>V3": {"V1": "V2", "V2": "V3", "V3": "V1"},
    "V6-V1": dict(zip(CHEST, CHEST[::-1], strict=True)),
}


@pytest.mark.parametrize("name", MOVED)
def test_an_arrangement_records_what_its_cables_would(name):
    got = recorded_as(RIGHT, by_name()[name])
    assert np.allclose(got.signals, from_cables(**MOVED[name]).signals, atol=1e-5)


def test_known_rules_of_limb_exchanges():
    arms = recorded_as(RIGHT, by_name()["RA-LA"])
    assert np.allclose(arms["I"], -RIGHT["I"]) and np.allclose(arms["II"], RIGHT["III"], atol=1e-6)
    assert np.allclose(arms["aVR"], RIGHT["aVL"], atol=1e-6) and np.array_equal(arms["V4"], RIGHT["V4"])
    assert np.abs(recorded_as(RIGHT, by_name()["RA-RL"])["II"]).max() < 1e-6
    assert np.abs(recorded_as(RIGHT, by_name()["LA-RL"])["III"]).max() < 1e-6
    shifted = recorded_as(RIGHT, by_name()["RA-RL"])
    shift = shifted["V1"] - RIGHT["V1"]
    assert np.allclose(shifted["V6"] - RIGHT["V6"], shift, atol=1e-5) and np.abs(shift).max() > 0.1


@pytest.mark.parametrize("arrangement", arrangements(), ids=lambda arrangement: arrangement.name)
def test_a_correction_brings_every_lead_back_or_leaves_it_out(arrangement):
    back = corrected(recorded_as(RIGHT, arrangement), arrangement)
    for lead in back.leads:
        assert np.allclose(back[lead], RIGHT[lead], atol=2e-5), lead
    if arrangement.reversible:
        assert back.leads == LeadSet(STANDARD)
    assert max(limb_violation(back).values(), default=0) < 1e-4
    assert "Shown as corrected" in back.notes[-1]


def test_of_a_lost_limb_lead_nothing_is_invented():
    arrangement = by_name()["RA-RL"]
    back = corrected(recorded_as(RIGHT, arrangement), arrangement)
    assert back.leads == ("III",) and not arrangement.reversible
    assert "I, II, aVR" in back.notes[-1] and "left out" in back.notes[-1]


def test_few_leads_go_to_their_true_names():
    arrangement = by_name()["V2-V5"]
    few = recorded_as(RIGHT, arrangement).pick(["I", "II", "V2"])
    back = corrected(few, arrangement)
    assert back.leads == ("I", "II", "V5") and np.array_equal(back["V5"], RIGHT["V5"])
    assert measured_leads(LeadSet("I II V2"), arrangement) == ("I", "II", "V5")
    assert measured_leads(LeadSet("I II V2"), by_name()["RA-LA"]) == ("I", "II", "V2")
    with pytest.raises(UnusableEcg, match="V2"):
        recorded_as(RIGHT.pick(["I", "II", "V2"]), arrangement)


def test_what_leads_cannot_tell_apart_is_one():
    assert len(distinct(LeadSet(INDEPENDENT))) == len(arrangements())
    few = [arrangement.name for arrangement in distinct(LeadSet("I II V2"))]
    assert "V2-V5" in few and "V3-V5" not in few and "RA-LA" in few and few[0] == AS_RECORDED.name
    assert not any(
        arrangement.kind in ("limb exchange", "right leg") for arrangement in distinct(LeadSet("II V2 V3"))
    )


def answer(**probabilities: float) -> ElectrodeCheck:
    return ElectrodeCheck(probabilities, LeadSet(INDEPENDENT), 0.04, 9)


def test_the_sentence_names_what_stands_out():
    sure = answer(**{"V2-V5": 0.98, "as recorded": 0.02})
    assert sure.alarm and sure.named and sure.text == "V2 and V5 look exchanged (98 %)"
    calm = answer(**{"as recorded": 0.97, "V2-V5": 0.03})
    assert not calm.alarm and calm.likeliest is AS_RECORDED and "No exchanged electrodes seen" in calm.text
    torn = answer(**{"V2-V3": 0.4, "V3-V4": 0.38, "RA-LA": 0.12, "as recorded": 0.1})
    assert torn.alarm and not torn.named
    assert "V2 and V3 look exchanged (40 %) or V3 and V4 look exchanged (38 %)" in torn.text
    assert torn.report()["probability_of_a_mix_up"] == 0.9 and "not for diagnosis" in torn.report()["notice"]


# -- names, by the limb equations alone ----------------------------------------------------------------------


def misread(order: tuple[str, ...], turned: str = "") -> Ecg:
    """A file whose leads lie in this order, read as if in the standard one."""
    rows = {
        read: (-1 if true == turned else 1) * RIGHT[true] for read, true in zip(STANDARD, order, strict=True)
    }
    return Ecg.from_leads(rows, 100.0)


@pytest.mark.parametrize("name", ORDERS)
def test_a_file_in_another_order_is_read_right_after_its_cure(name):
    read = misread(ORDERS[name], "aVR" if name == "Cabrera's" else "")
    mistake = cure(read)
    assert mistake is not None
    back = mistake.apply(read, "renamed")
    assert np.allclose(back.signals, RIGHT.signals, atol=1e-6) and back.notes == ("renamed",)


@pytest.mark.parametrize("pair", tuple(combinations(LIMB, 2)), ids="-".join)
def test_two_limb_names_exchanged_are_told(pair):
    names = dict(zip(pair, pair[::-1], strict=True))
    mistake = cure(misread(tuple(names.get(lead, lead) for lead in STANDARD)))
    assert mistake is not None and mistake.true_name == names


@pytest.mark.parametrize("factor", [-1.0, 0.5, 2.0, 0.1])
@pytest.mark.parametrize("lead", LIMB)
def test_one_limb_lead_upside_down_or_of_another_size_is_told(lead, factor):
    wrong = RIGHT.replace(
        signals=np.stack([(factor if name == lead else 1) * RIGHT[name] for name in STANDARD])
    )
    mistake = cure(wrong)
    assert mistake is not None and mistake.leads == (lead,)
    assert np.allclose(mistake.apply(wrong).signals, RIGHT.signals, atol=1e-5)


def test_without_a_contradiction_or_with_several_cures_nothing_is_renamed():
    assert cure(RIGHT) is None and cure(RIGHT.pick(["I", "II", "III"])) is None
    few = RIGHT.pick(["I", "II", "III", "aVR"])
    turned = few.replace(signals=np.stack([few["I"], few["II"], -few["III"], few["aVR"]]))
    assert cure(turned) is None  # I and II exchanged would look alike
    noise = RIGHT.replace(signals=RIGHT.signals + RNG.normal(0, 1, RIGHT.signals.shape).astype(np.float32))
    assert cure(noise) is None
