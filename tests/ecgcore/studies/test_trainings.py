"""The two studies of a training, on tables whose answer is known."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.studies.trainings import COLUMNS, SEEN, TABLE, ablations, alone, curve, gains, learning, seen
from models.studies.trainings import plan_of


def table(*checkpoints: tuple[str, int, str, float], steps: int = 1000, plan: str = "") -> pd.DataFrame:
    """Checkpoints as (weights, recordings, only, r of record 0); record k has .01 k more."""
    rows = [
        (name, n, steps, plan, only, "I+II", "val", f"r{k}", f"p{k // 2}", r + 0.01 * k, 100 - k)
        for name, n, only, r in checkpoints
        for k in range(6)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_the_curve_is_in_order_and_tells_what_more_recordings_bring():
    short = table(("b", 400, "", 0.8), ("a", 100, "", 0.7), ("c", 100, "I+II", 0.9))
    points = learning(short)["I+II"]
    assert [point.records for point in points] == [100, 400]
    assert points[1].r.value == pytest.approx(0.825) and points[1].r.n_patients == 3
    (gain,) = gains(short)["I+II"]
    assert (gain.fewer.weights, gain.more.weights) == ("a", "b")
    assert gain.r.value == gain.r.low == gain.r.high == pytest.approx(0.1)
    assert gains(table(("a", 100, "", 0.7)))["I+II"] == []


def test_only_trainings_of_one_length_and_plan_are_set_against_each_other():
    short = table(("a", 100, "", 0.7), ("b", 400, "", 0.71))
    other = table(
        ("c", 100, "", 0.6), ("d", 200, "", 0.63), ("e", 400, "", 0.66), steps=1050, plan="optimiser=muon"
    )
    long = table(("f", 100, "", 0.8), ("g", 400, "", 0.9), steps=5000, plan="optimiser=muon")
    every = pd.concat([short, other, long, table(("h", 800, "", 0.95), steps=9000)])
    assert [
        (gain.fewer.weights, gain.more.weights, round(gain.r.value, 6)) for gain in gains(every)["I+II"]
    ] == [
        ("a", "b", 0.01),
        ("c", "e", 0.06),
        ("f", "g", 0.1),
    ]
    assert [point.weights for point in curve(learning(every)["I+II"])] == ["f", "g", "h"]
    assert [point.weights for point in curve(learning(long)["I+II"])] == ["f", "g"]
    assert [point.weights for point in curve(learning(table(("a", 100, "", 0.7)))["I+II"])] == ["a"]


def test_the_plan_is_what_differs_from_the_usual_one_in_the_last_training():
    assert plan_of("python -m models.train any-subset --data ROOT --plan epochs=155") == ""
    command = (
        "python -m models.train any-subset --data ROOT --plan epochs=9 --plan optimiser=muon --plan "
        "window_s=2.56 --plan seed=3 --start W: --plan bf16=no"
    )
    assert plan_of(command) == "optimiser=muon window_s=2.56"
    assert (
        plan_of(command.replace("--start W:", "--teach W1 --start W: --teach W2"))
        == "optimiser=muon window_s=2.56 taught"
    )
    assert plan_of("python -m models.train any-subset --data ROOT --start W: python --teach W1") == ""
    assert (
        plan_of(
            "python -m models.train any-subset --data ROOT --option only=I+II --option dropout=0.2 "
            "--plan epochs=9"
        )
        == "dropout=0.2"
    )
    for program in ("rlecg average", "python -m models.average"):
        assert plan_of(f"{program} PART1 PART2 --data ROOT --out FILE") == "averaged"


def test_recordings_it_was_trained_on_stand_apart():
    held_out, own = (
        table(("a", 100, "", 0.7), ("b", 400, "", 0.8)),
        table(("a", 100, "", 0.9), ("b", 400, "", 0.85)),
    )
    both = pd.concat([held_out, own.assign(split=SEEN, record=own["record"] + "t")])
    assert [point.r.value for point in learning(both)["I+II"]] == pytest.approx([0.725, 0.825])
    assert seen(both)["I+II"].r.value == pytest.approx(0.875) and seen(held_out) == {}
    assert alone(both) == []


def test_a_network_for_one_set_is_compared_pairwise_with_the_best_one_for_all():
    (training,) = alone(table(("a", 100, "", 0.7), ("b", 400, "", 0.8), ("c", 400, "I+II", 0.81)))
    assert training.inputs == "I+II"
    assert training.difference.value == pytest.approx(0.01) and training.difference.low == pytest.approx(0.01)
    assert alone(table(("c", 400, "I+II", 0.81))) == []


def test_the_table_survives_the_disk(tmp_path):
    path = tmp_path / "studies.csv.gz"
    table(("123", 100, "", 0.7)).to_csv(path, index=False)
    again = TABLE.read(path)
    assert again["weights"].iloc[0] == "123" and again["only"].iloc[0] == ""


def test_a_part_taken_away_is_set_against_the_whole_recipe_of_equal_recordings_and_steps():
    whole = table(("w", 400, "", 0.9))
    longer = table(("l", 400, "", 0.95), steps=9000)
    alike = table(("a", 400, "", 0.7), steps=1050, plan="linear=False")
    elsewhere = table(("e", 100, "", 0.6), plan="linear=False")
    other_plan = table(("p", 400, "", 0.6), plan="optimiser=muon")
    one_set = table(("o", 400, "I+II", 0.92))
    rows = ablations(pd.concat([longer, whole, alike, elsewhere, other_plan, one_set]))
    assert [row.changed for row in rows] == [
        "1,000 steps in place of 9,000",
        "trained for this set alone",
        "without the linear estimate beneath",
    ]
    assert [round(row.r.value, 6) for row in rows] == [0.05, -0.02, 0.2]
    assert rows[2].rmse_uv.value == 0 and (rows[2].whole, rows[2].without) == (
        pytest.approx(0.925),
        pytest.approx(0.725),
    )
    assert rows[0].r.n_records == 6 and ablations(pd.concat([longer, alike])) == []


def test_the_parts_of_a_mean_of_weights_stand_beside_it():
    mean, part = (
        table(("m", 400, "", 0.9), plan="averaged"),
        table(("p", 400, "", 0.8), plan="learning_rate=0.001"),
    )
    other = table(("q", 400, "", 0.7), plan="learning_rate=0.001")
    longer = table(("l", 400, "", 0.5), steps=1050, plan="learning_rate=0.001")
    (row,) = ablations(pd.concat([mean, part, other, longer, table(("w", 400, "", 0.95))]))
    assert row.changed == "one training in place of the mean of several"
    assert row.r.value == pytest.approx(0.15) and row.without == pytest.approx(row.whole - 0.15)
