"""``rlecg reconstruct --reference``: both estimates in the report, the personal one in the record."""

from __future__ import annotations

import json

import pandas as pd

from ecgcore.ecg import Ecg
from ecgcore.synthetic import Heart, simulate
from models.cli import main


def put(folder, name: str, ecg: Ecg) -> str:
    """A CSV file of the recording in mV with its rate in the name of nothing: both are said on the command
    line."""
    path = folder / f"{name}.csv"
    pd.DataFrame(ecg.signals.T, columns=list(ecg.leads)).to_csv(path, index=False)
    return str(path)


def test_the_first_seconds_as_reference(tmp_path, capsys):
    record = put(tmp_path, "now", simulate(Heart(rate=66), 250.0, seed=3))
    out = tmp_path / "report.json"
    words = ["--rate", "250", "--unit", "mV", "--inputs", "I II", "--json", str(out)]
    assert main(["reconstruct", record, "--reference-seconds", "3", *words]) == 0
    assert "reference of the same session" in capsys.readouterr().out
    reference = json.loads(out.read_text())["reference"]
    assert reference["used"] and reference["similarity"] > 0.9
    errors = reference["errors"]
    assert errors["personal"]["V2"]["rmse_uv"] < errors["generic"]["V2"]["rmse_uv"]


def test_a_reference_of_another_person_s_shape_is_said_to_be_unused(tmp_path, capsys):
    ecg = simulate(Heart(rate=66), 250.0, seed=3)
    now, before = put(tmp_path, "now", ecg), put(tmp_path, "before", ecg.replace(signals=-ecg.signals))
    out = tmp_path / "report.json"
    words = ["--rate", "250", "--unit", "mV", "--inputs", "I II", "--json", str(out)]
    assert main(["reconstruct", now, "--reference", before, *words]) == 0
    assert "The generic estimate is shown" in capsys.readouterr().out
    assert not json.loads(out.read_text())["reference"]["used"]


def test_two_references_and_none_long_enough_are_refused(tmp_path, capsys):
    record = put(tmp_path, "now", simulate(Heart(rate=66), 250.0, seed=3))
    words = ["--rate", "250", "--unit", "mV", "--inputs", "I II", "--json", str(tmp_path / "report.json")]
    assert main(["reconstruct", record, "--reference", record, "--reference-seconds", "3", *words]) == 2
    assert "not both" in capsys.readouterr().err
    assert main(["reconstruct", record, "--reference-seconds", "60", *words]) == 2
    assert "nothing would be left" in capsys.readouterr().err
