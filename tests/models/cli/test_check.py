"""``rlecg check``: findings of a recording, and how often each kind is met in a database."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.io.write import write_ecg
from ecgcore.synthetic import Heart, simulate
from models.cli import main as rlecg


def flat(lead: str):
    """A simulated recording with one lead at nought."""
    ecg = simulate(Heart(), 500.0, 10.0, seed=0)
    signals = ecg.signals.copy()
    signals[list(ecg.leads).index(lead)] = 0
    return ecg.replace(signals=np.ascontiguousarray(signals))


def test_the_findings_of_a_recording_are_printed(tmp_path, capsys):
    assert rlecg(["check", str(write_ecg(flat("V5"), tmp_path, "a"))]) == 0
    assert "- Lead V5 is flat" in capsys.readouterr().out


def test_the_name_of_a_file_is_in_no_answer(tmp_path, capsys):
    record = write_ecg(simulate(Heart(), 500.0, 10.0, seed=0), tmp_path, "Quidam_Nemo")
    assert rlecg(["check", str(record), "--json", str(tmp_path / "facts.json")]) == 0
    assert "Quidam" not in capsys.readouterr().out + (tmp_path / "facts.json").read_text()


def test_a_missing_file_is_refused_in_a_sentence(tmp_path, capsys):
    assert rlecg(["check", str(tmp_path / "none.hea")]) == 2
    assert "no file none.hea" in capsys.readouterr().err


def test_a_question_names_the_options_that_answer_it(tmp_path, capsys):
    np.save(tmp_path / "a.npy", simulate(Heart(), 500.0, 10.0, seed=0).signals)
    assert rlecg(["check", str(tmp_path / "a.npy")]) == 2
    answers = capsys.readouterr().err.partition(" Add ")[2]
    leads = answers.partition('"')[2].partition('"')[0]
    assert answers.endswith(" --rate HZ --unit mV.\n") and leads.startswith("channel 1=I, channel 2=II, ")
    options = ["--leads", leads, "--rate", "500", "--unit", "mV"]
    assert rlecg(["check", str(tmp_path / "a.npy"), *options]) == 0


def test_findings_are_counted_over_the_records_of_a_database(tmp_path, capsys):
    folder = tmp_path / "mine"
    for number, lead in enumerate(("V5", "V5", "V6")):
        write_ecg(flat(lead), folder, f"r{number}")
    (folder / "RECORDS").write_text("r0\nr1\nr2\n")
    assert rlecg(["check", "--database", "folder", "--data", str(folder), "--every", "2"]) == 0
    text, log = capsys.readouterr()
    assert log.startswith("folder: ") and "2/2" in log.splitlines()[-1]
    assert "folder: 2 recordings" in text
    counts = {line[:28].strip(): line[28:].split() for line in text.splitlines()[1:]}
    assert counts["flat"] == ["2", "100.0", "%"] == counts["any but offset"]


@pytest.mark.parametrize("words", [[], ["r1", "--database", "nowhere"]])
def test_what_is_missing_is_named(words, capsys, tmp_path):
    assert rlecg(["check", *words, "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(("Name a recording", "No database is called"))
