"""What the papers claim, judged by the tables of ``ecgcore.studies.published.benchmark`` and of the personal
trials: their number, ours, and the likely why.

Every finding is computed from the stored tables, so that it turns when the weights do. A system that was
trained for less than its paper says so wherever its number stands.
"""

from __future__ import annotations

from collections.abc import Callable

from ecgcore.evaluation.statistics import bootstrap_mean
from ecgcore.studies import personal_model as trials
from ecgcore.studies import scores as results
from ecgcore.studies.published import printed
from ecgcore.studies.published.benchmark import (
    AGREES,
    DIFFERS,
    FOLD,
    IN_PART,
    MONITOR,
    NOT_TOLD_APART,
    OLAIYA_FOLD,
    PAIRS,
    RAW,
    Pair,
    lead_means,
    standing,
    test_pair,
    verdict,
)
from ecgcore.studies.published.evidence import (
    Evidence,
    Finding,
    Value,
    agreement_at_ends,
    chain,
    ordered,
    plain_values,
    short,
    values_of_leads,
    with_interval,
)


def findings(evidence: Evidence) -> list[Finding]:
    """Every claim that there is evidence for, paper by paper."""
    variants = {paper: [pair for pair in PAIRS if pair.paper == paper] for paper in ("Olaiya", "Beco")}
    steps: list[Callable[[Evidence], Finding | None]] = [
        personal_networks,
        personal_least_squares,
        gradowski_order,
        olaiya_mean,
        olaiya_fold_9,
        olaiya_order,
        *(_variant(pair) for pair in variants["Olaiya"]),
        beco_order,
        beco_exchanged,
        *(_variant(pair) for pair in variants["Beco"]),
        beco_point_by_point,
        calinet_generic,
        morphrec_limb_leads,
    ]
    return [finding for step in steps if (finding := step(evidence)) is not None]


# -- Matyschik -----------------------------------------------------------------------------------------------


def personal_networks(evidence: Evidence) -> Finding | None:
    """CR against CF on the held-out end of each recording, from the usual input lead."""
    names = evidence.model("Matyschik", "CR"), evidence.model("Matyschik", "CF")
    compared = trials.compare(evidence.trials, *names)
    if compared is None:
        return None
    where = trials.common(evidence.trials, names, trials.USUAL)
    of_both = {
        name: [trials.of(evidence.trials, name, trials.USUAL)[recording] for recording in where]
        for name in names
    }
    means = {
        name: bootstrap_mean([trial.r for trial in of_one], [trial.patient for trial in of_one])
        for name, of_one in of_both.items()
    }
    d = f"{compared.r.cohens_d:+.2f}".replace("-", "−")
    patients = compared.r.difference.n_patients
    here = (
        f"from II: CR {short(means[names[0]].value)}, CF {short(means[names[1]].value)}, "
        f"r {with_interval(compared.r.difference, True)}, d {d}, "
        f"{compared.n} recordings of {patients} patients"
    )
    why = "layer sizes are unpublished, so ours differ; the paper tests nothing between the two"
    return Finding(
        "Matyschik",
        "CR outperforms CF",
        "r of CR .77; CF in a figure only",
        here,
        verdict(compared.r, "first better"),
        why,
        standing(compared.r, "first better"),
        (
            Value("CR", 0.77, means[names[0]]),
            Value("CF", None, means[names[1]]),
            Value("CR − CF", None, compared.r.difference, difference=True),
        ),
    )


def personal_least_squares(evidence: Evidence) -> Finding | None:
    """Least squares as published and with the intercept it lacks, beside CR."""
    names = [
        evidence.model("Matyschik", variant)
        for variant in ("least squares with intercept", "least squares as published", "CR")
    ]
    compared = trials.compare(evidence.trials, names[2], names[0])
    rows = {row.model: row for row in trials.table(evidence.trials, names)}
    if compared is None or not set(names) <= set(rows):
        return None
    fair, published, cr = (rows[name] for name in names)
    here = (
        f"as published {short(published.r.value)}, with intercept {with_interval(fair.r)}, "
        f"CR {with_interval(cr.r)}, n = {cr.r.n_records}"
    )
    stands = (
        "agrees"
        if fair.r.high < 0.2
        else f"least squares does not fail; CR − with intercept {with_interval(compared.r.difference, True)}"
    )
    why = (
        "without an intercept the map must pass through a point that the scaling moved away from zero signal"
    )
    return Finding(
        "Matyschik",
        "Least squares fails, CR does not",
        "r: least squares .0, CR .77",
        here,
        stands,
        why,
        AGREES if fair.r.high < 0.2 else DIFFERS,
        (
            Value("as published", 0.0, published.r),
            Value("with intercept", None, fair.r),
            Value("CR", 0.77, cr.r),
        ),
    )


# -- Gradowski -----------------------------------------------------------------------------------------------


def gradowski_order(evidence: Evidence) -> Finding | None:
    """V1 and V6 easiest, V3 and V4 hardest from limb leads."""
    name = evidence.fullest("Gradowski", "from I+II")
    intervals = lead_means(evidence.table, FOLD, name, "r")
    means = plain_values(intervals)
    if not means:
        return None
    ours = ordered(means)
    easy, hard = set(ours[:2]) == {"V1", "V6"}, set(ours[-2:]) == {"V3", "V4"}
    stands, in_short = agreement_at_ends(easy, hard, easy and hard)
    here = f"I+II, {evidence.marked(name)}{chain(means, ours)}"
    claim = "From limb leads V1 and V6 are easiest, V3 and V4 hardest"
    why = "scored on PTB there, mostly infarctions, and on the PTB-XL test fold here"
    values = values_of_leads(intervals, {})
    return Finding("Gradowski", claim, "V4 lowest r, V3 highest MSE", here, stands, why, in_short, values)


# -- Olaiya --------------------------------------------------------------------------------------------------


def olaiya_mean(evidence: Evidence) -> Finding | None:
    """The chest mean of .846, unfiltered."""
    name = evidence.fullest("Olaiya", "baseline")
    mean = results.overview(results.under(evidence.table, RAW), "r").get((name, printed.OLAIYA_INPUTS))
    if mean is None:
        return None
    here = f"baseline, {evidence.marked(name)}{with_interval(mean)}, n = {mean.n_records}"
    why = (
        f"{evidence.less(name)}fold 10 of a subset here, fold 9 of all there; drift, which no model can "
        "know, caps both"
    )
    stands = printed.against(mean)
    inside = mean.low <= printed.OLAIYA_MEAN <= mean.high
    return Finding(
        "Olaiya",
        "Mean chest r from I+II+V4, unfiltered",
        short(printed.OLAIYA_MEAN),
        here,
        stands,
        why,
        NOT_TOLD_APART if inside else DIFFERS,
        (Value("", printed.OLAIYA_MEAN, mean),),
    )


def olaiya_fold_9(evidence: Evidence) -> Finding | None:
    """The same under the paper's own conditions: trained on folds 1-7, validated on 8, scored on 9."""
    means = results.overview(results.under(evidence.table, OLAIYA_FOLD), "r")
    name = evidence.model("Olaiya", "baseline, own split")
    scored = {
        words: means[model, printed.OLAIYA_INPUTS]
        for words, model in (("its split", name), ("our network", evidence.ours))
        if (model, printed.OLAIYA_INPUTS) in means
    }
    if "its split" not in scored:
        return None
    mean = scored["its split"]
    inside = mean.low <= printed.OLAIYA_MEAN <= mean.high
    return Finding(
        "Olaiya",
        "Mean chest r from I+II+V4, unfiltered, on fold 9",
        short(printed.OLAIYA_MEAN),
        "; ".join(f"{words} {with_interval(value)}" for words, value in scored.items())
        + f", n = {mean.n_records}",
        printed.against(mean),
        "a subset of the recordings here; ours was trained on fold 8 too, and tuned and calibrated on fold 9",
        NOT_TOLD_APART if inside else DIFFERS,
        tuple(Value(words, printed.OLAIYA_MEAN, value) for words, value in scored.items()),
    )


def olaiya_order(evidence: Evidence) -> Finding | None:
    """V5 easiest, V1 hardest."""
    name = evidence.fullest("Olaiya", "baseline")
    intervals = lead_means(evidence.table, RAW, name, "r", printed.OLAIYA_R)
    means = plain_values(intervals)
    if set(means) != set(printed.OLAIYA_R):
        return None
    ours, order = ordered(means), ordered(printed.OLAIYA_R)
    here = f"{evidence.marked(name)}{chain(means, ours)}"
    why = "neighbours in the order lie within each other’s intervals"
    stands, in_short = agreement_at_ends(ours[0] == order[0], ours[-1] == order[-1], ours == order)
    return Finding(
        "Olaiya",
        "The nearer to V4, the easier",
        chain(printed.OLAIYA_R, order),
        here,
        stands,
        why,
        in_short,
        values_of_leads(intervals, printed.OLAIYA_R),
    )


# -- Beco ----------------------------------------------------------------------------------------------------


def beco_order(evidence: Evidence) -> Finding | None:
    """Which leads are easy and hard from II."""
    printed_r = {lead: r for lead, (r, _, _) in printed.BECO_PTB_II.items()}
    name = evidence.model("Beco", "U-Net")
    intervals = lead_means(evidence.table, FOLD, name, "own_r", printed_r)
    means = plain_values(intervals)
    if set(means) != set(printed_r):
        return None
    ours, order = ordered(means), ordered(printed_r)
    easy, hard = (sum(lead in ours[part] for lead in order[part]) for part in (slice(0, 3), slice(-3, None)))
    here = f"{evidence.marked(name)}easiest {', '.join(ours[:3])}; hardest {', '.join(ours[-3:])}"
    stands = f"{easy} of the three easiest and {hard} of the three hardest agree"
    why = (
        "aVR and aVF hold much of II by algebra; which others are hard depends on the database (PTB there, "
        "PTB-XL here)"
    )
    claim = f"easiest {', '.join(order[:3])}; hardest {', '.join(order[-3:])}"
    in_short = AGREES if easy == hard == 3 else IN_PART if easy + hard else DIFFERS
    values = values_of_leads(intervals, printed_r)
    return Finding("Beco", "From II: easy and hard leads", claim, here, stands, why, in_short, values)


def beco_exchanged(evidence: Evidence) -> Finding | None:
    """aVR and aVL on PTB-XL, which the paper read from each other's place."""
    name = evidence.model("Beco", "U-Net")
    means = lead_means(evidence.table, FOLD, name, "own_r", printed.BECO_EXCHANGED)
    if len(means) < len(printed.BECO_EXCHANGED):
        return None
    printed_r = ", ".join(
        f"{lead} {short(printed.BECO_PTB_XL_II[lead][0])}" for lead in printed.BECO_EXCHANGED
    )
    here = evidence.marked(name) + ", ".join(
        f"{lead} {with_interval(value)}" for lead, value in means.items()
    )
    stands = DIFFERS if all(value.low > 0 for value in means.values()) else IN_PART
    why = "their PTB-XL columns of the two are exchanged: leads were read by position, not by name"
    values = values_of_leads(means, {lead: printed.BECO_PTB_XL_II[lead][0] for lead in means})
    return Finding("Beco", "On PTB-XL aVR and aVL fail from II", printed_r, here, stands, why, stands, values)


def beco_point_by_point(evidence: Evidence) -> Finding | None:
    """Grande-Fidalgo's fully connected baseline."""
    name = evidence.model("Beco", "point by point")
    mean = results.overview(results.under(evidence.table, FOLD), "own_r").get((name, "II"))
    if mean is None:
        return None
    here = f"{evidence.marked(name)}{with_interval(mean)}, n = {mean.n_records}"
    stands = DIFFERS if mean.low > 0.002 else AGREES
    why = "theirs reshaped the outputs into the wrong leads; wired right it is a bent copy of II, and no more"
    return Finding(
        "Beco",
        "A fully connected net, point by point, learns nothing from II",
        "r −.005 to .002",
        here,
        stands,
        why,
        stands,
        (Value("", 0.0, mean),),
    )


# -- CaLiNet and MorphRec ------------------------------------------------------------------------------------


def calinet_generic(evidence: Evidence) -> Finding | None:
    """The generic networks' r of .92 to .93, with and without a linear map beneath."""
    means = results.overview(results.under(evidence.table, FOLD), "r")
    scored = {
        words: means[evidence.model("CaLiNet", variant), printed.CALINET_INPUTS]
        for words, variant in (("on a linear map", "generic, anchored"), ("alone", "generic U-Net"))
        if (evidence.model("CaLiNet", variant), printed.CALINET_INPUTS) in means
    }
    if not scored:
        return None
    low, high = printed.CALINET_R
    inside = [mean.low <= high and mean.high >= low for mean in scored.values()]
    here = "; ".join(f"{words} {with_interval(mean)}" for words, mean in scored.items())
    n = next(iter(scored.values())).n_records
    return Finding(
        "CaLiNet",
        "Generic networks from I+II+V2",
        f"r {short(low)} to {short(high)}",
        f"{here}, n = {n}",
        "not told apart from it" if all(inside) else "an interval lies outside it",
        "fold 10 of a subset here; rebuilt from a description",
        NOT_TOLD_APART if all(inside) else DIFFERS,
        tuple(Value(words, None, mean) for words, mean in scored.items()),
    )


def morphrec_limb_leads(evidence: Evidence) -> Finding | None:
    """The chest leads from I and II, .67-40 Hz, first nine seconds: the idea rebuilt, and our own network."""
    means = results.overview(results.under(evidence.table, MONITOR), "r")
    name = evidence.model("MorphRec", "from I+II")
    scored = {
        words: means[model, printed.MORPHREC_INPUTS]
        for words, model in ((f"{evidence.marked(name)}rebuilt", name), ("our network", evidence.ours))
        if (model, printed.MORPHREC_INPUTS) in means
    }
    if not scored:
        return None
    here = "; ".join(f"{words} {with_interval(mean)}" for words, mean in scored.items())
    best = list(scored.values())[-1]
    inside = best.low <= printed.MORPHREC_R <= best.high
    return Finding(
        "MorphRec",
        "Mean chest r from I+II, .67–40 Hz, first nine seconds",
        short(printed.MORPHREC_R),
        f"{here}, n = {best.n_records}",
        f"our network {printed.against(best, printed.MORPHREC_R)}",
        f"{evidence.less(name)}all of PTB-XL on a GPU there, its split not stated; fold 10 of a subset here",
        NOT_TOLD_APART if inside else DIFFERS,
        tuple(Value(words, printed.MORPHREC_R, mean) for words, mean in scored.items()),
    )


# -- variants ------------------------------------------------------------------------------------------------


def _variant(pair: Pair) -> Callable[[Evidence], Finding | None]:
    """A pair of variants as a claim, by the mean over the learned leads."""

    def judge(evidence: Evidence) -> Finding | None:
        models = evidence.model(pair.paper, pair.first), evidence.model(pair.paper, pair.second)
        test = test_pair(evidence.table, FOLD, models, pair.metrics[0]).get("mean")
        if test is None:
            return None
        d = f"{test.cohens_d:+.2f}".replace("-", "−")
        here = (
            f"{evidence.marked(*models)}r {with_interval(test.difference, True)}, d {d}, "
            f"{test.difference.n_patients} patients"
        )
        claim = {"same": "no difference", "first better": "the first is better"}[pair.expects]
        return Finding(
            pair.paper,
            f"{pair.title}: {claim}",
            pair.printed,
            here,
            verdict(test, pair.expects),
            f"{evidence.less(models[0])}{pair.why}",
            standing(test, pair.expects),
            (Value("", pair.printed_difference, test.difference, difference=True),),
        )

    return judge
