"""The two studies of a training, on tables whose answer is known."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.studies import COLUMNS, SEEN, alone, learning, per_doubling, read, seen


def table(*checkpoints: tuple[str, int, str, float], steps: int = 1000) -> pd.DataFrame:
    """Checkpoints as (weights, recordings, only, r of record 0); record k has .01 k more."""
    rows = [(name, n, steps, only, "I+II", "val", f"r{k}", f"p{k // 2}", r + 0.01 * k, 100 - k) for name, n, only, r in checkpoints for k in range(6)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_the_curve_is_in_order_and_tells_the_gain_of_a_doubling():
    points = learning(table(("b", 400, "", 0.8), ("a", 100, "", 0.7), ("c", 100, "I+II", 0.9)))["I+II"]
    assert [point.records for point in points] == [100, 400]
    assert points[1].r.value == pytest.approx(0.825) and points[1].r.n_patients == 3
    assert per_doubling(points) == pytest.approx(0.05)
    assert per_doubling(points[:1]) != per_doubling(points[:1])
    longer = pd.concat([table(("a", 100, "", 0.7), ("b", 400, "", 0.8)), table(("c", 400, "", 0.9), steps=5000)])
    both = learning(longer)["I+II"]
    assert [point.steps for point in both] == [1000, 1000, 5000] and per_doubling(both) == pytest.approx(0.05)


def test_recordings_it_was_trained_on_stand_apart():
    held_out, own = table(("a", 100, "", 0.7), ("b", 400, "", 0.8)), table(("a", 100, "", 0.9), ("b", 400, "", 0.85))
    both = pd.concat([held_out, own.assign(split=SEEN, record=own["record"] + "t")])
    assert [point.r.value for point in learning(both)["I+II"]] == pytest.approx([0.725, 0.825])
    assert seen(both)["I+II"].r.value == pytest.approx(0.875) and seen(held_out) == {}
    assert alone(both) == []


def test_a_network_for_one_set_is_compared_pairwise_with_the_best_one_for_all():
    (one,) = alone(table(("a", 100, "", 0.7), ("b", 400, "", 0.8), ("c", 400, "I+II", 0.81)))
    assert one.inputs == "I+II"
    assert one.difference.value == pytest.approx(0.01) and one.difference.low == pytest.approx(0.01)
    assert alone(table(("c", 400, "I+II", 0.81))) == []


def test_the_table_survives_the_disk(tmp_path):
    path = tmp_path / "studies.csv.gz"
    table(("123", 100, "", 0.7)).to_csv(path, index=False)
    again = read(path)
    assert again["weights"].iloc[0] == "123" and again["only"].iloc[0] == ""
