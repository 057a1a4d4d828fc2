"""The command that scores published systems, and what stands of them here."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.evaluation.scoring import SCORES
from ecgcore.leads import CHEST, STANDARD, LeadSet
from ecgcore.studies.published import benchmark
from ecgcore.studies.published.benchmark import FILE
from ecgcore.studies.published.gradowski_tables import PAPER_SETS
from ecgcore.synthetic import Heart, simulate
from models import reconstruct
from models.cli import main as rlecg
from models.studies import published as command


@pytest.fixture
def data(tmp_path):
    from ecgcore.io.write import write_ecg

    root = tmp_path / "data"
    for number in range(2):
        write_ecg(simulate(Heart(rate=60 + number), 500.0, 10.0, seed=number), root / "mine", f"r{number}")
    (root / "mine" / "RECORDS").write_text("r0\nr1\n")
    return root / "mine"


@pytest.fixture
def here(monkeypatch, data):
    """The command on two simulated recordings and two input sets."""
    sets = (LeadSet("II"), LeadSet("I II V4"))

    def tasks(name, root):
        return [
            command.Task(
                (name,), root, "folder", None, sets, passband, scaled=passband == "high-pass", only=only
            )
            for passband, only in (("high-pass", command.METRICS), ("as-recorded", command.AS_RECORDED))
        ]

    monkeypatch.setattr(command, "tasks", tasks)
    return data


def test_the_command_writes_continues_and_drops_rows_of_other_weights(here, tmp_path):
    out = tmp_path / "out"
    arguments = ["linear", "--data", str(here), "--out", str(out), "--jobs", "1"]
    assert rlecg(["study", "published", *arguments]) == 0
    path = out / "linear" / f"{FILE}.parquet"
    whole = SCORES.read(path)
    assert set(whole["metric"].unique()) == {"r", "rmse_uv", "rmse_scaled", "ssim", "mse_joint"} and set(
        whole["inputs"].unique()
    ) == {"II", "I+II+V4"}
    assert set(whole[whole["passband"] == "as-recorded"]["metric"].unique()) == {"r", "rmse_uv"}
    old = whole.head(1).astype({"weights": str}).assign(weights="old")
    SCORES.write(pd.concat([whole.astype({"weights": str}), old]), path)
    assert rlecg(["study", "published", *arguments]) == 0
    assert SCORES.read(path).astype(str).equals(whole.astype(str))  # nothing twice, nothing of other weights


def test_systems_are_asked_for_their_own_sets(monkeypatch, tmp_path):
    assert command.input_sets("linear") == benchmark.INPUTS
    assert command.input_sets("conv-vae") == ()  # it is given all twelve
    assert {str(leads) for leads in command.tasks("linear", tmp_path)[-1].inputs} | set(
        map(str, benchmark.INPUTS)
    ) == set(map(str, PAPER_SETS))
    assert len(command.tasks("mean-beat", tmp_path)) == 5
    assert len(command.tasks("olaiya-baseline-own-split-full", tmp_path)) == 4  # fold 9, as its paper
    assert len(command.tasks("gradowski-i-ii-v4", tmp_path)) == 3  # not from I and II alone
    for task in command.tasks("linear", tmp_path):
        assert (task.database, task.split, task.passband) in {
            ("ptb-xl", "test", "high-pass"),
            ("ptbdb", None, "high-pass"),
            ("ptb-xl", "test", "as-recorded"),
            ("ptb-xl", "test", "0.67-40"),
            ("ptb-xl", "val", "0.67-40"),
            ("ptb-xl", "val", "as-recorded"),
        }
    assert rlecg(["study", "published", "nobody", "--data", str(tmp_path)]) == 2


def test_leads_that_the_fallback_filled_in_are_not_credited_to_a_model():
    """Gradowski's networks give chest leads; from I alone the sheet shows II by the linear estimator, which
    the network has no part in."""
    cards = {info.name: info.card for info in reconstruct.available() if info.card}
    assert reconstruct.estimated_by("any-subset") == LeadSet(STANDARD) == reconstruct.estimated_by("cr")
    for name in [name for name in cards if name.startswith("gradowski")]:
        assert reconstruct.estimated_by(name) == LeadSet(cards[name].inputs[0]).missing.chest
        path = reconstruct.TRAINED / name / f"{FILE}.parquet"
        assert not path.is_file() or set(SCORES.read(path)["lead"].unique()) <= set(CHEST)


def test_every_published_system_here_is_offered_for_its_leads_after_ours_and_says_its_version():
    infos = [info for info in reconstruct.available() if info.card]
    published = [info for info in infos if info.card.paper]
    ranks = [infos.index(info) for info in published]
    assert ranks == sorted(ranks) and min(ranks) == len(infos) - len(published)
    for info in published:
        inputs = LeadSet(info.card.inputs[0])
        assert info in reconstruct.fitting(inputs) and reconstruct.fitting(inputs)[0].name == "any-subset"
        less = any(
            "in place of" in departure and f"epochs in place of {info.family.plan.epochs}" not in departure
            for departure in info.card.departures
        )
        assert info.card.reduced == less == info.label.endswith(" (reduced version)"), info.name
        assert "(" not in info.title.replace("(Grande-Fidalgo)", "")
