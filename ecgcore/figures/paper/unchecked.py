"""A sheet as it goes to the browser, without Plotly's check of every value, which took a fifth of a change of
leads. A test holds sheets against what the check makes of them (``tests/ecgcore/figures/test_unchecked.py``).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from plotly.basedatatypes import BaseFigure

SHORT = {"float64": "f8", "float32": "f4", "int32": "i4", "int16": "i2", "uint8": "u1"}
"""Types of numbers as the browser's arrays are called."""


class Unchecked(BaseFigure):  # type: ignore[misc]
    """Takes a figure's JSON for granted. Streamlit asks nothing else of it than ``to_dict``."""

    def __init__(self, figure: Mapping[str, Any]) -> None:  # the base's would check and copy all
        object.__setattr__(self, "given", figure)

    def to_dict(self) -> dict[str, Any]:
        """The figure with numbers packed as a browser unpacks them, and Plotly's usual look where it names
        none."""
        layout = {"template": _usual_look(), **self.given.get("layout", {})}
        packed: dict[str, Any] = _packed({**self.given, "layout": layout})
        return packed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.given['data'])} traces)"


@cache
def _usual_look() -> dict[str, Any]:
    import plotly.io

    template: dict[str, Any] = plotly.io.templates[plotly.io.templates.default].to_plotly_json()
    return template


def _packed(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: _packed(value) for name, value in part.items() if value is not None}
    if isinstance(part, (list, tuple)):
        whole = all(isinstance(value, (str, int, float)) or value is None for value in part)
        return part if whole else [_packed(value) for value in part]
    if isinstance(part, np.ndarray):
        return _array(part)
    return part.item() if isinstance(part, np.generic) else part


def _array(values: np.ndarray) -> Any:
    short = SHORT.get(values.dtype.name)
    if short is None or values.ndim != 1 or values.size == 0:
        return values.tolist()
    return {"dtype": short, "bdata": base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()}
