"""The parts of the Trained models page: one model's card in words, and the curve of its training."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecgcore.figures.scores import history_figure
from ecgcore.studies import scores as results
from pages.shared import downloads, links, widgets
from pages.shared.reads import scores
from pages.views.trained import trainings

_EMPTY = ("", None, [], ())
"""An option of the configuration that was left alone."""


def model_picker() -> str | None:
    """One of all models, trained ones first, then those fitted on each recording; None without any."""
    from models.base import families

    titles = scores.titles() | {
        name: f"{family.title} · fitted on each recording"
        for name, family in families().items()
        if family.personal
    }
    if not titles:
        return None
    return links.one_of(
        st.selectbox, "Model", "model", list(titles), format_func=titles.__getitem__, width=460
    )


def show(name: str) -> None:
    """The card of a trained model with its training, or what there is to say of a personal one."""
    from models.reconstruct import in_tables

    info = next((entry for entry in in_tables() if entry.name == name), None)
    if info is None:
        _personal(name)
    else:
        _card(info)
        _training(name)
        trainings.show(name)


def _personal(name: str) -> None:
    from models.base import families

    family = families()[name]
    widgets.markdown(f"#### {family.title} :small[:gray[`{name}` · personal]]")
    widgets.markdown(
        "Fitted on the open recording itself: it sees the missing leads in the first part and is scored on "
        "the rest. Its errors say "
        "nothing about another person and never stand in one column with a generic model’s."
    )
    _lines({"Published as": family.paper})
    _departures(family.departures, family.paper)


def _card(info: Any) -> None:
    """What a reader must know before relying on the model."""
    card, (size, digest) = info.card, _weights(info.name)
    widgets.markdown(
        f"#### {card.title} :small[:gray[`{card.name}` · family `{card.family}` · weights `{digest}` · "
        f"{f'{size / 1e6:.2f} MB' if size else 'not shipped'}]]"
    )
    if not size:
        st.info(
            "The weights of this network are above 10 MB and do not come with the product: its scores are "
            "shown, but it cannot be chosen for a recording until it is trained here: the command below, "
            "with `--install`.",
            icon=":material/inventory_2:",
        )
    left, right = st.columns(2, gap="large")
    with left:
        _lines(
            {
                "Needs": "any set of leads" if card.inputs == "any" else " or ".join(card.inputs),
                "Estimates": card.outputs.replace("+", " "),
                "Works at": f"{card.rate_hz:g} Hz" if card.rate_hz else "the recording’s own rate",
                "Window": f"{card.window_s:g} s" if card.window_s else "recordings of any length",
                "Scaling": card.normalisation,
                "Trained on": card.dataset,
                "Split": card.folds,
                "Recordings": f"{card.records:,} of {card.patients:,} patients",
                "Published as": card.paper,
                "Version": card.version if card.paper else "",
            }
        )
    with right:
        _lines(
            {
                "Intended use": card.intended_use,
                "Licence": card.licence,
                "Command": f"`{card.command}`",
                "Commit": f"`{card.commit.removesuffix('+')}`"
                + (" with uncommitted changes" if card.commit.endswith("+") else ""),
                "Date": card.date,
                "Seed, steps": f"{card.seed}, {card.steps:,}",
                "Configuration": "; ".join(
                    _option(name, value) for name, value in card.config.items() if value not in _EMPTY
                )
                or "none",
            }
        )
    if card.metrics:
        with st.expander("Headline results"):
            _lines(card.metrics)
    _departures(card.departures, card.paper)
    if not card.metrics:
        widgets.caption("No headline result on the card; what it scores stands on the Results page.")


def _option(name: str, value: Any) -> str:
    values = value if isinstance(value, list | tuple) else [value]
    return f"{name.replace('_', ' ')} {', '.join(map(str, values))}"


def _training(name: str) -> None:
    """The curve of the training, where it was kept."""
    path = scores.folder() / name / "history.csv"
    rows = results.history(path) if path.is_file() else []
    if not rows:
        widgets.caption("Solved in closed form or trained elsewhere; no history of its training is kept.")
        return
    widgets.markdown("**Training**")
    widgets.chart(history_figure(rows), "trained_history", f"Loss over the training of {name}.", width=760)
    hours = sum(row.get("seconds", 0.0) for row in rows) / 3600
    widgets.caption(
        f"Losses are in the model’s own scaled units{f'; {hours:.1f} h of training' if hours >= 0.1 else ''}."
    )


def _weights(name: str) -> tuple[int, str]:
    """Bytes, 0 for weights that are not shipped, and their hash."""
    from models.checkpoint import WEIGHTS_FILE
    from models.reconstruct import TRAINED, weights_of

    path = TRAINED / name / WEIGHTS_FILE
    return path.stat().st_size if path.is_file() else 0, weights_of(name)


def _departures(sentences: tuple[str, ...], paper: str) -> None:
    if sentences:
        widgets.markdown(
            f"**{'Departures from the paper' if paper else 'To know'}**\n"
            + "\n".join(f"- {sentence}" for sentence in sentences)
        )


def _lines(facts: dict[str, str]) -> None:
    rows = "\n".join(f"| **{name}** | {value.replace('|', '/')} |" for name, value in facts.items() if value)
    if rows:
        downloads.table(f"| | |\n|:--|:--|\n{rows}", "card")
