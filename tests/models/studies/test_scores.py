"""Evaluation and its commands against answers known beforehand."""

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.evaluation.metrics import all_metrics
from ecgcore.evaluation.scoring import (
    COLUMNS,
    SCORES,
    learned,
    per_record,
    pooled_slopes,
    prepare,
    score,
    summary,
    zones,
)
from ecgcore.io.write import write_ecg
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.studies.scores import GROUPS
from ecgcore.synthetic import Heart, simulate
from models.cli import main as rlecg
from models.studies import scores as command


def made_from(truth, error_uv=100.0, band_mv=None, fitted_until=0.0):
    source = {
        lead: "measured" if lead in ("I", "II") else "derived" if lead in STANDARD[:6] else "estimated"
        for lead in STANDARD
    }
    signals = truth.signals.copy()
    signals[6:] += error_uv / 1000
    interval = (
        None
        if band_mv is None
        else np.where(np.arange(12)[:, None] >= 6, band_mv, 0.0) * np.ones((1, truth.n_samples))
    )
    return Reconstruction(
        truth.replace(signals=signals),
        source,
        LeadSet("I II"),
        "test",
        interval=interval,
        fitted_until=fitted_until,
    )


@pytest.fixture(scope="module")
def truth():
    return simulate(Heart(), 100.0, 10.0, seed=1)


def test_only_estimated_leads_are_scored_and_errors_are_in_microvolts(truth):
    rows = list(score(truth, made_from(truth)))
    assert {lead for lead, _, _ in rows} == set(STANDARD[6:])
    values = {metric: value for lead, metric, value in rows if lead == "V3"}
    assert values["rmse_uv"] == pytest.approx(100, rel=1e-3)
    assert values["r"] == pytest.approx(1)
    assert "coverage" not in values


def test_coverage_counts_samples_in_the_band_by_zone(truth):
    zone = zones(np.array([1.0, 2.0]), truth.n_samples, truth.rate)
    assert (zone[95:105] == 0).all()
    assert (zone[110:135] == 1).all()
    assert zone[150] == 2
    wide = {
        metric: value
        for lead, metric, value in score(truth, made_from(truth, band_mv=0.2), zone)
        if lead == "V1"
    }
    narrow = {
        metric: value
        for lead, metric, value in score(truth, made_from(truth, band_mv=0.05), zone)
        if lead == "V1"
    }
    assert wide["coverage"] == wide["coverage_qrs"] == 1
    assert narrow["coverage"] == narrow["coverage_st-t"] == 0
    assert wide["width_uv"] == pytest.approx(400, rel=1e-3)


def test_what_a_personal_model_was_fitted_on_does_not_count(truth):
    signals = truth.signals.copy()
    reconstruction = made_from(truth, error_uv=0.0, fitted_until=5.0)
    first_half_wrong = reconstruction.ecg.signals.copy()
    first_half_wrong[:, :500] += 1
    reconstruction = Reconstruction(
        truth.replace(signals=first_half_wrong),
        reconstruction.source,
        reconstruction.inputs,
        "test",
        fitted_until=5.0,
    )
    assert np.array_equal(signals, truth.signals)
    assert max(value for _, metric, value in score(truth, reconstruction) if metric == "rmse_uv") < 1e-3


def test_the_mean_is_over_learned_leads_then_over_records_with_patients_resampled():
    rows = []
    for record, patient, values in (
        ("a", "p", {"V1": 0.5, "V2": 0.7}),
        ("b", "p", {"V1": 0.9, "V2": 0.9}),
        ("c", "q", {"V1": 0.2}),
    ):
        rows += [
            ("m", "w", "I+II", "d", "test", record, patient, "high-pass", "100", lead, "estimated", "r", v)
            for lead, v in values.items()
        ]
        rows.append(
            ("m", "w", "I+II", "d", "test", record, patient, "high-pass", "100", "III", "estimated", "r", 1.0)
        )
        rows.append(
            ("m", "w", "I+II", "d", "test", record, patient, "high-pass", "100", "I", "measured", "r", 1.0)
        )
    table = pd.DataFrame(rows, columns=COLUMNS)
    assert set(learned(table)["lead"]) == {"V1", "V2"}
    assert sorted(per_record(table, "r")["value"]) == pytest.approx([0.2, 0.6, 0.9])
    interval = summary(table, "r")["m", "I+II", "d", "high-pass"]
    assert interval.value == pytest.approx(np.mean([0.6, 0.9, 0.2]))
    assert (interval.n_records, interval.n_patients) == (3, 2)


def test_the_band_is_a_condition():
    drift = np.linspace(0, 3, 1000)
    ecg = Ecg.from_leads({"I": np.sin(np.arange(1000)) + drift}, 100.0)
    assert prepare(ecg, "as-recorded")["I"].max() > 3
    assert np.abs(prepare(ecg, "high-pass")["I"][200:-200]).max() < 1.2
    with pytest.raises(ValueError, match="passband"):
        prepare(ecg, "raw")


@pytest.fixture
def database(tmp_path):
    root = tmp_path / "data"
    for number in range(4):
        write_ecg(simulate(Heart(rate=60 + number), 500.0, 10.0, seed=number), root / "mine", f"r{number}")
    (root / "mine" / "RECORDS").write_text("".join(f"r{number}\n" for number in range(4)))
    return root / "mine"


def test_an_interrupted_evaluation_continues_and_ends_the_same(database, tmp_path, capsys):
    out, again = tmp_path / "a.csv", tmp_path / "b.csv"
    arguments = [
        "linear",
        "--data",
        str(database),
        "--database",
        "folder",
        "--split",
        "all",
        "--inputs",
        "I II V2",
        "--jobs",
        "1",
        "--out",
    ]
    assert rlecg(["score", *arguments, str(out)]) == 0
    text = capsys.readouterr().out
    assert "n = 4 records of 4 patients" in text and re.search(
        r"^4 reconstructions scored in \d+ s, \d+ a second$", text, re.MULTILINE
    )
    whole = out.read_text()
    (tmp_path / "b.csv.part").write_text(whole[: int(len(whole) * 0.6)])  # killed in the middle of a row
    assert rlecg(["score", *arguments, str(again)]) == 0
    assert sorted(again.read_text().splitlines()) == sorted(whole.splitlines())
    assert rlecg(["score", *arguments, str(again)]) == 0
    assert (
        len(again.read_text().splitlines()) == len(whole.splitlines())
        and capsys.readouterr().out.count("scored in") == 1
    )
    assert rlecg(["score", *arguments[:-1], "--passband", "as-recorded", "--out", str(again)]) == 0
    assert (
        len(again.read_text().splitlines()) == 2 * len(whole.splitlines()) - 1
    )  # a finished table loses nothing
    assert next(csv.reader(whole.splitlines())) == list(COLUMNS)


def asked_of(root, out, *more):
    where = ["linear", "--data", str(root), "--database", "folder", "--inputs", "I II V2", "--jobs", "1"]
    return rlecg(["score", *where, "--out", str(out), *more])


def test_a_second_folder_in_the_same_table_is_scored_too(database, tmp_path):
    other = tmp_path / "other"
    write_ecg(simulate(Heart(rate=90), 500.0, 10.0, seed=9), other, "r0")
    out = tmp_path / "a.csv"
    assert asked_of(database, out, "--split", "all") == asked_of(other, out, "--split", "all") == 0
    table = SCORES.read(out)
    counts = table.groupby("database", observed=True)["record"].nunique()
    assert sorted(counts) == [1, 4]
    assert all(re.fullmatch(r"folder-[0-9a-f]{8}", name) for name in counts.index)


def test_an_evaluation_that_finds_nothing_says_so_and_fails(database, tmp_path, capsys):
    assert asked_of(database, tmp_path / "a.csv", "--split", "test") == 2
    assert "no recordings in the split 'test': it has no splits; take all" in capsys.readouterr().err
    lead = tmp_path / "one lead"
    write_ecg(simulate(Heart(), 500.0, 10.0).pick("II"), lead, "r0")
    assert asked_of(lead, tmp_path / "b.csv", "--split", "all") == 2
    assert (
        "None of the 1 recordings of A folder of recordings could be scored; the first: it has no I, V2"
        in (capsys.readouterr().err)
    )


def test_superclasses_are_printed_with_the_records_that_have_them(database, tmp_path, capsys, monkeypatch):
    base = command.open_database("folder", database)
    first, *others = base.records()
    classes = {first: ("MI", "CD")} | dict.fromkeys(others, ("NORM",))
    table = base.index.assign(
        superclasses=[classes[record] for record in base.index["record"]],
        sex=["female" if record == first else "male" for record in base.index["record"]],
        age=[30.0 if record == first else 85.0 for record in base.index["record"]],
    )
    monkeypatch.setattr(base, "index", table)
    arguments = [
        "linear",
        "--data",
        str(database),
        "--database",
        "folder",
        "--split",
        "all",
        "--inputs",
        "I II V2",
        "--jobs",
        "1",
    ]
    groups = tmp_path / "groups.csv.gz"
    arguments += ["--out", str(tmp_path / "a.csv"), "--groups", str(groups)]
    assert rlecg(["score", *arguments]) == 2
    assert "--groups does nothing without --superclasses or --people" in capsys.readouterr().err
    assert rlecg(["score", *arguments, "--superclasses", "--people"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    n = {
        (words[4], words[5]): int(words[words.index("n") + 2])
        for words in lines
        if words[5] in ("MI", "CD", "NORM", "HYP", "female", "male", "18-39")
    }
    counts = {"MI": 1, "CD": 1, "NORM": 3, "female": 1, "male": 3, "18-39": 1}
    assert n == {
        (metric, group): counts[group] for metric in ("r", "rmse_uv", "coverage", "slope") for group in counts
    }
    stored = GROUPS.read(groups)
    by_group = stored.groupby(["kind", "group"])["n_records"].max().to_dict()
    assert {group: by_group[kind, group] for kind, group in by_group if group in counts} == counts
    assert set(stored["metric"]) == {"r", "rmse_uv", "coverage", "slope"}


def test_unknown_names_are_one_sentence(database, tmp_path, capsys):
    arguments = [
        "--data",
        str(database),
        "--database",
        "folder",
        "--inputs",
        "I",
        "--jobs",
        "1",
        "--out",
        str(tmp_path / "x.csv"),
    ]
    assert rlecg(["score", "nobody", *arguments]) == 2
    assert "no model 'nobody'" in capsys.readouterr().err
    assert (
        rlecg(["score", "linear", *arguments[:-4], "--inputs", "V9", "--out", str(tmp_path / "x.csv")]) == 2
    )
    assert "V9" in capsys.readouterr().err


def test_the_reconstruct_command_writes_a_record_and_says_where_leads_come_from(database, tmp_path, capsys):
    import wfdb

    file = tmp_path / "out.json"
    arguments = [
        str(database / "r1"),
        "--inputs",
        "I II V2",
        "--out",
        str(tmp_path / "out"),
        "--json",
        str(file),
        "--csv",
    ]
    assert rlecg(["reconstruct", *arguments]) == 0
    result = json.loads(file.read_text())
    assert result["inputs"] == ["I", "II", "V2"]
    assert result["leads"]["V2"] == {
        "source": "measured",
        "r": None,
        "rmse_uv": None,
        "mae_uv": None,
        "snr_db": None,
    }
    assert result["leads"]["aVF"]["source"] == "derived"
    assert result["leads"]["V4"]["source"] == "estimated"
    assert result["leads"]["V4"]["r"] > 0.5
    written = wfdb.rdrecord(str(tmp_path / "out" / "reconstruction"))
    assert written.sig_name[:4] == ["I", "II", "III derived", "aVR derived"]
    assert any("not for diagnosis" in comment for comment in written.comments)
    assert any("V4" in comment and "estimated" in comment for comment in written.comments)
    assert rlecg(["reconstruct", str(database / "r1"), "--inputs", "I V9", "--json", str(file)]) == 2
    assert "V9" in capsys.readouterr().err
    assert rlecg(["models"]) == 0
    assert "linear" in capsys.readouterr().out


def test_metrics_are_null_where_there_is_no_truth(tmp_path):
    write_ecg(simulate(Heart(), 500.0, 10.0, seed=1).pick(["I", "II"]), tmp_path, "two")
    file = tmp_path / "a.json"
    assert rlecg(["reconstruct", str(tmp_path / "two"), "--inputs", "I II", "--json", str(file)]) == 0
    leads = json.loads(file.read_text())["leads"]
    assert leads["V1"] == {"source": "estimated", "r": None, "rmse_uv": None, "mae_uv": None, "snr_db": None}


def test_pooled_slopes_are_the_regression_over_all_samples(tmp_path):
    """From the stored metrics of three records of very different height, as from the samples themselves."""
    rng = np.random.default_rng(3)
    rows, samples = [], []
    for number, height in enumerate((0.1, 0.5, 2.0)):
        estimate = height * rng.normal(size=4000)
        true = (1.6 - 0.4 * number) * estimate + 0.5 * height * rng.normal(size=4000)
        true, estimate = true - true.mean(), estimate - estimate.mean()
        samples.append((true, estimate))
        for metric, value in all_metrics(true, estimate).items():
            rows.append(
                (
                    "m",
                    "",
                    "I",
                    "d",
                    "test",
                    f"r{number}",
                    f"p{number}",
                    "high-pass",
                    "100",
                    "V1",
                    "estimated",
                    metric,
                    float(f"{value:.4g}"),
                )
            )
    slopes = pooled_slopes(pd.DataFrame(rows, columns=list(COLUMNS)))
    true, estimate = np.concatenate(samples, axis=1)
    assert slopes["V1"].value == pytest.approx(
        (true * estimate).sum() / (estimate * estimate).sum(), rel=1e-3
    )
    assert slopes["V1"].value == slopes["learned"].value and slopes["V1"].n_records == 3
    assert slopes["V1"].low < slopes["V1"].value < slopes["V1"].high
    assert pooled_slopes(pd.DataFrame(rows[:1], columns=list(COLUMNS))) == {}


def test_the_passband_of_a_monitor_keeps_ten_hertz_and_loses_sixty_and_drift_of_nine_seconds():
    time = np.arange(0, 12, 1 / 250)
    parts = {"I": 10.0, "II": 60.0, "V1": 0.1}
    ecg = Ecg.from_leads({lead: np.sin(2 * np.pi * hz * time) for lead, hz in parts.items()}, 250.0)
    kept = prepare(ecg, "0.67-40")
    assert kept.duration == 9 and prepare(ecg.cut(0, 5), "0.67-40").duration == 5
    middle = slice(500, -500)
    heights = {lead: np.ptp(kept[lead][middle]) for lead in parts}
    assert heights["I"] == pytest.approx(2, abs=0.01) and max(heights["II"], heights["V1"]) < 0.05
