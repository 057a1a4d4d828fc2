"""The parts of the Personal model page: choice of lead and model, the training and its curve, the result."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.figures import describe, paper_figure
from ecgcore.figures.training import loss_figure
from ecgcore.leads import LeadSet
from pages.shared import downloads, links, memory, session, training_queue, widgets
from pages.shared.reads import personal_model
from pages.shared.reads.personal_model import networks, titles
from pages.shared.recordings import examples
from pages.shared.widgets import number

MEANS = ("r", "rmse_uv", "mse_scaled")
SHORTEST_S = 30.0
FIRST = "first-seconds"
PASSBAND_TEXT = "0.5–50 Hz band-pass (zero-phase)"


def too_short() -> str:
    """Why this recording will not do, or nothing."""
    ecg = session.recording()
    if len(ecg.leads) < 2:
        return "A personal model learns from the missing leads; this recording has one lead only."
    if ecg.duration < SHORTEST_S:
        return (
            f"This recording lasts {ecg.duration:.0f} s. A personal model is trained on the recording "
            f"itself and tested on its last tenth; "
            f"it takes {SHORTEST_S:.0f} s or more."
        )
    return ""


def offer_a_long_one() -> None:
    """One click to a recording that will do."""
    st.button(
        "Open a simulated recording of two minutes",
        key="personal_long",
        icon=":material/play_arrow:",
        on_click=examples.open_long,
    )


def choose() -> tuple[str, str]:
    """Input lead and model, both part of the link, and the button that trains."""
    there = list(session.recording().leads)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        usual = "II" if "II" in there else there[0]
        lead = links.one_of(st.selectbox, "Input lead", "input", there, usual, width=120)
        models = [*networks(), *personal_model.cast().closed_forms]
        model = links.one_of(
            st.selectbox, "Method", "method", models, format_func=titles().__getitem__, width=400
        )
        training = find(lead, model)
        if (
            model in networks()
            and not usable(lead)
            and (training is None or training.state in ("failed", "cancelled"))
        ):
            label = "Train" if training is None else "Train again"
            st.button(
                label,
                type="primary",
                icon=":material/play_arrow:",
                key="personal_train",
                on_click=_start,
                args=(lead, model),
            )
    _others(lead, model)
    return lead, model


def find(lead: str, model: str) -> training_queue.Training | None:
    """The training of this recording from that lead by that method, if there is one."""
    return training_queue.queue().find((session.recording().digest, lead, model))


def usable(lead: str) -> str:
    """Why the chosen input lead will not do, or nothing."""
    from models.training.personal import refuse_flat

    whole = session.recording()
    try:
        refuse_flat(personal_model.prepared(whole), LeadSet(lead))
    except UnusableEcg as error:
        return str(error)
    return ""


def _others(lead: str, model: str) -> None:
    """The other trainings of this recording, one click away."""
    others = [
        training
        for training in training_queue.queue().of_recording(session.recording().digest)
        if training.key[1:] != (lead, model)
    ]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Also of this recording:", width="content")
        for other in others:
            _, its_lead, its_model = other.key
            icon = {"done": ":material/check:", "running": ":material/hourglass_top:"}.get(
                other.state, ":material/schedule:"
            )
            text = f"{personal_model.cast().titles[its_model]} from {its_lead}"
            st.button(
                text,
                icon=icon,
                key=f"other_{its_lead}_{its_model}",
                type="tertiary",
                on_click=_go_to,
                args=(its_lead, its_model),
            )


def _go_to(lead: str, model: str) -> None:
    links.put(input=lead, method=model)


def _start(lead: str, model: str) -> None:
    from models.training.personal import fresh, train_apart

    ecg = session.recording()
    options = memory.kept("personal_options", {})
    epochs = options.get("epochs", fresh(model).epochs)
    try:
        training_queue.queue().submit(
            (ecg.digest, lead, model),
            epochs,
            lambda progress, cancel: train_apart(model, ecg, LeadSet(lead), progress, cancel, options),
        )
    except UnusableEcg as error:
        memory.complain(str(error))


@st.fragment(run_every=1.0)
def follow(lead: str, model: str) -> None:
    """Progress of the training, once a second; the page is drawn again when it ends."""
    training = find(lead, model)
    if training is None or not training.active:
        st.rerun()
        return
    if training.state == "waiting":
        ahead = training_queue.queue().ahead(training)
        st.progress(
            0.0,
            f"Waiting; {ahead} training{'s' if ahead != 1 else ''} before this one. One is trained at a "
            f"time.",
        )
    else:
        done, left = len(training.history), training.seconds_left
        rest = "; the first tells how long it takes" if left is None else f", {_seconds(left)} left at most"
        st.progress(min(1.0, done / training.epochs), f"Epoch {done} of {training.epochs}{rest}")
    st.button(
        "Cancel",
        icon=":material/stop:",
        key="personal_cancel",
        on_click=training_queue.queue().cancel,
        args=(training,),
    )
    curve(training)
    again = "upload the same file" if session.origin().kind == "upload" else "open this address"
    st.caption(
        f"The training goes on when you leave the page: {again} again and it is here.",
        help="It belongs to the recording, the lead and the method, and is kept for two hours or until the "
        "server is restarted.",
    )


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < 90 else f"{value / 60:.1f} min"


def curve(training: training_queue.Training) -> None:
    """The loss over the epochs."""
    if training.history:
        figure = loss_figure(list(training.history), training.epochs)
        widgets.chart(figure, "personal_curve", "Loss over epochs", width=520)


def how_it_ended(training: training_queue.Training) -> None:
    """One sentence; what failed is said."""
    if training.state == "failed":
        st.error(training.error)
    elif training.state == "cancelled":
        st.info("The training was cancelled.")


def result(lead: str, model: str) -> None:
    """The last tenth: on paper, and in numbers beside least squares and the generic models."""
    whole, who = session.recording(), personal_model.cast()
    fits = {
        name: training.result
        for name in networks()
        if (training := find(lead, name)) and training.state == "done"
    }
    reconstructions = {
        name: estimate
        for name in (*fits, *who.closed_forms, *who.generic)
        if (estimate := personal_model.estimate(lead, name, fits.get(name), whole))
    }
    if instant := personal_model.from_first_seconds(lead, whole):
        reconstructions = {FIRST: instant} | reconstructions
    truth = personal_model.prepared(whole)
    shown = model if model in reconstructions else next(iter(reconstructions))
    if shown != model:
        st.caption(
            f"Until {who.titles[model]} is trained, the paper shows what is there at once: "
            f"{_long_titles()[shown]}."
        )
    _paper(truth, reconstructions[shown])
    _tables(truth, reconstructions, model)
    training = find(lead, model)
    if training and training.state == "done":
        with st.expander("Training curve"):
            curve(training)
            seconds = sum(row["seconds"] for row in training.history)
            st.caption(
                f"{len(training.history)} epochs in {_seconds(seconds)}; the weights with the lowest "
                f"validation loss are used."
            )


def _long_titles() -> dict[str, str]:
    reference = f"The first {personal_model.FIRST_S:.0f} s as reference for {personal_model.generic_title()}"
    return {FIRST: reference} | titles()


def _short_titles() -> dict[str, str]:
    """In a narrow column."""
    return {FIRST: f"first {personal_model.FIRST_S:.0f} s as reference"} | dict(personal_model.cast().titles)


def _paper(truth: Ecg, reconstruction: Reconstruction) -> None:
    from models.training.personal import held_out

    start, stop = held_out(truth)
    stop = min(stop, start + session.SEGMENT_S)
    now = session.choices()
    paper, part, seen = now.paper, truth.cut(start, stop), reconstruction.cut(start, stop)
    text = f"{PASSBAND_TEXT}   from {start:.1f} s, not trained on"
    figure = paper_figure(part, seen, paper, difference=now.difference, filter_text=text)
    widgets.true_scale(figure, "personal_sheet", alt=describe(part, seen, paper))
    _take_along(truth, reconstruction)


def _take_along(truth: Ecg, reconstruction: Reconstruction) -> None:
    """The estimate of the last tenth as CSV, with the recorded leads."""
    from ecgcore.export import Export, export_format
    from models.training.personal import held_out

    start, stop = held_out(truth)
    out = Export(
        reconstruction.cut(start, stop),
        truth.cut(start, stop),
        passband=PASSBAND_TEXT,
        start=start,
        recording_s=truth.duration,
        recorded=True,
        model_title=_long_titles().get(reconstruction.model, reconstruction.model),
    )
    form = export_format("csv")
    st.download_button(
        f"Estimate of the last {stop - start:.0f} s, {form.title}",
        partial(form.bytes_of, out),
        f"personal-model{form.suffix}",
        form.mime,
        icon=":material/download:",
        on_click="ignore",
        key="personal_estimate",
    )


def _tables(truth: Ecg, reconstructions: dict[str, Reconstruction], chosen: str) -> None:
    from models.studies.personal_model import trained_on_them
    from models.training.personal import duel, held_out, mean, score

    scores = {
        name: {row.lead: row for row in score(truth, reconstruction)}
        for name, reconstruction in reconstructions.items()
    }
    leads = [lead for lead in truth.leads if any(lead in rows for rows in scores.values())]
    start, stop = held_out(truth)
    st.markdown(f"**Agreement on the last {stop - start:.0f} s, which no personal model was fitted on**")
    who, short = personal_model.cast(), _short_titles()
    if chosen in networks() and chosen in scores:
        ahead, of = duel(scores[chosen].values(), scores[who.reference].values())
        st.markdown(
            f"{who.titles[chosen]} is nearer to the recorded lead than {who.titles[who.reference]} in "
            f"**{ahead} of {of}** leads."
        )
    means = {
        name: [mean(getattr(row, what) for row in rows.values()) for what in MEANS]
        for name, rows in scores.items()
    }
    best = min(means, key=lambda name: means[name][2])
    head = "| Model | mean r | mean RMSE µV | mean MSE, scaled | " + " | ".join(leads) + " |"
    lines = [head, "|:--|--:|--:|--:|" + "--:|" * len(leads)]
    for name, rows in scores.items():
        cells = [number(value, digits) for value, digits in zip(means[name], (3, 0, 4), strict=True)]
        each = [number(rows[lead].r if lead in rows else None, 2) for lead in leads]
        title = f"**{short[name]}**" if name == best else short[name]
        lines.append(f"| {title} | {' | '.join(cells)} | {' | '.join(each)} |")
    downloads.table("\n".join(lines), "personal-agreement")
    st.caption(
        "Columns of leads: r; bold: the lowest MSE. Personal models and least squares saw the first nine "
        "tenths of this very recording with all leads; a good result says nothing about another day or "
        "patient.",
        help=f"{PASSBAND_TEXT} for all; a dash where a lead is flat. Scaled: divided by half the joint range "
        f"of what was trained on, as in the paper. The reference has its first {personal_model.FIRST_S:.0f} "
        f"s; generic models had the input lead alone. {trained_on_them()}",
    )
