"""The tables of QRS heights at 500 Hz, read once per server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.studies import qrs_height
from pages.shared.reads import scores

FILE = "peaks.csv.gz"


def tables() -> dict[str, Any]:
    """The table of each model that has one, best first."""
    paths = (scores.folder() / name / FILE for name in scores.titles())
    return _read(scores.stamp(tuple(path for path in paths if path.is_file())))


@st.cache_data(max_entries=4, show_spinner="Reading R peaks")
def _read(files: scores.Stamp) -> dict[str, Any]:
    return {Path(name).parent.name: qrs_height.TABLE.read(Path(name)) for name, _ in files}
