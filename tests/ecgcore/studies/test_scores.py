"""Tables of scores: read, kept apart by weights, and summed up to numbers known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.evaluation.metrics import METRICS
from ecgcore.evaluation.scoring import COLUMNS, SCORES
from ecgcore.evaluation.statistics import bootstrap_mean
from ecgcore.figures import scores as figures
from ecgcore.studies import scores as results
from ecgcore.studies.published import printed
from ecgcore.studies.scores import Condition
from models.cli import main as rlecg
from models.studies import comparison as compare

ROOT = Path(__file__).parents[3]
HERE = Condition("ptb-xl", "test", "high-pass", "100")
RECORDS = [(f"{number:05d}", f"p{number // 2}") for number in range(12)]
"""Two recordings of each of six patients."""


def row(**more) -> dict:
    usual = {
        "model": "linear",
        "weights": "aaaa",
        "inputs": "I+II+V4",
        "database": "ptb-xl",
        "split": "test",
        "record": "00000",
        "patient": "p0",
    }
    return (
        usual
        | {
            "passband": "high-pass",
            "rate": "100",
            "lead": "V1",
            "source": "estimated",
            "metric": "r",
            "value": 0.5,
        }
        | more
    )


def write(path: Path, rows: list[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    SCORES.write(pd.DataFrame(rows), path)
    return path


def scored(model: str, shift: float = 0.0, **more) -> list[dict]:
    """r of V1 is n/100, of V2 n/100 + .5 for record n, and aVL and a derived lead that no learned mean may
    hold."""
    rows = []
    for number, (record, patient) in enumerate(RECORDS):
        fixed = {"model": model, "record": record, "patient": patient} | more
        rows += [
            row(**fixed, lead="V1", value=number / 100 + shift),
            row(**fixed, lead="V2", value=number / 100 + 0.5 + shift),
        ]
        rows += [row(**fixed, lead="aVL", value=-1.0), row(**fixed, lead="V3", source="derived", value=1.0)]
        rows += [
            row(**fixed, lead="V1", metric="coverage", value=0.8),
            row(**fixed, lead="V1", metric="coverage_qrs", value=0.6),
        ]
        rows += [row(**fixed, lead="V1", metric="rmse_uv", value=100 - number)]
    return rows


def table(tmp_path: Path, rows: list[dict], weights: dict[str, str] | None = None):
    return results.together(
        [SCORES.read(write(tmp_path / "linear/scores.parquet", rows))],
        {"linear": {"aaaa"}, "mean-beat": {"aaaa"}} if weights is None else weights,
    )


# -- the loader ----------------------------------------------------------------------------------------------


def test_files_are_grouped_by_name_and_text_columns_are_categories(tmp_path):
    for model in ("linear", "any-subset"):
        write(tmp_path / model / "scores.parquet", scored(model))
    write(tmp_path / "linear/scores-unseen.parquet", scored("linear", database="ludb"))
    assert {name: len(paths) for name, paths in results.files(tmp_path).items()} == {
        "scores": 2,
        "scores-unseen": 1,
    }
    read = SCORES.read(tmp_path / "linear/scores.parquet")
    assert (
        all(read[column].dtype == "category" for column in COLUMNS if column != "value")
        and read["value"].dtype == np.float32
    )
    assert list(read["record"].cat.categories)[:2] == ["00000", "00001"]  # a name, not a number


def other_columns() -> bytes:
    return pd.DataFrame({"a": [1]}).to_parquet(index=False)


@pytest.mark.parametrize("content", [b"no table", b"", b"PAR1PAR1", other_columns()])
def test_what_is_no_table_is_refused_by_name(tmp_path, content):
    path = tmp_path / "linear/scores.parquet"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"linear/scores\.parquet is no table of scores"):
        SCORES.read(path)


def test_a_table_is_the_same_as_text_and_packed(tmp_path):
    packed = write(
        tmp_path / "linear/scores.parquet", [*scored("linear"), row(value=0.001234), row(value=-123400.0)]
    )
    text = tmp_path / "scores.csv"
    SCORES.read(packed).to_csv(text, index=False, float_format="%.4g")
    assert SCORES.read(text).astype(str).equals(SCORES.read(packed).astype(str))
    with SCORES.appending(packed) as (done, add):
        keys = SCORES.read(packed)[list(SCORES.keys)].astype(str)
        assert done == set(keys.itertuples(index=False, name=None))
        add([[*row(record="99999", value="0.25").values()]])
    again = SCORES.read(packed)
    assert again.iloc[:-1].astype(str).equals(SCORES.read(text).astype(str))
    assert again.iloc[-1]["value"] == 0.25


def test_rows_of_other_weights_are_told_apart_by_a_field(tmp_path):
    new, old = scored("linear"), scored("linear", 0.2, weights="bbbb")
    alone, both, turned = (table(tmp_path, rows) for rows in (new, [*new, *old], [*old, *new]))
    assert results.stale(both) == []
    assert results.overview(both, "r") == results.overview(turned, "r") == results.overview(alone, "r")
    gone = table(tmp_path, scored("gone", weights="cccc"))
    assert results.stale(gone) == ["gone"]
    assert set(gone["model"]) == {"gone"}
    assert not gone["current"].any()
    several = table(tmp_path, [*scored("linear", weights="aa"), *scored("linear", 0.1, weights="bb")], {})
    assert set(several["weights"].astype(str)) == {"bb"}
    assert results.stale(table(tmp_path, scored("least-squares", weights=""), {})) == []  # fitted: no weights


def test_conditions_are_found_and_never_mixed(tmp_path):
    rows = [
        *scored("linear"),
        *scored("linear", -0.1, passband="as-recorded"),
        *scored("linear", -0.2, database="ludb", split="all"),
    ]
    read = table(tmp_path, rows)
    assert results.conditions(read)[:2] == [HERE, Condition("ptb-xl", "test", "as-recorded", "100")]
    means = [
        results.overview(results.under(read, row), "r")[("linear", "I+II+V4")].value
        for row in results.conditions(read)
    ]
    assert np.diff(means) == pytest.approx([-0.1, -0.1])


# -- what is summed up ---------------------------------------------------------------------------------------


def test_the_mean_holds_estimated_learned_leads_alone_and_counts_patients(tmp_path):
    mean = results.overview(table(tmp_path, scored("linear")), "r")[("linear", "I+II+V4")]
    assert mean.value == pytest.approx(0.055 + 0.25) and (mean.n_records, mean.n_patients) == (12, 6)
    assert mean.low < mean.value < mean.high
    only = results.overview(table(tmp_path, scored("linear")), "r", ["V2"])[("linear", "I+II+V4")]
    assert only.value == pytest.approx(0.555)


def test_input_sets_in_order_and_their_common_targets(tmp_path):
    rows = [row for text in ("I+II+V4", "II", "I", "I+II+V2") for row in scored("linear", inputs=text)]
    assert results.input_sets(table(tmp_path, rows)) == ["I", "II", "I+II+V2", "I+II+V4"]
    assert results.common_targets(["II", "I+II+V2"]) == ("V1", "V3", "V4", "V5", "V6")
    assert not results.common_targets([f"I+II+V{number}" for number in range(1, 7)])


def test_leads_have_mean_median_and_the_tail_of_the_bad_end(tmp_path):
    read = table(tmp_path, scored("linear"))
    leads = {row.lead: row for row in results.by_lead(read, "r")}
    assert list(leads) == ["aVL", "V1", "V2"]
    assert (leads["V1"].mean.value, leads["V1"].median) == pytest.approx((0.055, 0.055))
    assert leads["V1"].tail(METRICS["r"]) == pytest.approx(0.0055) and leads["V1"].p95 == pytest.approx(
        0.1045
    )
    rmse = results.by_lead(read, "rmse_uv")[0]
    assert rmse.tail(METRICS["rmse_uv"]) == rmse.p95
    assert results.lead_means(read)[("V2", "r")] == pytest.approx((0.555, 0.555))


def test_the_mean_of_the_learned_leads_is_taken_record_by_record(tmp_path):
    read = table(tmp_path, scored("linear"))
    mean = results.mean_of_learned(read, "r")
    learned = [
        {row.record: row.value for row in read[(read["lead"] == lead) & (read["metric"] == "r")].itertuples()}
        for lead in ("V1", "V2")
    ]
    means = [(learned[0][record] + learned[1][record]) / 2 for record in learned[0]]
    assert (mean.lead, mean.mean.value, mean.median, mean.p05) == (
        "mean of independent",
        pytest.approx(np.mean(means)),
        pytest.approx(np.median(means)),
        pytest.approx(np.quantile(means, 0.05)),
    )
    assert results.mean_of_learned(read, "nothing") is None


def test_rows_of_a_training_that_left_the_database_out_belong_to_the_model(tmp_path):
    rows = [*scored("linear", weights="own"), *scored("linear", weights="without-ludb", database="ludb")]
    rows += scored("linear", weights="earlier", database="georgia")
    both = table(tmp_path, rows, {"linear": {"own", "without-ludb"}})
    assert set(both["database"]) == {"ptb-xl", "ludb"} and both["current"].all()
    assert set(table(tmp_path, rows, {"linear": {"own"}})["database"]) == {"ptb-xl"}


def test_two_models_are_compared_on_every_database_and_clear_differences_counted(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("models.reconstruct.TRAINED", tmp_path)
    monkeypatch.setattr(compare, "weights_in_tables", lambda name: frozenset({"aaaa"}))
    assert rlecg(["compare", "any-subset", "linear"]) == 2
    assert "any-subset has no table 'scores'; its tables of scores: none." in capsys.readouterr().err
    for name, shift in (("linear", 0), ("any-subset", 1)):
        unclear = [
            row(
                model=name,
                record=record,
                patient=patient,
                database="ludb",
                value=0.1 * ((int(patient[1:]) + shift) % 2) + 0.001 * shift,
            )
            for record, patient in RECORDS
        ]
        write(tmp_path / name / "scores.parquet", [*scored(name, 0.1 * shift), *unclear])
    assert rlecg(["compare", "any-subset", "linear"]) == 0
    output = capsys.readouterr().out
    assert (
        "ptb-xl          high-pass    I+II+V4        r        +0.1000 [+0.1000, +0.1000], median +0.1000, "
        "ranks p = 0.09   n = 12 records of 6 patients"
    ) in output
    assert "r: any-subset is better than linear in 2 of 2, clearly (interval without zero) in 1" in output
    assert (
        "rmse_uv: any-subset is better than linear in 0 of 1, clearly (interval without zero) in 0" in output
    )


def test_a_few_large_errors_decide_a_mean_and_no_ranks(tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "weights_in_tables", lambda name: frozenset({"aaaa"}))
    for name, shift in (("linear", 0.0), ("any-subset", 0.01)):
        rows = [
            row(model=name, record=f"{n:05d}", patient=f"p{n}", value=0.5 + (1 + n / 100) * shift)
            for n in range(30)
        ]
        rows += [row(model=name, record="99999", patient="p99", value=0.5 - 60 * shift)]
        write(tmp_path / name / "scores.parquet", rows)
    *_, last = compare.lines(tmp_path, ("any-subset", "linear"), "scores", "r")
    assert "clearly (interval without zero) in 0, by signed ranks" in last and last.endswith("in 1")
    *_, last = compare.lines(tmp_path, ("linear", "any-subset"), "scores", "r")
    assert last.endswith("in 0"), "by ranks the other model is better"


def test_coverage_by_zone_and_means_by_group(tmp_path):
    read = table(tmp_path, scored("linear"))
    assert results.by_zone(read, "coverage") == {"V1": {"all": pytest.approx(0.8), "qrs": pytest.approx(0.6)}}
    groups = {"00000": ("NORM",), "00010": ("MI", "CD"), "00011": ("MI",)}
    means = results.by_group(read, "r", groups, ("NORM", "MI", "CD", "HYP"))
    assert {group: (mean.value, mean.n_records) for (_, group), mean in means.items()} == {
        "NORM": (pytest.approx(0.25), 1),
        "MI": (pytest.approx(0.355), 2),
        "CD": (pytest.approx(0.35), 1),
    }


def test_two_models_are_compared_within_patients_with_bonferroni(tmp_path):
    rng = np.random.default_rng(0)
    second = [
        row | {"value": row["value"] - 0.1 + 0.01 * rng.standard_normal()} for row in scored("mean-beat")
    ]
    comparison = results.compare(
        table(tmp_path, [*scored("linear"), *second]), "r", "linear", "mean-beat", 500
    )
    assert list(comparison) == ["mean", "V1", "V2"]
    assert (
        comparison["mean"].difference.value == pytest.approx(0.1, abs=0.01)
        and comparison["mean"].difference.n_patients == 6
    )
    assert comparison["mean"].t_p < 0.001 and comparison["mean"].cohens_d > 5
    assert comparison["mean"].wilcoxon_p == pytest.approx(
        3 * 2 / 2**6
    )  # exact, six equal signs, three comparisons
    assert results.compare(table(tmp_path, scored("linear")), "r", "linear", "nobody") == {}


def test_the_worst_come_first_whichever_way_a_metric_points(tmp_path):
    read = table(tmp_path, scored("linear"))
    assert results.worst(read, "r", 2) == [
        ("00000", pytest.approx(0.25), "V1"),
        ("00001", pytest.approx(0.26), "V1"),
    ]
    assert results.worst(read, "rmse_uv", 1) == [("00000", 100.0, "V1")]
    slopes = [row(record=f"{n}", metric="slope", value=value) for n, value in enumerate((0.9, 1.4, 1.0))]
    assert [record for record, *_ in results.worst(table(tmp_path, slopes), "slope")] == ["1", "0", "2"]


def test_printed_values_agree_with_themselves():
    assert np.mean(list(printed.OLAIYA_R.values())) == pytest.approx(printed.OLAIYA_MEAN, abs=5e-4)
    assert pytest.approx(0.936, abs=5e-4) == (7 + 5 * printed.OLAIYA_MEAN) / 12
    patients = np.arange(50)
    for value, word in ((0.9, "above"), (0.8, "below"), (0.846, "not told apart")):
        noise = np.tile((-0.01, 0.01), 25)
        assert printed.against(bootstrap_mean(value + noise, patients)).startswith(word)


def test_figures_draw_every_number_once(tmp_path):
    read = table(tmp_path, [*scored("linear"), *scored("mean-beat", 0.1)])
    titles = {"linear": "Linear", "mean-beat": "Mean"}
    figure = figures.inputs_figure(results.overview(read, "r"), titles, ["I+II+V4"], METRICS["r"])
    assert [trace["y"] for trace in figure["data"]] == [[pytest.approx(0.305)], [pytest.approx(0.405)]]
    assert figure["data"][0]["x"] != figure["data"][1]["x"]  # beside, not over each other
    leads = figures.leads_figure(
        {"Linear": results.by_lead(read[read["model"] == "linear"], "r")}, METRICS["r"]
    )
    assert [trace["name"] for trace in leads["data"]] == ["Linear", "median", "5th percentile"]
    cover = figures.coverage_figure({"V1": {"all": 0.9, "qrs": 0.7}})
    assert [trace["y"] for trace in cover["data"]] == [[pytest.approx(90)], [pytest.approx(70)]]
    curve = figures.history_figure(
        [{"epoch": 1, "train_loss": 2.0}, {"epoch": 2, "train_loss": 1.0, "validation_loss": 1.5}]
    )
    assert [trace["x"] for trace in curve["data"]] == [[1, 2], [2]]
