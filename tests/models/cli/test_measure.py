"""``rlecg measure``: the same measurements without a screen."""

from __future__ import annotations

import json

import pytest

from ecgcore.demonstrations import real_file
from ecgcore.measurements import CORRECTED, INTERVALS
from models.cli import main as rlecg


def test_the_real_recording_is_measured_into_json(tmp_path, capsys):
    assert rlecg(["measure", str(real_file()), "--json", str(tmp_path / "found.json")]) == 0
    document = json.loads((tmp_path / "found.json").read_text())
    assert {*INTERVALS, *CORRECTED} <= set(document)
    assert document["hr_bpm"] == pytest.approx(61, abs=1)
    assert len(document["leads"]) == 12
    fiducials = document["leads"]["V2"]["fiducials_s"]
    assert len(fiducials["qrs_on"]) == len(document["beats_s"])
    pairs = zip(fiducials["qrs_on"], fiducials["t_off"], strict=True)
    assert all(0.2 < off - on < 0.5 for on, off in pairs if on is not None and off is not None)
    assert "qt_ms" in capsys.readouterr().out


def test_chosen_leads_alone_are_measured(tmp_path):
    assert (
        rlecg(["measure", str(real_file()), "--leads", "V1, ii", "--json", str(tmp_path / "found.json")]) == 0
    )
    document = json.loads((tmp_path / "found.json").read_text())
    assert document["leads_used"] == ["II", "V1"]
    assert document["qrs_axis_deg"] is None and "two limb leads" in document["reasons"]["qrs_axis_deg"]


@pytest.mark.parametrize("leads", ["V9", ""])
def test_leads_that_are_not_there_are_refused_in_a_sentence(leads, capsys):
    assert rlecg(["measure", str(real_file()), "--leads", leads]) == 2
    error = capsys.readouterr().err
    assert error.strip() and "Traceback" not in error


def test_a_missing_file_is_refused_in_a_sentence(tmp_path, capsys):
    assert rlecg(["measure", str(tmp_path / "nothing.hea")]) == 2
    assert "Traceback" not in capsys.readouterr().err
