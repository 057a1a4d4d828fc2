"""Figures of lead significance: maps under paper traces, bars of shares, a body with its leads, curves of the
checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ecgcore.figures import style
from ecgcore.figures.paper import labels
from ecgcore.figures.paper.ground import PX_PER_MM, layout_of, note, squares
from ecgcore.figures.paper.sheet import Paper
from ecgcore.figures.paper.traces import thin
from ecgcore.figures.torso import PLACES, SIDE, outline, triangle
from ecgcore.studies.significance.curves import Curves

COLOURS = {"Viridis": "Viridis", "Cividis": "Cividis"}
"""Colour scales offered for maps: even steps of lightness, told apart by colour-blind eyes."""
MEASURED_BAR, NORMALISED_BAR, MAP_BAR = style.ESTIMATE, "#009E73", "#999999"
SMOOTH_S = 0.02
"""Standard deviation of the smoothing of a map for the screen."""
STRIP_MM, GAP_MM, LABEL_MM = 4.0, 0.5, 4.5
_PAPER = Paper(format="12x1")


def map_figure(
    leads: Sequence[str],
    signals: np.ndarray,
    amounts: np.ndarray | None,
    rate: float,
    *,
    target: tuple[str, np.ndarray | None, np.ndarray] | None = None,
    window: np.ndarray | None = None,
    colours: str = "Viridis",
    unit: str = "%",
    footer: str = "",
) -> dict[str, Any]:
    """Each lead on ECG paper with its row of the map below it.

    signals, amounts: (n_leads, n) mV and the map (None: no map); its negative parts are drawn as zero.
    target: name, truth (or None) and estimate, drawn on top. window: (n,) bool, what is explained, shaded.
    unit: of the map, or "%" for parts of its highest value.
    """
    n, gain = signals.shape[1], _PAPER.gain
    key = (
        ""
        if target is None
        else "black: recorded, blue: estimated"
        if target[1] is not None
        else "estimated; not recorded"
    )
    rows: list[tuple[str, list[np.ndarray], int | None]] = []
    if target is not None:
        rows.append((f"<b>{target[0]}</b> {key}", [t for t in target[1:] if t is not None], None))
    rows += [
        (f"<b>{lead}</b>", [row], number)
        for number, (lead, row) in enumerate(zip(leads, signals, strict=True))
    ]
    shown, step, top = _strips(np.zeros_like(signals) if amounts is None else amounts, rate, unit)
    data: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    edges: list[float] = []
    z: list[Any] = []
    down = 1.0
    for label, traces, number in rows:
        high, low = max(float(t.max()) for t in traces), max(-float(t.min()) for t in traces)
        zero = down + LABEL_MM + min(25.0, max(2.5, high * gain + 0.5))
        bottom = zero + min(18.0, max(2.5, low * gain + 1.0))
        notes.append(note(label, 0.03, -down / gain, style.INK, 13))
        for trace, look in zip(reversed(traces), _looks(len(traces), number is None), strict=False):
            y, dx = thin(trace, rate)
            line: dict[str, Any] = {
                "type": "scatter",
                "mode": "lines",
                "x0": 0.0,
                "dx": dx,
                "y": y - np.float32(zero / gain),
                "line": look,
            }
            data.append(line | {"hoverinfo": "skip", "name": label[3 : label.index("</b>")]})
        down = bottom
        if number is not None and amounts is not None:
            edges += [-bottom / gain, -(bottom + STRIP_MM) / gain]
            z += [shown[number], np.full(shown.shape[1], np.nan)]
            down += STRIP_MM + GAP_MM
    wide = (n / rate + 0.2) * _PAPER.speed * PX_PER_MM
    margins = labels.Margins([], [], labels.footer(_PAPER, footer), wide)
    height = 5 * np.ceil((down + 6 + margins.more_mm(PX_PER_MM)[1]) / 5)
    extent = (-0.1, n / rate + 0.1, -height / gain, 0.0)
    notes += margins.notes(_PAPER, extent)
    tall = height * PX_PER_MM
    layout = layout_of(_PAPER, extent, notes, _shading(window, rate, extent), wide + 70, tall)
    layout |= {
        "margin": {"l": 0, "r": 70, "t": 0, "b": 0, "pad": 0},
        "dragmode": "select",
        "selectdirection": "h",
    }
    layout["shapes"] = [*squares(_PAPER, extent), *_shading(window, rate, extent)]
    handle: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": np.arange(0, n, max(1, round(rate / 20))) / rate,
        "hoverinfo": "skip",
    }
    handle |= {
        "y": np.full(len(handle["x"]), extent[2] / 2),
        "marker": {"opacity": 0.0, "size": 2},
        "name": "time",
    }  # so that boxes select something
    return {"data": [*_heat(edges, z, step / rate, top, colours, unit), *data, handle], "layout": layout}


def _strips(amounts: np.ndarray, rate: float, unit: str) -> tuple[np.ndarray, int, float]:
    """The map smoothed for the screen at about 100 Hz, its step in samples, and the value of the brightest
    colour."""
    shown = gaussian_filter1d(np.clip(amounts, 0, None), SMOOTH_S * rate, axis=-1)
    step = max(1, round(rate / 100))
    shown = shown[:, : shown.shape[1] // step * step].reshape(len(shown), -1, step).mean(-1)
    if unit == "%":
        return 100 * shown / (float(shown.max()) or 1.0), step, 100.0
    return shown, step, float(np.quantile(shown, 0.998)) or float(shown.max()) or 1.0


def _heat(
    edges: list[float], z: list[np.ndarray], dx: float, top: float, colours: str, unit: str
) -> list[dict[str, Any]]:
    """The rows of the map as one heat map with its legend; none without rows."""
    if not z:
        return []
    bar: dict[str, Any] = {
        "title": {"text": "% of the<br>highest" if unit == "%" else unit, "font": {"size": 11}},
        "thickness": 10,
        "len": 0.6,
        "x": 1.0,
        "tickfont": {"size": 10},
        "nticks": 5,
    }
    strips: dict[str, Any] = {
        "type": "heatmap",
        "x0": dx / 2,
        "dx": dx,
        "y": edges[::-1],
        "z": np.array(z[:-1][::-1], np.float32),
        "zmin": 0.0,
        "zmax": top,
    }
    return [strips | {"colorscale": COLOURS[colours], "colorbar": bar, "hoverinfo": "skip", "zsmooth": False}]


def _looks(count: int, is_target: bool) -> list[dict[str, Any]]:
    """Lines of an estimate and the truth under it, or of a lead alone; drawn in reverse order of the
    traces."""
    estimate: dict[str, Any] = {"color": style.ESTIMATE, "width": 1.9, "dash": "2px,2px"}
    truth: dict[str, Any] = {"color": style.TRUTH, "width": 1.1}
    return [estimate, truth][: count if is_target else 0] or [truth]


def _shading(
    window: np.ndarray | None, rate: float, extent: tuple[float, float, float, float]
) -> list[dict[str, Any]]:
    """Light stripes where something is explained; none where that is everywhere."""
    if window is None or window.all():
        return []
    change = np.flatnonzero(np.diff(np.concatenate([[0], window.astype(np.int8), [0]])))
    look: dict[str, Any] = {
        "type": "rect",
        "fillcolor": "rgba(0, 114, 178, 0.12)",
        "line": {"width": 0},
        "layer": "below",
    }
    return [
        look | {"x0": a / rate, "x1": b / rate, "y0": extent[2], "y1": extent[3]}
        for a, b in change.reshape(-1, 2)
    ]


# -- shares --------------------------------------------------------------------------------------------------


def bars_figure(
    series: Mapping[str, Mapping[str, float]], whiskers: Mapping[str, tuple[float, float]] | None = None
) -> dict[str, Any]:
    """Shares (0-1) per lead as horizontal bars, one colour a series, the first on top. whiskers: mean and SD
    over beats, of the first."""
    colours = [MEASURED_BAR, NORMALISED_BAR, MAP_BAR]
    data: list[dict[str, Any]] = []
    for (name, parts), colour in zip(series.items(), colours, strict=False):
        leads = list(parts)
        bar: dict[str, Any] = {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": leads,
            "x": [100 * parts[lead] for lead in leads],
            "marker": {"color": colour},
        }
        bar["hovertemplate"] = "%{y} %{x:.1f} %<extra>" + name + "</extra>"
        if whiskers and not data:
            bar["error_x"] = {
                "type": "data",
                "array": [100 * whiskers[lead][1] for lead in leads],
                "thickness": 1.2,
                "width": 3,
                "color": style.INK,
            }
        data.append(bar)
    n = len(next(iter(series.values())))
    axis: dict[str, Any] = {
        "title": {"text": "share, %"},
        "zeroline": True,
        "zerolinecolor": style.INK,
        "gridcolor": "#DDDDDD",
    }
    legend: dict[str, Any] = {
        "orientation": "h",
        "y": 1.0,
        "yanchor": "bottom",
        "x": 0.0,
        "traceorder": "normal",
    }
    return style.plain(
        data,
        90 + n * (14 * len(series) + 10),
        xaxis=axis,
        yaxis={"autorange": "reversed", "type": "category"},
        legend=legend,
        barmode="group",
    )


def body_figure(parts: Mapping[str, float], title: str, colours: str = "Viridis") -> dict[str, Any]:
    """The twelve places on a body outline; size and colour say the share, the number stands beside. Leads
    without one are hollow."""
    top = max([*parts.values(), 1e-9])
    placed = [lead for lead in PLACES if lead in parts]
    unknown = [lead for lead in PLACES if lead not in parts]
    marker: dict[str, Any] = {
        "size": [_size(parts[lead], top) for lead in placed],
        "color": [100 * parts[lead] for lead in placed],
        "cmin": 0,
        "cmax": 100 * top,
    }
    marker |= {"colorscale": COLOURS[colours], "line": {"color": style.INK, "width": 1}}
    full: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [PLACES[lead][0] for lead in placed],
        "y": [PLACES[lead][1] for lead in placed],
        "marker": marker,
    }
    full |= {"hoverinfo": "text", "hovertext": [f"{lead} {100 * parts[lead]:.1f} %" for lead in placed]}
    hollow: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [PLACES[lead][0] for lead in unknown],
        "y": [PLACES[lead][1] for lead in unknown],
    }
    hollow |= {
        "marker": {"size": 9, "color": "#FFFFFF", "line": {"color": "#999999", "width": 1}},
        "hoverinfo": "text",
        "hovertext": unknown,
    }
    notes = [
        _note(
            lead,
            f"<b>{lead}</b> {100 * parts[lead]:.0f} %".replace("-", "−"),
            style.INK,
            11.5,
            _size(parts[lead], top),
        )
        for lead in placed
    ]
    notes += [_note(lead, lead, "#777777", 10, 11) for lead in unknown]
    figure = style.plain([triangle(), full, hollow], 430, showlegend=False)
    bare: dict[str, Any] = {"visible": False, "fixedrange": True}
    figure["layout"] |= {
        "xaxis": bare | {"range": [-17, 17]},
        "yaxis": bare | {"range": [-18.5, 18], "scaleanchor": "x"},
        "shapes": [outline()],
        "annotations": notes,
    }
    figure["layout"] |= {
        "title": {"text": title, "font": {"size": 13}, "x": 0.0},
        "margin": {"l": 0, "r": 0, "t": 34, "b": 0},
    }
    return figure


def _size(part: float, top: float) -> float:
    """Diameter of a lead's disc in pixels: its area goes with the share."""
    return float(8 + 22 * np.sqrt(max(part, 0) / top))


def _note(lead: str, text: str, colour: str, size: float, diameter: float) -> dict[str, Any]:
    """A lead's words beside its disc."""
    (x, y), (right, up) = PLACES[lead], SIDE.get(lead, (0, 1))
    away = diameter / 2 + 4
    where: dict[str, Any] = {"x": x, "y": y, "xshift": right * away, "yshift": up * away, "showarrow": False}
    where |= {
        "xanchor": {-1: "right", 0: "center", 1: "left"}[right],
        "yanchor": {-1: "top", 0: "middle", 1: "bottom"}[up],
    }
    return where | {
        "text": text,
        "borderpad": 0,
        "font": {"size": size, "color": colour, "family": style.FONT},
    }


# -- checks -----------------------------------------------------------------------------------------------


def curves_figure(curves: Curves, changed: str) -> dict[str, Any]:
    """Deletion and insertion against random order. changed: what is removed or added, for the axis."""
    data = []
    for name, own, random, colour in (
        ("deletion", curves.deletion, curves.random_deletion, style.DERIVED),
        ("insertion", curves.insertion, curves.random_insertion, style.ESTIMATE),
    ):
        line: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines+markers",
            "x": 100 * curves.x,
            "hovertemplate": "%{x:.0f} %: %{y:.2f}<extra></extra>",
        }
        data.append(line | {"y": own, "name": f"{name}, map's order", "line": {"color": colour, "width": 2}})
        data.append(
            line
            | {
                "y": random,
                "name": f"{name}, random",
                "line": {"color": colour, "width": 1.2, "dash": "dot"},
                "mode": "lines",
            }
        )
    legend: dict[str, Any] = {"orientation": "h", "y": -0.3, "yanchor": "top", "x": 0.0}
    x, y = (
        {"title": {"text": f"{changed} changed, %", "standoff": 4}, "gridcolor": "#DDDDDD"},
        {"title": {"text": "part of the full value"}, "gridcolor": "#DDDDDD"},
    )
    return style.plain(data, 330, xaxis=x, yaxis=y, legend=legend)
