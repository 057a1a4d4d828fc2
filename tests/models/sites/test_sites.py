"""Sites: pooled and shrunk factors against what they must be by construction, files that are checked when
read, and what an interval stands on."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.studies.hospitals import summary
from models import sites
from models.sites import ANY, Calibration
from models.sites.hospitals import leave_one_out
from models.sites.local import local_gain, moved, site_of
from models.sites.material import KEPT, SHAPE, Material
from models.sites.pooling import Spread, pooled, pooled_alike, resampled, spread

ONE = np.ones(SHAPE)
SETS = {LeadSet("I II V2"): (2, 4, 5, 6, 7), LeadSet("I II V4"): (2, 3, 4, 6, 7)}


def hospital(
    name: str, error: float, slope: float = 1.0, n: int = 60, seed: int = 0, sets: dict = SETS
) -> Material:
    """Errors of that many times the expected size, which is .1 mV; truth is ``slope`` times the estimate,
    plus error."""
    rng = np.random.default_rng(seed)
    values = {}
    for leads, rows in sets.items():
        estimate = rng.normal(size=(n, len(rows), KEPT))
        size = np.full_like(estimate, 0.1)
        truth = slope * estimate + error * size * rng.normal(size=size.shape)
        values[leads] = np.stack([truth, estimate, size])
    return Material(name, values, dict(sets), np.array([f"{name}/{k}" for k in range(n)]))


def any_hospital(several: list[Material]) -> Calibration:
    logs = np.log(np.clip([material.factors(ONE) for material in several], 0.05, None))
    factors = spread(list(logs), [resampled(material, ONE)[0] for material in several])
    gains = spread([np.log(material.slopes()) for material in several], [np.full(SHAPE, 0.5)])
    more = {"factors": factors.tables(), "gains": gains.tables()}
    return Calibration(
        ANY,
        "",
        "abc",
        np.nan_to_num(factors.of_unseen(0.94), nan=2.0),
        ONE,
        180,
        "three hospitals",
        "2026-01-01",
        more,
    )


def test_a_hospitals_factor_holds_nine_of_ten_of_its_own_errors():
    material = hospital("a", 2.0)
    factor = material.factors(ONE)
    assert factor[3, 6] == pytest.approx(2 * 1.645, rel=0.05)
    assert np.isnan(factor[2]).all() and np.isnan(factor[3, 0])
    assert all(share == pytest.approx(0.9, abs=0.01) for share in material.coverage(factor, ONE).values())


def test_a_slope_is_what_the_truth_was_made_with_and_as_a_gain_lowers_the_error():
    material = hospital("a", 1.0, slope=0.7)
    slopes = material.slopes()
    assert slopes[3, 4] == pytest.approx(0.7, abs=0.01)
    gain = np.where(np.isfinite(slopes), slopes, 1.0)
    key = (LeadSet("I II V2"), "V4")
    assert material.errors(gain)[key] == pytest.approx(100, rel=0.03) and material.errors(ONE)[key] > 250
    assert material.set_slopes(ONE)[key] == pytest.approx(0.7, abs=0.01)
    assert material.set_slopes(gain)[key] == pytest.approx(1, abs=0.01)


def test_pooling_by_sample_and_by_hospital_differ_where_hospitals_differ_in_size():
    large, small = hospital("a", 1.0, n=190), hospital("b", 4.0, n=10)
    by_sample, alike = pooled([large, small], ONE)[3, 6], pooled_alike([large, small], ONE)[3, 6]
    assert by_sample == pytest.approx(1.75, rel=0.1) and alike > 2.5 * by_sample
    # the mixture of N(0, 1) and N(0, 4) holds 90 % of its samples within 5.13
    assert alike == pytest.approx(5.13, rel=0.05)


def test_of_hospitals_alike_the_next_one_is_expected_alike_and_of_others_wider():
    alike = spread([np.zeros(SHAPE)] * 4, [np.full(SHAPE, 0.5)])
    assert alike.of_unseen(0.94) == pytest.approx(np.exp(0.94 * 0.02 * np.sqrt(1.25)))
    other = spread([np.log(value) * ONE for value in (1.0, 2.0, 4.0)], [ONE])
    expected = 2 * np.exp(0.94 * np.log(2) * np.sqrt(1 + 1 / 3))
    assert other.of_unseen(0.94) == pytest.approx(expected)


def test_a_site_begins_as_any_hospital_and_ends_as_itself():
    prior = Spread(np.zeros(SHAPE), np.full(SHAPE, 0.2), np.full(SHAPE, 0.5), 5)
    own = np.full(SHAPE, 2.0)
    assert prior.of_site(np.full(SHAPE, np.nan), 50, 0.94) == pytest.approx(prior.of_unseen(0.94))
    few, many = prior.of_site(own, 5, 0.0), prior.of_site(own, 5000, 0.0)
    assert ((few > 1) & (few < 2)).all() and many == pytest.approx(own, rel=0.02)


def test_gains_of_a_site_are_used_where_they_help_its_other_half_alone():
    gains = Spread(np.zeros(SHAPE), np.full(SHAPE, 0.3), np.full(SHAPE, 0.5), 5)
    low = local_gain(hospital("a", 1.0, slope=0.7), gains, ONE)
    assert low[3, 4] == pytest.approx(0.71, abs=0.02) and low[5, 0] == 1
    noisy = hospital("a", 30.0, slope=1.0, n=6, seed=3)
    gain = local_gain(noisy, gains, ONE)
    halves = [noisy.take(np.arange(start, 6, 2)) for start in (0, 1)]
    before = sum(half.errors(ONE)[LeadSet("I II V2"), "V3"] ** 2 for half in halves)
    after = sum(
        judged.errors(gains.of_site(fitted.slopes(), 3, 0.0))[LeadSet("I II V2"), "V3"] ** 2
        for fitted, judged in (halves, halves[::-1])
    )
    only = noisy.only([LeadSet("I II V2")])
    assert (local_gain(only, gains, ONE)[3, 4] != 1) == (after < before) and gain.shape == SHAPE


def test_a_site_of_few_recordings_is_refused_and_one_of_many_covers_its_errors():
    shared = any_hospital([hospital(str(error), error, seed=3) for error in (1.0, 1.3, 0.8)])
    with pytest.raises(UnusableEcg, match="at least 5"):
        site_of("Ward 3", hospital("a", 2.0, n=4), shared)
    seen, unseen = hospital("a", 2.0, n=80), hospital("a", 2.0, n=80, seed=5)
    site = site_of("Ward 3", seen, shared)
    assert site.label == "site Ward 3 (80 recordings)" and site.weights == "abc"
    shares = unseen.coverage(site.factor, site.gain)
    assert all(0.88 < share < 0.93 for share in shares.values())
    assert all(share < 0.8 for share in unseen.coverage(shared.factor, ONE).values())


def test_online_a_factor_moves_to_where_nine_of_ten_are_held():
    shared = any_hospital([hospital(str(error), error, seed=3) for error in (1.0, 1.3, 0.8)])
    site = site_of("Ward 3", hospital("a", 1.0, n=5), shared)
    later = moved(site, hospital("a", 2.0, n=200, seed=7))
    assert later.recordings == 205 and later.factor[3, 4] == pytest.approx(2 * 1.645, rel=0.1)
    assert later.factor[1, 0] == site.factor[1, 0]
    assert later.basis == site.basis.replace("5 local", "205 local") != site.basis


def test_a_left_out_hospital_is_judged_by_others_by_its_own_recordings_and_online():
    """The third hospital's errors are twice as large as expected, and its estimates too tall: the others hold
    too few of its errors, fifty of its own recordings nine of ten, at once or one by one."""
    sets = {LeadSet("I II V2"): (2, 4, 5, 6, 7)}
    several = {
        name: hospital(name, error, slope, n=90, seed=seed, sets=sets)
        for seed, (name, error, slope) in enumerate([("a", 0.7, 1.0), ("b", 1.3, 0.9), ("c", 2.0, 0.8)])
    }
    factor = torch.full(SHAPE, 1.645)
    model = SimpleNamespace(name="m", observed=lambda leads: leads, interval_factor=factor)
    trained = SimpleNamespace(model=model, weights_hash="abc")
    table = leave_one_out(trained, dict.fromkeys(several, trained), several, draws=2)
    last = table[table["hospital"] == "c"].groupby("way")[["coverage", "slope"]].mean()
    assert last["coverage"]["own"] < 0.7 and last["coverage"]["pooled"] < 0.7
    assert last["slope"]["own"] == pytest.approx(0.8, abs=0.02)
    for way in ("site, 50 recordings", "online, 50 recordings"):
        assert last["coverage"][way] == pytest.approx(0.9, abs=0.02), way
        assert last["slope"][way] == pytest.approx(1, abs=0.06), way
    assert "online, 10 recordings" not in last.index and "online, 20 recordings" in last.index
    line = next(line for line in summary(table) if line.startswith("online, 50"))
    assert "slope" in line and "by hospital" in line


def test_a_site_file_comes_back_as_it_was_and_holds_no_recording(tmp_path):
    shared = any_hospital([hospital(str(error), error) for error in (1.0, 1.2, 0.9)])
    site = site_of("Ward 3", hospital("a", 2.0, n=20), shared)
    site.write(tmp_path / "ward.json")
    again = sites.read(tmp_path / "ward.json")
    assert np.allclose(again.factor, site.factor, atol=1e-4) and again.label == site.label
    assert "a/0" not in (tmp_path / "ward.json").read_text()
    assert json.loads((tmp_path / "ward.json").read_text())["weights"] == "abc"
    shared.write(tmp_path / "any.json")
    assert sites.read(tmp_path / "any.json").label == ANY


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "", "{}", "[1]", '{"kind": "other", "format": 1}', "\x00\x01", "null"]
)
def test_what_is_no_site_file_is_refused_in_one_sentence(text):
    with pytest.raises(UnusableEcg, match="rlecg calibrate-site"):
        sites.parse(text)


def test_tables_out_of_reason_and_names_that_could_be_paths_are_refused(tmp_path):
    fields = {"rung": "site", "name": "A", "weights": "w", "recordings": 5, "basis": ""}
    for factor, gain in ((ONE * np.nan, ONE), (ONE, ONE * 0), (ONE[:4], ONE)):
        with pytest.raises(UnusableEcg, match="9 x 8"):
            Calibration(factor=factor, gain=gain, **fields)
    for name in ("../a", "", "a" * 60, ".hidden", "any hospital "):
        with pytest.raises(UnusableEcg, match="name"):
            Calibration(factor=ONE, gain=ONE, **(fields | {"name": name}))


@pytest.mark.parametrize(
    "change",
    [
        {"recordings": "![x](http://a.b/c.png)"},
        {"recordings": 0},
        {"recordings": True},
        {"basis": 5},
        {"weights": []},
    ],
)
def test_what_a_site_file_says_of_itself_is_a_number_and_texts(change):
    site = Calibration("site", "Ward 3", "w", ONE, ONE, 5, "five")
    assert sites.parse_site(site.text).label == "site Ward 3 (5 recordings)"
    with pytest.raises(UnusableEcg, match="rlecg calibrate-site"):
        sites.parse_site(json.dumps(json.loads(site.text) | change))


def test_a_file_for_any_hospital_is_no_site_and_a_damaged_one_is_named(tmp_path):
    calibration = Calibration(ANY, "", "w", ONE, ONE, 5, "")
    with pytest.raises(UnusableEcg, match="not that of a site"):
        sites.parse_site(calibration.text)
    path = tmp_path / "any-subset" / "any-hospital.json"
    calibration.write(path)
    assert sites.read(path).label == ANY
    path.write_text(calibration.text[:300])
    with pytest.raises(
        UnusableEcg, match=r"any-subset for any hospital is damaged; until any-hospital\.json"
    ):
        sites.read(path)


def test_sites_are_kept_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("RLECG_SITES", str(tmp_path))
    site = Calibration("site", "Ward 3", "w", ONE, ONE, 5, "")
    site.write(sites.path_of("Ward 3"))
    assert sites.local_sites() == ("Ward 3",) and sites.site("Ward 3").name == "Ward 3"
    assert sites.site(str(tmp_path / "Ward 3.json")).name == "Ward 3"
    with pytest.raises(UnusableEcg, match="Ward 3"):
        sites.site("Ward 4")
