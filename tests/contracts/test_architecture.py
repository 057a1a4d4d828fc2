"""The floors of the product: a module imports only from below, heavy libraries stay where they belong. Read
from the source, nothing is run."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    *sorted(path for folder in ("ecgcore", "models", "pages") for path in (ROOT / folder).rglob("*.py")),
    ROOT / "app.py",
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
NAMES = {
    path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in SOURCES
}

FLOORS = (
    ("ecgcore.leads",),
    ("ecgcore.ecg",),
    (
        "ecgcore.signals",
        "ecgcore.clipping",
        "ecgcore.lead_algebra",
        "ecgcore.heart_vector",
        "ecgcore.synthetic",
        "ecgcore.partial",
        "ecgcore.electrodes",
    ),
    ("ecgcore.io",),
    ("ecgcore.datasets", "ecgcore.demonstrations"),
    ("ecgcore.measurements", "ecgcore.evaluation", "ecgcore.quality"),
    ("ecgcore.studies",),
    ("ecgcore.figures",),
    ("ecgcore.export",),
    ("ecgcore",),
    ("models.progress",),
    ("models.base", "models.training.plan", "models.blocks.number_formats", "models.blocks.activations"),
    (
        "models.training.batches",
        "models.windows",
        "models.training.augment",
        "models.training.optimisers",
        "models.training.workers",
        "models.blocks.layers",
        "models.blocks.conditioned_unet",
    ),
    ("models.checkpoint", "models.calibration", "models.sites"),
    ("models.reconstruct",),
    (
        "models.electrodes.scores",
        "models.electrodes.candidates",
        "models.electrodes.features",
        "models.electrodes.reference",
        "models.electrodes.variation",
    ),
    ("models.person.beats", "models.person.maps"),
    ("models.person.correction", "models.person.intervals"),
    ("models.person.reference",),
    ("models.person.page",),
    ("models.partial",),
    ("models.training.loop", "models.blocks", "models.out_of_distribution"),
    ("models.linear_estimator",),
    ("models.blocks.training_mix", "models.blocks.corrected_linear"),
    ("models.zoo",),
    ("models", "models.reconstruct.__main__", "models.sites.hospitals"),
    ("pages.shared",),
    ("pages.views",),
    ("pages",),
    ("app",),
)
"""From below. A name stands for what begins with it; the longest that fits counts. Families bring their own
training, so they stand above it."""
SEEKS = {"models.base": "models.zoo"}
"""The register looks for the families in their folder, whatever they are; it knows none by name."""
HOMES = {
    "torch": ("models",),
    "safetensors": ("models",),
    "streamlit": ("pages", "app"),
    "plotly": ("ecgcore.figures",),
    "distributed": ("models.many",),
    "tqdm": ("models.progress",),
    "wfdb": ("ecgcore.io", "ecgcore.datasets", "ecgcore.export"),
    "pydicom": ("ecgcore.io", "ecgcore.demonstrations", "ecgcore.export"),
    "neurokit2": ("ecgcore.measurements",),
}
NOT_IN_PAGES = ("numpy", "scipy", "pandas", "plotly", "torch", "neurokit2", "wfdb", "matplotlib")
LONGEST = 400
NO_NOUNS = {"found", "said", "made", "known", "told", "asked", "theirs", "mine", "yours", "one", "it", "them"}
"""Names that only their author understands."""
WIDEST = 12
"""Modules side by side in a folder."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


@cache
def imports(path: Path) -> set[str]:
    """Every module a file imports at any depth of its code, but for what only type checkers read."""
    names = set()
    for node in _walked(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {
                f"{node.module}.{alias.name}"
                if f"{node.module}.{alias.name}" in NAMES.values()
                else node.module
                for alias in node.names
            }
    return names


def _walked(node: ast.AST):
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from _walked(child)


def floor(module: str) -> int:
    fitting = [
        (len(name), number) for number, names in enumerate(FLOORS) for name in names if _within(module, name)
    ]
    return max(fitting)[1]


def _within(module: str, name: str) -> bool:
    return module == name or module.startswith(name if name.endswith("_") else f"{name}.")


def test_a_module_imports_only_from_its_floor_or_below():
    above = [
        f"{NAMES[path]} imports {name}"
        for path in SOURCES
        for name in imports(path)
        if name.split(".")[0] in ("ecgcore", "models", "pages", "app")
        and floor(name) > floor(NAMES[path])
        and SEEKS.get(NAMES[path]) != name
    ]
    assert not above


@pytest.mark.parametrize("library", HOMES)
def test_a_library_stays_in_its_home(library):
    strays = [
        NAMES[path]
        for path in SOURCES
        if any(name.split(".")[0] == library for name in imports(path))
        and not any(_within(NAMES[path], home) for home in HOMES[library])
    ]
    assert not strays, f"{library} is imported by {', '.join(strays)}"


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.parent.name == "pages"], ids=lambda path: path.stem
)
def test_pages_neither_compute_nor_draw(path):
    heavy = sorted(name for name in imports(path) if name.split(".")[0] in NOT_IN_PAGES)
    assert not heavy, f"{NAMES[path]} imports {', '.join(heavy)}"


KEPT_BY_STREAMLIT = ("session_state", "cache_data", "cache_resource")


def test_what_outlives_a_run_is_kept_in_pages_shared_alone():
    strays = [
        NAMES[path]
        for path in SOURCES
        if not _within(NAMES[path], "pages.shared")
        and any(isinstance(node, ast.Attribute) and node.attr in KEPT_BY_STREAMLIT for node in nodes(path))
    ]
    assert not strays


def test_no_page_takes_the_name_of_a_package_or_of_its_own_parts():
    names = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert "models" not in names and "ecgcore" not in names  # it would shadow the package
    assert not {
        name for name in names if f"_{name}" in names
    }  # Streamlit gives both the same address and starts neither


def test_the_domain_knows_neither_models_nor_pages():
    assert not {
        NAMES[path]
        for path in SOURCES
        if "ecgcore" in path.parts
        and any(name.split(".")[0] in ("models", "pages") for name in imports(path))
    }


def test_what_runs_beside_a_server_imports_no_page():
    """Outside a server each cache of a page warns that no runtime was found."""
    beside = [path for path in TESTS if not path.name.startswith("test_")]
    assert not {
        (path.name, name)
        for path in beside
        for name in imports(path)
        if name.split(".")[0] == "pages" or (name.startswith("tests.") and ".test_" in name)
    }


def test_every_module_says_what_it_is():
    assert not [NAMES[path] for path in SOURCES if not ast.get_docstring(tree(path))]


def test_every_module_stays_short():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (*SOURCES, *TESTS)
    }
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST}


def test_a_value_is_named_by_a_noun():
    names = [
        (NAMES[path], node.id if isinstance(node, ast.Name) else node.arg)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    ]
    assert not [(module, name) for module, name in names if name.strip("_") in NO_NOUNS]


def test_no_folder_is_wider_than_a_reader_can_hold():
    folders = Counter(path.parent for path in [*SOURCES, *TESTS])
    assert not {str(folder.relative_to(ROOT)): count for folder, count in folders.items() if count > WIDEST}


def test_no_module_imports_itself_by_a_detour():
    graph = {NAMES[path]: imports(path) & set(NAMES.values()) for path in SOURCES}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(f"an import circle: {' -> '.join(circle.args[1])}")


def test_a_page_has_no_loose_text_for_streamlit_writes_it_on_the_screen():
    loose = [
        (path.name, node.lineno)
        for path in (ROOT / "pages").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body[1:]
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call)
    ]
    assert not loose
