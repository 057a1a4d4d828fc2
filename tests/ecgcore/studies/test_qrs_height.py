"""What a low rate takes from R peaks: errors known beforehand, the table, its command and its view."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.ecg import Ecg
from ecgcore.evaluation.scoring import ZONES
from ecgcore.signals import high_pass, resample
from ecgcore.studies import qrs_height as peaks
from ecgcore.synthetic import Heart, simulate
from models import reconstruct
from models.cli import main as rlecg
from models.studies import qrs_height as command
from models.studies.scores import beat_zones


def test_heights_are_peak_to_peak_within_the_qrs_zones():
    truth = np.zeros((1, 1000), np.float32)
    truth[0, [100, 600]] = 1.0
    guess = 0.7 * truth
    zone = np.full(1000, ZONES.index("rest"))
    zone[80:120] = zone[580:620] = ZONES.index("qrs")
    bias, mae = peaks.heights(
        Ecg.from_leads({"V1": truth[0]}, 500.0), Ecg.from_leads({"V1": guess[0]}, 500.0), ["V1"], zone
    )
    assert bias == pytest.approx(-300) and mae == pytest.approx(300)
    assert np.isnan(
        peaks.heights(
            Ecg.from_leads({"V1": truth[0]}, 500.0),
            Ecg.from_leads({"V1": guess[0]}, 500.0),
            ["V1"],
            0 * zone + ZONES.index("rest"),
        )[0]
    )


def test_100_hz_clips_narrow_peaks_and_bringing_back_keeps_the_length():
    truth = high_pass(simulate(Heart(), 500.0, 9.9, seed=1))
    again = command.back(resample(truth, 100.0), truth.n_samples)
    assert again.n_samples == truth.n_samples and again.rate == 500.0
    bias, mae = peaks.heights(truth, again, ["V2", "V5"], beat_zones(truth))
    assert bias < 0 and mae > 1


def test_the_summary_pairs_the_low_rate_with_the_full_one(tmp_path):
    rows = [
        ("m", "w", "I", way, f"r{n}", f"p{n}", -level - n, level + n)
        for n in range(6)
        for way, level in (("full", 100.0), ("low", 130.0))
    ]
    rows += [("", "w", "I", "low", f"r{n}", f"p{n}", -40.0, 40.0) for n in range(6)]
    path = tmp_path / "m/peaks.csv.gz"
    path.parent.mkdir()
    pd.DataFrame(rows, columns=peaks.COLUMNS).to_csv(path, index=False)
    full, low, alone = peaks.summary(peaks.TABLE.read(path), "I")
    assert (full.way, low.way, alone.model) == ("full", "low", "") and full.extra is None
    assert (
        full.mae.value == pytest.approx(102.5)
        and low.extra.value == low.extra.low == pytest.approx(30)
        and alone.mae.value == pytest.approx(40)
    )
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="m/peaks.csv.gz is no table of QRS heights"):
        peaks.TABLE.read(path)


class Base:
    names = ("a", "b", "slow")

    def records(self, split):
        return list(self.names)

    def info(self, record):
        return {"patient": f"p-{record}"}

    def read(self, record, rate):
        return simulate(Heart(), 100.0 if record == "slow" else 500.0, 9.9, seed=self.names.index(record))


def test_the_command_scores_records_at_500_hz_and_continues(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "open_database", lambda name, root: Base())
    out = tmp_path / "peaks.csv.gz"
    arguments = ["linear", "--data", str(tmp_path), "--out", str(out), "--inputs", "I II V4", "--jobs", "1"]
    assert rlecg(["study", "qrs-height", *arguments]) == 0
    table = peaks.TABLE.read(out)
    assert (
        set(table["record"]) == {"a", "b"}
        and len(table) == 8
        and set(table["weights"]) == {reconstruct.weights_of("linear")}
    )
    output = capsys.readouterr().out
    assert "500 Hz in, scored at 500 Hz" in output and "true leads" in output and "n = 2" in output
    before = out.read_bytes()
    assert rlecg(["study", "qrs-height", *arguments]) == 0 and out.read_bytes() == before
    pd.concat([table.assign(weights="old")]).to_csv(out, index=False)
    assert rlecg(["study", "qrs-height", *arguments]) == 0 and peaks.TABLE.read(out).equals(table)
    assert rlecg(["study", "qrs-height", "nobody", "--data", str(tmp_path)]) == 2
