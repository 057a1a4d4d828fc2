"""The page that ``rlecg export --page`` writes, in Chromium, from its folder and without a network: the
numbers of the app, roles on the paper, refusals in a sentence. Needs the npm package onnxruntime-web in
node_modules, or its folder in $ONNXRUNTIME_WEB."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import numpy as np
import pytest

from ecgcore.demonstrations import REAL
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.synthetic import Heart, simulate
from models.cli import main as rlecg
from models.export.page import USUAL, shown
from models.reconstruct import of_role, reconstruct, usual_calibration
from tests.browser.driver import MARKS, ROOT, browser

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
RUNTIME = Path(os.environ.get("ONNXRUNTIME_WEB") or ROOT / USUAL)
pytestmark = [
    *MARKS,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not RUNTIME.is_dir(), reason="onnxruntime-web is not installed (npm)"),
]
NAME = of_role("ours")[0].name
INPUTS = LeadSet("I II V2")
RATE = 500
SECONDS = 240
DONE = "() => window.shown || document.querySelector('#status.refused')"
READ = """lead => { const text = values => {
  let out = ''; const bytes = new Uint8Array(values.slice().buffer);
  for (let k = 0; k < bytes.length; k += 4096) out += String.fromCharCode(...bytes.subarray(k, k + 4096));
  return btoa(out) }; return [text(window.shown.signals[lead]), text(window.shown.half[lead])] }"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("page")
    words = ["--inputs", str(INPUTS), "--onnx", str(place / "estimate.onnx"), "--page", str(place / "page")]
    assert rlecg(["export", NAME, *words, "--runtime", str(RUNTIME)]) == 0
    return place


@pytest.fixture(scope="module")
def page(folder):
    with browser() as chromium:
        tab = chromium.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
        tab.set_default_timeout(1000 * SECONDS)
        requests, errors = [], []
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto((folder / "page" / "index.html").as_uri())
        tab.wait_for_function(DONE)
        yield tab
        assert not errors
        assert {address.split(":")[0] for address in requests} <= {"file", "blob"}


def test_the_page_holds_the_file_as_it_was_written(folder):
    text = (folder / "page" / "model.js").read_text()
    data = text.split('MODEL = "')[1].split('"')[0]
    assert base64.b64decode(data) == (folder / "estimate.onnx").read_bytes()


def test_the_numbers_are_those_of_the_app_within_a_microvolt(page):
    title, ecg = next((title, ecg) for title, ecg in shown(RATE).items() if title.startswith(REAL))
    assert title in page.locator("#status").inner_text()
    wanted = reconstruct(ecg, INPUTS, NAME, usual_calibration(NAME, ""))
    for row, lead in enumerate(STANDARD):
        mean, half = (np.frombuffer(base64.b64decode(text), "<f4") for text in page.evaluate(READ, lead))
        assert np.abs(mean - wanted.ecg[lead]).max() < 1e-3
        assert np.abs(half - wanted.interval[row]).max() < 1e-3


def test_roles_and_the_notice_are_on_the_page_and_on_the_paper(page):
    paper = page.locator("#paper").inner_html()
    for words in (
        "I · input",
        "aVR · derived",
        "V4 · estimated",
        "90 % prediction band",
        "not for diagnosis",
    ):
        assert words in paper
    assert "not for diagnosis" in page.locator(".notice").inner_text()
    assert "not for diagnosis" in page.title()
    black, blue = (
        page.locator(f"path[data-lead={lead}]").first.get_attribute("stroke") for lead in ("V2", "V4")
    )
    assert (black, blue) == ("#000000", "#0072B2")
    assert page.locator("#table tr").count() == 6
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_may_open_no_connection(page):
    refused = page.evaluate("fetch('http://127.0.0.1:9/').then(() => '', error => String(error))")
    assert "TypeError" in refused
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert "connect-src 'none'" in policy and "form-action 'none'" in policy


def _csv(path, rate, leads, seconds=12.0):
    ecg = simulate(Heart(rate=70), float(rate), seconds, seed=4)
    columns = np.column_stack([ecg.time, *(ecg[lead] for lead in leads)])
    heads = ["time (s)", *(f"{lead} (mV)" for lead in leads)]
    np.savetxt(path, columns, "%.6f", ",", header="# a comment\n" + ",".join(heads), comments="")
    return ecg


def _opened(page, path):
    page.evaluate("window.shown = null; document.querySelector('#status').className = ''")
    page.locator("#file").set_input_files(str(path))
    page.wait_for_function(DONE)
    return page.locator("#status").inner_text()


def test_a_file_of_one_s_own_is_estimated(page, tmp_path):
    ecg = _csv(tmp_path / "own.csv", RATE, INPUTS)
    assert "12.0 s estimated" in _opened(page, tmp_path / "own.csv")
    wanted = reconstruct(ecg, INPUTS, NAME, usual_calibration(NAME, ""))
    mean = np.frombuffer(base64.b64decode(page.evaluate(READ, "V5")[0]), "<f4")
    assert np.abs(mean - wanted.ecg["V5"]).max() < 2e-3  # the file holds whole microvolts
    page.locator("#start").fill("2")
    page.locator("#start").blur()
    assert "seconds 2 to 12.0" in page.locator("#paper").inner_html()


@pytest.mark.parametrize(
    ("rate", "leads", "sentence"),
    [
        (250, INPUTS, "250.0 Hz; this page was written for 500 Hz"),
        (RATE, ("I", "II"), "the recording has no V2"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_the_picture_stays(page, tmp_path, rate, leads, sentence):
    before = page.locator("#paper").inner_html()
    _csv(tmp_path / "own.csv", rate, leads)
    assert sentence in _opened(page, tmp_path / "own.csv")
    assert page.locator("#paper").inner_html() == before
