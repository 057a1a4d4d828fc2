"""The tables of reference recordings behind the Results page, read once per server. They hold open databases'
record numbers, nobody's own data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.studies import reference
from pages.shared.reads.scores import Stamp, folder, stamp


def gains() -> dict[str, tuple[set[str], list[Any]]]:
    """By model: the weights its table was made with, and what the reference adds under each condition."""
    return _gains(stamp(tuple(sorted(folder().glob(f"*/{reference.FILE}")))))


@st.cache_resource(max_entries=2, show_spinner="Reading the tables of reference recordings")
def _gains(files: Stamp) -> dict[str, tuple[set[str], list[Any]]]:
    tables = {Path(name).parent.name: reference.TABLE.read(Path(name)) for name, _ in files}
    return {
        model: (set(table["weights"].astype(str)), list(reference.summary(table)))
        for model, table in tables.items()
    }
