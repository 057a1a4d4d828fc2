"""ST of the same leads by the two measurements that used to stand side by side, and by what is shown now
(``rlecg study st-routes``)."""

from __future__ import annotations

from pathlib import Path

from ecgcore.datasets import open_database, records_of
from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.evaluation.scoring import prepare
from ecgcore.leads import LeadSet
from ecgcore.measurements import VERSION, beats_of, measure
from ecgcore.measurements.st.comparison import at_points_of, compare_st
from ecgcore.studies.measurements.st_routes import NAMES, SIDES, TABLE, disagreement
from models.progress import progress
from models.reconstruct import TRAINED, reconstruct, weights_of

FILE = "st-routes.csv.gz"
USUAL = (LeadSet("I II V2"), LeadSet("I II"))


def file_of(name: str) -> Path:
    """Where the table of a model lies."""
    return TRAINED / name / FILE


def rows_of(root: Path, name: str, inputs: LeadSet, record: str) -> list[tuple]:
    """One record's rows; none for a record that the model or the measuring cannot work with."""
    base = open_database("ptb-xl", root)
    try:
        truth = prepare(base.read(record), "high-pass")
        answer = reconstruct(truth, inputs, name)
        values = _values(truth, answer)
    except UnusableEcg:
        return []
    fixed = (name, weights_of(name), str(inputs), record, base.info(record)["patient"] or record, VERSION)
    return [(*fixed, *key, *(_text(value) for value in ways)) for key, ways in values.items()]


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _values(truth: Ecg, answer: Reconstruction) -> dict[tuple[str, str, str], tuple[float | None, ...]]:
    """(side, lead, name) -> what each way of measuring gives, uV."""
    leads, beats = answer.estimated & truth.leads, beats_of(truth)
    alone = [measure(side.pick(leads), beats, spread=False) for side in (truth, answer.ecg)]
    together = [measure(side, beats, spread=False) for side in (truth, answer.ecg)]
    true, own = together
    listed = (true, at_points_of(true, truth, own, answer.ecg))
    judged = compare_st(true, listed[1], own, answer, None, None).leads
    values = {}
    for place, side in enumerate(SIDES):
        for lead in leads:
            shape = getattr(judged[lead], side) if lead in judged else None
            for name in NAMES:
                values[side, lead, name] = (
                    alone[place].leads[lead][name].value,
                    together[place].leads[lead][name].value,
                    listed[place].leads[lead][name].value,
                    None if shape is None else getattr(shape, name.removeprefix("st_")),
                )
    return values


def run(name: str, root: Path, out: Path, sets: tuple[LeadSet, ...]) -> None:
    """Append what is missing to the table at out; rows of other weights are taken out."""
    import torch

    torch.set_num_threads(1)
    TABLE.keep(out, lambda table: (table["weights"] == weights_of(name)) & (table["measuring"] == VERSION))
    records = records_of(open_database("ptb-xl", root), "test")
    with TABLE.appending(out) as (done, write):
        left = [record for record in records if (weights_of(name), record, VERSION) not in done]
        for record in progress(left):
            write([row for inputs in sets for row in rows_of(root, name, inputs, record)])


def lines(out: Path) -> list[str]:
    """What the table says of each input set: by the two earlier ways, and now."""
    table = TABLE.read(out)
    return [
        f"{inputs:8} {title}: J+60 apart by more than 20 uV in {of.apart} of {of.values} leads, median "
        f"{of.median_uv:.1f}, largest {of.largest_uv:.0f} uV; ST criterion differs in {of.criterion} of "
        f"{of.judged}"
        for inputs, rows in table.groupby("inputs", observed=True)
        for title, of in (
            ("before", disagreement(rows, "alone", "together")),
            ("now", disagreement(rows, "listed", "judged")),
        )
    ]
