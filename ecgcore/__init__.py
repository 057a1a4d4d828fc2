"""The domain of reduced-lead ECG: values and functions on them, without torch and without streamlit.

The front door for programs: ``read`` a recording, ``measure`` it, list its quality ``findings``; ``Ecg`` and
``LeadSet`` are the values they work on. Each is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecgcore.ecg import Ecg
    from ecgcore.io import read
    from ecgcore.leads import LeadSet
    from ecgcore.measurements import measure
    from ecgcore.quality import findings

__all__ = ["Ecg", "LeadSet", "findings", "measure", "read"]

_HOMES = {
    "Ecg": ("ecgcore.ecg", "Ecg"),
    "LeadSet": ("ecgcore.leads", "LeadSet"),
    "findings": ("ecgcore.quality", "findings"),
    "measure": ("ecgcore.measurements", "measure"),
    "read": ("ecgcore.io", "read"),
}


def __getattr__(name: str) -> Any:
    """What is imported from here, from where it lives."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
