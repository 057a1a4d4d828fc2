"""Lead significance over a set of recordings: shares by diagnosis with intervals, chance levels, and what
they say in words.

Input is one row per recording and lead with an amount, a part of that recording's map or power; output is one
row per group and lead. A group's share of a lead is its mean amount over the sum of all leads' mean amounts:
a recording of which little is explained counts little, and none has a share of nearly nothing. Intervals are
from a bootstrap over patients. Two nulls. *No lead is special*: each recording's amounts are dealt out to its
leads anew; the range of the share under that. *The group is nothing special*: recordings change groups, whole
patients together; the p value that shares of the group and of all others differ as much as they do (sum over
leads of the squared difference), times the number of groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.evaluation.statistics import draws
from ecgcore.evaluation.tables import Table
from ecgcore.leads import STANDARD

if TYPE_CHECKING:
    import pandas as pd

SUMMARY_NAME = "significance.csv.gz"
"""A model's table, beside its weights."""
QUESTIONS = {
    "attention": "What the autoencoder attends to",
    "contribution": "What a lead contributes to the others",
}
MEASURES = {"raw": "raw", "normalised": "variance-normalised"}
KEYS = ("question", "model", "weights", "how", "mode", "measure")
SUMMARY = (
    *KEYS,
    "group",
    "lead",
    "share",
    "low",
    "high",
    "others",
    "records",
    "patients",
    "chance_low",
    "chance_high",
    "p_group",
    "p_group_corrected",
)
TABLE = Table(
    "lead significance",
    SUMMARY,
    KEYS,
    dict.fromkeys(SUMMARY[8:], "float64") | {"records": "int64", "patients": "int64"},
    digits="%.5f",
)
AMOUNTS = Table(
    "amounts by recording",
    ("record", "patient", *KEYS, "lead", "amount", "database"),
    ("record", "question", "weights", "how", "database"),
    {"amount": "float64"},
    earlier={"database": "ptb-xl"},
)
ALL, HEALTHY = "all", "NORM"
LEADING = ("V2", "V3", "V4")
"""What Matyschik found to lead."""
SURE = 0.05
DIAGNOSES = {
    "NORM": "normal",
    "MI": "infarction",
    "STTC": "ST or T changes",
    "CD": "conduction disturbance",
    "HYP": "hypertrophy",
    "1AVB": "first-degree AV block",
    "AFIB": "atrial fibrillation",
    "ASMI": "anteroseptal infarction",
    "CLBBB": "complete left bundle branch block",
    "CRBBB": "complete right bundle branch block",
    "ILMI": "inferolateral infarction",
    "IMI": "inferior infarction",
    "IRBBB": "incomplete right bundle branch block",
    "ISCAL": "anterolateral ischaemia",
    "ISC_": "ischaemia",
    "IVCD": "intraventricular conduction delay",
    "LAFB": "left anterior fascicular block",
    "LAO/LAE": "large left atrium",
    "LOWT": "low T waves",
    "LPR": "long PR",
    "LVH": "left ventricular hypertrophy",
    "NDT": "non-diagnostic T changes",
    "NST_": "non-specific ST changes",
    "NT_": "non-specific T changes",
    "PAC": "atrial premature beats",
    "PVC": "ventricular premature beats",
    "QWAVE": "Q waves",
    "SARRH": "sinus arrhythmia",
    "SBRAD": "sinus bradycardia",
    "STACH": "sinus tachycardia",
    "STD_": "ST depression",
    "VCLVH": "voltage criteria of hypertrophy",
}
"""PTB-XL's superclasses and commoner codes in words."""
_DRAWS, _SWAPS = 1000, 10_000


def summarise(rows: pd.DataFrame, groups: Mapping[str, tuple[str, ...]], seed: int = 0) -> pd.DataFrame:
    """One row per question, measure, group and lead.

    rows: record, patient, KEYS, lead, amount. groups: of each record. "all" is every recording; a record may
    be in several groups.
    others: share in the recordings that are not in the group (NaN for "all").
    """
    import pandas as pd

    out = []
    names = sorted({name for record in rows["record"].unique() for name in groups.get(record, ())})
    for key, part in rows.groupby(list(KEYS), sort=False):
        wide = part.pivot_table(
            index=["record", "patient"], columns="lead", values="amount", aggfunc="first"
        ).dropna()
        leads = [lead for lead in STANDARD if lead in wide.columns]
        amounts = wide[leads].to_numpy()
        records, patients = (wide.index.get_level_values(level).to_numpy() for level in ("record", "patient"))
        for group in (ALL, *names):
            inside = np.array([group == ALL or group in groups.get(record, ()) for record in records], bool)
            if not inside.any():
                continue
            compared = group != ALL and not inside.all()
            p = group_chance(amounts, inside, patients) if compared else float("nan")
            others = share_of(amounts[~inside].sum(0)) if compared else np.full(len(leads), np.nan)
            columns = (
                share_of(amounts[inside].sum(0)),
                *share_intervals(amounts[inside], patients[inside]),
                others,
            )
            count = int(inside.sum()), len(set(patients[inside]))
            chance = lead_chance(amounts[inside], np.random.default_rng(seed))
            corrected = min(1.0, p * len(names)) if compared else p
            out += [
                (*key, group, lead, *values, *count, *chance, p, corrected)
                for lead, *values in zip(leads, *columns, strict=True)
            ]
    return pd.DataFrame(out, columns=list(SUMMARY))


def share_of(totals: np.ndarray) -> np.ndarray:
    """(..., n_leads) amounts as parts of their sum."""
    values: np.ndarray = totals / totals.sum(-1, keepdims=True)
    return values


def by_patient(amounts: np.ndarray, patients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n_patients, n_leads) sums of (n_records, n_leads) and (n_records,) which patient each record is of."""
    _, codes = np.unique(patients, return_inverse=True)
    return np.stack([np.bincount(codes, column) for column in amounts.T], 1), codes


def share_intervals(
    amounts: np.ndarray, patients: np.ndarray, resamples: int = 2000
) -> tuple[np.ndarray, np.ndarray]:
    """(n_leads,) lower and upper ends of 95 % intervals of the shares, patients drawn anew."""
    totals, _ = by_patient(amounts, patients)
    low, high = np.quantile(share_of(draws(len(totals), resamples) @ totals), (0.025, 0.975), axis=0)
    return low, high


def lead_chance(amounts: np.ndarray, rng: np.random.Generator, deals: int = _DRAWS) -> tuple[float, float]:
    """95 % range of a lead's share when each recording (row of (n_records, n_leads)) deals its amounts out to
    leads at random."""
    whole = amounts.sum()
    drawn = [rng.permuted(amounts, axis=1)[:, 0].sum() / whole for _ in range(deals)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


@lru_cache(maxsize=2)
def _swaps(n: int, swaps: int) -> np.ndarray:
    """(swaps, n) permutations of n patients; kept, since every group of a table asks for the same."""
    out = np.random.default_rng(0).permuted(np.broadcast_to(np.arange(n, dtype=np.int32), (swaps, n)), axis=1)
    out.flags.writeable = False
    return out


def group_chance(amounts: np.ndarray, inside: np.ndarray, patients: np.ndarray, swaps: int = _SWAPS) -> float:
    """p value that the group's shares differ from all others' as they do; patients keep their recordings
    together."""
    totals, codes = by_patient(amounts, patients)
    part = np.bincount(codes, inside) / np.bincount(codes)  # of each patient's recordings, those in the group

    def distance(weight: np.ndarray) -> np.ndarray:
        values: np.ndarray = np.square(share_of(weight @ totals) - share_of((1.0 - weight) @ totals)).sum(-1)
        return values

    drawn = distance(part[_swaps(len(part), swaps)])
    return float((1 + np.sum(drawn >= distance(part[None])[0])) / (1 + swaps))


# -- the answer in words -------------------------------------------------------------------------------------


def answer(table: pd.DataFrame) -> str:
    """Both answers of one question and mode: who leads in the healthy, and whether conditions differ more
    than chance."""
    return " ".join([*who_leads(table), *who_differs(table)])


def who_leads(table: pd.DataFrame, group: str = HEALTHY, wanted: Iterable[str] = LEADING) -> list[str]:
    """A sentence per measure: whether the wanted leads lead, and which is least. One question and mode."""
    wanted, sentences = tuple(wanted), []
    for measure in MEASURES:
        part = table[(table["measure"] == measure) & (table["group"] == group)].sort_values(
            "share", ascending=False, kind="stable"
        )
        if part.empty:
            continue
        order, shown = (
            list(part["lead"]),
            [f"{lead} {percent(share)}" for lead, share in zip(part["lead"], part["share"], strict=True)],
        )
        places = [order.index(lead) + 1 for lead in wanted]
        begin = (
            f"Raw, in {group} ({int(part['records'].iloc[0])} recordings),"
            if measure == "raw"
            else "After variance normalisation"
        )
        if set(order[: len(wanted)]) == set(wanted):
            sentences.append(f"{begin} {listed(wanted)} lead: {', '.join(shown[:4])}; least {shown[-1]}.")
        else:
            verb = "do not lead together" if any(place <= len(wanted) for place in places) else "do not lead"
            where = ", ".join(map(str, places))
            sentences.append(
                f"{begin} {listed(wanted)} {verb} (places {where} of {len(order)}): first "
                f"{', '.join(shown[:3])}; least {shown[-1]}."
            )
    return sentences


def second_in_the_ill(table: pd.DataFrame, lead: str = "II", group: str = HEALTHY) -> str:
    """In how many conditions a lead's raw share is above the healthy one's: Matyschik saw II "slightly
    higher" in some. One mode."""
    part = table[(table["measure"] == "raw") & (table["lead"] == lead)].set_index("group")["share"]
    if group not in part.index:
        return ""
    more = (part.drop([ALL, group], errors="ignore") - part[group]).sort_values(ascending=False)
    if more.empty:
        return ""
    return (
        f"{lead} has a larger share than in {group} in {int((more > 0).sum())} of {len(more)} conditions, "
        f"most in {more.index[0]} ({points(more.iloc[0])})."
    )


def who_differs(table: pd.DataFrame) -> list[str]:
    """A sentence per measure: which groups differ from all other recordings more than chance, and in which
    lead most."""
    sentences = []
    for measure, name in MEASURES.items():
        part = table[(table["measure"] == measure) & (table["group"] != ALL)].dropna(
            subset="p_group_corrected"
        )
        if part.empty:
            continue
        p = part.drop_duplicates("group").set_index("group")["p_group_corrected"]
        differ = sorted(
            (group for group in p.index if p[group] < SURE),
            key=lambda group: -abs(largest_difference(part, group)[1]),
        )
        how = f"of {len(p)} groups (p < .05 by permutation of patients, Bonferroni)"
        if not differ:
            sentences.append(
                f"{name.capitalize()}, no group's shares differ from those of all other recordings "
                f"more than chance, {how}."
            )
            continue
        most = [
            f"{group} ({lead} {points(by)})"
            for group in differ[:4]
            for lead, by in [largest_difference(part, group)]
        ]
        rest = f" and {len(differ) - 4} more" if len(differ) > 4 else ""
        verb = "differs" if len(differ) == 1 else "differ"
        sentences.append(
            f"{name.capitalize()}, {len(differ)} {how} {verb} from all other recordings: "
            f"{', '.join(most)}{rest}."
        )
    return sentences


def largest_difference(table: pd.DataFrame, group: str) -> tuple[str, float]:
    """Lead and amount by which a group's mean share is furthest from the others'. table: one measure."""
    part = table[table["group"] == group]
    away = (part["share"] - part["others"]).to_numpy()
    place = int(np.argmax(np.abs(away)))
    return str(part["lead"].iloc[place]), float(away[place])


def percent(share: float) -> str:
    """A share in whole per cent."""
    return f"{100 * share:.0f} %".replace("-", "−")


def points(difference: float) -> str:
    """A difference of shares, as in "+1.9 points"."""
    return f"{100 * difference:+.1f} points".replace("-", "−")


def listed(words: tuple[str, ...]) -> str:
    """Words as "a, b and c"."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
