"""Lead significance over a set of recordings: shares by diagnosis with intervals, chance levels, and what they say in words.

Input is one row per recording and lead; output is one row per group and lead. Shares: of a recording's total, 0-1. Intervals are from a
bootstrap over patients. Two nulls. *No lead is special*: each recording's shares are dealt out to its leads anew; the band of the mean
share under that. *The group is nothing special*: recordings change groups, whole patients together; the p value that shares of
the group and of all others differ as much as they do (sum over leads of the squared difference of means).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.leads import STANDARD
from ecgcore.statistics import bootstrap_mean

if TYPE_CHECKING:
    import pandas as pd

QUESTIONS = {"attention": "What the autoencoder attends to", "worth": "What a lead is worth for the others"}
MEASURES = {"raw": "raw", "normalised": "variance-normalised"}
KEYS = ("question", "model", "weights", "mode", "measure")
SUMMARY = (
    *KEYS,
    "group",
    "lead",
    "share",
    "low",
    "high",
    "records",
    "patients",
    "chance_low",
    "chance_high",
    "p_group",
    "p_group_corrected",
)
ALL = "all"
_DRAWS = 1000


def summarise(rows: pd.DataFrame, groups: Mapping[str, tuple[str, ...]], seed: int = 0) -> pd.DataFrame:
    """One row per question, measure, group and lead.

    rows: record, patient, KEYS, lead, share. groups: of each record. "all" is every recording; a record may be in several groups.
    """
    import pandas as pd

    out = []
    names = sorted({name for record in rows["record"].unique() for name in groups.get(record, ())})
    for key, part in rows.groupby(list(KEYS), sort=False):
        wide = part.pivot_table(index=["record", "patient"], columns="lead", values="share", aggfunc="first").dropna()
        leads = [lead for lead in STANDARD if lead in wide.columns]
        shares = wide[leads].to_numpy()
        records, patients = (wide.index.get_level_values(level).to_numpy() for level in ("record", "patient"))
        for group in (ALL, *names):
            inside = np.array([group == ALL or group in groups.get(record, ()) for record in records], bool)
            if not inside.any():
                continue
            rng = np.random.default_rng(seed)
            low, high = lead_chance(shares[inside], rng)
            p = float("nan") if group == ALL or inside.all() else group_chance(shares, inside, patients, rng)
            for column, lead in enumerate(leads):
                found = bootstrap_mean(shares[inside, column], patients[inside])
                row = (found.value, found.low, found.high, found.n_records, found.n_patients, low, high, p, min(1.0, p * len(names)))
                out.append((*key, group, lead, *row))
    return pd.DataFrame(out, columns=list(SUMMARY))


def lead_chance(shares: np.ndarray, rng: np.random.Generator, draws: int = _DRAWS) -> tuple[float, float]:
    """95 % range of a lead's mean share when each recording (row of (n_records, n_leads)) deals its shares out to leads at random."""
    means = [rng.permuted(shares, axis=1).mean(0)[0] for _ in range(draws)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def group_chance(shares: np.ndarray, inside: np.ndarray, patients: np.ndarray, rng: np.random.Generator, draws: int = _DRAWS) -> float:
    """p value that the group's mean shares differ from all others' as they do; patients keep their recordings together."""
    _, codes = np.unique(patients, return_inverse=True)
    n = codes.max() + 1
    totals = np.stack([np.bincount(codes, column, n) for column in shares.T], 1)
    counts = np.bincount(codes, minlength=n).astype(float)
    part = np.bincount(codes, inside, n) / counts  # of each patient's recordings, those in the group

    def distance(weight: np.ndarray) -> np.ndarray:
        within, without = weight * 1.0, 1.0 - weight
        mean_in = (within @ totals) / np.maximum(within @ counts, 1e-12)[..., None]
        mean_out = (without @ totals) / np.maximum(without @ counts, 1e-12)[..., None]
        return np.square(mean_in - mean_out).sum(-1)

    drawn = distance(np.stack([part[rng.permutation(n)] for _ in range(draws)]))
    return float((1 + np.sum(drawn >= distance(part[None])[0])) / (1 + draws))


def read(path: Path) -> pd.DataFrame:
    """The table ``summarise`` made. Raises ValueError for a file that is none."""
    import pandas as pd

    table = pd.read_csv(path, dtype={"weights": str, "mode": str}, keep_default_na=True)
    if missing := set(SUMMARY) - set(table.columns):
        raise ValueError(f"{path.name} has no column {', '.join(sorted(missing))}")
    return table.fillna({"mode": ""})


def in_words(table: pd.DataFrame, group: str = "NORM", wanted: Iterable[str] = ("V2", "V3", "V4")) -> str:
    """Whether the wanted leads lead, raw and variance-normalised, and whether groups differ more than chance. One question and mode."""
    wanted, said = tuple(wanted), []
    for measure, name in MEASURES.items():
        part = table[(table["measure"] == measure) & (table["group"] == group)].sort_values("share", ascending=False, kind="stable")
        if part.empty:
            continue
        order = list(part["lead"])
        first = order[: len(wanted)]
        shown = ", ".join(f"{lead} {100 * share:.0f} %" for lead, share in zip(order[:4], part["share"].iloc[:4], strict=False))
        lead = (
            "lead"
            if set(first) == set(wanted)
            else f"do not lead together (places {', '.join(str(order.index(one) + 1) for one in wanted)})"
        )
        said.append(
            f"{name.capitalize()}, {_listed(wanted)} {lead} in {group}: {shown}; least {order[-1]} {100 * part['share'].iloc[-1]:.0f} %."
        )
    others = table[(table["group"] != ALL)].drop_duplicates(["measure", "group"])
    for measure, name in MEASURES.items():
        p = others[others["measure"] == measure].set_index("group")["p_group_corrected"].dropna()
        if len(p):
            differ = [one for one in p.index if p[one] < 0.05]
            which = ", ".join(differ) if differ else "none"
            said.append(
                f"{name.capitalize()} shares that differ from all other recordings' more than chance (p < .05, Bonferroni): {which}, "
                f"of {len(p)} groups."
            )
    return " ".join(said)


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
