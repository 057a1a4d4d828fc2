"""The superclass classifier: its shapes and its contract, what is shown to it, tables that go on where they
stopped, the command."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecgcore.datasets import SUPERCLASSES, data_root
from ecgcore.ecg import UnusableEcg
from ecgcore.lead_algebra import with_derived
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.signals import high_pass
from ecgcore.studies.diagnosis import ALONE, ORIGINAL, TABLE, in_words
from ecgcore.synthetic import Heart, simulate
from models import reconstruct
from models.checkpoint import BadCheckpoint, card_for, save
from models.cli import main as rlecg
from models.diagnosis import classifier as module
from models.diagnosis import scoring, training
from models.diagnosis.classifier import (
    FILES,
    FOLDER,
    Classifier,
    ClassifierConfig,
    LabelledDataset,
    classifier,
    draw_leads,
    eight_leads,
    shown,
)
from models.diagnosis.scoring import CONTROLS, FILE, Case, classifiers, rows_of, score, sets_of
from models.training.batches import Dataset
from models.training.loop import Run
from models.training.plan import Plan

SMALL = ClassifierConfig(widths=(8, 12), dropout=0.1)


@pytest.fixture(scope="module")
def material() -> LabelledDataset:
    """Hearts of which some have a tall QRS ("HYP"), all else alike."""
    rng = np.random.default_rng(0)
    tall = rng.random(48) < 0.5
    signals = np.stack(
        [
            simulate(Heart(rate=60 + n % 20), 100.0, 9.0, seed=n).pick(LeadSet(INDEPENDENT)).signals
            for n in range(48)
        ]
    )
    signals = np.round(1000 * signals * np.where(tall, 2.0, 1.0)[:, None, None]).astype(np.int16)
    labels = np.zeros((48, 5), np.float32)
    labels[:, SUPERCLASSES.index("HYP")] = tall
    labels[:, 0] = ~tall
    names = np.array([f"r{n}" for n in range(48)])
    return LabelledDataset(Dataset(signals, np.full(48, 900), 100.0, names, names), labels)


def fresh(**options) -> Classifier:
    torch.manual_seed(0)
    return Classifier(ClassifierConfig(**({"widths": (8, 12)} | options))).eval()


def test_it_answers_five_log_odds_for_any_length_and_every_recording_by_itself():
    model = fresh()
    x = np.random.default_rng(0).normal(size=(3, 8, 990)).astype(np.float32)
    log_odds = model.log_odds(x)
    assert log_odds.shape == (3, 5) and np.isfinite(log_odds).all()
    assert model.log_odds(x[1:2]) == pytest.approx(log_odds[1:2], abs=1e-5)
    assert model.log_odds(x[:, :, :801]).shape == (3, 5)


def test_the_full_one_is_of_the_stated_size():
    assert 300_000 < sum(p.numel() for p in Classifier(ClassifierConfig()).parameters()) < 800_000


def test_batches_carry_their_labels_and_training_ones_differ(material):
    model, plan = fresh(), Plan(batch=8)
    plain = list(model.batches(material, plan, np.random.default_rng(0)))
    assert [batch.shape for batch in plain] == [(8, 13, 800)] * 6
    tall = plain[0][:, 8 + SUPERCLASSES.index("HYP"), 0] > 0
    height = plain[0][:, :8].max((1, 2))
    assert height[tall].min() > height[~tall].max()
    assert (plain[0][:, 8:] == plain[0][:, 8:, :1]).all()
    again = next(iter(model.batches(material, plan, np.random.default_rng(0))))
    changed = next(iter(model.train().batches(material, plan, np.random.default_rng(0))))
    assert (
        (again == plain[0]).all()
        and (changed[:, 8:] == plain[0][:, 8:]).all()
        and np.abs(changed[:, :8] - plain[0][:, :8]).max() > 0.01
    )


def test_only_the_second_classifier_sees_hidden_leads(material):
    plan = Plan(batch=8)
    plain = next(iter(fresh().train().batches(material, plan, np.random.default_rng(0))))
    hidden = next(iter(fresh(hide_leads=True).train().batches(material, plan, np.random.default_rng(0))))
    assert (np.abs(plain[:, :8]).max(2) > 0).all()
    silent = np.abs(hidden[:, :8]).max(2) == 0
    assert silent.any() and not silent.all(1).any()


def test_hidden_leads_are_those_that_do_not_follow():
    assert shown(LeadSet("II V1 V5")).tolist() == [0, 1, 1, 0, 0, 0, 1, 0]
    assert shown(LeadSet("aVF III V2")).tolist() == [1, 1, 0, 1, 0, 0, 0, 0]
    rng = np.random.default_rng(0)
    counts = np.bincount([int(shown(draw_leads(rng)).sum()) for _ in range(1600)], minlength=9)
    assert counts[0] == 0 and counts[1:].min() > 130


@pytest.mark.slow
def test_training_by_the_usual_run_learns_what_is_there(material):
    torch.manual_seed(0)
    model = Classifier(SMALL)
    plan = Plan(epochs=12, batch=8, learning_rate=1e-2, average=0.9, every=4)
    Run(model, plan, material, material, None, watch=lambda row: None).go()
    model.eval()
    log_odds = model.log_odds(material.dataset.signals.astype(np.float32) / 1000)[
        :, SUPERCLASSES.index("HYP")
    ]
    tall = material.labels[:, SUPERCLASSES.index("HYP")] > 0
    assert log_odds[tall].min() > log_odds[~tall].max()


@pytest.mark.slow
def test_both_classifiers_can_be_trained_in_one_folder_and_a_finished_one_is_not_trained_again(
    material, tmp_path, monkeypatch
):
    monkeypatch.setattr(training, "labelled", lambda root, split: material)
    plan = {"epochs": 2, "batch": 8, "window_s": 4.0, "every": 1}
    first = training.train(tmp_path, tmp_path / "out", plan)
    second = training.train(tmp_path, tmp_path / "out", plan, hide_leads=True)
    assert (first.config["hide_leads"], second.config["hide_leads"]) == (False, True)
    plain, hiding = (
        module.classifier(hidden, tmp_path / "out").model.state_dict() for hidden in (False, True)
    )
    assert any(not torch.equal(value, hiding[name]) for name, value in plain.items())
    monkeypatch.setattr(Run, "_epoch", lambda self: pytest.fail("trained again"))
    assert training.train(tmp_path, tmp_path / "out", plan).steps == first.steps


# -- scoring -------------------------------------------------------------------------------------------------


def case(seed: int, truth: tuple[str, ...] = ("NORM",)) -> Case:
    ecg = high_pass(simulate(Heart(rate=70), 100.0, 10.0, seed=seed))
    return Case(f"{seed:05d}", f"p{seed}", "test", truth, ecg, eight_leads(ecg))


def _cases(root, split, most=None, skip=()):
    return (case(n, (SUPERCLASSES[n % 2],)) for n in range(most or 4) if f"{n:05d}" not in skip)


@pytest.fixture
def installed(tmp_path, monkeypatch, material):
    """A folder of trained models that holds the linear one and two small classifiers."""
    (tmp_path / "linear").mkdir()
    (tmp_path / "linear" / "weights.safetensors").write_bytes(
        (reconstruct.TRAINED / "linear" / "weights.safetensors").read_bytes()
    )
    for hide in (False, True):
        model = fresh(hide_leads=hide)
        card = card_for(
            model,
            material.dataset,
            dataset="made up",
            folds="none",
            normalisation="none",
            metrics={"validation": "not at all"},
        )
        save(model, card, tmp_path / FOLDER / FILES[hide], half=True)
    monkeypatch.setattr(reconstruct, "TRAINED", tmp_path)
    monkeypatch.setattr(scoring, "TRAINED", tmp_path)
    monkeypatch.setattr(scoring, "cases", _cases)
    classifier.cache_clear()
    reconstruct.forget()
    yield tmp_path
    classifier.cache_clear()
    reconstruct.forget()


def test_it_is_no_reconstruction_model_and_comes_back_as_saved(installed):
    assert "diagnosis" not in {info.name for info in reconstruct.available()}
    plain, two = classifier(), classifier(True)
    assert plain.weights_hash != two.weights_hash and not plain.model.training and two.model.config.hide_leads
    assert plain.model.config.widths == (8, 12) and two.card == plain.card.__class__(
        **{**vars(plain.card), "config": two.card.config}
    )
    (installed / FOLDER / FILES[False]).write_bytes(b"nothing")
    classifier.cache_clear()
    with pytest.raises(BadCheckpoint):
        classifier()
    (installed / FOLDER / FILES[False]).unlink()
    with pytest.raises(UnusableEcg, match="rlecg study diagnosis train --data ROOT"):
        classifier()


def test_measured_leads_are_shown_as_measured_and_the_rest_as_made(installed, monkeypatch):
    seen = []
    model = classifier().model
    monkeypatch.setattr(type(model), "log_odds", lambda self, x: seen.append(x) or np.zeros((len(x), 5)))
    recording, inputs = case(1), LeadSet("II V1 V5")
    rows_of(recording, CONTROLS, [inputs], [classifier()])
    rows_of(recording, "linear", [inputs], [classifier()])
    original, alone = seen[0]
    shown_leads = seen[1][0]
    given = [INDEPENDENT.index(lead) for lead in inputs]
    others = [n for n in range(8) if n not in given]
    truth = with_derived(recording.ecg).pick(LeadSet(INDEPENDENT)).signals
    assert (original == truth).all() and (alone[given] == truth[given]).all() and (alone[others] == 0).all()
    assert (
        (shown_leads[given] == truth[given]).all()
        and (np.abs(shown_leads[others] - truth[others]).max(1) > 0.01).all()
        and np.abs(shown_leads[others]).max() > 0.1
    )


def test_other_rates_and_missing_leads_are_refused():
    ecg = simulate(Heart(), 100.0, 10.0, seed=0)
    with pytest.raises(UnusableEcg, match="at 100 Hz; given were"):
        eight_leads(simulate(Heart(), 250.0, 10.0, seed=0))
    with pytest.raises(UnusableEcg, match="takes I, II, V1-V6"):
        eight_leads(ecg.pick(LeadSet("I II V1")))


def test_tables_go_on_where_they_stopped(installed, monkeypatch):
    sets = [LeadSet("I"), LeadSet("I II")]
    path = score("linear", installed, wanted=sets, most=2)
    first = TABLE.read(path)
    assert (
        len(first) == 4
        and set(first["inputs"]) == {"I", "I+II"}
        and set(first["weights"]) == {reconstruct.weights_of("linear")}
    )
    requests = []
    monkeypatch.setattr(
        scoring, "reconstruct", lambda *args: requests.append(args) or reconstruct.reconstruct(*args)
    )
    again = TABLE.read(score("linear", installed, wanted=sets))
    assert len(requests) == 4 and len(again) == 8 and again.iloc[:4].equals(first)
    monkeypatch.setattr(scoring, "rows_of", lambda *args: pytest.fail("everything is done"))
    assert TABLE.read(score("linear", installed, wanted=sets)).equals(again)
    assert TABLE.read(score("linear", installed, wanted=sets[:1])).equals(again)


def test_rows_of_other_weights_are_dropped(installed):
    path = score("linear", installed, wanted=[LeadSet("I")], most=2)
    old = TABLE.read(path).assign(weights="other")
    old.to_csv(path, index=False)
    assert set(TABLE.read(score("linear", installed, wanted=[LeadSet("I")], most=2))["weights"]) == {
        reconstruct.weights_of("linear")
    }
    half = path.with_name(path.name + ".part")
    text = TABLE.read(path).to_csv(index=False)
    path.unlink()
    half.write_text(text[: len(text) - 12])  # killed in the middle of a line
    assert (
        len(TABLE.read(score("linear", installed, wanted=[LeadSet("I")], most=2))) == 2 and not half.exists()
    )


def test_controls_hold_both_classifiers(installed):
    rows = TABLE.read(score(CONTROLS, installed, wanted=[LeadSet("I II V2")], most=3))
    assert len(rows) == 3 * 2 * 2 and set(rows["model"]) == {ORIGINAL, ALONE}
    assert set(rows["classifier"]) == {classifier().weights_hash, classifier(True).weights_hash}


def test_fixed_networks_are_shown_their_own_inputs_only(installed, monkeypatch):
    from dataclasses import replace

    held = reconstruct.trained("linear")
    fixed = replace(held, card=replace(held.card, inputs=("I+II+V4",)))
    monkeypatch.setattr(scoring, "trained", lambda name: fixed)
    assert sets_of("linear") == [LeadSet("I II V4")] == sets_of("linear", [LeadSet("II"), LeadSet("I II V4")])
    with pytest.raises(UnusableEcg, match=r"it takes I\+II\+V4"):
        sets_of("linear", [LeadSet("II")])


def test_the_command_scores_and_shows_again(installed, capsys):
    assert (
        rlecg(["study", "diagnosis", "show", "--models", "linear"]) == 2
        and "were not scored" in capsys.readouterr().err
    )
    options = ["--models", "linear", "--inputs", "I II V2"]
    assert rlecg(["study", "diagnosis", "score", "--data", str(installed), *options]) == 0
    first = capsys.readouterr().out
    assert rlecg(["study", "diagnosis", "show", *options]) == 0
    assert (
        capsys.readouterr().out == first
        and "I+II+V2      macro" in first
        and "frozen classifier, linear" in first
    )
    assert rlecg(["study", "diagnosis", "score", "--data", str(installed), "--models", "nonsense"]) == 2
    assert "no model 'nonsense'" in capsys.readouterr().err
    table = TABLE.read(installed / "linear" / FILE)
    assert "I+II+V2" in in_words(
        TABLE.read(installed / FOLDER / FILE), table, classifier().weights_hash, "linear"
    )


STORED = reconstruct.TRAINED / FOLDER


@pytest.mark.skipif(not (STORED / FILE).is_file(), reason="rlecg study diagnosis score was not run")
def test_the_stored_controls_are_of_the_stored_classifiers():
    table = TABLE.read(STORED / FILE)
    hashes = {device.weights_hash for device in classifiers().values()}
    assert (
        set(table["classifier"]) == hashes
        and set(table["model"]) == {ORIGINAL, ALONE}
        and set(table["weights"]) == {""}
    )
    of_test = table[(table["split"] == "test") & (table["model"] == ORIGINAL)]
    assert len(of_test) == len(hashes) * of_test["record"].nunique() > 200 and of_test["truth"].ne("").all()


@pytest.mark.skipif(
    data_root() is None or not (STORED / FILE).is_file(),
    reason="needs the real recordings (ECG_DATA) and the stored answers",
)
def test_stored_answers_are_given_again():
    table = TABLE.read(STORED / FILE)
    for sample in scoring.cases(data_root(), "test", 2):
        again = rows_of(sample, CONTROLS, [LeadSet("I II V2")], [classifier()])
        for row in again:
            stored = table[
                (table["classifier"] == row[0])
                & (table["model"] == row[1])
                & (table["inputs"] == row[3])
                & (table["record"] == sample.record)
            ]
            assert stored[list(SUPERCLASSES)].to_numpy()[0] == pytest.approx(
                [float(value) for value in row[-5:]], abs=0.03
            )


def test_signals_are_not_changed_by_hiding(material):
    before = material.dataset.signals.copy()
    list(fresh(hide_leads=True).train().batches(material, Plan(batch=8), np.random.default_rng(0)))
    assert (material.dataset.signals == before).all() and module.PIECE_S == 8.0
