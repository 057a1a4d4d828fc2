"""A personal model trained in a process of its own: the same model, told epoch by epoch, stopped when
asked."""

from __future__ import annotations

import os
import subprocess

import pytest
import torch

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.base import Cancelled
from models.training import personal
from models.training.personal import networks, train, train_apart

ECG = simulate(Heart(), 250.0, 40.0, seed=4)
OPTIONS = {"epochs": 3, "widths": (4, 4, 4), "hidden": 16}
LEAD = LeadSet("II")


@pytest.mark.parametrize("name", networks())
def test_it_is_the_model_that_is_trained_here(name):
    options = {key: value for key, value in OPTIONS.items() if key in personal.fresh(name).config_dict()}
    rows = []
    apart, here = (
        train_apart(name, ECG, LEAD, rows.append, options=options),
        train(name, ECG, LEAD, options=options),
    )
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    there, ours = apart.state_dict(), here.state_dict()
    assert there.keys() == ours.keys()
    assert all(torch.allclose(there[key], ours[key], atol=1e-5) for key in ours)


def test_a_recording_that_will_not_do_is_refused_as_here():
    with pytest.raises(UnusableEcg, match="missing leads"):
        train_apart(networks()[0], ECG.pick("II"), LEAD, options=OPTIONS)


def test_who_is_asked_to_stop_stops_and_leaves_no_process(monkeypatch):
    processes = []

    class Seen(subprocess.Popen):
        def __init__(self, *arguments, **more):
            super().__init__(*arguments, **more)
            processes.append(self)

    monkeypatch.setattr(personal.subprocess, "Popen", Seen)
    rows = []
    with pytest.raises(Cancelled):
        train_apart(networks()[0], ECG, LEAD, rows.append, lambda: len(rows) == 1, {**OPTIONS, "epochs": 500})
    assert len(rows) == 1 and processes[0].poll() is not None


def test_a_process_that_is_ended_is_a_sentence():
    def end(_row) -> None:
        for line in subprocess.run(
            ["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, text=True, check=True
        ).stdout.splitlines():
            if "models.training.personal" in line:
                os.kill(int(line.split()[0]), 9)

    with pytest.raises(UnusableEcg, match="was ended"):
        train_apart(networks()[0], ECG, LEAD, end, options={**OPTIONS, "epochs": 500})
