"""How every page writes lead sets and numbers: "I + II + V2" and "0.930", whatever a stored table has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

BETWEEN_LEADS = re.compile(r"(?<=[IVRLFxy\d])\+(?=V[1-6x-y]|I{1,3}\b|aV[RLF])")
NO_ZERO = re.compile(r"(?<![\w.])\.(?=\d)")
"""A point that begins a number."""
AS_THEY_ARE = ("customdata", "ids", "type", "mode", "hoverinfo")
"""Parts of a figure that are not read by people."""


def written(text: str) -> str:
    """A text with spaces between leads and a zero before each point."""
    return NO_ZERO.sub("0.", BETWEEN_LEADS.sub(" + ", text))


def markdown(text: str, help: str | None = None, **more: Any) -> None:  # noqa: A002 - as Streamlit calls it
    """Markdown, ``written``; help: what is behind its mark."""
    st.markdown(written(text), help=help and written(help), **more)


def caption(text: str, help: str | None = None, **more: Any) -> None:  # noqa: A002
    """A caption, ``written``; help: what is behind its mark."""
    st.caption(written(text), help=help and written(help), **more)


def drawn(figure: Any) -> Any:
    """A figure, or a part of one, with all its texts ``written``."""
    if isinstance(figure, str):
        return written(figure)
    if isinstance(figure, Mapping):
        return {name: part if name in AS_THEY_ARE else drawn(part) for name, part in figure.items()}
    if isinstance(figure, (list, tuple)) and any(isinstance(part, (str, Mapping)) for part in figure):
        return [drawn(part) for part in figure]
    return figure
