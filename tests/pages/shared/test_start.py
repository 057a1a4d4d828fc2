"""How the server starts: it gets ready for its first reader beside the server, not in place of it."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from streamlit.web.server.app_discovery import discover_asgi_app

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


def test_the_server_does_not_wait_until_it_is_ready(app_module, monkeypatch):
    began, served = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        served.wait(30)

    monkeypatch.setattr(app_module, "get_ready", slow)

    async def start() -> None:
        async with app_module.beside_the_server(app_module.app):
            assert began.wait(30)
            served.set()

    asyncio.run(start())
    assert served.is_set()


FIRST_PAGE = f"""
import sys
import app
from streamlit.testing.v1 import AppTest

app.get_ready()
there = set(sys.modules)
page = AppTest.from_file({str(APP)!r}, default_timeout=120).run()
assert not page.exception and page.get("plotly_chart")
heavy = ("neurokit2", "pandas", "scipy", "torch")
late = {{name for name in set(sys.modules) - there if name.split(".")[0] in heavy}}
assert not late, late
"""


@pytest.mark.slow
def test_what_the_first_page_needs_is_there_before_its_reader():
    subprocess.run([sys.executable, "-c", FIRST_PAGE], cwd=ROOT, check=True)
