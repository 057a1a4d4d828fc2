"""The commands that sentences and pages name to a reader, by what they are for, all in one place.

A test parses every one of them, so none can go out of date unnoticed. ROOT, NAME, FILE are for the reader to
fill in.
"""

from __future__ import annotations

HINTS = {
    "models": "rlecg models",
    "training": "rlecg train {model} --data ROOT --install",
    "scores": (
        "rlecg score {model} --data ROOT --inputs named --zones --out models/trained/{model}/scores.parquet"
    ),
    "scores of groups": (
        "rlecg score {model} --data ROOT --inputs named --zones --superclasses --people "
        "--out models/trained/{model}/scores.parquet --groups models/trained/{model}/groups.csv.gz"
    ),
    "noise ceilings": "rlecg study noise-ceiling {model} --data ROOT",
    "benchmark scores": "rlecg study published --data ROOT",
    "peers": "rlecg study published --peers --data ROOT",
    "QRS heights": "rlecg study qrs-height {model} --data ROOT",
    "measurements": (
        'rlecg study measurements {model} --data ROOT --inputs "I II V4" --out FILE.csv.gz --install'
    ),
    "lead information": "rlecg study lead-information {model} --data ROOT",
    "lead correlations": "rlecg study lead-correlation --data ROOT",
    "hospitals": "rlecg study hospitals {model} --data ROOT --left-out FOLDER --install",
    "site": "rlecg calibrate-site --data FOLDER --name NAME",
    "significance": "rlecg study significance {question} --data ROOT",
    "checks of maps": "rlecg study maps runs/first runs/second runs/third --data ROOT --out FILE.csv.gz",
    "diagnosis scores": "rlecg study diagnosis score --data ROOT --models {model}",
    "classifier": "rlecg study diagnosis train --data ROOT --install",
    "classifier of few leads": "rlecg study diagnosis train --hide-leads --data ROOT --install",
    "reference recordings": "rlecg study reference {model} --data ROOT",
    "visits": "rlecg study visits --data ROOT",
    "two seconds of the person": "rlecg study person-maps --data ROOT",
    "electrodes": "rlecg study electrodes --data ROOT",
    "personal models": "rlecg study personal-model --data ROOT --out FILE.csv.gz",
}
"""Purpose -> command. What stands in braces is filled in by ``hint``."""


def hint(purpose: str, model: str = "NAME", question: str = "contribution") -> str:
    """The command for a purpose, as it is typed: ``hint("training", model="linear")``."""
    return HINTS[purpose].format(model=model, question=question)
