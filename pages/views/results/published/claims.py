"""What each paper claims and what holds, in a picture and in words."""

from __future__ import annotations

import streamlit as st

from ecgcore.figures.published import MARKS, claims_figure
from ecgcore.studies.published import printed
from ecgcore.studies.published.benchmark import (
    AGREES,
    DIFFERS,
    IN_PART,
    NOT_TOLD_APART,
    STANDINGS,
)
from pages.shared import widgets
from pages.shared.reads import published
from pages.shared.widgets import grid

NOTES = {
    "Matyschik 2020": "One network per patient and input lead. It **says** a network whose rows share "
    "their layers (CR) rebuilds eleven leads from one at r .77 where least squares gives .0, and that V2–V4 "
    "matter most. **What holds:** personal networks do learn a recording well, but least squares failed for "
    "want of an intercept; the verdicts are below, what came out stands on the Personal model page. Which "
    "lead matters most is another question than which lead is large: see Significance.",
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


def show(scored: published.Scored) -> None:
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
