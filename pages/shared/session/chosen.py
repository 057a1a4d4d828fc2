"""What the reader has chosen, and the model among it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from ecgcore.figures import Paper
from pages.shared import links
from pages.shared.choices import Choices
from pages.shared.memory import complain

if TYPE_CHECKING:
    from models.reconstruct import ModelInfo

OF_PAPER = {choice.name for choice in fields(Paper)}
"""Choices about the paper; they are a value of their own within the choices."""


def choices() -> Choices:
    """What the reader has chosen."""
    return st.session_state.choices


def choose(**changes: Any) -> None:
    """Change some choices; those of ``Paper`` by their own names."""
    now = choices()
    links.touch()
    of_paper = {name: value for name, value in changes.items() if name in OF_PAPER}
    rest = {name: value for name, value in changes.items() if name not in of_paper}
    st.session_state.choices = replace(now.with_paper(**of_paper), **rest)


def widget(make: Callable[..., Any], label: str, name: str, *args: Any, **more: Any) -> Any:
    """A widget that shows and sets the choice of that name."""
    key = f"pick_{name}"
    now = choices()
    st.session_state[key] = getattr(now.paper, name) if name in OF_PAPER else getattr(now, name)
    return make(label, *args, key=key, on_change=_keep, args=(name,), **more)


def _keep(name: str) -> None:
    choose(**{name: st.session_state[f"pick_{name}"]})


def settle_model() -> None:
    """Keep the chosen model where it fits the leads, else take the best that does (generic models come
    first)."""
    names = [model.name for model in models_that_fit()]
    if choices().model not in names:
        if choices().model and "model_settled" not in st.session_state:
            complain(f"The model {choices().model} is not there or does not fit the chosen leads.")
        choose(model=names[0] if names else "")
    st.session_state.model_settled = True


def models_that_fit() -> tuple[ModelInfo, ...]:
    """Models for the chosen leads, best first; none for no leads."""
    from models.reconstruct import fitting

    return fitting(choices().inputs) if choices().inputs else ()


def damaged_models() -> tuple[str, ...]:
    """A sentence for each stored model that cannot be used."""
    from models.reconstruct import damaged

    return damaged()


def model() -> ModelInfo | None:
    """The chosen model."""
    return next((info for info in models_that_fit() if info.name == choices().model), None)
