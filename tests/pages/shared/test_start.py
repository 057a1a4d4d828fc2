"""How the server starts: it gets ready for its first reader beside the server, and pages wait for it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app

from pages.shared.session import ready

ROOT = Path(__file__).parents[3]
APP = ROOT / "app.py"


@pytest.fixture
def app_module():
    spec = importlib.util.spec_from_file_location("app", APP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_streamlit_run_serves_the_app_with_its_start():
    assert discover_asgi_app(APP).import_string == "app:app"


def test_what_the_server_imports_asks_for_no_runtime_that_is_not_there_yet():
    imported = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (imported.returncode, imported.stderr) == (0, "")


def test_the_server_answers_before_it_is_ready_and_a_page_waits(app_module, monkeypatch):
    served, expecting, drawn = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(ready, "read_and_estimate", lambda: served.wait(60))
    monkeypatch.setattr("ecgcore.io.get_ready", expecting.set)
    page = AppTest.from_file(str(APP), default_timeout=60)

    def read() -> None:
        page.switch_page("pages/trained.py").run()
        drawn.set()

    async def start() -> None:
        async with app_module.beside_the_server(app_module.app):
            threading.Thread(target=read, daemon=True).start()
            assert not drawn.wait(2)
            served.set()

    asyncio.run(start())
    assert drawn.wait(60) and not page.exception and page.markdown
    assert expecting.wait(60)


def test_a_server_that_cannot_get_ready_serves_all_the_same(app_module, monkeypatch):
    failures = []
    monkeypatch.setattr(threading, "excepthook", lambda args: failures.append(args.exc_type))
    monkeypatch.setattr(ready, "read_and_estimate", lambda: 1 / 0)
    ready.begin()
    ready.wait()
    for thread in threading.enumerate():
        if thread.name == "get ready":
            thread.join(10)
    assert failures == [ZeroDivisionError]


FIRST_PAGE = f"""
import sys
from pages.shared.session import ready
from streamlit.testing.v1 import AppTest

ready.read_and_estimate()
there = set(sys.modules)
page = AppTest.from_file({str(APP)!r}, default_timeout=120).run()
assert not page.exception and page.get("plotly_chart")
late = {{name for name in set(sys.modules) - there if name.split(".")[0] in ("pandas", "torch")}}
assert not late, late
"""


@pytest.mark.slow
def test_what_the_first_page_needs_is_there_before_its_reader():
    subprocess.run([sys.executable, "-c", FIRST_PAGE], cwd=ROOT, check=True)


THREADS = """
import app
from pages.shared.session import ready
ready.read_and_estimate()
import threading, torch, threadpoolctl
counts = [torch.get_num_threads()] + [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
other = threading.Thread(target=lambda: counts.append(torch.get_num_threads()))
other.start(), other.join()
print(*counts)
"""


@pytest.mark.slow
def test_a_reader_takes_one_core_unless_the_server_was_told_otherwise():
    def counts(**chosen: str) -> set[str]:
        free = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
        environment = {**free, "PYTHONPATH": str(ROOT), **chosen}
        done = subprocess.run(
            [sys.executable, "-c", THREADS],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return set(done.stdout.split())

    assert counts() == {"1"}
    assert counts(OMP_NUM_THREADS="2") == {"2"}
