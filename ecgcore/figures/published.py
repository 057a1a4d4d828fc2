"""The claims of published systems: printed and measured values on one axis, and how the two stand; networks
at full width beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from ecgcore.figures import style
from ecgcore.studies.published.benchmark import AGREES, DIFFERS, IN_PART, NOT_TOLD_APART
from ecgcore.studies.published.evidence import Finding, Value
from ecgcore.studies.published.peers import AHEAD, BEHIND, Beside
from ecgcore.studies.published.peers import NOT_TOLD_APART as EVEN

MARKS = {AGREES: "✓", IN_PART: "≈", NOT_TOLD_APART: "?", DIFFERS: "✗"}
COLOURS = {AGREES: "#00704F", IN_PART: "#6B6B6B", NOT_TOLD_APART: "#6B6B6B", DIFFERS: style.DERIVED}
"""Of the words of a standing; the sign before them says the same."""
ROW_PX, TOP_PX, BOTTOM_PX = 19, 56, 34
OF_R, OF_DIFFERENCE = (0.53, 0.79), (0.83, 1.0)
"""Parts of the width that the two axes take; claims and names of values stand to the left."""
LEFT_OF_NAMES = 0.515
CHARACTERS = 46
"""Of a claim on one line."""
NAME_CHARACTERS = 4
"""Of the name of a value beside it; a longer one takes from the claim's line."""


class _Line(NamedTuple):
    """One line of the picture; the first of a claim has its words."""

    finding: Finding
    value: Value
    first: bool


def _lines(finding: Finding) -> list[_Line]:
    """As many as the claim has values, or as its words need."""
    rows = len(_claim(finding))
    values = [*finding.values, *[Value("")] * (rows - len(finding.values))]
    return [_Line(finding, value, place == 0) for place, value in enumerate(values)]


def _claim(finding: Finding) -> list[str]:
    """Its words in lines that leave room for the names of its values."""
    longest = max((len(value.name) for value in finding.values), default=0)
    return wrap(finding.claim, CHARACTERS - max(0, longest - NAME_CHARACTERS))


def claims_figure(findings: Sequence[Finding]) -> dict[str, Any]:
    """A line per value, grouped by claim: what the paper printed (hollow) and what comes out here (filled,
    with its 95 % interval), r to the left, differences of two r to the right."""
    lines = [line for finding in findings for line in _lines(finding)]
    data = [_here(lines), *_joined(lines), _printed(lines)]
    layout = {
        "height": TOP_PX + BOTTOM_PX + ROW_PX * len(lines),
        "margin": {"l": 8, "r": 12, "t": TOP_PX, "b": BOTTOM_PX},
        "paper_bgcolor": style.GROUND,
        "plot_bgcolor": style.GROUND,
        "font": {"family": style.FONT, "color": style.INK, "size": 12},
        "dragmode": False,
        "hovermode": "closest",
        "xaxis": _axis("r", OF_R),
        "xaxis2": _axis("difference of r", OF_DIFFERENCE) | {"anchor": "y"},
        "yaxis": {"range": [len(lines) - 0.4, -0.7], "visible": False},
        "shapes": [*_rules(lines), *_zeros(len(lines))],
        "annotations": [note for row, line in enumerate(lines) for note in _words(row, line)],
        "legend": {"orientation": "h", "x": 0, "y": 1 + 14 / (ROW_PX * len(lines)), "yanchor": "bottom"},
        "showlegend": True,
    }
    return {"data": data, "layout": layout}


def _axis(title: str, domain: tuple[float, float]) -> dict[str, Any]:
    return {
        "domain": list(domain),
        "side": "top",
        "title": {"text": title, "standoff": 2},
        "gridcolor": "#E2E2E2",
        "zeroline": False,
        "nticks": 5,
    }


def _here(lines: Sequence[_Line]) -> dict[str, Any]:
    """Both axes in one trace would need one scale, so the values of differences are drawn by ``_joined``."""
    there = [(row, line) for row, line in enumerate(lines) if line.value.here and not line.value.difference]
    return _measured(there, "x", legend=True)


def _measured(there: Sequence[tuple[int, _Line]], axis: str, legend: bool) -> dict[str, Any]:
    intervals = [line.value.here for _, line in there]
    assert all(interval is not None for interval in intervals)
    values = [interval.value for interval in intervals if interval]
    error = {
        "type": "data",
        "array": [interval.high - interval.value for interval in intervals if interval],
        "arrayminus": [interval.value - interval.low for interval in intervals if interval],
        "thickness": 1.3,
        "width": 2,
    }
    return {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": [row for row, _ in there],
        "xaxis": axis,
        "error_x": error,
        "marker": {"color": style.ESTIMATE, "symbol": "circle", "size": 8},
        "name": "measured here",
        "showlegend": legend,
        "hoverinfo": "text",
        "hovertext": [f"{line.finding.claim}<br>here: {line.finding.here}" for _, line in there],
    }


def _joined(lines: Sequence[_Line]) -> list[dict[str, Any]]:
    """Differences as measured and as printed, on their own axis."""
    there = [(row, line) for row, line in enumerate(lines) if line.value.here and line.value.difference]
    printed = [(row, line) for row, line in there if line.value.printed is not None]
    return [_measured(there, "x2", legend=False), _as_printed(printed, "x2", legend=False)]


def _printed(lines: Sequence[_Line]) -> dict[str, Any]:
    there = [
        (row, line)
        for row, line in enumerate(lines)
        if line.value.printed is not None and not line.value.difference
    ]
    return _as_printed(there, "x", legend=True)


def _as_printed(there: Sequence[tuple[int, _Line]], axis: str, legend: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [line.value.printed for _, line in there],
        "y": [row for row, _ in there],
        "xaxis": axis,
        "marker": {
            "color": style.DERIVED,
            "symbol": "diamond-open",
            "size": 9,
            "line": {"width": 1.8, "color": style.DERIVED},
        },
        "name": "printed in the paper",
        "showlegend": legend,
        "hoverinfo": "text",
        "hovertext": [f"{line.finding.claim}<br>printed: {line.finding.printed}" for _, line in there],
    }


def _rules(lines: Sequence[_Line]) -> list[dict[str, Any]]:
    """A thin line above each claim, a thicker one above each paper."""
    rules, paper = [], ""
    for row, line in enumerate(lines):
        if line.first:
            width = 1.2 if line.finding.paper != paper else 0.5
            paper = line.finding.paper
            rules.append(
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": row - 0.5,
                    "y1": row - 0.5,
                    "line": {"color": "#777777", "width": width},
                }
            )
    return rules


def _zeros(rows: int) -> list[dict[str, Any]]:
    look = {"color": "#777777", "width": 1, "dash": "dot"}
    return [
        {"type": "line", "xref": axis, "x0": 0, "x1": 0, "y0": -0.5, "y1": rows - 0.5, "line": look}
        for axis in ("x", "x2")
    ]


def _words(row: int, line: _Line) -> list[dict[str, Any]]:
    """Paper and claim on its first line, how it stands below or behind it, the value's name."""
    note = {"xref": "paper", "y": row, "showarrow": False, "font": {"size": 12}}
    words = [note | {"x": LEFT_OF_NAMES, "xanchor": "right", "text": line.value.name, "font": {"size": 11}}]
    if line.first:
        stands = line.finding.standing
        words += [
            note | {"x": 0, "xanchor": "left", "text": f"<b>{line.finding.paper}</b>"},
            note
            | {
                "x": 0.075,
                "xanchor": "left",
                "text": f"{MARKS[stands]} {stands}",
                "font": {"size": 12, "color": COLOURS[stands]},
            },
            note
            | {
                "x": 0.185,
                "y": row - 0.5,
                "xanchor": "left",
                "yanchor": "top",
                "align": "left",
                "text": "<br>".join(_claim(line.finding)),
            },
        ]
    return words


# -- at full width -------------------------------------------------------------------------------------------

OF_STANDING = {AHEAD: "#00704F", EVEN: "#6B6B6B", BEHIND: style.DERIVED}
SYMBOLS_OF_STANDING = {AHEAD: "circle", EVEN: "circle-open", BEHIND: "diamond"}
TWO_AXES = {
    "r": ("x", "r, ours − theirs", (0.0, 0.47)),
    "rmse_uv": ("x2", "RMSE in µV, ours − theirs", (0.53, 1.0)),
}
PLACE_PX = 24


def peers_figure(rows: Sequence[Beside]) -> dict[str, Any]:
    """A published network beside ours, a line a place from the test fold down: r to the left (right of zero
    ours is better), RMSE to the right (left of zero ours is better)."""
    places = [row.place for row in rows]
    data = []
    for standing, colour in OF_STANDING.items():
        named = False
        for metric, (axis, _, _) in TWO_AXES.items():
            there = [row for row in rows if row.standing_in(metric) == standing]
            if not there:
                continue
            values = [row.difference[metric] for row in there]
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": standing,
                    "legendgroup": standing,
                    "showlegend": not named,
                    "xaxis": axis,
                    "x": [value.value for value in values],
                    "y": [row.place for row in there],
                    "marker": {"color": colour, "symbol": SYMBOLS_OF_STANDING[standing], "size": 9},
                    "error_x": {
                        "type": "data",
                        "symmetric": False,
                        "array": [value.high - value.value for value in values],
                        "arrayminus": [value.value - value.low for value in values],
                        "color": colour,
                        "thickness": 1.4,
                        "width": 3,
                    },
                    "customdata": [[value.low, value.high, value.n_records] for value in values],
                    "hovertemplate": "%{y}: %{x:+.3~g} [%{customdata[0]:+.3~g}, %{customdata[1]:+.3~g}], "
                    "n = %{customdata[2]}<extra></extra>",
                }
            )
            named = True
    axes = {
        axis.replace("x", "xaxis"): {
            "domain": list(domain),
            "title": {"text": title},
            "side": "top",
            "gridcolor": style.GRID,
            "zeroline": True,
            "zerolinecolor": "#8A8A8A",
            "fixedrange": True,
            "nticks": 6,
        }
        for axis, title, domain in TWO_AXES.values()
    }
    return style.plain(
        data,
        92 + PLACE_PX * len(rows),
        **axes,
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": places[::-1],
            "gridcolor": "#F3F3F3",
            "automargin": True,
            "fixedrange": True,
        },
        margin={"l": 8, "r": 12, "t": 52, "b": 36},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0.0},
        hovermode="closest",
    )
