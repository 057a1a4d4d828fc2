"""Claims of published systems, judged by numbers that are known beforehand."""

from __future__ import annotations

from ecgcore.evaluation.scoring import SCORES
from ecgcore.leads import LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.personal_model import Trial
from ecgcore.studies.published import claims, printed
from ecgcore.studies.published.benchmark import FILE, MONITOR
from ecgcore.studies.published.evidence import Evidence, short
from models.studies.published import systems
from tests.ecgcore.studies.published.scored_systems import REDUCED_MODELS, rows, write


def test_claims_are_judged_by_the_numbers_and_say_what_is_reduced(table):
    by_claim = {
        (finding.paper, finding.claim): finding
        for finding in claims.findings(Evidence(table, REDUCED_MODELS, systems=systems()))
    }
    mean = by_claim[("Olaiya", "Mean chest r from I+II+V4, unfiltered")]
    assert (
        mean.printed == ".846"
        and mean.verdict == "below, interval clear of it"
        and "reduced version: .6" in mean.here
        and "fewer recordings" in mean.why
    )
    order = by_claim[("Olaiya", "The nearer to V4, the easier")]
    assert (
        order.printed.startswith("V5 .891 > V3")
        and order.here.split("reduced version: ")[1].startswith("V1")
        and order.verdict == "does not agree"
    )
    assert by_claim[("Olaiya", "shared − lead-specific decoders: the first is better")].verdict == "agrees"
    assert by_claim[("Olaiya", "hybrid heads − baseline: no difference")].verdict.startswith("agrees")
    easy = by_claim[("Gradowski", "From limb leads V1 and V6 are easiest, V3 and V4 hardest")]
    assert easy.verdict == "does not agree" and "V1 .7" in easy.here
    swapped = by_claim[("Beco", "On PTB-XL aVR and aVL fail from II")]
    assert swapped.printed == "aVR −.380, aVL −.330" and swapped.verdict == "does not agree"
    point = by_claim[("Beco", "A fully connected net, point by point, learns nothing from II")]
    assert (
        point.verdict == "does not agree" and "reduced version" not in point.here
    )  # this one is no reduced run
    assert not [finding for finding in by_claim.values() if finding.paper == "Matyschik"]
    assert (mean.standing, order.standing, easy.standing, swapped.standing) == ("does not agree",) * 4
    shared = by_claim[("Olaiya", "shared − lead-specific decoders: the first is better")]
    assert shared.standing == "agrees" and shared.values[0].difference
    assert [value.printed for value in swapped.values] == [-0.38, -0.33]
    assert [value.name for value in easy.values] == ["V1", "V2", "V3", "V4", "V5", "V6"]
    assert mean.values[0].printed == 0.846 and mean.values[0].here.n_records > 0


def test_the_newest_peers_are_judged_in_their_own_conditions(tmp_path):
    means = {"any-subset": 0.911, "morphrec-i-ii": 0.825}
    scores = [row for name, r in means.items() for row in rows(name, "I+II", MONITOR, level=r)]
    scores += rows("calinet-i-ii-v2", "I+II+V2", level=0.96)  # .932 over its five leads
    write(tmp_path, scores)
    files = results.files(tmp_path)[FILE]
    table = results.together([SCORES.read(path) for path in files], {})
    reduced = frozenset({"morphrec-i-ii"})
    named = systems() | {("MorphRec", "from I+II"): "morphrec-i-ii"}
    evidence = Evidence(table, reduced, systems=named, ours="any-subset")
    by_paper = {finding.paper: finding for finding in claims.findings(evidence)}
    calinet, morphrec = by_paper["CaLiNet"], by_paper["MorphRec"]
    assert calinet.verdict == "not told apart from it" and calinet.values[0].name == "on a linear map"
    assert morphrec.here.startswith("reduced version: rebuilt .80") and "our network .88" in morphrec.here
    assert morphrec.verdict == "our network not told apart from it" and morphrec.printed == ".886"
    write(tmp_path, [row for name in means for row in rows(name, "I+II", MONITOR, level=0.95)])
    table = results.together([SCORES.read(path) for path in files], {})
    (ahead,) = claims.findings(Evidence(table, systems=named, ours="any-subset"))[-1:]
    assert ahead.verdict == "our network above, interval clear of it"


def trials(**r: float) -> list[Trial]:
    """Six patients from lead II; CR differs a little from patient to patient."""
    return [
        Trial(
            "ptbdb",
            f"r{number}",
            f"p{number}",
            "II",
            model.replace("_", "-"),
            "",
            value + 0.001 * number * (model == "cr"),
            50.0,
            0.01,
            0.1,
            0.1,
        )
        for number in range(6)
        for model, value in r.items()
    ]


def test_personal_trials_judge_matyschik(table):
    some = trials(cr=0.9, cf=0.7, least_squares=0.6, least_squares_published=0.1)
    by_claim = {
        finding.claim: finding
        for finding in claims.findings(Evidence(table, REDUCED_MODELS, some, systems()))
    }
    assert (
        by_claim["CR outperforms CF"].verdict == "agrees"
        and "CR .903, CF .700" in by_claim["CR outperforms CF"].here
    )
    assert "6 recordings of 6 patients" in by_claim["CR outperforms CF"].here
    squares = by_claim["Least squares fails, CR does not"]
    assert squares.here.startswith("as published .100, with intercept .600") and squares.verdict.startswith(
        "least squares does not fail; CR − with intercept +.3"
    )
    poor = {
        finding.claim: finding
        for finding in claims.findings(
            Evidence(
                table,
                REDUCED_MODELS,
                trials(cr=0.7, cf=0.7, least_squares=0.0, least_squares_published=0.0),
                systems(),
            )
        )
    }
    assert poor["Least squares fails, CR does not"].verdict == "agrees"
    assert "CR outperforms CF" not in {
        finding.claim
        for finding in claims.findings(Evidence(table, REDUCED_MODELS, trials(cr=0.9), systems()))
    }


def test_printed_tables_of_beco_are_whole_and_their_exchange_is_known():
    for values, given in (
        (printed.BECO_PTB_II, "II"),
        (printed.BECO_PTB_XL_II, "II"),
        (printed.BECO_PTB_I, "I"),
        (printed.BECO_PTB_XL_I, "I"),
    ):
        assert LeadSet(values) == LeadSet(given).missing and all(
            len(value) == 3 and value[1] > 0 for value in values.values()
        )
    assert all(
        printed.BECO_PTB_XL_II[lead][0] < 0 < printed.BECO_PTB_II[lead][0] for lead in printed.BECO_EXCHANGED
    )
    assert short(-0.38) == "−.380" and short(0.013, signed=True) == "+.013" and short(1.0) == "1.000"
