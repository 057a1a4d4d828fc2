"""How the tests are shared out: the whole suite runs in two processes, a command that names files or folders
in one. ``-n 0``, ``--pdb`` and ``-p no:xdist`` run everything in one process, ``-n 4`` runs it in four."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and PyTorch are imported: one core for a process
PROCESSES = 2


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    option = config.option
    if hasattr(config, "workerinput"):  # a worker reads the command line by itself, which does not say it
        option.loadgroup = config.workerinput["in_groups"]
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput") or option.dist != "no":
        return
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if option.numprocesses is None and whole and not (option.usepdb or option.collectonly):
        option.numprocesses = min(PROCESSES, os.cpu_count() or 1)
    if option.numprocesses:
        option.dist, option.loadscopereorder = "loadgroup", False


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker whether the tests are shared out by groups."""
    node.workerinput["in_groups"] = node.config.option.dist == "loadgroup"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The tests of a file share its fixtures and stay together; those in Chromium run one after another in
    one process. The files that take longest begin first."""
    turns: dict[Path, int] = {}
    for item in items:
        turns[item.path] = min(_turn(item), turns.get(item.path, _turn(item)))
    items.sort(key=lambda item: turns[item.path])
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            browser = item.get_closest_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser" if browser else _name(item.path)))


def _turn(item: pytest.Item) -> int:
    return 0 if item.get_closest_marker("browser") else 1 if item.get_closest_marker("slow") else 2


def _name(path: Path) -> str:
    return path.relative_to(Path(__file__).parent).with_suffix("").as_posix()
