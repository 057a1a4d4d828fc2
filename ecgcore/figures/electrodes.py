"""The torso with the electrodes that look out of place, and where each seems to sit."""

from __future__ import annotations

from typing import Any

from ecgcore.electrodes.arrangements import Arrangement
from ecgcore.figures import style
from ecgcore.figures.torso import LIMB_ELECTRODES, PLACES, outline
from ecgcore.leads import CHEST

SIZE = (250, 255)
SUSPECT, QUIET = "#C4421A", "#BBBBBB"
SITES: dict[str, tuple[float, float]] = LIMB_ELECTRODES | {lead: PLACES[lead] for lead in CHEST}
UP = {"V2", "V3"}


def electrodes_figure(arrangement: Arrangement) -> dict[str, Any]:
    """Every electrode on the torso, suspects large and named; an arrow runs from the place an electrode
    should have to the one it seems to have."""
    suspects = suspect_sites(arrangement)
    data = [
        _points([site for site in SITES if site not in suspects], QUIET, 8),
        _points(list(suspects), SUSPECT, 15),
    ]
    notes = [_name(site) for site in suspects] + [
        _arrow(cable, site) for cable, site in moves(arrangement) if cable != site
    ]
    bare = {"visible": False, "fixedrange": True}
    layout = {
        "width": SIZE[0],
        "height": SIZE[1],
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "showlegend": False,
        "dragmode": False,
        "shapes": [outline()],
        "annotations": notes,
        "xaxis": bare | {"range": [-17, 17]},
        "yaxis": bare | {"range": [-18.5, 18], "scaleanchor": "x"},
    }
    return {"data": data, "layout": layout}


def alt_text(arrangement: Arrangement) -> str:
    """What the figure shows, in words."""
    return f"Body outline: {arrangement.text}. Marked: {', '.join(suspect_sites(arrangement)) or 'nothing'}."


def suspect_sites(arrangement: Arrangement) -> tuple[str, ...]:
    """The electrodes to mark; for a limb lead that is upside down both of its own."""
    ends = {"I": ("RA", "LA"), "II": ("RA", "LL")}
    named = [site for name in arrangement.electrodes for site in ends.get(name, (name,))]
    return tuple(dict.fromkeys(named))


def moves(arrangement: Arrangement) -> tuple[tuple[str, str], ...]:
    """(electrode, the place it seems to have), where electrodes changed places."""
    names = arrangement.electrodes
    if arrangement.kind in ("chest exchange", "limb exchange", "chest rotation", "right leg") and len(
        names
    ) in (2, 3):
        return tuple(zip(names, (*names[1:], names[0]), strict=True))
    if arrangement.kind == "chest reversed":
        return tuple(zip(CHEST[:3], CHEST[:2:-1], strict=True))
    if arrangement.name == "arms-legs":
        return (("RA", "RL"), ("LA", "LL"))
    return ()


def _points(sites: list[str], colour: str, size: int) -> dict[str, Any]:
    line = {"color": "#222222", "width": 1.2}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [SITES[site][0] for site in sites],
        "y": [SITES[site][1] for site in sites],
        "hoverinfo": "text",
        "hovertext": sites,
        "marker": {"size": size, "color": colour, "line": line, "opacity": 1},
    }


def _name(site: str) -> dict[str, Any]:
    x, y = SITES[site]
    above = site in UP or site in ("V1", "V6", "RA", "LA")
    font = {"size": 13, "color": SUSPECT, "family": style.FONT}
    return {
        "x": x,
        "y": y,
        "text": f"<b>{site}</b>",
        "yshift": 15 if above else -16,
        "showarrow": False,
        "font": font,
    }


def _arrow(cable: str, site: str) -> dict[str, Any]:
    (x, y), (tail_x, tail_y) = SITES[site], SITES[cable]
    ends = {"x": x, "y": y, "ax": tail_x, "ay": tail_y, "axref": "x", "ayref": "y", "xref": "x", "yref": "y"}
    look = {
        "arrowhead": 2,
        "arrowsize": 1,
        "arrowwidth": 1.5,
        "arrowcolor": SUSPECT,
        "standoff": 9,
        "startstandoff": 9,
    }
    return ends | look | {"showarrow": True, "text": "", "opacity": 0.8}
