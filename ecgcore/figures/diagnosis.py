"""Forest plots of "Is the diagnosis preserved?": loss of AUROC with its interval, by diagnosis and input set,
against the margins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgcore.evaluation.discrimination import MARGINS, Difference
from ecgcore.figures import style
from ecgcore.studies.diagnosis import GROUPS, MACRO, area, loss

COLOURS = {"reconstructed": style.ESTIMATE, "alone": "#7F7F7F"}
SYMBOLS = {MARGINS[1]: "circle", MARGINS[0]: "square", None: "circle-open"}
"""By the narrowest margin at which the loss is ruled out, None for neither."""
SAID = {MARGINS[1]: "non-inferior at .02", MARGINS[0]: "at .05, not at .02", None: "neither shown"}
COLUMNS, ROW, TOP, BOTTOM = 3, 26, 62, 46
GAP_X, GAP_Y = 0.025, 0.14
FURTHEST = -0.22
"""Losses below this are drawn at the edge, so that the margins can be told apart."""


def held(difference: Difference) -> float | None:
    """The narrowest of MARGINS at which it is non-inferior."""
    return min((margin for margin in MARGINS if difference.within(margin)), default=None)


def forest_figure(
    reconstructed: Mapping[str, Mapping[str, Difference]],
    alone: Mapping[str, Mapping[str, Difference]],
    chosen: str = "",
) -> dict[str, Any]:
    """made, alone: input set -> group -> difference to the original leads. A panel per group, an input set
    per line, the chosen one in bold."""
    sets = list(reconstructed)
    low, high = _span([difference for groups in reconstructed.values() for difference in groups.values()])
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    for number, group in enumerate(GROUPS):
        suffix = "" if number == 0 else str(number + 1)
        axes: dict[str, Any] = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        data += [
            _points(sets, reconstructed, group, low, "reconstructed", -0.14),
            _points(sets, alone, group, low, "alone", 0.2),
        ]
        data[-2] |= axes
        data[-1] |= axes
        layout |= _panel(number, suffix, sets, group, reconstructed, (low, high), chosen)
    legend = [_legend(symbol, f"reconstructed: {SAID[margin]}") for margin, symbol in SYMBOLS.items()]
    legend.append(_legend("diamond-open", "inputs alone", COLOURS["alone"]))
    notes = [note for number in range(len(GROUPS)) for note in layout.pop(f"notes{number}")]
    shapes = [shape for number in range(len(GROUPS)) for shape in layout.pop(f"shapes{number}")]
    usual: dict[str, Any] = {
        "height": 2 * (ROW * len(sets) + 56) + TOP,
        "margin": {"l": 96, "r": 12, "t": TOP, "b": BOTTOM},
        "dragmode": False,
    }
    usual |= {
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "font": {"family": style.FONT, "color": style.INK, "size": 12},
    }
    usual |= {
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yref": "container", "yanchor": "top"},
        "hovermode": "closest",
    }
    return {"data": [*data, *legend], "layout": usual | layout | {"annotations": notes, "shapes": shapes}}


def _span(differences: list[Difference]) -> tuple[float, float]:
    low = min([outcome.difference.low for outcome in differences] + [-0.08])
    high = max([outcome.difference.high for outcome in differences] + [0.03])
    return max(FURTHEST, low - 0.01), high + 0.01


def _points(
    sets: list[str],
    differences: Mapping[str, Mapping[str, Difference]],
    group: str,
    edge: float,
    kind: str,
    shift: float,
) -> dict[str, Any]:
    there = [(place, differences[name][group]) for place, name in enumerate(sets) if name in differences]
    values = [outcome.difference for _, outcome in there]
    beyond = [value.value < edge for value in values]
    symbols = [
        "triangle-left" if out else SYMBOLS[held(outcome)] if kind == "reconstructed" else "diamond-open"
        for out, (_, outcome) in zip(beyond, there, strict=True)
    ]
    colour = COLOURS[kind]
    bars: dict[str, Any] = {
        "type": "data",
        "symmetric": False,
        "thickness": 1.6 if kind == "reconstructed" else 1,
        "width": 0,
        "color": colour,
    }
    bars |= {"array": [0 if out else v.high - v.value for out, v in zip(beyond, values, strict=True)]}
    bars |= {"arrayminus": [0 if out else v.value - v.low for out, v in zip(beyond, values, strict=True)]}
    mark: dict[str, Any] = {
        "color": colour,
        "symbol": symbols,
        "size": 9 if kind == "reconstructed" else 7,
        "line": {"color": colour, "width": 1.6},
    }
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [max(edge + 0.006, value.value) for value in values],
        "y": [place + shift for place, _ in there],
        "error_x": bars,
        "marker": mark,
        "hoverinfo": "text",
        "hovertext": [_hover(kind, sets[place], group, outcome) for place, outcome in there],
        "showlegend": False,
    }


def _hover(kind: str, inputs: str, group: str, outcome: Difference) -> str:
    origin = f"reconstructed from {inputs}" if kind == "reconstructed" else f"{inputs} alone"
    d = outcome.difference
    return (
        f"{group}, {origin}<br>{area(outcome.reference.value)} → {area(outcome.new.value)}: {loss(d.value)} "
        f"[{loss(d.low)}, {loss(d.high)}]<br>"
        f"{outcome.verdict}; n = {d.n_records}"
        + ("" if group == MACRO else f", {outcome.positives} with {group}")
    )


def _panel(
    number: int,
    suffix: str,
    sets: list[str],
    group: str,
    reconstructed: Mapping[str, Mapping[str, Difference]],
    span: tuple[float, float],
    chosen: str,
) -> dict[str, Any]:
    row, column = divmod(number, COLUMNS)
    width, height = (1 - GAP_X * (COLUMNS - 1)) / COLUMNS, (1 - GAP_Y) / 2
    left, bottom = column * (width + GAP_X), (1 - row) * (height + GAP_Y)
    ticks = [value for value in (-0.2, -0.15, -0.1, -0.05, -0.02, 0, 0.05) if span[0] <= value <= span[1]]
    if span[0] < -0.12:
        ticks = [value for value in ticks if value not in (-0.15, -0.02)]
    labels = [f"{value:g}".replace("0.", ".").replace("-", "−") for value in ticks]
    x: dict[str, Any] = {
        "domain": [left, left + width],
        "anchor": f"y{suffix}",
        "range": list(span),
        "tickvals": ticks,
        "ticktext": labels,
        "zeroline": False,
    }
    names = [f"<b>{name}</b>" if name == chosen else name for name in sets]
    y: dict[str, Any] = {
        "domain": [bottom, bottom + height],
        "anchor": f"x{suffix}",
        "range": [len(sets) - 0.45, -0.6],
        "tickvals": list(range(len(sets))),
    }
    y |= {
        "ticktext": names if column == 0 else [""] * len(sets),
        "gridcolor": "#EEEEEE",
        "zeroline": False,
        "fixedrange": True,
    }
    first = next(iter(reconstructed.values()))[group]
    words = (
        f"<b>Mean of the five</b> (n = {first.positives})"
        if group == MACRO
        else f"<b>{group}</b> ({first.positives} of {first.difference.n_records})"
    )
    title: dict[str, Any] = {
        "xref": "paper",
        "yref": "paper",
        "x": left,
        "y": bottom + height,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }
    lines = [
        _line(suffix, 0, "solid", "#444444"),
        _line(suffix, -MARGINS[1], "dot", "#B84A00"),
        _line(suffix, -MARGINS[0], "dash", "#B84A00"),
    ]
    if (row, column) == (1, 1):
        x["title"] = {"text": "AUROC, difference to the original leads", "standoff": 6, "font": {"size": 12}}
    return {
        f"xaxis{suffix}": x | {"fixedrange": True, "showgrid": False},
        f"yaxis{suffix}": y,
        f"notes{number}": [title | {"text": words}],
        f"shapes{number}": lines,
    }


def _line(suffix: str, at: float, dash: str, colour: str) -> dict[str, Any]:
    place: dict[str, Any] = {
        "type": "line",
        "xref": f"x{suffix}",
        "yref": f"y{suffix} domain",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "layer": "below",
    }
    return place | {"line": {"color": colour, "width": 1.2, "dash": dash}}


def _legend(symbol: str, words: str, colour: str = COLOURS["reconstructed"]) -> dict[str, Any]:
    mark: dict[str, Any] = {
        "color": colour,
        "symbol": symbol,
        "size": 9,
        "line": {"color": colour, "width": 1.6},
    }
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None],
        "y": [None],
        "marker": mark,
        "name": words,
        "showlegend": True,
    }
