"""``rlecg bench --lists`` and ``--fast``: the table is whole and goes between its marks; bfloat16 stays
close."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.blocks.number_formats import has_bfloat16, narrow
from models.many import cost
from models.many.jobs import Measurements, Reconstructions, Scores, Tables
from models.reconstruct import fallback, of_role, reconstruct_alike


@pytest.mark.slow
def test_the_table_is_whole_and_is_written_between_its_marks(monkeypatch, tmp_path):
    some = {"measure": Measurements(), "linear": Reconstructions(model=fallback(), inputs=tuple(cost.INPUTS))}
    for name, fewer in {"PART": 2, "PARTS": 4, "PART_OF_WORKERS": 2}.items():
        monkeypatch.setattr(cost, name, fewer)
    monkeypatch.setattr(cost, "jobs", lambda: some)
    monkeypatch.setattr(cost.os, "getloadavg", lambda: (1.0, 1.0, 1.0))
    lines = list(cost.table(1))
    assert [line.split("|")[1].strip() for line in lines[2:4]] == list(some)
    milliseconds, a_second = (float(text) for text in lines[3].split("|")[2:4])
    assert a_second == pytest.approx(1000 / milliseconds, rel=0.1)
    hours = milliseconds / 1000 * 800_000 / 2 / 3600
    given, unit = lines[3].split("|")[4].split()
    assert float(given) == pytest.approx(hours * (1 if unit == "h" else 60), rel=0.1)
    note, workers = lines[-3], lines[-1]
    assert "2 simulated recordings" in note and "load" in note
    numbers = re.search(r" did ([\d.]+) .* one ([\d.]+): ([\d.]+) times", workers)
    two, one, times = map(float, numbers.groups())
    assert (
        times == pytest.approx(two / one, abs=0.02 + 2 / one)
        and "8 of these recordings in 4 parts" in workers
    )
    monkeypatch.setattr(cost.os, "getloadavg", lambda: (2.0, 1.0, 1.0))
    assert "were not compared" in cost._of_workers([], tmp_path)
    page = tmp_path / "README.md"
    page.write_text(cost.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(cost, "PAGE", page)
    cost.write(lines)
    text = page.read_text(encoding="utf-8")
    both = [block.split("<!-- end of table -->")[0] for block in text.split("<!-- table: ")[1:]]
    assert len(both) == 2
    assert [lines[3] in block for block in both] == [has_bfloat16(), not has_bfloat16()]


def test_the_page_holds_a_table_of_every_job():
    text = cost.PAGE.read_text(encoding="utf-8")
    for title in cost.jobs():
        assert text.count(f"| {title} |") == 2, "rlecg bench --lists --write"


def test_bfloat16_stays_within_some_microvolts_of_the_usual_estimate():
    ecgs = [simulate(Heart(rate=60 + seed), 500.0, 10.0, seed=seed) for seed in range(3)]
    name, inputs = of_role("ours")[0].name, LeadSet("I II V2")
    usual = reconstruct_alike(ecgs, inputs, name)
    with narrow():
        fast = reconstruct_alike(ecgs, inputs, name)
    for one, other in zip(usual, fast, strict=True):
        apart = 1000 * np.sqrt(np.mean((one.ecg.signals - other.ecg.signals) ** 2))
        assert apart < 3.0
        assert (apart > 0) == has_bfloat16()


def test_what_fast_changes_is_measured_on_recordings_of_ptb_xl(monkeypatch):
    shifts = {False: 0.0, True: 0.001}

    def values(job, listed):
        rows = [
            (number, "", *["x"] * 3, "V4", "estimated", metric, value)
            for number in range(len(listed))
            for metric, value in (("r", 0.9), ("rmse_uv", 50.0 + number))
        ]
        moved = [(*row[:-1], row[-1] + (row[0] + 1) * shifts[job.fast]) for row in rows]
        return Tables(pa.table(list(zip(*moved, strict=True)), schema=job.schema), None)

    monkeypatch.setattr(cost, "has_bfloat16", lambda: True)
    monkeypatch.setattr(cost, "local_databases", lambda root: ["ptb-xl"])
    monkeypatch.setattr(
        cost, "open_database", lambda name, root: SimpleNamespace(records=lambda split: ["a"] * 4)
    )
    monkeypatch.setattr(Scores, "work", values)
    sentence = cost._of_fast(Path("anywhere"))
    assert "4 recordings of PTB-XL" in sentence
    assert "51.50 uV in place of 51.50 and r 0.9025 in place of 0.9000" in sentence
    assert "recording was 0.00 uV of RMSE and 0.0040 of r" in sentence
    monkeypatch.setattr(cost, "local_databases", lambda root: [])
    assert cost._of_fast(Path("anywhere")) == cost._of_fast(None) == ""
