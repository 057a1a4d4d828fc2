"""Training that resumes after a kill is the same training, alone or on several workers; what it says of
itself."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.base import build
from models.calibration import Ratios
from models.cli import main as rlecg
from models.training.loop import Run
from models.training.optimisers import optimiser_for
from models.training.plan import Plan
from models.training.train import train
from tests.models.training.small import PLAN, SHORT, SMALL, fresh, quick

ROOT = Path(__file__).parents[3]


class Killed(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_killed_run_continues_as_if_nothing_had_happened(dataset, tmp_path, monkeypatch, optimiser):
    plan = replace(PLAN, optimiser=optimiser)
    straight = Run(fresh(dataset), plan, dataset, dataset, tmp_path / "straight")
    straight.go()
    killed = Run(fresh(dataset), plan, dataset, dataset, tmp_path / "killed")
    original = Run._epoch

    def dies(self):
        if self.progress.epoch == 2:
            raise Killed
        return original(self)

    monkeypatch.setattr(Run, "_epoch", dies)
    with pytest.raises(Killed):
        killed.go()
    monkeypatch.setattr(Run, "_epoch", original)
    resumed = Run(fresh(dataset), plan, dataset, dataset, tmp_path / "killed")
    assert resumed.progress.epoch == 2
    resumed.go()
    for name, value in straight.model.state_dict().items():
        assert torch.allclose(value, resumed.model.state_dict()[name], atol=1e-6), name
    without_time = [
        [{key: row[key] for key in row if key != "seconds"} for row in run.history]
        for run in (straight, resumed)
    ]
    assert without_time[0] == without_time[1]
    assert (tmp_path / "killed" / "history.csv").is_file()
    assert (tmp_path / "killed" / "history.png").is_file()


WORKER = """
import sys
from pathlib import Path
import torch
from tests.models.training.small import PLAN, fresh, hearts
from models.training.loop import Run
from models.training.workers import leave_together
torch.set_num_threads(1)
folder, dataset = Path(sys.argv[1]), hearts()
for name, epochs in (("straight", 4), ("broken", 2), ("broken", 4)):
    stop = lambda: run.progress.epoch >= epochs
    run = Run(fresh(dataset), PLAN, dataset, dataset, folder / name, watch=lambda row: None, stop=stop)
    run.go()
    torch.save([run.model.state_dict(), run.progress.step], folder / f"{name}{run.rank}.pt")
leave_together()
"""


def work_together(folder, port):
    places = [
        os.environ
        | {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        for rank in range(2)
    ]
    command = [sys.executable, "-c", WORKER, str(folder)]
    workers = [
        subprocess.Popen(command, env=place, cwd=ROOT, stderr=subprocess.PIPE, text=True) for place in places
    ]
    errors = [worker.communicate(timeout=400)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], errors
    return {
        (name, rank): torch.load(folder / f"{name}{rank}.pt", weights_only=True)
        for name in ("straight", "broken")
        for rank in range(2)
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_two_workers_hold_equal_weights_and_resume_together(tmp_path):
    results = work_together(tmp_path, free_port())
    weights, steps = results["straight", 0]
    assert steps == 12  # three an epoch: the two share each batch of four
    for other, _ in results.values():
        for name, value in weights.items():
            assert torch.allclose(value, other[name], atol=1e-6), name
    assert [path.name for path in (tmp_path / "broken").glob("*.pt")] == ["state.pt"]


def test_first_weights_hang_on_the_seed_alone(dataset, tmp_path, monkeypatch):
    begun = []

    quick(
        monkeypatch,
        dataset,
        lambda model: begun.append(model.network.stem.convolution.weight.detach().clone()),
    )
    for number, seed in enumerate((1, 1, 2)):
        torch.manual_seed(100 + number)  # as if in a new process
        train("any-subset", tmp_path, tmp_path, SMALL, SHORT | {"seed": seed})
    assert torch.equal(begun[0], begun[1]) and not torch.equal(begun[0], begun[2])


@pytest.mark.parametrize(
    ("able", "words"),
    [
        (True, "pass in bfloat16, Muon's orthogonalisation in bfloat16"),
        (False, "pass in float32, Muon's orthogonalisation in float32"),
    ],
)
def test_a_training_says_which_number_formats_it_uses(dataset, tmp_path, monkeypatch, capsys, able, words):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": able, "avx2": True})
    run = Run(
        fresh(dataset), replace(PLAN, epochs=1, bf16=True, optimiser="muon"), dataset, dataset, tmp_path
    )
    assert run.mixed is able
    run.go()
    assert words in capsys.readouterr().out
    assert not Run(fresh(dataset), PLAN, dataset, dataset, None).mixed


def test_families_options_and_optimisers_are_checked_by_name():
    with pytest.raises(ValueError, match="no option"):
        build("any-subset", {"width": (3,)})
    with pytest.raises(ValueError, match="no model family"):
        build("nothing", {})
    with pytest.raises(ValueError, match="no optimiser 'sgd'; there are adam"):
        optimiser_for(torch.nn.Linear(2, 2), Plan(optimiser="sgd"))


def test_the_command_wants_a_data_root(monkeypatch, capsys):
    monkeypatch.delenv("ECG_DATA", raising=False)
    with pytest.raises(SystemExit) as ended:
        rlecg(["train", "any-subset"])
    assert ended.value.code == 2 and "set ECG_DATA" in capsys.readouterr().err


def test_an_unknown_family_is_refused_with_those_there_are(tmp_path, capsys):
    assert rlecg(["train", "no-such-model", "--data", str(tmp_path)]) == 2
    assert "there are any-subset" in capsys.readouterr().err


def test_band_factors_are_the_quantile_of_the_ratio():
    ratios = Ratios(thin=1)
    error = np.zeros((8, 1000))
    error[3] = np.linspace(-1, 1, 1000)
    ratios.add(2, error, np.full((8, 1000), 0.5), [3])
    assert ratios.factors()[2, 3] == pytest.approx(0.9 / 0.5, rel=0.01)
    assert ratios.factors()[2, 4] == pytest.approx(1.645)
