"""Training that resumes after a kill is the same training; checkpoints are exact, refuse what does not fit,
and are bound by hash."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.synthetic import Heart, simulate
from models.base import Material, build, families
from models.calibration import Ratios
from models.checkpoint import BadCheckpoint, card_for, load, read_card, save
from models.cli import main as rlecg
from models.training import average
from models.training.batches import Dataset, high_passed, load_dataset, part_of_patients, windows
from models.training.loop import Run
from models.training.optimisers import Float32Muon, optimiser_for, orthogonalised
from models.training.plan import Plan
from models.training.train import train

ROOT = Path(__file__).parents[3]
SMALL = {"widths": (8, 8)}
PLAN = Plan(epochs=4, batch=4, window_s=4.0, learning_rate=1e-3, schedule="cosine", average=0.9, every=2)


@pytest.fixture(scope="module")
def dataset():
    return hearts()


def hearts():
    signals = np.stack(
        [
            np.round(1000 * simulate(Heart(rate=60 + n), 100.0, 10.0, seed=n).pick(INDEPENDENT).signals)
            for n in range(12)
        ]
    )
    names = np.array([f"p{n // 2}" for n in range(12)])
    return high_passed(
        Dataset(
            signals.astype(np.int16), np.full(12, 1000), 100.0, np.array([f"r{n}" for n in range(12)]), names
        )
    )


def fresh(dataset):
    torch.manual_seed(3)
    model = build("any-subset", SMALL)
    model.linear.solve(dataset)
    return model


SHORT = {"epochs": 1, "batch": 4, "window_s": 4.0, "average": 0.0, "bf16": False, "optimiser": "adamw"}


def quick(monkeypatch, dataset, begins):
    """Any-subset trains on the given recordings and is not calibrated; ``begins`` is called with the model
    that is about to be trained."""

    def material(self, root, size):
        begins(self)
        return Material(dataset, dataset, {"dataset": "made up", "folds": "none", "normalisation": "none"})

    family = type(fresh(dataset))
    monkeypatch.setattr(family, "material", material)
    monkeypatch.setattr(family, "calibrate", lambda self, validation: None)


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


def test_muon_turns_the_gradient_of_a_convolution_into_an_orthogonal_step_and_leaves_biases_to_adamw():
    torch.manual_seed(0)
    layer, plain = torch.nn.Conv1d(8, 16, 3), torch.nn.Conv1d(8, 16, 3)
    plain.load_state_dict(layer.state_dict())
    plan = Plan(learning_rate=1e-3, optimiser="muon")
    for parameter, kind in ((layer, "muon"), (plain, "adamw")):
        optimiser = optimiser_for(parameter, replace(plan, optimiser=kind))
        before = parameter.weight.detach().clone()
        parameter(torch.ones(2, 8, 9) * torch.arange(9)).square().mean().backward()
        optimiser.step()
        step = (parameter.weight.detach() - before).view(16, 24) / plan.learning_rate
        sizes = torch.linalg.svdvals(step)
        if kind == "muon":
            rank = torch.linalg.matrix_rank(parameter.weight.grad.view(16, 24), rtol=1e-3)
            usual = 0.2 * 24**0.5  # what gives each element AdamW's usual size
            assert 1 <= rank < 16
            assert ((sizes[:rank] > 0.5 * usual) & (sizes[:rank] < 1.3 * usual)).all()
            optimiser.zero_grad()
            assert parameter.weight.grad is None
        else:
            assert sizes[0] > 3 * sizes[1]
    assert torch.equal(layer.bias, plain.bias)


WORKER = """
import sys
from pathlib import Path
import torch
from tests.models.training.test_loop import PLAN, fresh, hearts
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


def test_the_mean_of_weights_names_what_it_is_the_mean_of(dataset, tmp_path, monkeypatch, capsys):
    models, paths = [fresh(dataset), fresh(dataset)], [tmp_path / "a", tmp_path / "b"]
    torch.nn.init.normal_(models[1].network.head.weight)
    hashes = [
        save(
            model,
            card_for(
                model,
                dataset,
                dataset="made up",
                folds="none",
                normalisation="none",
                steps=n,
                departures=("alike",),
            ),
            path,
            half=True,
        )
        for n, (model, path) in enumerate(zip(models, paths, strict=True), 3)
    ]
    calibrated = []
    monkeypatch.setattr(type(models[0]), "recalibrate", lambda self, root: calibrated.append(root))
    assert rlecg(["average", *map(str, paths), "--data", str(tmp_path), "--out", str(tmp_path / "c")]) == 0
    mean = load(tmp_path / "c")
    assert capsys.readouterr().out.strip() == mean.weights_hash and calibrated == [tmp_path]
    ends = [load(path).model.state_dict() for path in paths]
    assert torch.allclose(
        mean.model.network.head.weight,
        (ends[0]["network.head.weight"] + ends[1]["network.head.weight"]) / 2,
        atol=1e-3,
    )
    assert mean.card.steps == 4 and mean.card.departures.count("alike") == 1
    assert [
        digest in departure for digest, departure in zip(hashes, mean.card.departures[:2], strict=True)
    ] == [True, True]
    other = build("any-subset", {"widths": (8, 12)})
    save(other, card_for(other, dataset, dataset="", folds="", normalisation=""), tmp_path / "d")
    with pytest.raises(ValueError, match="same shapes"):
        average.average([load(paths[0]), load(tmp_path / "d")])


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


def test_a_training_that_goes_on_from_weights_begins_with_them_and_counts_their_steps(
    dataset, tmp_path, monkeypatch
):
    begun = []

    quick(
        monkeypatch,
        dataset,
        lambda model: begun.append(model.network.stem.convolution.weight.detach().clone()),
    )
    assert train("any-subset", tmp_path, tmp_path / "a", SMALL, SHORT).steps == 3
    first = tmp_path / "a" / "weights.safetensors"
    card = train("any-subset", tmp_path, tmp_path / "b", SMALL, SHORT | {"seed": 2}, start=first)
    assert card.steps == 6 and card.command.endswith(
        f"--start WEIGHTS, the result of: {load(first).card.command}"
    )
    assert torch.equal(load(first).model.network.stem.convolution.weight, begun[1])
    save(
        build("linear", {}),
        card_for(build("linear", {}), dataset, dataset="", folds="", normalisation=""),
        first,
    )
    with pytest.raises(ValueError, match="is of the family linear, not any-subset"):
        train("any-subset", tmp_path, tmp_path / "b", SMALL, SHORT, start=first)


def test_a_taught_training_knows_its_teachers_and_names_them(dataset, tmp_path, monkeypatch):
    taught_by = []

    def note(model):
        taught_by.append(
            [teacher.network.stem.convolution.weight.detach().clone() for teacher in model.teachers]
        )

    quick(monkeypatch, dataset, note)
    for seed in (1, 2):
        train("any-subset", tmp_path, tmp_path / f"{seed}", SMALL, SHORT | {"seed": seed})
    paths = [tmp_path / f"{seed}" / "weights.safetensors" for seed in (1, 2)]
    card = train("any-subset", tmp_path, tmp_path / "c", SMALL, SHORT | {"seed": 3}, teach=paths)
    assert [
        torch.equal(teacher, load(path).model.network.stem.convolution.weight)
        for teacher, path in zip(taught_by[-1], paths, strict=True)
    ] == [True, True]
    assert card.command.endswith("--teach WEIGHTS1 --teach WEIGHTS2")
    assert [
        load(path).weights_hash in departure for path, departure in zip(paths, card.departures, strict=True)
    ] == [
        True,
        True,
    ]
    assert not any(
        name.startswith("teachers")
        for name in load(tmp_path / "c" / "weights.safetensors").model.state_dict()
    )


def test_the_pupil_says_what_its_teachers_say_on_average(dataset):
    """Two teachers who always add .1 and .3 of the recording's size to every missing lead; the truth is
    something else."""
    pupil, teachers = fresh(dataset), (fresh(dataset), fresh(dataset))
    for teacher, value in zip(teachers, (0.1, 0.3), strict=True):
        torch.nn.init.constant_(teacher.eval().network.head.bias[:8], value)
    pupil.teachers = teachers
    plan = replace(PLAN, epochs=8, learning_rate=1e-2, optimiser="muon", window_s=2.56)
    Run(pupil, plan, dataset, dataset, None, watch=lambda row: None).go()
    given = [pupil.given(LeadSet("I II V2"))] * len(dataset)
    linear = pupil.linear_batch(torch.from_numpy(dataset.signals.astype(np.float32) / 1000), given)
    with torch.no_grad():
        estimate, taught = (
            pupil.eval().correct(linear, given)[0],
            [teacher.correct(linear, given)[0] for teacher in teachers],
        )
    assert (estimate - sum(taught) / 2).abs().mean() < 0.3 * (taught[1] - taught[0]).abs().mean()


@pytest.mark.parametrize("shape", [(12, 30), (30, 12)])
def test_orthogonalisation_in_float32_is_the_librarys_but_for_the_digits(shape, monkeypatch):
    torch.manual_seed(0)
    matrix, plan, moved = torch.randn(shape), Plan(learning_rate=1e-2, weight_decay=0.1, optimiser="muon"), []
    for able in (True, False):
        monkeypatch.setattr("models.training.optimisers.has_bfloat16", lambda device, able=able: able)
        layer = torch.nn.Linear(shape[1], shape[0])
        layer.load_state_dict({"weight": matrix, "bias": torch.zeros(shape[0])})
        optimiser = optimiser_for(layer, plan)
        assert type(optimiser.parts[0]) is (torch.optim.Muon if able else Float32Muon)
        torch.manual_seed(1)
        for _ in range(3):
            layer.weight.grad = torch.randn(shape)
            optimiser.step()
        moved.append(layer.weight.detach() - matrix)
    assert (moved[1] - moved[0]).abs().max() < 0.03 * moved[0].abs().max()
    sizes = torch.linalg.svdvals(orthogonalised(matrix, (3.4445, -4.7750, 2.0315), 5, 1e-7))
    assert ((sizes > 0.5) & (sizes < 1.3)).all()


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


def test_training_takes_no_patient_of_several_recordings_and_the_hospitals_that_are_wanted(
    dataset, monkeypatch, tmp_path
):
    """Patient 1 has two recordings in PTB-XL, patient 2 has one; Brugada-HUCA is never a training
    database."""
    kept = {}

    class PtbXl:
        repeated_patients = frozenset({"1"})

    def draw(root, base, rate, *, split=None, keep=lambda row: True, passband=(0.5, None), most=None):
        kept[base, split] = [
            patient for patient in ("1", "2") if keep({"patient": patient, "quality": "acceptable"})
        ]
        return dataset if base == "ptb-xl" else dataset.take(np.arange(1))

    monkeypatch.setattr("models.zoo.any_subset.open_database", lambda name, root: PtbXl())
    for module in ("models.zoo.any_subset", "models.blocks.training_mix"):
        monkeypatch.setattr(f"{module}.load_dataset", draw)
    monkeypatch.setattr(families()["any-subset"], "calibrate", lambda self, dataset: None)
    plan = {"epochs": 1, "batch": 4, "optimiser": "adamw"}
    card = train("any-subset", tmp_path, tmp_path / "all", SMALL, plan)
    assert kept["ptb-xl", "train"] == ["2"]
    assert {base for base, _ in kept} == {
        "ptb-xl",
        "cinc2011",
        "twadb",
        "ptbdb",
        "cpsc2018",
        "cpsc-extra",
        "chapman-ningbo",
        "georgia",
        "ludb",
    }
    assert "Georgia" in card.dataset and "1 patients of several" in card.folds
    kept.clear()
    card = train("any-subset", tmp_path, tmp_path / "left", SMALL | {"without": ("georgia", "ludb")}, plan)
    assert {"georgia", "ludb"}.isdisjoint({base for base, _ in kept}) and "Georgia" not in card.dataset
    assert "--option without=georgia,ludb" in card.command


def test_a_checkpoint_comes_back_exactly_and_its_hash_knows_the_weights(dataset, tmp_path):
    model = fresh(dataset).eval()
    card = card_for(model, dataset, dataset="made up", folds="none", normalisation="none")
    path = tmp_path / "w.safetensors"
    first = save(model, card, path)
    again = load(path)
    assert again.weights_hash == first
    assert again.card == card == read_card(path)
    assert card.config["widths"] == [8, 8]
    assert all(
        torch.equal(value, again.model.state_dict()[name]) for name, value in model.state_dict().items()
    )
    noted = card_for(
        model, dataset, dataset="made up", folds="none", normalisation="none", metrics={"r": ".9"}
    )
    assert save(model, noted, path) == first
    with torch.no_grad():
        model.network.head.bias += 0.01
    assert save(model, card, path) != first
    half = save(model, card, path, half=True)
    assert load(path).weights_hash == half
    assert load(path).model.network.head.bias.dtype == torch.float32


def test_what_does_not_fit_is_refused(dataset, tmp_path):
    model = fresh(dataset)
    path = tmp_path / "w.safetensors"
    wrong = card_for(
        model,
        dataset,
        config=model.config_dict() | {"widths": (8, 16)},
        dataset="",
        folds="",
        normalisation="",
    )
    save(model, wrong, path)
    with pytest.raises(BadCheckpoint, match="shape|do not fit"):
        load(path)
    path.write_bytes(b"not a checkpoint at all")
    with pytest.raises(BadCheckpoint, match="not a checkpoint"):
        load(path)
    with pytest.raises(BadCheckpoint):
        read_card(tmp_path / "absent.safetensors")


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


def test_parts_for_learning_curves_are_of_patients_and_nested(dataset):
    half, third = part_of_patients(dataset, 0.5), part_of_patients(dataset, 0.34)
    assert set(third.patients) <= set(half.patients) < set(dataset.patients)
    assert len(half) == 2 * len(set(half.patients)) == 6


def test_windows_come_from_within_recordings(dataset):
    batches = list(windows(dataset, 5, 300, np.random.default_rng(0)))
    assert [batch.shape for batch in batches] == [(5, 8, 300)] * 2
    short = Dataset(dataset.signals, np.full(12, 200), 100.0, dataset.records, dataset.patients)
    assert list(windows(short, 5, 300, np.random.default_rng(0))) == []


def test_a_recording_that_lacks_a_little_of_a_window_is_held_at_its_last_value(dataset):
    n, ends = 300, np.full(len(dataset), 295)
    (batch,) = windows(replace(dataset, lengths=ends), len(dataset), n, np.random.default_rng(0))
    assert batch.shape[-1] == n and (batch[..., 295:] == batch[..., 294:295]).all()
    assert list(windows(replace(dataset, lengths=ends - 2), len(dataset), n, np.random.default_rng(0))) == []


def test_band_factors_are_the_quantile_of_the_ratio():
    ratios = Ratios(thin=1)
    error = np.zeros((8, 1000))
    error[3] = np.linspace(-1, 1, 1000)
    ratios.add(2, error, np.full((8, 1000), 0.5), [3])
    assert ratios.factors()[2, 3] == pytest.approx(0.9 / 0.5, rel=0.01)
    assert ratios.factors()[2, 4] == pytest.approx(1.645)


def test_of_a_long_recording_as_many_pieces_are_taken_as_wanted(monkeypatch):
    class Base:
        def records(self, split=None):
            return ["a", "b"]

        def info(self, record):
            return {"patient": record}

        def read(self, record, rate):
            return simulate(Heart(), 100.0, 35.0 if record == "a" else 8.0, seed=1)

    monkeypatch.setattr("models.training.batches.open_database", lambda *_: Base())
    assert list(load_dataset(Path(), "any", 100).records) == ["any/a"] * 3 + ["any/b"]
    first = load_dataset(Path(), "any", 100, most=1)
    assert list(first.records) == ["any/a", "any/b"] and list(first.lengths) == [1000, 800]
    assert np.array_equal(first.signals[0], load_dataset(Path(), "any", 100).signals[0])
