"""AUROC against known answers, the bootstrap by patient, what non-inferior means, and what survives in
made-up tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.datasets import SUPERCLASSES
from ecgcore.evaluation.discrimination import Difference, auroc, draws, interval, weighted_auroc
from ecgcore.evaluation.statistics import Interval
from ecgcore.studies import diagnosis as study
from ecgcore.studies.diagnosis import ALONE, COLUMNS, GROUPS, MACRO, ORIGINAL


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], 1.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 0.0),
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
        ([1, 1, 1, 1], [0, 1, 0, 1], 0.5),
        ([1, 2, 2, 3], [0, 0, 1, 1], 0.875),  # one tie among four pairs
    ],
)
def test_auroc_known_by_hand(scores, positive, expected):
    assert auroc(np.array(scores, float), np.array(positive, bool)) == pytest.approx(expected)


def test_auroc_is_mann_whitney_and_knows_neither_scale_nor_shift():
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(1)
    positive = rng.random(200) < 0.3
    scores = np.round(rng.normal(positive * 1.0, 1.0), 1)  # with ties
    u = mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert auroc(scores, positive) == pytest.approx(u / (positive.sum() * (~positive).sum()))
    assert auroc(3 * scores + 7, positive) == pytest.approx(auroc(scores, positive))
    assert auroc(-scores, positive) == pytest.approx(1 - auroc(scores, positive))


def test_weights_count_records_and_one_kind_alone_has_no_answer():
    scores, positive = np.array([1.0, 2.0, 2.0, 3.0, 0.5]), np.array([0, 1, 0, 1, 0], bool)
    weights = np.array([[1, 2, 0, 3, 1], [1, 0, 1, 0, 1]])
    repeated = np.repeat(np.arange(5), weights[0])
    areas = weighted_auroc(scores, positive, weights)
    assert areas[0] == pytest.approx(auroc(scores[repeated], positive[repeated])) and np.isnan(areas[1])
    assert np.isnan(auroc(scores, np.ones(5, bool)))


def test_whole_patients_are_drawn():
    patients = np.array(["a", "b", "a", "c", "b", "a"])
    drawn = draws(patients, 500)
    assert (
        (drawn[:, 0] == drawn[:, 2]).all()
        and (drawn[:, 0] == drawn[:, 5]).all()
        and (drawn[:, 1] == drawn[:, 4]).all()
    )
    assert (drawn[:, [0, 1, 3]].sum(1) == 3).all() and drawn.mean() == pytest.approx(1, abs=0.1)
    assert (draws(patients, 500) == drawn).all() and (draws(patients, 500, seed=1) != drawn).any()


def test_more_recordings_of_the_same_patients_do_not_narrow_the_interval():
    rng = np.random.default_rng(0)
    positive = rng.random(80) < 0.4
    scores = rng.normal(positive * 1.0)
    four = np.repeat(np.arange(80), 4)

    def width(rows, patients):
        ends = interval(0.0, weighted_auroc(scores[rows], positive[rows], draws(patients, 400)), 0, 0)
        return ends.high - ends.low

    assert width(four, four) == pytest.approx(width(np.arange(80), np.arange(80)), rel=1e-4)
    assert width(four, np.arange(320)) < 0.7 * width(np.arange(80), np.arange(80))


def made_up(low: float, value: float, high: float) -> Difference:
    level = Interval(0.9, 0.85, 0.95, 100, 90)
    return Difference(level, level, Interval(value, low, high, 100, 90), 40)


@pytest.mark.parametrize(
    ("low", "value", "high", "wide", "narrow", "lower", "words"),
    [
        (-0.015, 0.0, 0.015, True, True, False, "non-inferior at .02"),
        (-0.04, -0.03, -0.01, True, False, True, "non-inferior at .05, not at .02"),
        (-0.12, -0.02, 0.08, False, False, False, "not shown to be non-inferior at .05"),
        (
            -0.05,
            -0.02,
            0.01,
            False,
            False,
            False,
            "not shown to be non-inferior at .05",
        ),  # on the margin is not above it
    ],
)
def test_the_lower_end_decides(low, value, high, wide, narrow, lower, words):
    difference = made_up(low, value, high)
    assert (difference.within(0.05), difference.within(0.02), difference.lower, difference.verdict) == (
        wide,
        narrow,
        lower,
        words,
    )


# -- tables --------------------------------------------------------------------------------------------------


def table(
    rows: dict[tuple[str, str, str], float], n: int = 160, seed: int = 0, splits: tuple[str, ...] = ("test",)
) -> pd.DataFrame:
    """(classifier, origin, inputs) -> how much noise lies on the odds."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, 5)) < 0.35
    truth[~truth.any(1), 0] = True
    own = rng.normal(2.0 * truth, 1.0)
    table_rows = []
    for (classifier, origin, inputs), noise in rows.items():
        odds = own + noise * np.random.default_rng(seed + 1).normal(size=own.shape)
        for number in range(n):
            classes = "+".join(
                group for group, holds in zip(SUPERCLASSES, truth[number], strict=True) if holds
            )
            weights = "" if origin in (ORIGINAL, ALONE) else "w"
            head = (
                classifier,
                origin,
                weights,
                inputs,
                splits[number % len(splits)],
                f"{number:05d}",
                f"p{number // 2}",
                "high-pass",
                classes,
            )
            table_rows.append((*head, *odds[number]))
    return pd.DataFrame(table_rows, columns=list(COLUMNS))


CONTROLS = {
    ("c", ORIGINAL, "all"): 0.0,
    ("c", ALONE, "I+II"): 9.0,
    ("d", ORIGINAL, "all"): 0.1,
    ("d", ALONE, "I+II"): 2.0,
}


def test_the_same_leads_lose_nothing_and_worse_ones_lose():
    same = study.outcomes(
        table(CONTROLS), table({("c", "m", "I+II"): 0.0, ("c", "m", "I"): 3.0}), "m", resamples=200
    )
    for group in GROUPS:
        difference = same.reconstructed["I+II"][group]
        assert (
            difference.difference.value == difference.difference.low == difference.difference.high == 0
            and difference.within(0.02)
            and not difference.lower
        )
        assert same.reconstructed["I"][group].difference.value < -0.05
    assert same.reconstructed["I"][MACRO].lower
    worse = same.reconstructed["I"]
    assert worse[MACRO].new.value == pytest.approx(
        np.mean([worse[group].new.value for group in SUPERCLASSES])
    )
    assert same.zeroed["I+II"][MACRO].difference.value < same.learned["I+II"][MACRO].difference.value < 0
    assert (
        same.alone is same.learned
        and same.against["I+II"][MACRO].difference.value > 0
        and "I" not in same.against
    )
    gained = same.reconstructed["I+II"][MACRO].new.value - same.learned["I+II"][MACRO].new.value
    assert same.against["I+II"][MACRO].difference.value == pytest.approx(gained)
    assert list(same.reconstructed) == ["I", "I+II"]  # main sets in their order


def test_pairs_are_resampled_together():
    """A small constant loss is told from nothing although each AUROC by itself is uncertain."""
    mean = study.outcomes(
        table(CONTROLS), table({("c", "m", "I+II"): 0.15}), "m", resamples=400
    ).reconstructed["I+II"][MACRO]
    assert (mean.difference.high - mean.difference.low) < 0.6 * (mean.reference.high - mean.reference.low)


def test_only_recordings_that_all_have_count():
    rows = table({("c", "m", "I+II"): 0.5})
    results = study.outcomes(
        table(CONTROLS), rows[rows["record"] < "00100"].sample(frac=1, random_state=0), "m", resamples=50
    )
    assert (
        results.reconstructed["I+II"][MACRO].difference.n_records == 100
        and results.reconstructed["I+II"][MACRO].difference.n_patients == 50
    )


def test_a_second_classifier_that_judged_a_part_does_not_narrow_the_rest():
    controls = table(CONTROLS)
    part = controls[(controls["classifier"] == "c") | (controls["record"] < "00040")]
    results = study.outcomes(part, table({("c", "m", "I+II"): 0.5}), "m", resamples=20)
    assert (
        not results.learned
        and results.alone is results.zeroed
        and results.reconstructed["I+II"][MACRO].difference.n_records == 160
    )


def test_two_ways_are_matched_by_recording_not_by_row():
    controls, rows = table(CONTROLS), table({("c", "m", "I+II"): 0.0})
    shuffled = rows[rows["record"] >= "00040"].sample(frac=1, random_state=1)
    ways = study.answers(controls, "c", ORIGINAL, "all"), study.answers(shuffled, "c", "m", "I+II")
    difference = study.differences(*ways, resamples=20)[MACRO].difference
    assert (difference.value, difference.low, difference.high, difference.n_records) == (0, 0, 0, 120)


def test_folds_can_be_taken_together():
    both = ("test", "val")
    controls, rows = table(CONTROLS, splits=both), table({("c", "m", "I+II"): 0.5}, splits=both)
    counts = [
        study.outcomes(controls, rows, "m", folds, 20).reconstructed["I+II"][MACRO].difference.n_records
        for folds in (("test",), both)
    ]
    assert counts == [80, 160]


def test_tables_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="classifier"):
        study.outcomes(table(CONTROLS), table({("other", "m", "I+II"): 0.0}), "m")
    with pytest.raises(ValueError, match="share no recording"):
        study.outcomes(table(CONTROLS), table({("c", "m", "I+II"): 0.0}).assign(record="x"), "m")


def test_the_sentence_says_what_the_numbers_say():
    lost = study.outcomes(
        table(CONTROLS), table({("c", "m", "I+II"): 3.0}), "m", resamples=200
    ).reconstructed["I+II"]
    worst = min(SUPERCLASSES, key=lambda group: lost[group].difference.value)
    text = study.sentence(lost, "I+II")
    assert (
        text.startswith(f"From I+II, **{worst}** loses most: −.")
        and "not shown to be non-inferior at .05" in text
        and text.endswith("at .02: none.")
    )
    same = study.outcomes(table(CONTROLS), table({("c", "m", "I+II"): 0.0}), "m", resamples=50).reconstructed[
        "I+II"
    ]
    assert "gains least: +.000 [+.000, +.000]; non-inferior at .02." in study.sentence(same, "I+II")
    assert study.sentence(same, "I+II").endswith("at .02: NORM, MI, STTC, CD, HYP.")
    assert study.loss(-0.0314) == "−.031" and study.area(1.0) == "1.000"


def test_a_table_comes_back_and_another_kind_is_refused(tmp_path):
    rows = table({("c", "m", "I+II"): 0.5})
    rows.to_csv(tmp_path / "t.csv.gz", index=False)
    again = study.TABLE.read(tmp_path / "t.csv.gz")
    assert again["record"].tolist() == rows["record"].tolist() and again[
        list(SUPERCLASSES)
    ].to_numpy() == pytest.approx(rows[list(SUPERCLASSES)].to_numpy())
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="it lacks classifier"):
        study.TABLE.read(tmp_path / "t.csv")


def test_brier_and_mean_probability_are_what_they_are_called():
    answers = study.Answers(
        np.array(["1", "2"]), np.array(["a", "b"]), np.eye(5, dtype=bool)[:2], np.zeros((2, 5))
    )
    assert answers.probability == pytest.approx(np.full((2, 5), 0.5)) and answers.brier == pytest.approx(
        np.full(5, 0.25)
    )
