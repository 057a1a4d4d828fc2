"""The published systems on the Results page: what each paper claims and what holds, and their scores beside
ours on the benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS
from ecgcore.evaluation.statistics import Interval
from ecgcore.figures.published import MARKS, claims_figure
from ecgcore.leads import LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.published import REDUCED, benchmark, printed
from ecgcore.studies.published.benchmark import (
    AGREES,
    DIFFERS,
    FOLD,
    IN_PART,
    MONITOR,
    NOT_TOLD_APART,
    OF_ITS_OWN,
    OF_MILLIVOLTS,
    PTB,
    RAW,
    STANDINGS,
)
from pages.shared import links, widgets
from pages.shared.reads import published, scores
from pages.shared.widgets import grid, p_value

PLACES = {
    "PTB-XL test fold": FOLD,
    "PTB-XL test fold, as recorded": RAW,
    "PTB-XL test fold, 0.67–40 Hz, 9 s": MONITOR,
    "PTB recordings": PTB,
}
OF_PLACE = {
    FOLD: "PTB-XL test fold · 0.5 Hz high-pass on input and truth · 100 Hz",
    RAW: "PTB-XL test fold · as recorded · 100 Hz",
    MONITOR: "PTB-XL test fold · 0.67–40 Hz on input and truth, first nine seconds · 100 Hz",
}
OF_PLACE[PTB] = "PTB recordings · 0.5 Hz high-pass on input and truth · 100 Hz"
NOTES = {
    "Matyschik 2020": "One network per patient and input lead. It **says** a network whose rows share "
    "their layers (CR) rebuilds eleven leads from "
    "one at r .77 where least squares gives .0, and that V2–V4 matter most. **What holds:** personal "
    "networks do learn a recording well, but "
    "least squares failed for want of an intercept; the verdicts are below, what came out stands on the "
    "Personal "
    "model page. Which lead matters most "
    "is another question than which lead is large: see Significance.",
    "Gradowski 2025": "One U-Net for each of 25 input sets. It **says** V1 and V6 follow most easily from "
    "limb leads, V3 is the best third lead, "
    "V6 the worst, and pairs nearly tie. **What holds:** each set is averaged over the leads it happens to "
    "lack, so a set that is given a hard "
    "lead looks better. Below, sets are compared on leads that none is given; all 25 sets stand on the "
    "Lead information page.",
    "Olaiya 2025": "Limb leads by algebra, chest leads by a U-Net in four variants. It **says** heads and "
    "physics loss change nothing and shared "
    "decoders beat lead-specific ones. **What holds:** its physics loss holds no prediction, so its "
    "gradient is zero and *had* to change "
    "nothing; its tests run over five leads, where patients are what must be sampled. Its overall r of "
    ".936 counts seven leads that were given.",
    "Beco 2022": "One limb lead to the other eleven, every lead of every segment scaled to [−1, 1]. It "
    "**says** a U-Net beats an autoencoder and a "
    "label refinement network, that one shared encoder is enough, and that a fully connected net learns "
    "nothing. **What holds:** amplitude is "
    "scaled away, so its errors are in no unit a reader can use; on PTB-XL it exchanged aVR and aVL; its "
    "fully connected net was wired wrongly.",
    "CaLiNet 2026": "Five chest leads from I, II and V2 by a U-Net on a linear map; two seconds of 12 leads "
    "make the map the person's. It **says** a network on a linear map keeps what a diagnosis needs. "
    "**To be read:** its generic form beside our network below, its calibrated form beside our reference "
    "recording (Same person).",
    "MorphRec": "The chest leads from I and II by one decoder with a style for each lead and a loss over "
    "patches of 100 ms. **To be read:** its r and ours in its own passband, below; rebuilt from the idea "
    "alone.",
}
MANY = {AGREES: "agree", IN_PART: "agree in part", NOT_TOLD_APART: "not told apart", DIFFERS: "do not agree"}
TABLES = {
    "claims": "What holds",
    "benchmark": "Benchmark",
    "leads": "Lead by lead",
    "variants": "Variants",
}
BESIDE = {
    "Olaiya, from I+II+V4": ("Olaiya", "I+II+V4", RAW),
    "Beco, from II": ("Beco", "II", FOLD),
    "Beco, from I": ("Beco", "I", FOLD),
}


def show() -> None:
    """The view. Raises UnusableEcg where nothing was scored yet."""
    scored = published.read()
    table = links.one_of(
        st.segmented_control,
        "Table",
        "table",
        list(TABLES),
        format_func=TABLES.__getitem__,
        label_visibility="collapsed",
    )
    {"claims": _what_holds, "benchmark": _benchmark, "leads": _leads, "variants": _variants}[table](scored)


# -- views ---------------------------------------------------------------------------------------------------


def _what_holds(scored: published.Scored) -> None:
    """How every claim stands, as a picture; the rest in words, on demand."""
    findings = published.findings(scored.key, scored.evidence)
    if not findings:
        st.info("None of the claims can be judged from what was scored here.")
    else:
        counts = {standing: sum(f.standing == standing for f in findings) for standing in STANDINGS}
        widgets.markdown(
            f"**{len(findings)} claims:** "
            + " · ".join(f"{MARKS[standing]} {n} {MANY[standing]}" for standing, n in counts.items() if n),
            help="Printed numbers stand beside ours to be read, not to be subtracted: protocols differ. "
            "Systems that were trained with narrower networks, fewer recordings and fewer steps than their "
            "papers are marked so in the table; what exactly stands on their cards under Trained models.",
        )
        widgets.chart(
            claims_figure(findings),
            "claims",
            "Claims of the papers, how each stands, and its values as printed and as measured here",
            bar=False,
            narrowest=800,
        )
        widgets.caption(
            "PTB-XL test fold; r mean over records and estimated leads, Beco’s in its own units; lines: 95 % "
            "interval by patient."
        )
        with st.expander("Claim by claim: printed, here, verdict, likely why"):
            grid(
                ["Paper", "Claim", "Printed", "Here", "Verdict", "Likely why"],
                [[f"**{f.paper}**", f.claim, f.printed, f.here, f"**{f.verdict}**", f.why] for f in findings],
                ":--",
            )
    with st.expander("What each paper says, and what holds"):
        for paper, sentences in NOTES.items():
            widgets.markdown(f"**{paper}.** {sentences}")
    with st.expander("Protocols: how each printed number was measured"):
        grid(
            ["System", "From", "Protocol", "Printed", "Read with care"],
            [
                [f"**{claim.system}**", claim.inputs, claim.protocol, claim.printed, claim.caution]
                for claim in printed.CLAIMS
            ],
            ":--",
        )


def _benchmark(scored: published.Scored) -> None:
    """All systems from one input set; then input sets on the leads that none holds."""
    options = results.input_sets(scored.table)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = links.one_of(st.selectbox, "Input leads", "inputs", options, _usual(options), width=180)
        place = links.one_of(st.selectbox, "Scored on", "place", list(PLACES), width=260)
    condition = PLACES[place]
    rows = published.rows(scored.key, condition, inputs, tuple(scored.titles), scored.table)
    if not rows:
        raise UnusableEcg(f"Nothing was scored from {inputs} on {place}.")
    _grid_of(scored, rows, OF_MILLIVOLTS)
    n = next(iter(rows[0].values.values()))
    targets = ", ".join(benchmark.shared_targets(scored.table, condition, inputs))
    widgets.caption(
        f"{OF_PLACE[condition]} · from {inputs}, mean over {targets}, which all of them estimate · n = "
        f"{n.n_records} records of {n.n_patients} patients · [95 % interval], patients "
        "resampled 2,000 times. Bold: best of its column."
    )
    if condition != RAW:
        widgets.caption(
            "Lead scaled: each lead of each 5 s spans [−1, 1] (Beco’s unit; what is in mV is put into the "
            "truth’s range). Recording scaled: all twelve leads "
            "together span [−1, 1] (Matyschik’s unit). SSIM: eleven samples at 100 Hz; the paper does not "
            "specify its own, so only rows here compare."
        )
    if own := [row for row in rows if set(OF_ITS_OWN) & set(row.values)]:
        widgets.markdown("**In units of their own**, before they are put into mV")
        _grid_of(scored, own, tuple(OF_ITS_OWN))
        widgets.caption(
            "Beco’s networks see and give leads whose range was scaled away, 1–40 Hz, segments of 5 s. "
            "Their mV above come from the input’s range and "
            "the usual ratio of ranges, and are no claim of the paper."
        )
    if condition == PTB:
        widgets.caption(
            "Six recordings of four people: too few for an interval to mean much. "
            f"{scored.titles[scored.ours[0]]} was trained on these recordings, the others were not; only the "
            "fold is unseen for all."
        )
    _sets(scored)
    _every_set(scored)


def _every_set(scored: published.Scored) -> None:
    """Each set of Gradowski and Buchner that has a network: ours beside theirs."""
    duels = published.duels(scored.key, scored.ours, scored.theirs, scored.table)
    if not duels:
        return
    widgets.markdown("**Every input set of Gradowski and Buchner that was trained here**")
    head = [
        *(scored.titles.get(name, name) for name in scored.ours),
        _theirs(scored),
    ]
    lines = []
    for duel in duels:
        cells = [
            " / ".join(_bold_best(metric, values, name) for metric, values in duel.values.items())
            for name in (*scored.ours, scored.theirs)
        ]
        lines.append([f"**{duel.inputs}**", ", ".join(LeadSet(duel.inputs).missing.chest), *cells])
    grid(["Input leads", "mean over", *head], lines)
    ahead = {metric: sum(duel.ahead(scored.ours[0], metric) for duel in duels) for metric in ("r", "rmse_uv")}
    n = duels[0].values["r"][scored.ours[0]]
    widgets.caption(
        f"{OF_PLACE[FOLD]} · r / RMSE in µV with [95 % intervals], bold: best of the row; n = "
        f"{n.n_records} records of {n.n_patients} patients. "
        f"{scored.titles[scored.ours[0]]}, one for all sets, is ahead in r in {ahead['r']} and in RMSE "
        f"in {ahead['rmse_uv']} of {len(duels)} sets. Sets leave other leads: compare along a row only."
    )


def _theirs(scored: published.Scored, which: str = "") -> str:
    """Their system as it is called in headings, with its version where that is not the paper's."""
    reduced = any(name.startswith(scored.theirs) for name in scores.reduced() & set(scored.titles))
    return f"Gradowski U-Net{which}{f' ({REDUCED})' if reduced else ''}"


def _bold_best(name: str, values: Mapping[str, Interval], model: str) -> str:
    metric = METRICS[name]
    best = min(values.values(), key=lambda value: metric.distance(value.value))
    value, _, interval = metric.interval(values[model]).partition(" ")
    return f"**{value}** {interval}" if values[model] is best else f"{value} {interval}"


def _grid_of(scored: published.Scored, rows: Sequence[benchmark.Row], names: Sequence[str]) -> None:
    """A line a system, a column a metric that any of them has."""
    metrics = [name for name in names if any(name in row.values for row in rows)]
    lines = [
        [f"**{scored.titles[row.model]}**", *(_cell(name, row, rows) for name in metrics)] for row in rows
    ]
    grid(["System", *(METRICS[name].title for name in metrics)], lines)


def _sets(scored: published.Scored) -> None:
    sets = benchmark.sets_of(scored.theirs, scored.table)
    if len(sets) < 2:
        return
    targets = ", ".join(results.common_targets(sets))
    widgets.markdown(f"**Input sets on leads that none holds: {targets}**")
    families = {scored.theirs: _theirs(scored, ", one network a set")} | {
        name: scored.titles.get(name, name) for name in scored.ours
    }
    both = {
        metric: published.on_common_leads(scored.key, metric, sets, scored.ours, scored.table)
        for metric in ("r", "rmse_uv")
    }
    cells: dict[str, dict[str, list[str]]] = {}
    for metric, rows in both.items():
        for row in rows:
            cells.setdefault(benchmark.system(row.model, scored.ours), {}).setdefault(row.inputs, []).append(
                METRICS[metric].interval(row.values[metric])
            )
    lines = [
        [f"**{families[name]}**", *(" / ".join(cells[name][text]) for text in sets)]
        for name in (*scored.ours, scored.theirs)
        if name in cells
    ]
    grid(["System", *sets], lines)
    widgets.caption(
        f"{OF_PLACE[FOLD]} · r / RMSE in µV, mean over {targets}: the only fair comparison of sets."
    )


def _usual(options: Sequence[str]) -> str:
    return "I+II+V4" if "I+II+V4" in options else options[0]


def _cell(name: str, row: benchmark.Row, rows: Sequence[benchmark.Row]) -> str:
    if name not in row.values:
        return "–"
    metric = METRICS[name]
    best = min((other.values[name].value for other in rows if name in other.values), key=metric.distance)
    value, _, interval = metric.interval(row.values[name]).partition(" ")
    return f"**{value}** {interval}" if row.values[name].value == best else f"{value} {interval}"


def _leads(scored: published.Scored) -> None:
    """Lead by lead beside what the paper printed."""
    paper = links.one_of(st.selectbox, "Paper", "paper", list(BESIDE), width=260)
    study, inputs, condition = BESIDE[paper]
    models = [
        row.model for row in published.rows(scored.key, condition, inputs, tuple(scored.titles), scored.table)
    ]
    of_paper = scored.of_paper(study)
    theirs = [name for name in models if name in of_paper]
    ours = [name for name in models if name in scored.ours]
    if not theirs:
        raise UnusableEcg(f"No system of this paper was scored from {inputs}.")
    if study == "Olaiya":
        _beside_olaiya(scored, [*theirs, *ours], inputs)
    else:
        _beside_beco(scored, theirs, ours, inputs)


def _beside_olaiya(scored: published.Scored, models: Sequence[str], inputs: str) -> None:
    """r of five chest leads, unfiltered."""
    means = {
        row.model: row.values["r"]
        for row in published.rows(scored.key, RAW, inputs, tuple(scored.titles), scored.table)
    }
    text = METRICS["r"].text
    lines = [
        [
            "Printed: baseline, PTB-XL fold 9",
            text(printed.OLAIYA_MEAN),
            *map(text, printed.OLAIYA_R.values()),
            "",
        ]
    ]
    for name in models:
        by = published.lead_means(scored.key, RAW, name, "r", scored.table)
        cells = [text(by[lead].value) if lead in by else "–" for lead in printed.OLAIYA_R]
        lines.append(
            [
                f"**{scored.titles[name]}**",
                METRICS["r"].interval(means[name]),
                *cells,
                printed.against(means[name]),
            ]
        )
    grid(["", "mean r", *printed.OLAIYA_R, f"against {printed.OLAIYA_MEAN:.3f}"], lines)
    n = next(iter(means.values()))
    widgets.caption(
        f"r, mean over records, n = {n.n_records} of {n.n_patients} patients. Printed: fold 9 of the whole "
        f"PTB-XL, unfiltered, networks of 17 M parameters. "
        "Below it: the test fold (10) of a subset of it, as recorded, trained on about a quarter of the "
        "recordings. Unfiltered, drift that no model can know caps "
        "r; the high-pass alone moves it by about .07 (Benchmark has every system above 0.5 Hz)."
    )


def _beside_beco(scored: published.Scored, theirs: Sequence[str], ours: Sequence[str], inputs: str) -> None:
    """Eleven leads in the paper's own units."""
    ptb, ptb_xl = (
        (printed.BECO_PTB_II, printed.BECO_PTB_XL_II)
        if inputs == "II"
        else (printed.BECO_PTB_I, printed.BECO_PTB_XL_I)
    )
    own, leads = list(OF_ITS_OWN), list(ptb)
    metric = links.one_of(
        st.segmented_control,
        "Metric",
        "metric",
        own,
        format_func=lambda name: METRICS[name].title,
        label_visibility="collapsed",
    )
    lines = []
    for title, values, exchanged in (
        ("Printed: shared encoder, PTB patients 1–50", ptb, ()),
        ("Printed: the same network on PTB-XL", ptb_xl, printed.BECO_EXCHANGED),
    ):
        numbers = {lead: f"{values[lead][own.index(metric)]:.2f}".replace("-", "−") for lead in leads}
        lines.append(
            [title, *(f"({numbers[lead]})" if lead in exchanged else numbers[lead] for lead in leads)]
        )
    for name in (*theirs, *ours):
        means = published.lead_means(
            scored.key, FOLD, name, metric if name in theirs else OF_ITS_OWN[metric], scored.table
        )
        lines.append(
            [
                f"**{scored.titles[name]}**",
                *(METRICS[metric].text(means[lead].value) if lead in means else "–" for lead in leads),
            ]
        )
    grid(["", *leads], lines)
    widgets.caption(
        "Printed: trained on PTB; in brackets what the paper exchanged, so invalid. Beco’s systems here: "
        "test fold of PTB-XL, 1–40 Hz, segments of 5 s, own "
        "units. Ours answer in mV: above 0.5 Hz, whole recordings, put into the truth’s range where the "
        "error is scaled; not the same number, but the "
        "nearest there is. SSIM depends on window and rate, which the paper does not give: compare it within "
        "our rows only."
    )


def _variants(scored: published.Scored) -> None:
    """Two variants of a system with the statistics Olaiya names."""
    pairs = scored.pairs
    if not pairs:
        raise UnusableEcg("No two variants of a published system were scored here.")
    lines = []
    for models, pair in pairs.items():
        for metric in pair.metrics:
            test = published.tests(scored.key, models, metric, scored.table).get("mean")
            if test is not None:
                stands = benchmark.verdict(test, pair.expects, str(METRICS[metric].better))
                lines.append(
                    [f"**{pair.paper}: {pair.title}**", METRICS[metric].title, *_tested(metric, test), stands]
                )
    head = ["difference", "paired t, p", "Wilcoxon, p", "Cohen’s d", "patients"]
    grid(["Variants", "Metric", *head, "against the paper"], lines)
    named = {"-".join(models): models for models in pairs}
    name = links.one_of(
        st.selectbox,
        "Lead by lead",
        "pair",
        list(named),
        format_func=lambda name: f"{pairs[named[name]].paper}: {pairs[named[name]].title}",
        width=420,
    )
    models = named[name]
    pair = pairs[models]
    tests = published.tests(scored.key, models, pair.metrics[0], scored.table)
    leads = [
        ["**mean of independent**" if lead == "mean" else f"**{lead}**", *_tested(pair.metrics[0], test)]
        for lead, test in tests.items()
    ]
    grid(["Lead", *head], leads)
    widgets.caption(
        f"{METRICS[pair.metrics[0]].title}, {scored.titles[models[0]]} minus {scored.titles[models[1]]} · "
        f"{OF_PLACE[FOLD]} · the paper: {pair.printed}. "
        f"[95 % interval], patients resampled 10,000 times; p values times {len(tests)} comparisons "
        f"(Bonferroni). Within a pair data, seed and budget are the "
        "same; both are small networks after few steps, so this says what the variant brings here, not "
        "at full size."
    )


def _tested(metric: str, test: Any) -> list[str]:
    d = f"{test.cohens_d:+.2f}".replace("-", "−")
    return [
        METRICS[metric].interval(test.difference),
        p_value(test.t_p),
        p_value(test.wilcoxon_p),
        d,
        f"{test.difference.n_patients:,}",
    ]
