"""A personal model trained in a process of its own: the same model, told epoch by epoch, stopped when
asked."""

from __future__ import annotations

import io
import os
import subprocess

import numpy as np
import pytest
import torch

from ecgcore.ecg import UnusableEcg
from ecgcore.io.apart.worker import receive, send
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.base import Cancelled
from models.training import personal
from models.training.personal import networks, train, train_apart

ECG = simulate(Heart(), 250.0, 40.0, seed=4)
OPTIONS = {"epochs": 3, "widths": (4, 4, 4), "hidden": 16}
LEAD = LeadSet("II")


def options_of(name: str) -> dict:
    return {key: value for key, value in OPTIONS.items() if key in personal.fresh(name).config_dict()}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (at > 0)) for at, name in enumerate(networks())]
)
def test_it_is_the_model_that_is_trained_here(name):
    options = options_of(name)
    rows = []
    apart, here = (
        train_apart(name, ECG, LEAD, rows.append, options=options),
        train(name, ECG, LEAD, options=options),
    )
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    there, ours = apart.state_dict(), here.state_dict()
    assert there.keys() == ours.keys()
    assert all(torch.allclose(there[key], ours[key], atol=1e-5) for key in ours)


@pytest.mark.parametrize("name", networks())
def test_each_network_is_handed_over_whole(name):
    fitted, stream = train(name, ECG, LEAD, options={**options_of(name), "epochs": 1}), io.BytesIO()
    send(stream, fitted)
    stream.seek(0)
    again, given = receive(stream), ECG.pick(LEAD).cut(0, 5)
    assert np.array_equal(again.estimate(given).signals, fitted.estimate(given).signals)


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
