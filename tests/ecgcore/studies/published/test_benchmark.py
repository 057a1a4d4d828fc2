"""Published systems beside ours: tables, variants and verdicts with answers known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.evaluation.scoring import SCORES
from ecgcore.evaluation.statistics import Interval, PairedTest
from ecgcore.leads import CHEST, LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.published import benchmark
from ecgcore.studies.published.benchmark import FILE, FOLD, PAIRS, PTB, RAW, verdict
from models import reconstruct
from models.base import families
from models.studies.published import systems
from tests.ecgcore.studies.published.scored_systems import LEVEL, OURS, PATIENTS, TITLES, rows, write

# -- tables --------------------------------------------------------------------------------------------------


def test_all_models_of_a_set_stand_side_by_side_in_the_order_given(table):
    sides = benchmark.side_by_side(table, FOLD, "I+II+V4", list(TITLES))
    assert [row.model for row in sides] == [name for name in TITLES if name in LEVEL]
    first = sides[0].values["r"]
    assert (
        first.value == pytest.approx(0.9 - 0.01 * np.mean([0, 1, 2, 4, 5]), abs=0.01)
        and first.n_patients == PATIENTS
    )
    assert "own_r" not in sides[0].values
    assert set(benchmark.side_by_side(table, FOLD, "II", ["beco-unet-ii"])[0].values) == {
        "r",
        "rmse_uv",
        "own_r",
        "own_rmse",
        "own_ssim",
    }
    assert [row.model for row in benchmark.side_by_side(table, PTB, "I+II+V4", list(TITLES))] == [
        "any-subset",
        "linear",
    ]


def test_models_of_a_set_are_compared_on_leads_that_all_of_them_estimate(tmp_path):
    """Gradowski's network of a single limb lead gives chest leads alone; limb leads, here easier, must not
    count for the others."""
    easy = [
        (*row[:9], row[9], row[10], row[11], 1.0 if row[9] not in CHEST else row[12])
        for row in rows("any-subset", "II") + rows("linear", "II")
    ]
    chest = [row for row in rows("gradowski-ii", "II", level=0.7) if row[9] in CHEST]
    write(tmp_path, easy + chest)
    both = results.together([SCORES.read(path) for path in results.files(tmp_path)[FILE]], {})
    assert benchmark.shared_targets(both, FOLD, "II") == LeadSet(CHEST)
    values = {
        row.model.split(" ")[0]: row.values["r"].value
        for row in benchmark.side_by_side(both, FOLD, "II", sorted(both["model"].unique()))
    }
    assert values["any-subset"] == pytest.approx(0.9 - 0.025, abs=0.01) and values[
        "gradowski-ii"
    ] == pytest.approx(0.7 - 0.025, abs=0.01)
    assert benchmark.shared_targets(both[both["model"].str.startswith("any")], FOLD, "II") == LeadSet(
        "I V1 V2 V3 V4 V5 V6"
    )


def test_every_set_that_has_a_network_stands_beside_ours(table):
    duels = benchmark.every_set(table, OURS, "gradowski")
    assert [duel.inputs for duel in duels] == [
        "I+II",
        "I+II+V4",
    ]  # in the paper's order; II has no network of theirs
    assert duels[1].values["r"]["gradowski"].value == pytest.approx(
        0.75 - 0.01 * np.mean([0, 1, 2, 4, 5]), abs=0.01
    )
    assert all(duel.ahead("any-subset", metric) for duel in duels for metric in ("r", "rmse_uv"))
    assert not benchmark.Duel(
        "I", "gradowski", {"r": {"linear": exactly(0.5), "gradowski": exactly(0.6)}}
    ).ahead("linear", "r")


def exactly(value: float) -> Interval:
    return Interval(value, value, value, 1, 1)


def test_input_sets_are_compared_on_leads_that_none_holds(table):
    assert benchmark.sets_of("gradowski", table) == ("I+II", "I+II+V4")
    means = benchmark.on_common_leads(table, FOLD, "r", ("I+II", "I+II+V4"), OURS)
    by = {(benchmark.system(row.model, OURS), row.inputs): row.values["r"].value for row in means}
    assert set(by) == {
        (name, text) for name in ("any-subset", "linear", "gradowski") for text in ("I+II", "I+II+V4")
    }
    common = np.mean([0, 1, 2, 4, 5]) / 100  # V4 counts in neither
    assert (
        by[("linear", "I+II")]
        == pytest.approx(by[("linear", "I+II+V4")])
        == pytest.approx(0.8 - common, abs=0.01)
    )


def test_leads_have_their_own_means(table):
    means = benchmark.lead_means(table, RAW, "linear", "r")
    assert list(means) == ["V1", "V2", "V3", "V5", "V6"] and means["V1"].value - means[
        "V6"
    ].value == pytest.approx(0.05, abs=1e-6)


# -- verdicts ------------------------------------------------------------------------------------------------


def test_of(low: float, high: float, d: float) -> PairedTest:
    return PairedTest(Interval((low + high) / 2, low, high, 50, 50), 0.5, 0.5, d, d)


test_of.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("low", "high", "d", "expects", "better", "words"),
    [
        (-0.01, 0.01, 0.0, "same", "high", "agrees: not told apart"),
        (0.001, 0.002, 0.1, "same", "high", "agrees: told apart, but the effect is negligible"),
        (0.01, 0.02, 0.9, "same", "high", "does not agree: the first is better"),
        (0.01, 0.02, 0.9, "same", "low", "does not agree: the first is worse"),
        (0.01, 0.02, 0.9, "first better", "high", "agrees"),
        (0.01, 0.02, 0.1, "first better", "high", "agrees in direction, the effect is negligible"),
        (-0.02, -0.01, -0.9, "first better", "high", "does not agree: the first is worse"),
        (-0.02, -0.01, -0.9, "first better", "low", "agrees"),
        (-0.01, 0.01, 0.0, "first better", "high", "does not agree: not told apart"),
    ],
)
def test_verdicts_follow_interval_size_and_direction(low, high, d, expects, better, words):
    assert verdict(test_of(low, high, d), expects, better) == words


def test_variants_are_compared_over_patients(table):
    pair = "olaiya-baseline", "olaiya-lead-specific"
    test = benchmark.test_pair(table, FOLD, pair, "r")["mean"]
    assert (
        test.difference.value == pytest.approx(0.1, abs=0.01)
        and test.difference.n_patients == PATIENTS
        and test.t_p < 0.001
    )
    assert benchmark.test_pair(table, FOLD, ("olaiya-physics-acting", pair[0]), "r") == {}  # not scored


def test_every_variant_that_is_compared_is_a_system_of_a_family_and_was_trained():
    names = systems()
    compared = {(pair.paper, variant) for pair in PAIRS for variant in (pair.first, pair.second)}
    assert compared <= set(names)
    assert set(names.values()) <= {info.name for info in reconstruct.in_tables()} | set(families())
