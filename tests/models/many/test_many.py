"""``--list``: whole lists of recordings into partitioned tables; a bad one is a row of failures, a run that
was stopped goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgcore.demonstrations import real_recording
from ecgcore.ecg import Ecg
from ecgcore.electrodes.arrangements import by_name
from ecgcore.electrodes.correction import recorded_as
from ecgcore.io.write import write_ecg
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.measurements import measure
from ecgcore.signals import high_pass
from ecgcore.synthetic import Heart, simulate
from models.cli import main as rlecg
from models.many.jobs import Tables
from models.many.parts import place, write
from models.many.run import FAILURES, table
from models.reconstruct import of_role, reconstruct, usual_calibration, weights_of
from models.sites import Calibration

NAME = of_role("ours")[0].name
INPUTS = LeadSet("I II V2")
SECRET = "Mustermann"
ROOT = Path(__file__).parents[3]


def recording(seed: int, rate: float = 100.0, seconds: float = 10.0) -> Ecg:
    return simulate(Heart(rate=60 + 3 * seed), rate, seconds, seed=seed)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Five good recordings, one of another length, and among them four bad entries."""
    folder = tmp_path_factory.mktemp("list")
    for seed in range(5):
        write_ecg(recording(seed), folder, f"{SECRET}{seed}")
    write_ecg(recording(5, seconds=14.0), folder, "long")
    write_ecg(recording(6, seconds=0.5), folder, "short")
    write_ecg(recording(7).pick(["I", "V5"]), folder, "two")
    (folder / "foreign.dat").write_bytes(b"no recording at all")
    names = [
        f"{SECRET}0",
        "short",
        f"{SECRET}1.hea",
        "absent",
        f"{SECRET}2",
        "two",
        f"{SECRET}3",
        "foreign.dat",
    ]
    lines = ["# a comment", *names, f"{SECRET}4", "long"]
    (folder / "list.txt").write_text("\n".join(lines) + "\n")
    return folder / "list.txt"


GOOD, BAD = [0, 2, 4, 6, 8, 9], [1, 3, 5, 7]
KINDS = {
    "score": [NAME, "--inputs", str(INPUTS)],
    "measure": [],
    "reconstruct": ["--model", NAME, "--inputs", str(INPUTS), "--high-pass"],
}


def run(command, source, out, *more):
    return rlecg([command, *KINDS[command], "--list", str(source), "--out", str(out), "--part", "3", *more])


def test_a_list_without_inputs_is_refused_before_anything_is_read(listed, tmp_path, capsys):
    words = ["score", NAME, "--list", str(listed), "--out", str(tmp_path / "out"), "--inputs", ""]
    assert rlecg(words) == 2
    assert "Choose at least one input lead." in capsys.readouterr().err
    assert not (tmp_path / "out" / "results").exists()


@pytest.mark.slow
@pytest.mark.parametrize("command", KINDS)
def test_a_list_with_bad_recordings_runs_to_its_end(command, listed, tmp_path, capsys):
    assert run(command, listed, tmp_path / "out") == 0
    results, failures = table(tmp_path / "out"), table(tmp_path / "out", FAILURES)
    bad = [number for number in BAD if number != 5] if command == "measure" else BAD
    if command == "measure":  # two leads, and half a second, can be looked at
        assert set(bad) - set(failures["number"]) <= {1}
        assert set(failures["number"]) <= set(bad)
    else:
        assert list(failures["number"]) == bad
        assert list(dict.fromkeys(results["number"])) == GOOD
    assert f"10 recordings, {len(failures)} of them failed" in capsys.readouterr().out
    assert failures["reason"].str.len().min() > 10
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_results_are_those_of_single_recordings(listed, tmp_path):
    assert run("reconstruct", listed, tmp_path / "r") == 0
    rows = table(tmp_path / "r").set_index("number")
    for seed, number in ((0, 0), (1, 2), (4, 8)):
        truth = high_pass(rebuilt(listed, seed))
        wanted = reconstruct(truth, INPUTS, NAME, usual_calibration(NAME, ""))
        for lead in STANDARD:
            assert np.abs(rows.loc[number, f"{lead} (mV)"] - wanted.ecg[lead]).max() < 1e-4
            half = rows.loc[number, f"{lead} half width (mV)"]
            assert np.abs(half - wanted.interval[STANDARD.index(lead)]).max() < 1e-4
        assert rows.loc[number, "V4 role"] == "estimated" and rows.loc[number, "V2 role"] == "input"
        assert rows.loc[number, "interval"] == wanted.rung
    assert run("measure", listed, tmp_path / "m") == 0
    values = table(tmp_path / "m").set_index(["number", "name"])["value"]
    wanted = measure(rebuilt(listed, 1))
    assert values.loc[2, "qt_ms"] == wanted["qt_ms"].value
    assert run("score", listed, tmp_path / "s") == 0
    scores = table(tmp_path / "s").set_index(["number", "lead", "metric"])["value"]
    assert set(scores.loc[4].index.get_level_values("lead")) == set(INPUTS.missing)
    truth = high_pass(rebuilt(listed, 2))
    error = reconstruct(truth, INPUTS, NAME).ecg["V4"] - truth["V4"]
    assert scores.loc[4, "V4", "rmse_uv"] == pytest.approx(1000 * np.sqrt(np.mean(error**2)), rel=1e-3)


def rebuilt(listed, seed):
    from ecgcore.io import read_path

    return read_path(listed.parent / f"{SECRET}{seed}")


def test_a_stopped_run_goes_on_and_another_is_refused(listed, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    assert run("measure", listed, tmp_path / "whole") == 0
    worked = []
    original = "models.many.jobs.Measurements.work"
    from models.many.jobs import Measurements

    before = Measurements.work

    def dies(job, part):
        worked.append(part[0].number)
        if len(worked) == 3:
            raise KeyboardInterrupt
        return before(job, part)

    monkeypatch.setattr(original, dies)
    assert run("measure", listed, out) == 130
    assert worked == [0, 3, 6]
    (out / "results" / "part-000002.new").write_bytes(b"half a file")
    assert run("measure", listed, out) == 0
    assert worked == [0, 3, 6, 6, 9]
    for name in ("results", "failures"):
        pd.testing.assert_frame_equal(table(out, name), table(tmp_path / "whole", name))
    assert run("measure", listed, out) == 0 and len(worked) == 5
    capsys.readouterr()
    assert run("measure", listed, out, "--leads", "II") == 2
    assert "other leads" in capsys.readouterr().err
    assert run("measure", listed, listed.parent) == 2
    assert "holds other files" in capsys.readouterr().err


def test_a_run_with_a_site_that_was_calibrated_anew_is_another_run(listed, tmp_path, capsys):
    ones = np.ones((9, 8))
    site = Calibration("site", "Ward", weights_of(NAME), 2 * ones, ones, 5, "")
    site.write(tmp_path / "ward.json")
    options = (listed, tmp_path / "out", "--site", str(tmp_path / "ward.json"))
    assert run("reconstruct", *options) == 0
    replace(site, factor=3 * ones).write(tmp_path / "ward.json")
    assert run("reconstruct", *options) == 2
    assert "other calibration" in capsys.readouterr().err


def test_damage_in_the_folder_of_a_run_is_named(listed, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("measure", listed, out) == 0
    part = out / "failures" / "part-000001.parquet"
    part.write_bytes(b"x")
    assert run("measure", listed, out) == 2
    assert f"{part} is damaged" in capsys.readouterr().err
    part.unlink()
    assert run("measure", listed, out) == 0
    (out / "run.json").write_text('{"kind":')
    assert run("measure", listed, out) == 2
    assert "run.json is damaged" in capsys.readouterr().err


def test_a_batch_is_what_each_is_alone():
    from models.reconstruct import reconstruct_alike

    ecgs = [high_pass(recording(seed, 250.0, 13.0)) for seed in range(3)]
    together = reconstruct_alike(ecgs, INPUTS, NAME)
    for ecg, result in zip(ecgs, together, strict=True):
        alone = reconstruct(ecg, INPUTS, NAME)
        assert np.abs(result.ecg.signals - alone.ecg.signals).max() < 1e-5
        assert np.abs(result.interval - alone.interval).max() < 1e-5
        assert (result.warnings, result.rung, result.source) == (alone.warnings, alone.rung, alone.source)


@pytest.mark.slow
def test_two_workers_make_the_tables_of_one_process(listed, tmp_path, capsys):
    pytest.importorskip("distributed")
    assert run("score", listed, tmp_path / "one") == 0
    assert run("score", listed, tmp_path / "two", "--workers", "2", "--memory", "2") == 0
    for name in ("results", "failures"):
        pd.testing.assert_frame_equal(table(tmp_path / "two", name), table(tmp_path / "one", name))
    words = capsys.readouterr().out
    assert "2 workers, each with at most 2.0 GB" in words and "10 recordings, 4 of them failed" in words
    assert run("measure", listed, tmp_path / "m", "--workers", "1", "--scheduler", "tcp://a:1") == 2
    assert "either the number of workers or a scheduler" in capsys.readouterr().err


def test_what_the_check_of_electrodes_says_stands_beside_each_recording(tmp_path):
    real = real_recording()
    write_ecg(real, tmp_path, "right")
    write_ecg(recorded_as(real, by_name()["V2-V5"]), tmp_path, "exchanged")
    write_ecg(real.pick(["I", "II"]), tmp_path, "limb")
    (tmp_path / "list.txt").write_text("right\nexchanged\nlimb\n")
    words = ["reconstruct", "--list", str(tmp_path / "list.txt"), "--model", "linear", "--inputs", "I II"]

    def rows(name: str, *more: str) -> pd.DataFrame:
        assert rlecg([*words, "--out", str(tmp_path / name), *more]) == 0
        return table(tmp_path / name)

    plain, checked = rows("plain"), rows("checked", "--check-electrodes")
    columns = ["electrodes", "electrodes_likeliest", "mix_up_probability"]
    assert not set(columns) & set(plain.columns)
    pd.testing.assert_frame_equal(checked.drop(columns=columns), plain)
    assert list(checked["electrodes_likeliest"]) == ["as recorded", "V2-V5", None]
    right, exchanged, limb = checked["electrodes"]
    assert right == "" and limb is None
    assert exchanged.startswith("As recorded; not corrected: V2 and V5 look exchanged")
    assert checked["mix_up_probability"][0] < 0.5
    assert checked["mix_up_probability"][1] > 0.9
    assert np.isnan(checked["mix_up_probability"][2])

    words[-1] = "I II V2"
    back = rows("back", "--correct-electrodes")
    assert list(back["electrodes"]) == ["", "Shown as corrected: V2 and V5 exchanged back."]
    assert np.abs(back["V2 (mV)"][1] - back["V2 (mV)"][0]).max() < 0.01
    assert np.abs(rows("asis")["V2 (mV)"][1] - back["V2 (mV)"][0]).max() > 0.2


def test_samples_are_stored_byte_by_byte_and_words_as_dictionaries(tmp_path):
    rows = np.cumsum(np.random.default_rng(0).normal(0, 0.01, (20, 500)), axis=1).astype(np.float32)
    whole = pa.table({"number": range(20), "model": ["any"] * 20, "II (mV)": list(rows)})
    write(Tables(whole, whole), tmp_path, 0)
    path = place(tmp_path / "results", 0)
    group = pq.ParquetFile(path).metadata.row_group(0)
    stored = {group.column(n).path_in_schema.partition(".")[0]: group.column(n).encodings for n in range(3)}
    assert "BYTE_STREAM_SPLIT" in stored["II (mV)"] and "RLE_DICTIONARY" in stored["model"]
    assert not {"RLE_DICTIONARY", "PLAIN_DICTIONARY"} & {*stored["II (mV)"], *stored["number"]}
    assert np.array_equal(np.stack(pd.read_parquet(path)["II (mV)"]), rows)
