"""Personal models over recordings: the command that goes on and drops what is stale, paired answers that are
known, the words for them."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace

import pytest

from ecgcore.figures.personal_model import recordings_figure
from ecgcore.leads import STANDARD
from ecgcore.studies import personal_model as trials
from ecgcore.synthetic import Heart, simulate
from models.cli import main as rlecg
from models.studies import personal_model as command
from models.training import personal

CAST = trials.Cast(
    networks=("cr", "cf"),
    variants={"cr": "cr-d", "cf": "cf-d"},
    reference="least-squares",
    closed_forms=("least-squares", "least-squares-published"),
    generic=("any", "lin"),
    titles={
        "cr": "CR",
        "cf": "CF",
        "cr-d": "CR-D",
        "cf-d": "CF-D",
        "least-squares": "least squares with intercept",
    },
    colours={"cr": "#0072B2", "cf": "#D55E00", "least-squares": "#000000"},
)
BASE = (0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85)


def written(path, r_of, leads=("II",), models=("cr", "cf", "least-squares"), patients=None):
    """A table in which r_of(model, number, input) is the r of both estimated leads of recording number; RMSE
    is 100 (1 - r)."""
    with gzip.open(path, "wt") as file:
        writer = csv.DictWriter(file, trials.COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number in range(len(BASE)):
            for lead in leads:
                for model in models:
                    r = r_of(model, number, lead)
                    if r is None:
                        continue
                    patient = patients[number] if patients else f"p{number}"
                    common = {
                        "database": "twadb",
                        "record": f"twa{number}",
                        "input": lead,
                        "model": model,
                        "patient": patient,
                    }
                    more = {
                        "settings": "x",
                        "epochs": 1,
                        "held_out_s": 10,
                        "rmse_uv": 100 * (1 - r),
                        "mse_scaled": (1 - r) ** 2,
                    }
                    for estimated, shift in (("V1", -0.01), ("V6", 0.01)):
                        writer.writerow(common | more | {"lead": estimated, "r": r + shift})
    return trials.read(path)


def gain(amounts):
    return lambda model, number, lead: BASE[number] + amounts[model] * (1 + 0.1 * (number % 3))


def test_the_cast_comes_from_the_register_and_compares_every_network_with_what_is_cheaper():
    cast = personal.cast()
    assert (cast.networks, cast.reference) == (CAST.networks, CAST.reference)
    assert cast.variants == CAST.variants and set(CAST.titles.items()) <= set(cast.titles.items())
    assert set(CAST.colours.items()) < set(cast.colours.items())
    assert cast.pairs[:3] == [("cr", "cf"), ("cr", "least-squares"), ("cf", "least-squares")]
    assert cast.pairs[-2:] == [("cr", "cr-d"), ("cf", "cf-d")]
    generic = [pair for pair in cast.pairs if pair[1] in cast.generic]
    assert len(generic) == len(cast.networks) * len(cast.generic) and len(cast.pairs) == 5 + len(generic)


def test_a_known_gain_is_found_and_said(tmp_path):
    rows = written(tmp_path / "t.csv.gz", gain({"cr": 0.10, "cf": 0.05, "least-squares": 0.0}))
    comparison = trials.compare(rows, "cr", "cf")
    expected = 0.05 * sum(1 + 0.1 * (n % 3) for n in range(8)) / 8
    assert comparison.r.difference.value == pytest.approx(
        expected
    ) and comparison.rmse_uv.difference.value == pytest.approx(-100 * expected)
    assert (comparison.better, comparison.n) == (8, 8) and comparison.r.wilcoxon_p == pytest.approx(2 / 2**8)
    first, *others = trials.conclusions(rows, CAST)
    assert (
        first.startswith(f"CR beats CF by {expected:.3f} in mean r [+0.")
        and "ahead in 8 of 8" in first
        and len(others) == 2
    )


def test_the_sentence_names_the_better_one_whichever_comes_first(tmp_path):
    rows = written(tmp_path / "t.csv.gz", gain({"cr": -0.05, "cf": 0.05, "least-squares": 0.0}))
    crf, cr_ls, cf_ls = trials.conclusions(rows, CAST)
    assert crf.startswith("CF beats CR by 0.1") and "CF is ahead in 8 of 8" in crf and "[+0." in crf
    assert cr_ls.startswith("least squares with intercept beats CR") and cf_ls.startswith(
        "CF beats least squares"
    )


def test_networks_without_scales_are_held_against_the_same_least_squares(tmp_path):
    rows = written(tmp_path / "t.csv.gz", gain({"cr": 0.1, "cf": 0.1, "least-squares": 0.0}))
    other = written(tmp_path / "u.csv.gz", gain({"cr-d": 0.05, "cf-d": -0.05}), models=("cr-d", "cf-d"))
    text = trials.without_scales(other, rows, CAST)
    assert (
        len(text) == 3
        and text[0].startswith("CR-D beats CF-D")
        and text[1].startswith("CR-D beats least squares")
    )
    assert text[2].startswith("least squares with intercept beats CF-D")


def test_no_difference_is_not_dressed_up(tmp_path):
    sign = {"cr": 1, "cf": 0, "least-squares": 0}
    rows = written(
        tmp_path / "t.csv.gz",
        lambda model, n, lead: BASE[n] + 0.01 * sign[model] * (1 if n % 2 else -1) * (n + 1) / 8,
    )
    assert trials.conclusions(rows, CAST)[0].startswith("CR and CF cannot be told apart")


@pytest.mark.parametrize("turned", [False, True])
def test_the_sentence_names_both_where_interval_and_signed_ranks_differ(tmp_path, turned):
    """Two recordings of eight decide the mean, but not the ranks: six small losses stand against them."""
    better = {"cr": 0.0, "cf": 1.0} if turned else {"cr": 1.0, "cf": 0.0}
    first, second = ("CF", "CR") if turned else ("CR", "CF")

    def by(gains):
        return lambda model, n, lead: BASE[n] + gains[n] * better.get(model, 0.0)

    rows = written(tmp_path / "t.csv.gz", by([0.05, 0.05, 0.05, 0.05, 0.05, 0.002, -0.001, -0.003]))
    test = trials.compare(rows, "cr", "cf", comparisons=7).r
    assert (test.by_interval, test.by_ranks, test.comparisons) == (-1 if turned else 1, 0, 7)
    text = trials.conclusions(rows, CAST)[0]
    assert text.startswith(f"By its mean r {first} is ahead of {second}, +0.031 [+0.") and "apart" in text
    assert "without correction; signed ranks do not tell them apart, Wilcoxon p = " in text
    assert text.endswith(f"after correction for 3 comparisons; {first} is ahead in 6 of 8 recordings.")
    assert "cannot be told apart" not in text

    rows = written(tmp_path / "u.csv.gz", by([0.01] * 7 + [-0.10]))
    test = trials.compare(rows, "cr", "cf").r
    assert (test.by_interval, abs(test.by_ranks)) == (0, 0)  # one large loss among few
    comparison = replace(trials.compare(rows, "cr", "cf"), r=replace(test, wilcoxon_p=0.01))
    text = trials.verdict(comparison, CAST.titles)
    assert text.startswith(
        f"By signed ranks {first} is ahead of {second}, Wilcoxon p = .010; the interval of"
    )
    assert "holds zero, −0.004 [−0." in text and text.endswith(f"{first} is ahead in 7 of 8 recordings.")


def test_recordings_of_one_patient_count_once(tmp_path):
    rows = written(
        tmp_path / "t.csv.gz",
        gain({"cr": 0.1, "cf": 0.0, "least-squares": 0.0}),
        patients=["a"] * 6 + ["b", "c"],
    )
    comparison = trials.compare(rows, "cr", "cf")
    assert (
        comparison.r.difference.n_patients == 3
        and comparison.n == 8
        and comparison.r.wilcoxon_p == pytest.approx(0.25)
    )
    assert trials.table(rows, CAST.shown)[0].r.n_patients == 3


def test_models_are_set_beside_one_another_on_common_recordings_only(tmp_path):
    rows = written(tmp_path / "t.csv.gz", lambda model, n, lead: None if model == "cf" and n > 4 else BASE[n])
    shown = {row.model: row for row in trials.table(rows, CAST.shown)}
    assert {row.r.n_records for row in shown.values()} == {5}
    assert shown["cr"].r.value == pytest.approx(sum(BASE[:5]) / 5) and shown["cr"].worst_r == pytest.approx(
        BASE[0] - 0.01
    )
    figure = recordings_figure(rows, CAST)
    assert (
        all(list(trace["x"]) == [f"twa{n}" for n in range(5)] for trace in figure["data"])
        and len(figure["data"]) == 3
    )


def test_trials_of_other_weights_are_left_out(tmp_path):
    rows = written(tmp_path / "t.csv.gz", gain({"cr": 0.1, "linear": 0.0}), models=("cr", "linear"))
    assert len(trials.current(rows, {"linear": "x123", "any-subset": "y"})) == 16
    assert {row.model for row in trials.current(rows, {"linear": "abc"})} == {"cr"}


def test_by_input_needs_all_twelve(tmp_path):
    rows = written(
        tmp_path / "t.csv.gz", lambda model, n, lead: BASE[n] if n < 2 or lead == "II" else None, STANDARD
    )
    means, n = trials.by_input(rows, ("cr", "cf"))
    assert n == 2 and set(means) == {(model, lead) for model in ("cr", "cf") for lead in STANDARD}
    mean = means[("cr", "V3")]
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.525, 0.50, 0.55))
    assert trials.by_input(
        written(tmp_path / "u.csv.gz", gain({"cr": 0, "cf": 0, "least-squares": 0})), ("cr",)
    ) == ({}, 0)


# ---- the command -------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path):
    import wfdb

    ecg = simulate(Heart(), 500.0, 40.0)
    folder = tmp_path / "twadb"
    folder.mkdir()
    for name in ("twa02", "twa05"):
        wfdb.wrsamp(
            name,
            500,
            ["mV"] * 12,
            list(STANDARD),
            ecg.signals.T.astype(float),
            fmt=["16"] * 12,
            write_dir=str(folder),
        )
    return tmp_path


def table(path):
    return list(csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()))


@pytest.mark.slow
def test_the_command_goes_on_where_it_stopped_and_drops_what_is_stale(root, capsys):
    out = root / "trials.csv.gz"
    usual = [
        "--data",
        str(root),
        "--out",
        str(out),
        "--databases",
        "twadb",
        "--models",
        "least-squares",
        "cr",
    ]
    assert rlecg(["study", "personal-model", *usual, "--option", "epochs=1", "--records", "1"]) == 0
    first = table(out)
    assert rlecg(["study", "personal-model", *usual, "--option", "epochs=1"]) == 0
    rows = table(out)
    assert rows[: len(first)] == first and "2 new trials" in capsys.readouterr().out
    assert {(row["record"], row["model"]) for row in rows} == {
        (a, b) for a in ("twa02", "twa05") for b in ("least-squares", "cr")
    }
    assert len(rows) == 4 * 11 and all(float(row["rmse_uv"]) > 0 for row in rows)
    assert rlecg(["study", "personal-model", *usual, "--option", "epochs=2", "--only", "twa05"]) == 0
    again = table(out)
    assert {(row["record"], row["model"]) for row in again} == {
        ("twa02", "least-squares"),
        ("twa05", "least-squares"),
        ("twa05", "cr"),
    }
    curves = table(root / "curves.csv.gz")
    assert [(row["record"], row["model"], row["epoch"]) for row in curves] == [
        ("twa05", "cr", "1"),
        ("twa05", "cr", "2"),
    ]
    assert rlecg(["study", "personal-model", "--summary", str(out)]) == 0
    assert "mean over the estimated leads" in capsys.readouterr().out


def test_settings_tell_a_changed_config_from_an_unchanged_one():
    assert command.settings("cr") == command.settings("cr", {}) != command.settings("cr", {"epochs": 7})
