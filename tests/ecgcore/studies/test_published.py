"""Published systems beside ours: tables, variants and claims with answers known beforehand; the command; the
page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.evaluation.scoring import COLUMNS, SCORES
from ecgcore.evaluation.statistics import Interval, PairedTest
from ecgcore.leads import CHEST, STANDARD, LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.personal_model import Trial
from ecgcore.studies.published import benchmark, claims, printed
from ecgcore.studies.published.benchmark import FILE, FOLD, MONITOR, PAIRS, PTB, RAW, verdict
from ecgcore.studies.published.gradowski_tables import PAPER_SETS
from ecgcore.synthetic import Heart, simulate
from models import reconstruct
from models.base import families, systems
from models.cli import main as rlecg
from models.studies import published as command
from pages.shared.reads import scores
from tests.ecgcore.studies.test_scores import look, opened, words

PATIENTS = 12
TITLES = {
    "any-subset": "Any-subset network",
    "linear": "Linear MMSE",
    "gradowski-i-ii": "Gradowski U-Net, I + II",
    "gradowski-i-ii-v4": "Gradowski U-Net, I + II + V4",
    "olaiya-baseline": "Olaiya U-Net, baseline, I + II + V4",
    "olaiya-hybrid": "Olaiya U-Net, hybrid, I + II + V4",
    "olaiya-lead-specific": "Olaiya U-Net, lead specific, I + II + V4",
    "beco-unet-ii": "Beco U-Net, II",
    "beco-fc-ii": "Beco point by point (Grande-Fidalgo), II",
}
REDUCED_MODELS = frozenset(
    name for name in TITLES if name.startswith(("gradowski", "olaiya", "beco-unet"))
) - {"olaiya-lead-specific"}
LEVEL = {
    "any-subset": 0.9,
    "linear": 0.8,
    "olaiya-baseline": 0.7,
    "olaiya-hybrid": 0.7,
    "olaiya-lead-specific": 0.6,
    "gradowski-i-ii-v4": 0.75,
}

OURS = ("any-subset", "linear")


def rows(
    model: str, inputs: str, condition=FOLD, level=None, metrics=("r",), weights="w", spread=0.01
) -> list[tuple]:
    """Every missing chest lead and, from one lead, the limb leads: the model's level, a hundredth less for
    each chest lead from V1, and noise by patient."""
    given, scores = LeadSet(inputs), []
    level = LEVEL.get(model, 0.5) if level is None else level
    rng = np.random.default_rng(sum(map(ord, model)))
    targets = [lead for lead in (*given.missing,) if lead not in given.determined]
    for number in range(PATIENTS):
        noise = spread * rng.standard_normal()
        for lead in targets:
            value = level - (0.01 * CHEST.index(lead) if lead in CHEST else 0.0) + noise
            for metric in metrics:
                fixed = (
                    model,
                    weights,
                    inputs,
                    condition.database,
                    condition.split,
                    f"{number:03d}",
                    f"p{number}",
                    condition.passband,
                    condition.rate,
                )
                scores.append(
                    (*fixed, lead, "estimated", metric, value if metric != "rmse_uv" else 1000 * (1 - value))
                )
    return scores


def everything() -> list[tuple]:
    both = ("r", "rmse_uv")
    scores = []
    for model in ("any-subset", "linear"):
        for inputs in ("II", "I+II", "I+II+V4"):
            scores += rows(model, inputs, metrics=both)
        scores += rows(model, "I+II+V4", RAW) + rows(model, "I+II+V4", PTB)
    scores += rows("gradowski-i-ii", "I+II", metrics=both, level=0.7) + rows(
        "gradowski-i-ii-v4", "I+II+V4", metrics=both
    )
    for model in ("olaiya-baseline", "olaiya-hybrid", "olaiya-lead-specific"):
        scores += rows(model, "I+II+V4", metrics=both) + rows(model, "I+II+V4", RAW)
    own = (*both, "own_r", "own_rmse", "own_ssim")
    return (
        scores
        + rows("beco-unet-ii", "II", metrics=own, level=0.6)
        + rows("beco-fc-ii", "II", metrics=own, level=0.3)
    )


def write(folder: Path, scores: list[tuple]) -> None:
    for model in {row[0] for row in scores}:
        path = folder / model / f"{FILE}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        SCORES.write(pd.DataFrame([row for row in scores if row[0] == model], columns=COLUMNS), path)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    write(folder, everything())
    return results.together(
        [SCORES.read(path) for path in results.files(folder)[FILE]], {name: {"w"} for name in TITLES}
    )


# -- tables --------------------------------------------------------------------------------------------------


def test_all_models_of_a_set_stand_side_by_side_in_the_order_given(table):
    sides = benchmark.side_by_side(table, FOLD, "I+II+V4", list(TITLES))
    assert [row.model for row in sides] == [name for name in TITLES if name in LEVEL]
    first = sides[0].values["r"]
    assert (
        first.value == pytest.approx(0.9 - 0.01 * np.mean([0, 1, 2, 4, 5]), abs=0.01)
        and first.n_patients == PATIENTS
    )
    assert "own_r" not in sides[0].values
    assert set(benchmark.side_by_side(table, FOLD, "II", ["beco-unet-ii"])[0].values) == {
        "r",
        "rmse_uv",
        "own_r",
        "own_rmse",
        "own_ssim",
    }
    assert [row.model for row in benchmark.side_by_side(table, PTB, "I+II+V4", list(TITLES))] == [
        "any-subset",
        "linear",
    ]


def test_models_of_a_set_are_compared_on_leads_that_all_of_them_estimate(tmp_path):
    """Gradowski's network of a single limb lead gives chest leads alone; limb leads, here easier, must not
    count for the others."""
    easy = [
        (*row[:9], row[9], row[10], row[11], 1.0 if row[9] not in CHEST else row[12])
        for row in rows("any-subset", "II") + rows("linear", "II")
    ]
    chest = [row for row in rows("gradowski-ii", "II", level=0.7) if row[9] in CHEST]
    write(tmp_path, easy + chest)
    both = results.together([SCORES.read(path) for path in results.files(tmp_path)[FILE]], {})
    assert benchmark.shared_targets(both, FOLD, "II") == LeadSet(CHEST)
    values = {
        row.model.split(" ")[0]: row.values["r"].value
        for row in benchmark.side_by_side(both, FOLD, "II", sorted(both["model"].unique()))
    }
    assert values["any-subset"] == pytest.approx(0.9 - 0.025, abs=0.01) and values[
        "gradowski-ii"
    ] == pytest.approx(0.7 - 0.025, abs=0.01)
    assert benchmark.shared_targets(both[both["model"].str.startswith("any")], FOLD, "II") == LeadSet(
        "I V1 V2 V3 V4 V5 V6"
    )


def test_every_set_that_has_a_network_stands_beside_ours(table):
    duels = benchmark.every_set(table, OURS, "gradowski")
    assert [duel.inputs for duel in duels] == [
        "I+II",
        "I+II+V4",
    ]  # in the paper's order; II has no network of theirs
    assert duels[1].values["r"]["gradowski"].value == pytest.approx(
        0.75 - 0.01 * np.mean([0, 1, 2, 4, 5]), abs=0.01
    )
    assert all(duel.ahead("any-subset", metric) for duel in duels for metric in ("r", "rmse_uv"))
    assert not benchmark.Duel(
        "I", "gradowski", {"r": {"linear": exactly(0.5), "gradowski": exactly(0.6)}}
    ).ahead("linear", "r")


def exactly(value: float) -> Interval:
    return Interval(value, value, value, 1, 1)


def test_input_sets_are_compared_on_leads_that_none_holds(table):
    assert benchmark.sets_of("gradowski", table) == ("I+II", "I+II+V4")
    means = benchmark.on_common_leads(table, FOLD, "r", ("I+II", "I+II+V4"), OURS)
    by = {(benchmark.system(row.model, OURS), row.inputs): row.values["r"].value for row in means}
    assert set(by) == {
        (name, text) for name in ("any-subset", "linear", "gradowski") for text in ("I+II", "I+II+V4")
    }
    common = np.mean([0, 1, 2, 4, 5]) / 100  # V4 counts in neither
    assert (
        by[("linear", "I+II")]
        == pytest.approx(by[("linear", "I+II+V4")])
        == pytest.approx(0.8 - common, abs=0.01)
    )


def test_leads_have_their_own_means(table):
    means = benchmark.lead_means(table, RAW, "linear", "r")
    assert list(means) == ["V1", "V2", "V3", "V5", "V6"] and means["V1"].value - means[
        "V6"
    ].value == pytest.approx(0.05, abs=1e-6)


# -- verdicts ------------------------------------------------------------------------------------------------


def test_of(low: float, high: float, d: float) -> PairedTest:
    return PairedTest(Interval((low + high) / 2, low, high, 50, 50), 0.5, 0.5, d)


test_of.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("low", "high", "d", "expects", "better", "words"),
    [
        (-0.01, 0.01, 0.0, "same", "high", "agrees: not told apart"),
        (0.001, 0.002, 0.1, "same", "high", "agrees: told apart, but the effect is negligible"),
        (0.01, 0.02, 0.9, "same", "high", "does not agree: the first is better"),
        (0.01, 0.02, 0.9, "same", "low", "does not agree: the first is worse"),
        (0.01, 0.02, 0.9, "first better", "high", "agrees"),
        (0.01, 0.02, 0.1, "first better", "high", "agrees in direction, the effect is negligible"),
        (-0.02, -0.01, -0.9, "first better", "high", "does not agree: the first is worse"),
        (-0.02, -0.01, -0.9, "first better", "low", "agrees"),
        (-0.01, 0.01, 0.0, "first better", "high", "does not agree: not told apart"),
    ],
)
def test_verdicts_follow_interval_size_and_direction(low, high, d, expects, better, words):
    assert verdict(test_of(low, high, d), expects, better) == words


def test_variants_are_compared_over_patients(table):
    pair = "olaiya-baseline", "olaiya-lead-specific"
    test = benchmark.test_pair(table, FOLD, pair, "r")["mean"]
    assert (
        test.difference.value == pytest.approx(0.1, abs=0.01)
        and test.difference.n_patients == PATIENTS
        and test.t_p < 0.001
    )
    assert benchmark.test_pair(table, FOLD, ("olaiya-physics-acting", pair[0]), "r") == {}  # not scored


def test_every_variant_that_is_compared_is_a_system_of_a_family_and_was_trained():
    names = systems()
    compared = {(pair.paper, variant) for pair in PAIRS for variant in (pair.first, pair.second)}
    assert compared <= set(names)
    assert set(names.values()) <= {info.name for info in reconstruct.available()} | set(families())


# -- claims --------------------------------------------------------------------------------------------------


def test_claims_are_judged_by_the_numbers_and_say_what_is_reduced(table):
    by_claim = {
        (finding.paper, finding.claim): finding
        for finding in claims.findings(claims.Evidence(table, REDUCED_MODELS, systems=systems()))
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
    evidence = claims.Evidence(table, reduced, systems=named, ours="any-subset")
    by_paper = {finding.paper: finding for finding in claims.findings(evidence)}
    calinet, morphrec = by_paper["CaLiNet"], by_paper["MorphRec"]
    assert calinet.verdict == "not told apart from it" and calinet.values[0].name == "on a linear map"
    assert morphrec.here.startswith("reduced version: rebuilt .80") and "our network .88" in morphrec.here
    assert morphrec.verdict == "our network not told apart from it" and morphrec.printed == ".886"
    write(tmp_path, [row for name in means for row in rows(name, "I+II", MONITOR, level=0.95)])
    table = results.together([SCORES.read(path) for path in files], {})
    (ahead,) = claims.findings(claims.Evidence(table, systems=named, ours="any-subset"))[-1:]
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
        for finding in claims.findings(claims.Evidence(table, REDUCED_MODELS, some, systems()))
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
            claims.Evidence(
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
        for finding in claims.findings(claims.Evidence(table, REDUCED_MODELS, trials(cr=0.9), systems()))
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
    assert (
        claims.short(-0.38) == "−.380"
        and claims.short(0.013, signed=True) == "+.013"
        and claims.short(1.0) == "1.000"
    )


# -- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path):
    from ecgcore.io.write import write_ecg

    root = tmp_path / "data"
    for number in range(2):
        write_ecg(simulate(Heart(rate=60 + number), 500.0, 10.0, seed=number), root / "mine", f"r{number}")
    (root / "mine" / "RECORDS").write_text("r0\nr1\n")
    return root / "mine"


@pytest.fixture
def here(monkeypatch, data):
    """The command on two simulated recordings and two input sets."""
    sets = (LeadSet("II"), LeadSet("I II V4"))

    def tasks(name, root):
        return [
            command.Task(
                (name,), root, "folder", None, sets, passband, scaled=passband == "high-pass", only=only
            )
            for passband, only in (("high-pass", command.METRICS), ("as-recorded", command.AS_RECORDED))
        ]

    monkeypatch.setattr(command, "tasks", tasks)
    return data


def test_the_command_writes_continues_and_drops_rows_of_other_weights(here, tmp_path):
    out = tmp_path / "out"
    arguments = ["linear", "--data", str(here), "--out", str(out), "--jobs", "1"]
    assert rlecg(["study", "published", *arguments]) == 0
    path = out / "linear" / f"{FILE}.parquet"
    whole = SCORES.read(path)
    assert set(whole["metric"].unique()) == {"r", "rmse_uv", "rmse_scaled", "ssim", "mse_joint"} and set(
        whole["inputs"].unique()
    ) == {"II", "I+II+V4"}
    assert set(whole[whole["passband"] == "as-recorded"]["metric"].unique()) == {"r", "rmse_uv"}
    old = whole.head(1).astype({"weights": str}).assign(weights="old")
    SCORES.write(pd.concat([whole.astype({"weights": str}), old]), path)
    assert rlecg(["study", "published", *arguments]) == 0
    assert SCORES.read(path).astype(str).equals(whole.astype(str))  # nothing twice, nothing of other weights


def test_systems_are_asked_for_their_own_sets(monkeypatch, tmp_path):
    assert command.input_sets("linear") == benchmark.INPUTS
    assert command.input_sets("conv-vae") == ()  # it is given all twelve
    assert {str(leads) for leads in command.tasks("linear", tmp_path)[-1].inputs} | set(
        map(str, benchmark.INPUTS)
    ) == set(map(str, PAPER_SETS))
    assert len(command.tasks("mean-beat", tmp_path)) == 5
    assert len(command.tasks("gradowski-i-ii-v4", tmp_path)) == 3  # not from I and II alone
    for task in command.tasks("linear", tmp_path):
        assert (task.database, task.split, task.passband) in {
            ("ptb-xl", "test", "high-pass"),
            ("ptbdb", None, "high-pass"),
            ("ptb-xl", "test", "as-recorded"),
            ("ptb-xl", "test", "0.67-40"),
            ("ptb-xl", "val", "0.67-40"),
        }
    assert rlecg(["study", "published", "nobody", "--data", str(tmp_path)]) == 2


def test_leads_that_the_fallback_filled_in_are_not_credited_to_a_model():
    """Gradowski's networks give chest leads; from I alone the sheet shows II by the linear estimator, which
    the network has no part in."""
    cards = {info.name: info.card for info in reconstruct.available() if info.card}
    assert reconstruct.estimated_by("any-subset") == LeadSet(STANDARD) == reconstruct.estimated_by("cr")
    for name in [name for name in cards if name.startswith("gradowski")]:
        assert reconstruct.estimated_by(name) == LeadSet(cards[name].inputs[0]).missing.chest
        path = reconstruct.TRAINED / name / f"{FILE}.parquet"
        assert not path.is_file() or set(SCORES.read(path)["lead"].unique()) <= set(CHEST)


def test_every_published_system_here_is_offered_for_its_leads_after_ours_and_says_its_version():
    infos = [info for info in reconstruct.available() if info.card]
    published = [info for info in infos if info.card.paper]
    ranks = [infos.index(info) for info in published]
    assert ranks == sorted(ranks) and min(ranks) == len(infos) - len(published)
    for info in published:
        inputs = LeadSet(info.card.inputs[0])
        assert info in reconstruct.fitting(inputs) and reconstruct.fitting(inputs)[0].name == "any-subset"
        less = any("in place of" in departure for departure in info.card.departures)
        assert info.card.reduced == less == info.label.endswith(" (reduced version)"), info.name
        assert "(" not in info.title.replace("(Grande-Fidalgo)", "")


# -- the page ------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write(tmp_path, everything())
    monkeypatch.setattr(scores, "folder", lambda: tmp_path)
    monkeypatch.setattr(scores, "titles", lambda of_papers=True: TITLES)
    monkeypatch.setattr(scores, "reduced", lambda: REDUCED_MODELS)
    monkeypatch.setattr(
        scores, "weights_in_tables", lambda: tuple((name, frozenset({"w"})) for name in TITLES)
    )
    return tmp_path


@pytest.mark.slow
def test_the_page_shows_what_holds_the_tables_and_the_tests(folder):
    app = opened("results")
    text = look(app, "published")
    assert (
        "claims:** ✓ " in text
        and "do not agree" in text
        and "reduced version: 0.6" in text
        and "7 × 1 + 5 × 0.8463" in text
        and "leads that none is given" in text
    )

    def table_of(view: str) -> str:
        app.segmented_control(key="link_table").set_value(view).run()
        assert not app.exception, app.exception
        return words(app)

    text = table_of("benchmark")
    assert "**Olaiya U-Net, baseline, I + II + V4**" in text and "n = 12 records of 12 patients" in text
    assert (
        "Input sets on leads that none holds: V1, V2, V3, V5, V6" in text
        and "Gradowski U-Net, one network a set (reduced version)" in text
    )
    app.selectbox(key="link_place").select("PTB recordings").run()
    assert "was trained on these recordings" in words(app)
    app.selectbox(key="link_inputs").select("I+II").run()
    assert "Nothing was scored from I+II on PTB recordings" in words(app)
    text = table_of("leads")
    assert (
        "| Printed: baseline, PTB-XL fold 9 | 0.846 | 0.818 |" in text
        and "below, interval clear of it" in text
    )
    app.selectbox(key="link_paper").select("Beco, from II").run()
    text = words(app)
    assert (
        "(−0.38)" in text
        and "| Printed: shared encoder, PTB patients 1–50 | 0.67 |" in text
        and "Beco U-Net, II" in text
    )
    text = table_of("variants")
    assert (
        "**Olaiya: shared − lead-specific decoders** | r | 0." in text
        and "Bonferroni" in text
        and "12" in text
    )


def test_without_scores_of_the_systems_the_page_says_how(tmp_path, monkeypatch):
    monkeypatch.setattr(scores, "folder", lambda: tmp_path)
    app = opened("results")
    app.segmented_control(key="link_view").set_value("published").run()
    assert not app.exception and "rlecg study published" in words(app)
