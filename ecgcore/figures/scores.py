"""Figures of results: models over input sets, leads of several models, coverage of the interval, loss over a
training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ecgcore.evaluation.agreement import LeadAgreement
from ecgcore.evaluation.metrics import METRICS, Metric
from ecgcore.evaluation.scoring import ZONES
from ecgcore.evaluation.statistics import Interval
from ecgcore.figures import style
from ecgcore.studies.scores import LeadScores
from ecgcore.studies.trainings import Point

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F7F7F")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "star", "x")
ZONE_TITLES = {"all": "whole recording", "qrs": "QRS", "st-t": "ST-T", "rest": "rest"}
ALLOWED = (0.86, 0.94)
"""Where the coverage of a nominal 90 % interval should lie in every lead."""


def inputs_figure(
    intervals: Mapping[tuple[str, str], Interval],
    models: Mapping[str, str],
    inputs: Sequence[str],
    metric: Metric,
) -> dict[str, Any]:
    """Mean and 95 % interval of each model (name -> title) over input sets."""
    data = []
    for number, (name, title) in enumerate(models.items()):
        there = [
            (place, intervals[(name, leads)])
            for place, leads in enumerate(inputs)
            if (name, leads) in intervals
        ]
        data.append(
            _points(
                number,
                len(models),
                title,
                [p for p, _ in there],
                [v for _, v in there],
                [inputs[p] for p, _ in there],
                metric,
            )
        )
    return _figure(data, list(inputs), metric, 330)


def leads_figure(series: Mapping[str, Sequence[LeadScores]], metric: Metric) -> dict[str, Any]:
    """Per lead and model (by title): mean with interval as a filled mark, median as a line, the percentile of
    the bad end as a hollow mark."""
    leads = list(dict.fromkeys(score.lead for rows in series.values() for score in rows))
    data = []
    for number, (title, rows) in enumerate(series.items()):
        places = [leads.index(score.lead) for score in rows]
        data.append(
            _points(
                number,
                len(series),
                title,
                places,
                [score.mean for score in rows],
                [score.lead for score in rows],
                metric,
            )
        )
        colour = PALETTE[number % len(PALETTE)]
        x = [place + _shift(number, len(series)) for place in places]
        for name, values, symbol, size in (
            ("median", [score.median for score in rows], "line-ew-open", 9),
            (
                f"{metric.tail}th percentile",
                [score.tail(metric) for score in rows],
                SYMBOLS[number % len(SYMBOLS)] + "-open",
                6,
            ),
        ):
            hover = [
                f"{title}, {score.lead}: {name} {metric.text(value)}"
                for score, value in zip(rows, values, strict=True)
            ]
            mark = {"color": colour, "symbol": symbol, "size": size, "line": {"width": 1.4, "color": colour}}
            data.append(_marks(x, values, hover, marker=mark, name=name, showlegend=False))
    return _figure(data, leads, metric, 360)


def agreement_figure(rows: Sequence[LeadAgreement]) -> dict[str, Any]:
    """r of each estimated lead as a bar; red, with a cross, where it is too low. Beside the number what else
    the recording contradicts: too little of it inside the prediction interval."""
    there = [row for row in rows if row.r is not None and math.isfinite(row.r)]
    values = [row.r for row in there if row.r is not None]
    colours = [style.OUTSIDE if row.strays else style.ESTIMATE for row in there]
    texts = [
        f"{value:.3f}".replace("-", "−") + _contradiction(row)
        for row, value in zip(there, values, strict=True)
    ]
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": [row.lead for row in there],
        "x": values,
        "marker": {"color": colours},
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [f"{row.lead}: r {text}" for row, text in zip(there, texts, strict=True)],
    }
    room = 1.6 if any(row.uncovered for row in there) else 1.18
    figure = _plain([bars], 34 + 22 * len(there), None, "")
    figure["layout"]["xaxis"] |= {
        "range": [min([0.0, *(value - 0.45 for value in values if value < 0)]), room],
        "tickvals": [0, 0.5, 0.9, 1],
        "zeroline": True,
        "zerolinecolor": "#777777",
        "side": "top",
        "title": {"text": ""},
    }
    figure["layout"]["yaxis"] |= {"autorange": "reversed", "type": "category", "showgrid": False}
    return _with(figure, margin={"l": 40, "r": 6, "t": 24, "b": 4}, showlegend=False, bargap=0.35)


def _contradiction(row: LeadAgreement) -> str:
    if row.uncovered and row.coverage is not None:
        return f" ✗ {100 * row.coverage:.0f} % inside"
    return " ✗" if row.strays else ""


def coverage_figure(coverage: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Share of samples within the nominal 90 % interval per lead, whole and by zone; the grey stripe is 86-94
    %."""
    leads, zones = list(coverage), ["all", *ZONES]
    data = []
    for number, zone in enumerate(zones):
        there = [place for place, lead in enumerate(leads) if zone in coverage[lead]]
        values = [100 * coverage[leads[place]][zone] for place in there]
        hover = [f"{leads[p]}, {ZONE_TITLES[zone]}: {v:.1f} %" for p, v in zip(there, values, strict=True)]
        mark = {"color": PALETTE[number], "symbol": SYMBOLS[number], "size": 9 if zone == "all" else 7}
        if there:
            data.append(
                _marks(
                    [p + _shift(number, len(zones)) for p in there],
                    values,
                    hover,
                    marker=mark,
                    name=ZONE_TITLES[zone],
                )
            )
    stripe = {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 100 * ALLOWED[0],
        "y1": 100 * ALLOWED[1],
        "layer": "below",
    }
    line = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 90,
        "y1": 90,
        "line": {"color": "#777777", "width": 1, "dash": "dash"},
    }
    shapes = [stripe | {"fillcolor": "rgba(120,120,120,0.18)", "line": {"width": 0}}, line]
    return _with(_plain(data, 320, leads, "samples within the interval, %"), shapes=shapes)


def history_figure(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Loss on the training recordings and of the validation fold, over epochs or whatever the first column
    counts."""
    axis = next((name for name in ("epoch", "step") if rows and name in rows[0]), "row")
    data = []
    losses = [name for name in dict.fromkeys(name for row in rows for name in row) if "loss" in name]
    titles = {"train_loss": "trained on", "validation_loss": "validation"}
    for number, name in enumerate(losses):
        points = [(row.get(axis, place), row[name]) for place, row in enumerate(rows) if name in row]
        colour = PALETTE[(number + 4) % len(PALETTE)] if number == 0 else PALETTE[number - 1]
        look = {"color": colour, "width": 1.6, "dash": "solid" if number == 0 else "dot"}
        x, y = [point[0] for point in points], [point[1] for point in points]
        mode = "lines" if number == 0 else "lines+markers"
        data.append(
            {
                "type": "scatter",
                "mode": mode,
                "x": x,
                "y": y,
                "name": titles.get(name, name.replace("_", " ")),
                "line": look,
            }
        )
    figure = _with(_plain(data, 240, None, "loss"), margin={"l": 60, "r": 10, "t": 10, "b": 42})
    figure["layout"]["xaxis"] |= {"title": {"text": axis}}
    return _with(figure, legend={"x": 1, "xanchor": "right", "y": 1})


def learning_figure(curves: Mapping[str, Sequence[Point]]) -> dict[str, Any]:
    """Pearson r over the number of training recordings (logarithmic), a line an input set, with 95 %
    intervals."""
    data = []
    for number, (inputs, points) in enumerate(curves.items()):
        drawn = _points(
            number,
            1,
            inputs,
            [0] * len(points),
            [point.r for point in points],
            [f"{point.records:,} recordings" for point in points],
            METRICS["r"],
        )
        colour = PALETTE[number % len(PALETTE)]
        data.append(
            drawn
            | {
                "x": [point.records for point in points],
                "mode": "lines+markers",
                "line": {"color": colour, "width": 1.2, "dash": "dot" if number >= len(PALETTE) else "solid"},
            }
        )
    legend = {"orientation": "v", "x": 1.01, "xanchor": "left", "y": 1, "yanchor": "top"}
    figure = _with(
        _plain(data, 380, None, METRICS["r"].title),
        margin={"l": 60, "r": 10, "t": 20, "b": 46},
        legend=legend,
    )
    ticks = sorted({point.records for points in curves.values() for point in points})
    axis = {
        "type": "log",
        "title": {"text": "training recordings"},
        "tickvals": ticks,
        "ticktext": [f"{n:,}" for n in ticks],
    }
    figure["layout"]["xaxis"] |= axis
    return figure


def _shift(number: int, of: int) -> float:
    return (number - (of - 1) / 2) * min(0.16, 0.7 / max(1, of))


def _points(
    number: int,
    of: int,
    title: str,
    places: list[int],
    intervals: list[Interval],
    names: list[str],
    metric: Metric,
) -> dict[str, Any]:
    values = [interval.value for interval in intervals]
    error = {
        "type": "data",
        "array": [interval.high - interval.value for interval in intervals],
        "arrayminus": [interval.value - interval.low for interval in intervals],
    }
    hover = [
        f"{title}, {name}: {metric.interval(interval)}, n = {interval.n_records}"
        for name, interval in zip(names, intervals, strict=True)
    ]
    mark = {
        "color": PALETTE[number % len(PALETTE)],
        "symbol": SYMBOLS[(number + number // len(PALETTE)) % len(SYMBOLS)],
        "size": 8,
    }
    return _marks(
        [place + _shift(number, of) for place in places],
        values,
        hover,
        marker=mark,
        name=title,
        error_y=error | {"thickness": 1.3, "width": 2},
    )


def _marks(x: Sequence[float], y: Sequence[float], hover: Sequence[str], **more: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "hoverinfo": "text",
        "hovertext": list(hover),
        **more,
    }


def _figure(data: list[dict[str, Any]], names: Sequence[str], metric: Metric, height: int) -> dict[str, Any]:
    figure = _plain(data, height, names, metric.title)
    if isinstance(metric.better, float):
        line = {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": metric.better,
            "y1": metric.better,
            "layer": "below",
        }
        figure["layout"]["shapes"] = [line | {"line": {"color": "#777777", "width": 1, "dash": "dash"}}]
    return figure


def _plain(
    data: list[dict[str, Any]], height: int, names: Sequence[str] | None, title: str
) -> dict[str, Any]:
    x: dict[str, Any] = {"gridcolor": "#EEEEEE", "zeroline": False}
    if names is not None:
        x |= {"tickvals": list(range(len(names))), "ticktext": list(names), "range": [-0.6, len(names) - 0.4]}
    layout = {
        "height": height,
        "margin": {"l": 60, "r": 10, "t": 34, "b": 40},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "font": {"family": style.FONT, "color": style.INK, "size": 12},
        "dragmode": False,
        "hovermode": "closest",
        "xaxis": x,
        "yaxis": {"title": {"text": title}, "gridcolor": "#E2E2E2", "zeroline": False},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "showlegend": True,
    }
    return {"data": data, "layout": layout}


def _with(figure: dict[str, Any], **layout: Any) -> dict[str, Any]:
    return {"data": figure["data"], "layout": figure["layout"] | layout}
