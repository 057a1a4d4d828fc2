"""How the tests are shared out: the whole suite runs in two processes, a command that names files or folders
in one. ``-n 0``, ``--pdb`` and ``-p no:xdist`` run everything in one process, ``-n 4`` runs it in four."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and PyTorch are imported: one core for a process
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Each process of the tests would compile all of them and of ours again, in seven seconds.
PROCESSES = 2
IN_CHROMIUM = ("tests/browser/", "tests/server/")
"""Folders whose tests have a server and a browser: two at a time would wait for each other."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    option = config.option
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput") or option.dist != "no":
        return
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if option.numprocesses is None and whole and not (option.usepdb or option.collectonly):
        option.numprocesses = min(PROCESSES, os.cpu_count() or 1)
    if option.numprocesses:
        option.dist, option.loadscopereorder = "loadscope", False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One process for all tests of a scope, one after another."""
    from xdist.scheduler import LoadScopeScheduling

    class ByScope(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope_of(nodeid)

    return ByScope(config, log)


def scope_of(nodeid: str) -> str:
    """Which tests stay together: those of a file share its fixtures, those in Chromium would disturb each
    other."""
    file = nodeid.split("::", maxsplit=1)[0]
    return "in Chromium" if file.startswith(IN_CHROMIUM) else file


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """A page run by Streamlit's test runner, also in a fixture of a whole module, leaves itself behind as the
    main module, which processes that begin afterwards would run."""
    sys.modules["__main__"] = MAIN
    yield
    sys.modules["__main__"] = MAIN


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest begin first."""
    if "streamlit.testing.v1.app_test" in sys.modules:
        _look_for_components_once()
    turns: dict[Path, int] = {}
    for item in items:
        turns[item.path] = min(_turn(item), turns.get(item.path, _turn(item)))
    items.sort(key=lambda item: turns[item.path])


def _look_for_components_once() -> None:
    """Streamlit's test runner reads what every installed library says of itself, in a quarter of a second,
    for every page that a test opens; the answer is always the same."""
    from streamlit.components.v2 import manifest_scanner

    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def pytest_collection_finish() -> None:
    """What was imported stays, so that collections of garbage need not look at it."""
    gc.collect()
    gc.freeze()


def _turn(item: pytest.Item) -> int:
    return 0 if item.get_closest_marker("browser") else 1 if item.get_closest_marker("slow") else 2
