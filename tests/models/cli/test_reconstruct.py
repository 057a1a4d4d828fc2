"""``rlecg reconstruct --format``: every way out from a file, and nothing of its name in any."""

from __future__ import annotations

import errno
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from ecgcore.demonstrations import real_recording
from ecgcore.electrodes.arrangements import by_name
from ecgcore.electrodes.correction import recorded_as
from ecgcore.export import export_formats
from ecgcore.io.write import write_ecg
from ecgcore.measurements import measure
from ecgcore.partial import cut_into_page
from ecgcore.synthetic import Heart, simulate
from models.cli import main as rlecg
from models.cli.clinician.reconstruct import FORMATS

NAME = "Mustermann_Erika"
first_look = partial(measure, spread=False, both=False)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    ecg = simulate(Heart(), 250.0, 14.0, seed=3)
    return str(write_ecg(ecg, tmp_path_factory.mktemp("ward"), NAME))


def test_the_help_names_the_formats_there_are():
    assert set(FORMATS) == {form.name for form in export_formats()}


def test_errors_are_of_the_seconds_asked_for(tmp_path):
    quiet = simulate(Heart(), 250.0, 8.0, seed=3)
    signals = quiet.signals.copy()
    signals[quiet.leads.index("V5"), : 4 * 250] += 2.0
    record = str(write_ecg(quiet.replace(signals=signals), tmp_path, "r"))
    words = ["reconstruct", record, "--inputs", "I II V2", "--model", "linear", "--json"]
    parts = {"whole": [], "first": ["--to", "4"], "last": ["--from", "4", "--to", "99"]}
    facts = {}
    for name, span in parts.items():
        assert rlecg([*words, str(tmp_path / name), *span]) == 0
        facts[name] = json.loads((tmp_path / name).read_text())
    spans = {name: (part["from_s"], part["to_s"]) for name, part in facts.items()}
    assert spans == {"whole": (0, 8), "first": (0, 4), "last": (4, 8)}
    first, whole, last = (facts[name]["leads"]["V5"]["rmse_uv"] for name in ("first", "whole", "last"))
    assert first > 1500 and last < 500 and whole**2 == pytest.approx((first**2 + last**2) / 2, rel=1e-4)


def test_a_lead_that_was_never_connected_is_no_input_and_no_truth(tmp_path, capsys):
    """Alone and in a list: one recording lacks V2, an input, the other V5."""
    ecg = simulate(Heart(), 250.0, 8.0, seed=3)
    for lead in ("V2", "V5"):
        signals = ecg.signals.copy()
        signals[ecg.leads.index(lead)] = 0
        write_ecg(ecg.replace(signals=signals), tmp_path, lead)
    words = ["--inputs", "I II V2", "--model", "linear"]
    out = str(tmp_path / "out.json")
    assert rlecg(["reconstruct", str(tmp_path / "V2"), *words, "--json", out]) == 2
    assert "taken as not recorded: V2." in capsys.readouterr().out
    assert rlecg(["reconstruct", str(tmp_path / "V5"), *words, "--json", out]) == 0
    leads = json.loads((tmp_path / "out.json").read_text())["leads"]
    assert "rmse_uv" in leads["V4"] and not leads["V5"].get("rmse_uv")
    (tmp_path / "list.txt").write_text("V2\nV5\n")
    assert (
        rlecg(["score", "linear", "--list", str(tmp_path / "list.txt"), *words[:2], "--out", out + "s"]) == 0
    )
    scores = pd.read_parquet(tmp_path / "out.jsons" / "results")
    assert set(scores["number"]) == {1} and set(scores["lead"]) == {"V1", "V3", "V4", "V6"}


@pytest.mark.slow
def test_each_format_is_written_and_none_knows_the_name_of_the_file(record, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        "ecgcore.export.tables.measure", lambda ecg, beats=None, spread=True: first_look(ecg, beats)
    )
    arguments = [word for name in FORMATS for word in ("--format", name)]
    words = ["reconstruct", record, "--inputs", "I II V2", "--out", str(tmp_path), "--high-pass", *arguments]
    assert rlecg([*words, "--json", str(tmp_path / "scores.json")]) == 0
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == sorted(
        ["scores.json", "reconstruction.hea", "reconstruction.dat"]
        + [f"reconstruction{form.suffix}" for form in export_formats() if form.name != "wfdb"]
    )
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert not [part for part in NAME.split("_") if part.encode() in data], path.name
    assert json.loads((tmp_path / "scores.json").read_text())["passband"] == "high-pass"
    assert len(capsys.readouterr().out.splitlines()) == len(FORMATS)
    assert rlecg(words) == 2
    assert "give another --name" in capsys.readouterr().err


def test_a_full_disk_is_told_in_words(record, tmp_path, capsys, monkeypatch):
    from pathlib import Path

    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")  # as write(2) tells it, without a name

    monkeypatch.setattr(Path, "write_bytes", full)
    words = ["reconstruct", record, "--inputs", "I II V2", "--out", str(tmp_path), "--model", "linear"]
    for name in ("wfdb", "csv"):
        assert rlecg([*words, "--format", name]) == 2
        assert capsys.readouterr().err == "The result could not be written whole: the disk is full.\n"


def test_a_part_without_intervals_and_with_recorded_traces(record, tmp_path):
    words = ["--format", "csv", "--name", "b", "--from", "2", "--to", "5", "--no-interval", "--with-recorded"]
    assert rlecg(["reconstruct", record, "--inputs", "I II V2", "--out", str(tmp_path), *words]) == 0
    text = (tmp_path / "b.csv").read_text()
    assert "# Part: Seconds 2 to 5 of a recording of 14 s" in text
    table = pd.read_csv(tmp_path / "b.csv", comment="#")
    assert len(table) == 750
    assert table["time (s)"].iloc[0] == 2
    assert "V1 recorded (mV)" in table and "V1 lower (mV)" not in table
    assert np.isfinite(table.to_numpy()).all()
    assert [path.name for path in tmp_path.iterdir()] == ["b.csv"]


def test_an_impossible_part_is_refused(record, tmp_path, capsys):
    words = ["--from", "20", "--to", "30"]
    assert rlecg(["reconstruct", record, "--inputs", "I II", "--out", str(tmp_path / "x"), *words]) == 2
    assert "lies outside the recording of 14 s" in capsys.readouterr().err


def test_a_page_is_completed_without_naming_inputs(tmp_path, capsys):
    page = cut_into_page(simulate(Heart(), 250.0, 10.0, seed=4), "II")
    columns = {"time (s)": np.arange(page.n_samples) / page.rate}
    for stretch in page.stretches:
        columns[f"{stretch.lead} (mV)"] = np.full(page.n_samples, np.nan)
        columns[f"{stretch.lead} (mV)"][stretch.first : stretch.stop] = stretch.samples
    pd.DataFrame(columns).to_csv(tmp_path / f"{NAME}.csv", index=False)
    out = tmp_path / "out"
    words = ["--model", "linear", "--out", str(out), "--format", "csv", "--format", "dicom"]
    assert rlecg(["reconstruct", str(tmp_path / f"{NAME}.csv"), *words]) == 0
    text = (out / "reconstruction.csv").read_text()
    assert "V1=estimated[0:1250]+input[1250:1875]+estimated[1875:2500]" in text
    table = pd.read_csv(out / "reconstruction.csv", comment="#")
    recorded = columns["V1 (mV)"][1250:1875]
    assert np.abs(table["V1 partial (mV)"][1250:1875] - recorded).max() < 1e-4
    assert rlecg(["reconstruct", str(write_ecg(simulate(Heart(), 250.0, 10.0), tmp_path, "a")), *words]) == 2
    assert "--inputs" in capsys.readouterr().err


def test_the_report_of_a_page_says_what_is_odd_about_it(tmp_path, monkeypatch):
    ecg = simulate(Heart(), 250.0, 10.0, seed=4)
    flat = ecg.replace(signals=np.where(np.array(ecg.leads)[:, None] == "V1", 0, ecg.signals))
    page = cut_into_page(flat, "II")
    monkeypatch.setattr("ecgcore.io.read_parts", lambda *_args, **_options: page)
    exported = []
    monkeypatch.setattr(
        "models.cli.clinician.reconstruct._write_files", lambda _options, out: exported.append(out)
    )
    assert rlecg(["reconstruct", "page.csv", "--model", "linear", "--out", str(tmp_path)]) == 0
    assert ["V1 is flat" in text for text in exported[0].findings] == [True]


def test_electrodes_that_look_exchanged_are_told_in_every_file_or_put_back(tmp_path, capsys):
    real = real_recording()
    record = str(write_ecg(recorded_as(real, by_name()["V2-V5"]), tmp_path, "exchanged"))
    words = ["reconstruct", record, "--inputs", "I II V1", "--model", "linear", "--format", "csv"]
    files = ["--out", str(tmp_path), "--with-recorded", "--json", str(tmp_path / "facts.json")]
    assert rlecg([*words, *files, "--name", "asis"]) == 0
    sentence = "As recorded; not corrected: V2 and V5 look exchanged"
    assert sentence in capsys.readouterr().out and sentence in (tmp_path / "asis.csv").read_text()
    assert json.loads((tmp_path / "facts.json").read_text())["electrodes"].startswith(sentence)
    assert rlecg([*words, *files, "--name", "back", "--correct-electrodes"]) == 0
    text = (tmp_path / "back.csv").read_text()
    assert "Shown as corrected: V2 and V5 exchanged back." in text and "not corrected" not in text
    traces = {name: pd.read_csv(tmp_path / f"{name}.csv", comment="#") for name in ("asis", "back")}
    assert np.allclose(traces["back"]["V5 recorded (mV)"], traces["asis"]["V2 recorded (mV)"], atol=2e-3)
    assert np.corrcoef(traces["back"]["V5 recorded (mV)"], real["V5"])[0, 1] > 0.999
