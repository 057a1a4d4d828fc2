"""The published systems beside ours, read and compared once per server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.leads import LeadSet
from ecgcore.studies import personal_model as trials
from ecgcore.studies import scores as results
from ecgcore.studies.published import REDUCED, benchmark, claims
from ecgcore.studies.published.benchmark import FOLD, Pair
from ecgcore.studies.published.evidence import Evidence, Finding
from ecgcore.studies.published.peers import COSTS_FILE, FILE, Beside, Cost
from ecgcore.studies.scores import Condition
from models.hints import hint
from pages.shared.reads import scores


class Network(NamedTuple):
    """A system where its input leads are told already. version: "full width" or "reduced version" of its
    paper's, "" of what follows no paper."""

    title: str
    version: str

    def __str__(self) -> str:
        """For the rows of a table."""
        return f"**{self.title}** · {self.version}" if self.version else f"**{self.title}**"


@dataclass(frozen=True)
class Scored:
    """The table of the benchmark, what it was read from, and titles of its models, ours first."""

    key: tuple
    table: Any
    titles: Mapping[str, str]
    trials: Sequence[trials.Trial]

    @property
    def ours(self) -> tuple[str, ...]:
        """Our models among them, in the order of lists."""
        from models.reconstruct import of_role

        return tuple(info.name for info in of_role("ours") if info.name in self.titles)

    @property
    def peer(self) -> str:
        """The family with a network for every input set."""
        from models.studies.published import one_per_set

        family = one_per_set()
        return family.name if family else ""

    @property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """Variants to compare, by the names of their two models; those that were scored."""
        from models.studies.published import systems

        names = systems()
        pairs = {
            (names.get((pair.paper, pair.first), ""), names.get((pair.paper, pair.second), "")): pair
            for pair in benchmark.PAIRS
        }
        return {models: pair for models, pair in pairs.items() if set(models) <= set(self.titles)}

    def of_paper(self, study: str) -> frozenset[str]:
        """The trained models of a paper, by its short name."""
        from models.reconstruct import in_tables

        return frozenset(info.name for info in in_tables() if info.family.study == study)

    def network(self, model: str) -> Network:
        """A model of a paper without its input leads; any other as it is called in lists."""
        from models.reconstruct import in_tables

        for info in in_tables():
            if info.name == model and info.card and info.card.paper and info.card.inputs != "any":
                leads = f", {' + '.join(LeadSet(info.card.inputs[0]))}"
                return Network(info.title.replace(leads, "", 1), info.card.version)
        return Network(self.titles[model], "")

    def together(self, models: Iterable[str]) -> list[str]:
        """Models with the versions of a network one after the other, the paper's own first."""
        names = {model: self.network(model) for model in models}
        first = {network.title: place for place, network in reversed(list(enumerate(names.values())))}
        return sorted(names, key=lambda model: (first[names[model].title], names[model].version == REDUCED))

    @property
    def evidence(self) -> Evidence:
        """What claims are judged from."""
        from models.studies.published import systems

        ours = next(iter(self.ours), "")
        return Evidence(self.table, scores.reduced(), self.trials, systems(), ours)


def read() -> Scored:
    """The table of the benchmark. Raises UnusableEcg where nothing was scored yet."""
    files = results.files(scores.folder()).get(benchmark.FILE)
    if not files:
        raise UnusableEcg(
            f"The published systems have not been scored here yet; this scores them beside ours: "
            f"`{hint('benchmark scores')}`"
        )
    personal = scores.folder() / "personal" / "trials.csv.gz"
    stamp, on_disk = scores.stamp(files), scores.weights_in_tables()
    table, refused = scores.table(stamp, on_disk)
    for sentence in refused:
        st.warning(sentence, icon=":material/info:")
    if old := results.stale(table):
        st.warning(made_with_other_weights(old), icon=":material/history:")
    there = set(table["model"].unique())
    titles = {name: title for name, title in scores.titles().items() if name in there}
    titles |= {name: name for name in old if name not in titles}
    if not personal.is_file():
        return Scored((stamp, on_disk), table, titles, ())
    return Scored((stamp, on_disk, scores.stamp((personal,))), table, titles, trials.read(personal))


def peers() -> tuple[list[Beside], dict[str, Cost]]:
    """Networks at full width beside ours, and what each took; nothing where they were not scored."""
    files = tuple(path for name in (FILE, COSTS_FILE) if (path := scores.folder() / name).is_file())
    return _peers(scores.stamp(files), scores.weights_in_tables())


@st.cache_data(max_entries=2, show_spinner="Resampling patients")
def _peers(files: scores.Stamp, weights: tuple) -> tuple[list[Beside], dict[str, Cost]]:
    from models.studies import peers

    return peers.read(scores.folder())


def titles() -> dict[str, str]:
    """Of trained models."""
    return scores.titles()


@st.cache_data(max_entries=8, show_spinner="Resampling patients")
def findings(key: tuple, _evidence: Evidence) -> list[Finding]:
    """Every claim that can be judged."""
    return claims.findings(_evidence)


@st.cache_data(max_entries=60, show_spinner="Resampling patients")
def rows(
    key: tuple, condition: Condition, inputs: str, order: tuple[str, ...], _table: Any
) -> list[benchmark.Row]:
    """Systems side by side, from one input set under one condition."""
    return benchmark.side_by_side(_table, condition, inputs, order)


@st.cache_data(max_entries=20, show_spinner="Resampling patients")
def on_common_leads(
    key: tuple, metric: str, sets: tuple[str, ...], ours: tuple[str, ...], _table: Any
) -> list[benchmark.Row]:
    """Input sets on the leads that none holds."""
    return benchmark.on_common_leads(_table, FOLD, metric, sets, ours)


@st.cache_data(max_entries=4, show_spinner="Resampling patients")
def duels(key: tuple, ours: tuple[str, ...], family: str, _table: Any) -> list[benchmark.Duel]:
    """Each set of Gradowski and Buchner that has a network: ours beside theirs."""
    return benchmark.every_set(_table, ours, family)


@st.cache_data(max_entries=60, show_spinner="Resampling patients 10,000 times")
def tests(key: tuple, models: tuple[str, str], metric: str, _table: Any) -> Any:
    """Two models on the same records."""
    return benchmark.test_pair(_table, FOLD, models, metric)


@st.cache_data(max_entries=60, show_spinner="Resampling patients")
def lead_means(key: tuple, condition: Condition, model: str, metric: str, _table: Any) -> dict[str, Interval]:
    """Mean of a metric per lead."""
    return benchmark.lead_means(_table, condition, model, metric)
