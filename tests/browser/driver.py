"""A fresh server on the loopback address and a real Chromium, for the browser tests and the benchmark."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

ROOT = Path(__file__).parents[2]
PICTURE = ".js-plotly-plot .scatterlayer path.js-line"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str | None:
    """An installed Chromium, or None."""
    return os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(
        chromium_path() is None, reason="no Chromium on this machine (set CHROMIUM to its path)"
    ),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
"""What every test file here sets as ``pytestmark``."""


@contextmanager
def cold_server(**environment: str) -> Iterator[str]:
    """The address of a server nobody has visited; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.headless",
        "true",
        "--server.port",
        str(port),
    ]
    server = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1"],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _wait_until_healthy(address: str, server: subprocess.Popen) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the server did not come up within a minute")


@contextmanager
def browser() -> Iterator[Any]:
    """A playwright browser on the installed Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()


STILL_FOR_MS = 400
STILL = """stillFor => {
  const app = document.querySelector('[data-testid=stApp]');
  const unready = '[data-stale=true], [data-testid=stSkeleton]';  // of the last run; its script still loads
  const still = app?.dataset.testScriptState === 'notRunning' && !document.querySelector(unready);
  if (!still) window.stillSince = undefined;
  else window.stillSince ??= performance.now();
  return still && performance.now() - window.stillSince >= stillFor;
}"""


def settle(page: Any, seconds: float = 180) -> Any:
    """The page, once no run has been going on for a moment and everything is drawn: what is clicked or
    pressed before may meet a control that is just replaced, or a key nobody listens to yet."""
    page.evaluate("() => { window.stillSince = undefined }")
    page.wait_for_function(STILL, arg=STILL_FOR_MS, polling=50, timeout=1000 * seconds)
    return page


def wait_for_picture(page: Any, seconds: float = 120) -> None:
    page.wait_for_selector(PICTURE, state="attached", timeout=1000 * seconds)


def wait_for_label(page: Any, lead: str, source: str, seconds: float = 120) -> None:
    """Until the sheet on screen says that this lead is measured, derived or estimated."""
    script = """([lead, source]) => [...document.querySelectorAll('.js-plotly-plot .annotation-text')]
        .some(text => text.textContent === `${lead} · ${source}`)"""
    page.wait_for_function(script, arg=[lead, source], timeout=1000 * seconds)


def link_with(page: Any, part: str, seconds: float = 150) -> dict[str, list[str]]:
    """The parameters of the address, once it has this part; it is written at the end of a run."""
    page.wait_for_function("part => location.search.includes(part)", arg=part, timeout=1000 * seconds)
    return parse_qs(urlparse(page.url).query)


def toggle_lead(page: Any, lead: str) -> None:
    """Click the checkbox of a lead."""
    settle(page).locator(f".st-key-pick_lead_{lead} label").click()


def training(chromium: Any, address: str, folder: Path, seed: int, seconds: float = 40.0) -> Any:
    """A reader's tab in which an uploaded, simulated recording is open and the training of a personal model
    asked for."""
    from ecgcore.io.write import write_ecg
    from ecgcore.synthetic import Heart, simulate

    head = write_ecg(simulate(Heart(rate=60 + 7 * seed), 250.0, seconds, seed=seed), folder, f"long{seed}")
    tab = chromium.new_page(viewport={"width": 1400, "height": 1000})
    tab.goto(f"{address}/personal_model", timeout=180_000)
    settle(tab).get_by_role("tab", name="Upload").click(timeout=180_000)
    tab.locator("input[type=file]").set_input_files([str(head), str(head.with_suffix(".dat"))])
    button = tab.locator(".st-key-personal_train button")
    button.wait_for(timeout=180_000)
    settle(tab)
    button.click(timeout=180_000)
    return tab
