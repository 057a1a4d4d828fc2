"""What the lessons say and ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecgcore.datasets import SUPERCLASSES
from ecgcore.leads import CHEST, LeadSet


@dataclass(frozen=True)
class Lesson:
    """leads: which leads are input when it begins. answers: what is offered -> what is measured to test it
    on the screen.

    Which answer is right is computed by ``_right``, never written down.
    """

    title: str
    text: str
    leads: LeadSet
    question: str
    answers: Mapping[str, LeadSet]


LIMB = LeadSet("I II")
FALLS = {"hardly": 0.05, "by a quarter": 0.25, "by half": 0.5, "by three quarters": 0.75}
"""Answers to the question on references, and the part that each stands for."""
LESSONS = {
    "views": Lesson(
        "1 · Twelve views",
        "Ten electrodes give twelve leads, but only **eight** of them are measurements of their own. I, II "
        "and III are the sides of Einthoven's "
        "triangle, so **I + III = II**. Goldberger's leads look from a corner to the middle of the "
        "opposite side: they are sums, too. "
        "Choose an equation and see it on the open recording: the orange line is the sum, the black line "
        "the lead as recorded.",
        LIMB,
        "You measure I and aVF, nothing else. Which of these leads do you know exactly?",
        dict.fromkeys(("aVL", "V1", "V6"), LeadSet("I aVF")),
    ),
    "limb": Lesson(
        "2 · What two limb leads determine",
        "Any two limb leads fix all six: try II and aVL, or aVR and III, on the torso. They say nothing "
        "*exact* about the chest. Limb leads lie in the "
        "frontal plane; what points to the front or the back they cannot see. A model can only draw what "
        "usually goes with such limb leads.",
        LIMB,
        "From I and II alone, which chest lead is estimated with the highest mean r in the population?",
        dict.fromkeys(CHEST, LIMB),
    ),
    "chest": Lesson(
        "3 · What one chest lead buys",
        "V2 to V4 stand over the septum and the front wall, a hand's breadth in which the potential "
        "changes within centimetres and QRS turns from negative to "
        "positive: forces to the front and the back, which limb leads do not see. One electrode there "
        "changes everything: add one chest lead after the other "
        "on the torso.",
        LIMB,
        "Which single chest lead, added to I and II, makes all leads together best known?",
        {lead: LIMB | (lead,) for lead in CHEST},
    ),
    "pairs": Lesson(
        "4 · Redundancy",
        "Neighbours share most of what the limb leads do not know: the matrix shows how the chest leads "
        "still go together once I and II are known. "
        "A second electrode next to the first therefore adds little. Which two would you build into a "
        "device?",
        LIMB,
        "Which of these pairs, added to I and II, makes all leads together best known?",
        {pair: LIMB | pair.split("+") for pair in ("V1+V2", "V2+V5", "V3+V4", "V5+V6")},
    ),
    "disease": Lesson(
        "5 · What is lost in disease",
        "A model estimates what usually goes with the input leads. Disease is what is *not* usual. "
        "Choose one, compare black (recorded) with blue "
        "(estimated), then tick V1 or V2: does it come back?",
        LIMB,
        "From I and II, in which patients is the error largest (mean RMSE over the chest leads)? NORM "
        "normal, MI infarction, STTC ST-T change, CD "
        "conduction disturbance, HYP hypertrophy.",
        dict.fromkeys(SUPERCLASSES, LIMB),
    ),
    "electrodes": Lesson(
        "6 · Exchanged electrodes",
        "A lead is a difference of electrodes; two of them in each other's place make other leads, all of "
        "them real and all of them plausible. Nothing is lost: the algebra that mixed the leads also "
        "restores them, as long as the right leg is not involved. Choose an exchange and see the open "
        "recording as it would have been printed.",
        LIMB,
        "Right arm and left arm are exchanged. Which of these leads is printed as if nothing had happened?",
        dict.fromkeys(("I", "II", "aVR", "aVF"), LIMB),
    ),
    "reference": Lesson(
        "7 · What a reference adds",
        "An estimate from few leads is that of the average person with such leads: what is special about "
        "this chest it cannot know. Two seconds of the same person with all leads tell just that: how *this* "
        "heart's leads go together. It helps as long as electrodes and heart stay as they were; a change "
        "since then may not show in full.",
        LIMB,
        "From I and II, by how much does the error (mean RMSE, PTB-XL test fold) fall when the first two "
        "seconds of the recording are known with all leads?",
        dict.fromkeys(FALLS, LIMB),
    ),
}
