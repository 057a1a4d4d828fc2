"""What came out when personal models were tried on the recordings of TWADB and PTB: on the Personal model
page."""

from __future__ import annotations

from typing import Any

from ecgcore.evaluation.metrics import METRICS
from ecgcore.figures.personal_model import recordings_figure
from ecgcore.figures.scores import inputs_figure
from ecgcore.studies import personal_model as trials
from pages.shared import downloads, widgets
from pages.shared.reads import personal_model

PRINTED = {"CR": "0.77, 0.02", "least squares as published": "0.0, 0.08"}
"""Mean r and MSE that the paper prints."""


def outcome() -> None:
    """The answer in sentences, the table behind it, recordings and input leads; nothing where no table is on
    disk."""
    results = personal_model.outcome()
    if results is None:
        return
    from models.studies.personal_model import trained_on_them

    rows = results["rows"]
    if not rows:
        return
    n = rows[0].r
    widgets.markdown(f"#### What came out over {n.n_records} recordings")
    tests = f" Tests are over patients, p values times the {results['tests']} comparisons made."
    widgets.caption(
        f"TWADB and PTB, {n.n_patients} patients, from {trials.USUAL}; each recording's last tenth; "
        "[95 % interval by patient].",
        help="The same settings for all. Mean over the estimated leads of a recording, then over recordings."
        + (tests if results["tests"] else ""),
    )
    if results["said"]:
        widgets.markdown("\n".join(f"- {sentence}" for sentence in results["said"]))
    else:
        widgets.caption(
            "CR and CF with the settings of this page have not been tried on enough recordings yet; the "
            "closed forms have."
        )
    _table(rows, trained_on_them())
    figure = recordings_figure(results["trials"], personal_model.cast())
    widgets.chart(figure, "trials_recordings", "Mean r per recording and model")
    _by_input(results)
    if results["unscaled"]:
        widgets.markdown(
            "**Without fixed scales**",
            help="Scaled jointly to [−1, 1], a lead fills a few hundredths of the range; a network that "
            "takes these numbers as they are can answer with the mean for tens of epochs. Trained so, the "
            "layers being the same.",
        )
        widgets.markdown("\n".join(f"- {sentence}" for sentence in results["unscaled"]))


def _table(rows: list[trials.Row], generic: str) -> None:
    """generic: a sentence about what the generic models were trained on."""
    r, rmse, mse = METRICS["r"], METRICS["rmse_uv"], METRICS["mse_joint"]
    lines = [
        "| Model | mean r | RMSE µV | MSE, scaled | worst lead r | paper: r, MSE |",
        "|:--|--:|--:|--:|--:|--:|",
    ]
    best = max(row.r.value for row in rows)
    for row in rows:
        title = personal_model.cast().titles[row.model]
        cells = (
            r.interval(row.r),
            rmse.interval(row.rmse_uv),
            mse.interval(row.mse_scaled),
            METRICS["r2"].text(row.worst_r),
        )
        name = f"**{title}**" if row.r.value == best else title
        lines.append(
            f"| {name} | {' | '.join(cells)} | {PRINTED.get(personal_model.cast().titles[row.model], '')} |"
        )
    downloads.table("\n".join(lines), "models")
    widgets.caption(
        "CR: two-dimensional CNN, CF: flattened CNN, D: with dropout. Personal models and least squares "
        "saw nine "
        "tenths of each recording with all twelve leads.",
        help="Bold: the highest mean, which need not be told apart from the next. p values are corrected "
        f"for the number of comparisons, intervals are not. {generic} Paper: means that Matyschik et al. "
        "print for TWADB, over all input leads, recordings and windows of theirs; its r of 0.0 is least "
        "squares without an intercept.",
    )


def _by_input(means: dict[str, Any]) -> None:
    if not means["inputs_n"]:
        return
    from ecgcore.leads import STANDARD

    n = means["inputs_n"]
    widgets.markdown(
        f"**From which lead?** {n} recordings, trained from each of the twelve; bars from the worst "
        f"recording to the best"
    )
    titles = {name: personal_model.cast().titles[name] for name in means["models"]}
    figure = inputs_figure(means["inputs"], titles, list(STANDARD), METRICS["r"])
    widgets.chart(figure, "trials_inputs", "Mean r by input lead")
