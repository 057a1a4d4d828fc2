"""Sections of ``RESULTS.md`` about the subjects of ``rlecg study``, by the functions that print each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.studies.significance.trust import PAIRED
from models.hints import hint
from models.reconstruct import of_role, weights_of
from models.report.markdown import block, both, short, signed, table
from models.report.stored import again, having, lacking, other_weights, stored_models, stored_scores
from models.studies.published import one_per_set, systems

if TYPE_CHECKING:
    import pandas as pd


def published(folder: Path) -> Iterator[str]:
    """The published systems beside ours: claims, then every input set of Gradowski and Buchner."""
    from ecgcore.studies.published import benchmark, claims
    from ecgcore.studies.published.evidence import Evidence

    rows = stored_scores(folder, benchmark.FILE)
    if rows.empty:
        yield lacking("benchmark scores")
        return
    ours = [info.name for info in of_role("ours")]
    reduced = frozenset(info.name for info in stored_models() if info.card and info.card.reduced)
    yield (
        "Same recordings, leads, passbands and metrics for all. Printed numbers stand beside ours to be read,"
        " not to be subtracted: protocols differ.\n"
    )
    yield from table(
        ["paper", "claim", "printed", "here", "verdict", "likely why"],
        (
            [finding.paper, finding.claim, finding.printed, finding.here, finding.verdict, finding.why]
            for finding in claims.findings(
                Evidence(rows, reduced, _trials(folder), systems(), next(iter(ours), ""))
            )
        ),
    )
    yield from _as_morphrec(rows)
    yield "\nMean over the chest leads that each set leaves, test fold, 0.5 Hz high-pass, 100 Hz: r / RMSE.\n"
    family = one_per_set()
    duels = benchmark.every_set(rows, ours, family.name) if family else []
    names = list(duels[0].values["r"]) if duels else []
    yield from table(
        ["inputs", *names],
        (
            [duel.inputs, *(both(duel.values["r"][name], duel.values["rmse_uv"][name]) for name in names)]
            for duel in duels
        ),
    )
    yield f"\nAgain: `{hint('benchmark scores')}`."


def _as_morphrec(rows: pd.DataFrame) -> Iterator[str]:
    """V1-V6 from I and II in MorphRec's passband, on both held-out folds."""
    from ecgcore.studies import scores
    from ecgcore.studies.published import benchmark, printed

    inputs = printed.MORPHREC_INPUTS
    means = {
        split: [
            scores.overview(scores.under(rows, replace(benchmark.MONITOR, split=split)), metric)
            for metric in ("r", "rmse_uv")
        ]
        for split in ("test", "val")
    }
    names = [name for name, leads in means["test"][0] if leads == inputs]
    if not names:
        return
    yield (
        f"\nV1-V6 from {inputs}, 0.67-40 Hz (order 5, zero-phase), first nine seconds, 100 Hz; MorphRec "
        f"prints {printed.MORPHREC_R:.3f} / 106.8 uV on all of PTB-XL, its split not stated. Ours are "
        "calibrated on the validation fold.\n"
    )
    yield from table(
        ["model", "test fold: r / RMSE", "n", "validation fold: r / RMSE", "n"],
        (
            [
                name,
                *(
                    cell
                    for r, rmse in means.values()
                    for cell in (both(r[name, inputs], rmse[name, inputs]), str(r[name, inputs].n_records))
                ),
            ]
            for name in names
            if all((name, inputs) in metric for pair in means.values() for metric in pair)
        ),
    )


def full_width(folder: Path) -> Iterator[str]:
    """Published networks at their papers' full width beside ours, also at other hospitals."""
    from ecgcore.studies.published.peers import standings
    from models.studies import peers

    rows, costs = peers.read(folder)
    if not rows:
        yield lacking("peers")
        return
    counts = ", ".join(f"{standing} in {len(several)}" for standing, several in standings(rows).items())
    yield (
        "0.5 Hz high-pass on inputs and truth, 100 Hz; means over the leads that both estimate. Test fold: "
        "PTB-XL fold 10; then its superclasses with ten recordings or more, and whole databases that neither "
        "was trained on (ours by a training that left the database out). Difference: ours minus theirs, "
        f"paired by recording, [95 % interval by patient]. Of {len(rows)} comparisons of r: {counts}.\n"
    )
    yield from table(
        [
            "network",
            "inputs",
            "place",
            "n",
            "r: ours, theirs",
            "difference",
            "RMSE, uV: ours, theirs",
            "difference",
            "",
        ],
        (
            [
                row.model,
                row.inputs,
                row.place,
                str(row.difference["r"].n_records),
                f"{short(row.ours['r'].value)}, {short(row.peer['r'].value)}",
                signed(row.difference["r"], 3),
                f"{row.ours['rmse_uv'].value:.0f}, {row.peer['rmse_uv'].value:.0f}",
                signed(row.difference["rmse_uv"], 1),
                row.standing,
            ]
            for row in rows
        ),
    )
    yield "\nWhat each took, and one window on one core in float32:\n"
    yield from table(
        ["network", "parameters", "epochs (best)", "hours", "ms a window", "seconds a window"],
        (
            [
                name,
                f"{cost.parameters:,}",
                f"{cost.epochs} ({cost.best_epoch})",
                f"{cost.hours:.2f}",
                f"{cost.ms:.0f}",
                f"{cost.window_s:.2f}",
            ]
            for name, cost in costs.items()
        ),
    )
    yield "\nHours: of the machine on each card, beside other trainings."
    if narrow := _only_reduced():
        yield (
            f"\nNot trained at full width, which asks for a graphics card: {', '.join(narrow)}. Nothing here "
            "says how they compare then; `rlecg train NAME --data ROOT --install` trains one."
        )
    yield f"\nAgain: `{hint('peers')}`, with the weights there; the command on each card makes them."


def _only_reduced() -> list[str]:
    """The published families of which only a reduced version was trained, with the parameters of the full
    one."""
    from models.base import build
    from models.bench import parameters

    whole: dict[str, bool] = {}
    for info in stored_models():
        if info.card and info.family.role == "published":
            whole[info.family.name] = whole.get(info.family.name, False) or not info.card.reduced
    return [f"{name} ({parameters(build(name, {}))} parameters)" for name, full in whole.items() if not full]


def _trials(folder: Path) -> Sequence:
    from ecgcore.studies.personal_model import current, read

    path = folder / "personal" / "trials.csv.gz"
    weights = {info.name: weights_of(info.name) for info in stored_models()}
    return current(read(path), weights) if path.is_file() else ()


def qrs_height(folder: Path) -> Iterator[str]:
    """Errors of the height of QRS by working rate."""
    from ecgcore.studies.qrs_height import TABLE
    from models.studies.qrs_height import FILE, lines

    yield "PTB-XL test fold, recordings stored at 500 Hz, 0.5 Hz high-pass, learned leads, peak to peak.\n"
    for info in having(folder, FILE):
        path = folder / info.name / FILE
        rows = TABLE.read(path)
        yield f"{info.name} {', '.join(sorted(set(rows['weights'])))}{other_weights(rows, info.name)}:\n"
        yield from block(line for inputs in rows["inputs"].unique() for line in lines(path, inputs))
        yield ""
    yield again(bool(having(folder, FILE)), "QRS heights")


def measurements(folder: Path) -> Iterator[str]:
    """Errors of intervals, ST and amplitudes measured on estimated leads."""
    from ecgcore.studies.measurements import TABLE, in_words
    from models.studies.measurements import FILE

    yield "PTB-XL test fold, 0.5 Hz high-pass; noise floor: what 20 uV of noise on the true leads does.\n"
    for info in having(folder, FILE):
        rows = TABLE.read(folder / info.name / FILE)
        for weights in rows["weights"].unique():
            yield from block(in_words(rows, info.name, weights).splitlines())
        yield ""
    yield again(bool(having(folder, FILE)), "measurements")


def diagnosis(folder: Path) -> Iterator[str]:
    """What a frozen classifier loses on reconstructed leads."""
    from models.diagnosis.command import lines
    from models.diagnosis.scoring import FILE

    names = [info.name for info in having(folder, FILE) if info.card and not info.card.reduced]
    if not names:
        yield lacking("diagnosis scores")
        return
    yield "AUROC of the five PTB-XL superclasses by one classifier trained on original leads; test fold.\n"
    yield from block(line for text in lines(names, ["test"], None) for line in text.splitlines())
    yield f"\nAgain: `{hint('diagnosis scores')}`; the tables of reduced versions are stored too."


def lead_information(folder: Path) -> Iterator[str]:
    """Whether one more lead ever hurts."""
    from ecgcore.studies.lead_information.states import FILE, ScoredStates, losses

    for info in having(folder, FILE):
        states = ScoredStates.read(folder / info.name / FILE)
        if states.complete:
            other = "" if states.weights == weights_of(info.name) else " (OTHER WEIGHTS than those on disk)"
            n = len(states.patients)
            yield f"{info.name} {states.weights}{other}, {n} recordings: {losses(states)}.\n"
    yield again(bool(having(folder, FILE)), "lead information")


def significance(folder: Path) -> Iterator[str]:
    """Which leads estimates rest on."""
    from ecgcore.studies.significance.by_diagnosis import SUMMARY_NAME, TABLE, answer

    for info in having(folder, SUMMARY_NAME):
        rows = TABLE.read(folder / info.name / SUMMARY_NAME)
        for (question, mode), part in rows.groupby(["question", "mode"], sort=False, dropna=False):
            what = f"{question}, {mode}" if str(mode) not in ("", "nan") else str(question)
            yield f"**{info.name}, {what}{other_weights(rows, info.name)}.** {answer(part)}\n"
    commands = [f"`{hint('significance', question=question)}`" for question in ("contribution", "attention")]
    yield f"Again: {' and '.join(commands)}."


def maps(folder: Path) -> Iterator[str]:
    """Checks of the maps of several trainings."""
    from ecgcore.studies.significance.trust import FILE, TABLE

    tables = having(folder, FILE)
    for info in tables:
        rows = TABLE.read(folder / info.name / FILE)
        yield (
            f"{info.name}, PTB-XL test fold, estimated chest leads from I+II+V2 and I+II+V2+V4. Not by the "
            "stored weights but by short trainings that differ in their seed alone "
            f"({', '.join(sorted(rows['weights'].unique()))}). grad-cam: element-wise, as on the page; "
            "averaged: by mean gradients; gradient: times the input.\n"
        )
        yield from block(checks_of_maps(rows))
        yield ""
    yield again(bool(tables), "checks of maps")


def checks_of_maps(rows: pd.DataFrame) -> Iterator[str]:
    """A line for each check of each kind of map."""
    from ecgcore.studies.significance.trust import CHECKS, answers

    for answer in answers(rows):
        what = "pairs of trainings" if answer.check in PAIRED else "trainings"
        yield (
            f"{answer.kind:9} {CHECKS[answer.check]:64} {answer.value}   n = {answer.value.n_records} maps, "
            f"{answer.value.n_patients} patients, {answer.networks} {what}"
        )


def trainings(folder: Path) -> Iterator[str]:
    """What was tried, what more recordings bring, and what one network for all sets costs."""
    from models.studies.trainings import lines

    yield "PTB-XL validation fold (fold 9) unless a line names another, 0.5 Hz high-pass, 100 Hz.\n"
    for path in sorted(
        path for name in ("trainings", "studies", "ablations") for path in folder.glob(f"*/{name}.csv.gz")
    ):
        yield f"`{path.relative_to(folder).as_posix()}`:\n"
        yield from block(lines(path))
        yield ""
    yield "Again: `rlecg study trainings --out FILE`."


def personal_models(folder: Path) -> Iterator[str]:
    """Networks trained on one long recording beside least squares and the generic models."""
    from models.studies.personal_model import TRIALS_FILE, summary

    path = folder / "personal" / TRIALS_FILE.name
    if path.is_file():
        yield from block(summary(path))
        yield ""
    yield again(path.is_file(), "personal models")


def reference_recordings(folder: Path) -> Iterator[str]:
    """What an earlier 12-lead of the same person adds."""
    from ecgcore.studies import person_maps, visits
    from ecgcore.studies.reference import FILE, TABLE, lines

    for info in having(folder, FILE):
        yield f"{info.name}: r / RMSE (coverage of the interval), generic and personal; difference of r.\n"
        yield from block(lines(TABLE.read(folder / info.name / FILE)))
        yield ""
    yield again(bool(having(folder, FILE)), "reference recordings")
    if (path := folder / visits.FILE).is_file():
        yield "\nWhat bounds the estimate at another visit (PTB-XL patients with several recordings):\n"
        yield from block(visits.lines(visits.TABLE.read(path)))
        yield ""
        yield again(True, "visits")
    if (path := folder / person_maps.FILE).is_file():
        yield "\nCaLiNet's calibrated form beside our personal estimate, I+II+V2, first 2 s with all leads:\n"
        yield from block(person_maps.lines(person_maps.TABLE.read(path)))
        yield ""
        yield again(True, "two seconds of the person")


def electrodes(folder: Path) -> Iterator[str]:
    """How often exchanged electrodes are noticed and named, and right ones doubted."""
    from ecgcore.studies.electrodes import TABLE, in_words
    from models.electrodes.study import FILE

    path = folder / FILE.parent.name / FILE.name
    if path.is_file():
        yield (
            "Every arrangement put upon recordings by its exact algebra, on PTB-XL's test fold and on whole "
            "databases; recordings as they are count false alarms, though some of them are truly exchanged. "
            "Noticed: an alarm of any kind; named: the right one. Wilson's 95 % for as many cases as there "
            "are patients.\n"
        )
        yield from block(in_words(TABLE.read(path)).strip().splitlines())
        yield ""
    yield again(path.is_file(), "electrodes")


def hospitals(folder: Path) -> Iterator[str]:
    """Coverage and gains at hospitals left out in turn, and what local recordings bring."""
    from models.sites.hospitals import BEGUN, FILE, OWN_HOSPITAL, SHIPPED, lines

    for info in having(folder, FILE):
        yield (
            f"{info.name}, a hospital left out in turn: how many of its errors the nominal 90 % interval "
            "holds, by cell (hospital, named set, lead). A hospital of the training mix is judged by a "
            f"training without it (those above), {OWN_HOSPITAL} by its validation fold. own: factors of "
            "the weights themselves. The product's interval for any hospital is the "
            f"{SHIPPED}; it was chosen among these ways on these same hospitals, so it may hold less at "
            "the next one. A site's draws are judged on the recordings that they left; online it begins with "
            f"{BEGUN} recordings and its factors move on with each further one, its gains stay. slope: of "
            "truth on estimate, below 1 where estimates are too tall.\n"
        )
        yield from block(line for text in lines(info.name) for line in text.splitlines())
        yield ""
    yield again(bool(having(folder, FILE)), "hospitals")


def not_stored(folder: Path) -> Iterator[str]:
    """What is printed by a command and not stored, so not repeated here."""
    del folder
    yield "Computed on demand, so without numbers here:\n"
    for what, command in (
        (
            "warnings of recordings unlike the training data",
            "rlecg study out-of-distribution NAME --data ROOT",
        ),
        ("waves marked by the product against marks by hand (LUDB)", "rlecg study delineation --data ROOT"),
        ("findings of quality by database", "rlecg check --database NAME --data ROOT"),
        ("times of models and of maps", "rlecg bench"),
        ("times in the browser", "python -m tests.benchmark"),
    ):
        yield f"- {what}: `{command}`"
