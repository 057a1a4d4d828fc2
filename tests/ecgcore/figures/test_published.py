"""The picture of claims: every value is drawn where it lies, every claim says how it stands."""

from __future__ import annotations

from ecgcore.evaluation.statistics import Interval
from ecgcore.figures.published import claims_figure
from ecgcore.studies.published.benchmark import AGREES, DIFFERS, NOT_TOLD_APART
from ecgcore.studies.published.evidence import Finding, Value


def finding(claim: str, standing: str, *values: Value) -> Finding:
    return Finding("Someone", claim, "printed so", "here so", "in words", "why", standing, values)


CLAIMS = (
    finding("One is better", AGREES, Value("", 0.02, Interval(0.03, 0.01, 0.05, 9, 8), difference=True)),
    finding(
        "V1 and V2 fail",
        DIFFERS,
        Value("V1", -0.4, Interval(0.9, 0.8, 0.95, 9, 8)),
        Value("V2", None, Interval(0.5, 0.4, 0.6, 9, 8)),
    ),
    finding("A long claim in many words that does not fit on a single line of it", NOT_TOLD_APART),
)


def test_values_lie_on_their_axis_in_the_line_of_their_claim():
    data = claims_figure(CLAIMS)["data"]
    drawn = {(trace["xaxis"], trace["name"]): (trace["x"], trace["y"]) for trace in data}
    assert drawn["x", "measured here"] == ([0.9, 0.5], [1, 2])
    assert drawn["x", "printed in the paper"] == ([-0.4], [1])
    assert drawn["x2", "measured here"] == ([0.03], [0])
    assert drawn["x2", "printed in the paper"] == ([0.02], [0])


def test_the_interval_is_drawn_and_the_hover_text_says_both_numbers():
    measured = next(trace for trace in claims_figure(CLAIMS)["data"] if trace["x"] == [0.9, 0.5])
    assert [round(value, 2) for value in measured["error_x"]["array"]] == [0.05, 0.1]
    assert "here so" in measured["hovertext"][0]


def test_each_claim_says_how_it_stands_once():
    texts = [note["text"] for note in claims_figure(CLAIMS)["layout"]["annotations"]]
    assert [text for text in texts if text[:1] in "✓✗?≈" and text] == [
        "✓ agrees",
        "✗ does not agree",
        "? not told apart",
    ]
    assert sum("long claim" in text and "<br>" in text for text in texts) == 1
