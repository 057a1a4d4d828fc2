"""Findings: each oddity is found where it was put, named with its lead, and a good recording has none."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ecgcore.demonstrations import demonstrations, real_recording
from ecgcore.ecg import Ecg
from ecgcore.leads import STANDARD
from ecgcore.quality import KINDS, findings
from ecgcore.synthetic import Heart, simulate

GOOD = simulate(Heart(rate=70), 500, seed=3)
real = pytest.mark.skipif(
    not os.environ.get("ECG_DATA"), reason="needs the real recordings: set ECG_DATA to their folder"
)


def changed(**leads) -> Ecg:
    """The good recording with some leads passed through a function of their samples."""
    rows = {lead: np.array(GOOD[lead], dtype=np.float64) for lead in STANDARD}
    for lead, change in leads.items():
        rows[lead] = change(rows[lead])
    return Ecg.from_leads(rows, GOOD.rate)


def only(ecg: Ecg):
    problems = findings(ecg)
    assert len(problems) == 1, [str(finding) for finding in problems]
    return problems[0]


def test_good_recordings_have_no_findings():
    assert findings(GOOD) == ()
    assert findings(real_recording()) == ()
    for title, make in demonstrations().items():
        assert findings(make()) == () or "noisy" in title


@pytest.mark.parametrize("rate", [100, 250, 1000])
def test_findings_do_not_depend_on_the_rate(rate):
    assert findings(simulate(Heart(), rate)) == ()
    ecg = simulate(Heart(), rate)
    signals = np.array(ecg.signals)
    signals[8, 2 * rate : 5 * rate] = 0.1
    finding = only(ecg.replace(signals=signals))
    assert (
        finding.kind == "flat"
        and finding.leads == ("V3",)
        and finding.value == pytest.approx(3, abs=0.3)
        and finding.unit == "s"
    )


def test_a_disconnected_lead_is_flat_and_nothing_else():
    finding = only(changed(V5=lambda row: np.full_like(row, 0.02)))
    assert finding.kind == "flat" and finding.leads == ("V5",) and finding.value == 10


def test_clipping():
    finding = only(changed(V2=lambda row: np.clip(3 * row, -1.5, None)))
    assert finding.kind == "clipped" and finding.leads == ("V2",) and finding.unit == "ms"


def test_noise_and_its_size():
    rng = np.random.default_rng(0)
    finding = only(changed(V1=lambda row: row + 0.08 * rng.normal(size=row.size)))
    assert finding.kind == "noisy" and finding.leads == ("V1",) and "for a while" not in str(finding)
    assert finding.value == pytest.approx(80, rel=0.25) and finding.unit == "uV"


def test_a_burst_of_noise_is_found_too():
    burst = 0.3 * np.random.default_rng(0).normal(size=5000) * (np.abs(np.arange(5000) - 2500) < 500)
    finding = only(changed(V6=lambda row: row + burst))
    assert finding.kind == "noisy" and "for a while" in str(finding)


def test_drift_and_its_size():
    drift = 2.5 * np.sin(2 * np.pi * 0.2 * GOOD.time)
    finding = only(changed(V4=lambda row: row + drift))
    assert (
        finding.kind == "high baseline wander"
        and finding.leads == ("V4",)
        and finding.value == pytest.approx(5, rel=0.15)
    )


def test_too_small_and_too_large():
    finding = only(changed(V3=lambda row: 0.02 * row + 0.004 * np.sin(np.arange(row.size))))
    assert finding.kind == "low amplitude" and finding.leads == ("V3",)
    finding = findings(changed(V3=lambda row: 6 * row))[-1]  # its noise is six times as large, too
    assert (
        finding.value == pytest.approx(12, abs=1)
        and finding.kind == "implausible amplitude"
        and "unit" in str(finding)
    )


def test_a_constant_offset_is_no_broken_law():
    finding = only(changed(I=lambda row: row + 3.8, aVR=lambda row: row - 4.8))
    assert finding.kind == "offset" and finding.harmless and finding.leads == ("I", "aVR")
    assert finding.value == pytest.approx(4.8, abs=0.05)


def test_a_limb_lead_with_a_gain_of_its_own_is_named():
    finding = only(changed(aVL=lambda row: 2 * row))
    assert finding.kind == "limb violation" and finding.leads == ("aVL",)
    assert "aVL looks 2 times too large: then they agree." in str(finding)


def test_exchanged_names_are_told():
    swapped = GOOD.replace(leads=tuple({"aVL": "aVF", "aVF": "aVL"}.get(lead, lead) for lead in GOOD.leads))
    finding = only(swapped)
    assert (
        finding.kind == "limb violation" and finding.leads == ("aVL", "aVF") and "exchanged" in str(finding)
    )


def test_short_and_tiny_recordings_are_findings_not_errors():
    assert [finding.kind for finding in findings(GOOD.cut(0, 3))] == ["too short"]
    assert [finding.kind for finding in findings(GOOD.cut(0, 0.004))] == ["too short"]
    assert [finding.kind for finding in findings(Ecg(np.zeros((1, 1000)), ("I",), 100))] == ["flat"]
    findings(GOOD.pick(["I"]).replace(rate=30.0))


def test_every_finding_is_a_sentence_of_a_known_kind():
    wild = changed(I=lambda row: 30 * row, V1=lambda row: 0 * row)
    for finding in findings(wild):
        assert finding.kind in KINDS and str(finding).endswith(".") and "\n" not in str(finding)


@pytest.mark.slow
@real
def test_verdicts_of_the_2011_challenge_agree_with_the_findings():
    from ecgcore.datasets import open_database

    database = open_database("cinc2011", Path(os.environ["ECG_DATA"]))
    odd = {}
    for verdict in ("acceptable", "unacceptable"):
        records = database.records(diagnosis=verdict)[::12]
        odd[verdict] = np.mean(
            [any(not finding.harmless for finding in findings(database.read(record))) for record in records]
        )
    assert odd["acceptable"] < 0.25 and odd["unacceptable"] > 0.8


@pytest.mark.slow
@real
def test_good_databases_seldom_have_findings():
    from ecgcore.datasets import open_database

    root = Path(os.environ["ECG_DATA"])
    for name, step in (("ptb-xl", 100), ("ludb", 4)):
        database = open_database(name, root)
        odd = [
            any(not finding.harmless for finding in findings(database.read(record)))
            for record in database.records()[::step]
        ]
        assert np.mean(odd) < 0.1
    twadb = open_database("twadb", root)
    assert not any(
        finding.kind == "limb violation"
        for record in twadb.records()
        for finding in findings(twadb.read(record).cut(0, 10))
    )
