"""Tables and figures of a page as CSV: the values that are shown, readable by a machine."""

from __future__ import annotations

import csv
import io

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.export.shown import figure_csv, has_values, table_csv


def rows(content: bytes) -> list[list[str]]:
    lines = [line for line in content.decode().splitlines() if not line.startswith("#")]
    return list(csv.reader(io.StringIO("\n".join(lines))))


def test_a_table_in_markdown_becomes_its_cells_without_its_looks():
    head = "| Lead | bias, µV | n |\n|:--|--:|--:|\n"
    table = f"{head}| **V3** | −12.5 [−20, −5] | 1,234 |\n| V4 | :green-badge[:material/check: yes] | – |"
    content = table_csv(table, ["Results, **now**"])
    assert rows(content) == [
        ["Lead", "bias, µV", "n"],
        ["V3", "-12.5 [-20, -5]", "1234"],
        ["V4", "yes", "–"],
    ]
    assert content.decode().startswith(f"# Results, now\n# {NOT_FOR_DIAGNOSIS}.")


def test_words_around_the_table_stay_out():
    assert rows(table_csv("Some words\n\n| a |\n|:--|\n| [x](http://y) `z` |")) == [["a"], ["x z"]]


def test_a_figure_is_written_trace_by_trace():
    figure = {
        "data": [
            {"name": "r <b>here</b>", "x": ["I", "II"], "y": [0.5, None], "text": ["a", "b"]},
            {"y": [1.0, 2.0], "x0": 10, "dx": 0.5},
        ]
    }
    assert rows(figure_csv(figure))[1:] == [
        ["r here", "I", "0.5", "", "a"],
        ["trace 2", "10", "1", "", ""],
        ["trace 2", "10.5", "2", "", ""],
    ]


def test_a_map_is_written_cell_by_cell():
    figure = {"data": [{"type": "heatmap", "x": ["V1", "V2"], "y": ["I"], "z": [[0.25, float("nan")]]}]}
    assert rows(figure_csv(figure))[1:] == [
        ["trace 1", "V1", "I", "0.25", ""],
        ["trace 1", "V2", "I", "", ""],
    ]
    assert has_values(figure) and not has_values({"data": []})
