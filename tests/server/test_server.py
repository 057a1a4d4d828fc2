"""A server for a hospital: a log-in asked of everybody, nginx with the configuration that the project brings,
and a server that refuses to be open to all."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from pages.shared import access, downloads, frame
from tests.browser.driver import (
    PICTURE,
    ROOT,
    browser,
    chromium_path,
    cold_server,
    toggle_lead,
    wait_for_label,
    wait_for_picture,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        chromium_path() is None, reason="no Chromium on this machine (set CHROMIUM to its path)"
    ),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
with_nginx = pytest.mark.skipif(
    NGINX is None or shutil.which("openssl") is None, reason="no nginx or no openssl on this machine"
)
GIVEN = ROOT / "pages/assets/server/nginx.conf"
WAIT = 180_000
SHOWN = "Dr. Ada ·Ward·(https: //exa"
"""The name of the test's person as the menu has it: nothing in it is live."""


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def nginx(folder: Path, apps: tuple[str, str], port: int) -> Iterator[None]:
    """nginx with the project's configuration and a throw-away certificate, before two processes of the app;
    a header says which of them answered."""
    certificate, key = folder / "own.pem", folder / "own.key"
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    own = {
        "server 127.0.0.1:8501;": f"server {apps[0].removeprefix('http://')};",
        "server 127.0.0.1:8502;": f"server {apps[1].removeprefix('http://')};",
        "add_header X-Frame-Options DENY always;": (
            "add_header X-Frame-Options DENY always; add_header X-Answered-By $upstream_addr always;"
        ),
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "/etc/ssl/certs/ecg.example.org.pem": str(certificate),
        "/etc/ssl/private/ecg.example.org.key": str(key),
        "/var/log/nginx/reduced-lead-ecg.log": str(folder / "access.log"),
        "ecg.example.org;": "127.0.0.1;",
    }
    text = GIVEN.read_text(encoding="utf-8")
    for given, here in own.items():
        assert given in text, f"{GIVEN.name} lacks {given}"
        text = text.replace(given, here)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    user = "user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    whole = f"{user}daemon off;\npid {folder / 'pid'};\nevents {{}}\nhttp {{\n{places}{text}}}\n"
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    with (folder / "error.log").open("w") as log:
        running = subprocess.Popen(
            [NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"], stderr=log, stdout=log
        )
    try:
        for _ in range(100):
            assert running.poll() is None, (folder / "error.log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        running.terminate()
        running.wait(20)


def log_in(page) -> None:
    page.get_by_role("button", name="Log in").click(timeout=WAIT)
    page.get_by_role("link", name="I am Ada").click(timeout=WAIT)
    wait_for_picture(page, 180)


def test_everybody_logs_in_sees_who_they_are_and_can_log_out(chromium, tmp_path):
    pytest.importorskip("authlib")
    pytest.importorskip("joserfc")
    from tests.server.provider import provider

    file = tmp_path / "secrets.toml"
    with provider() as given:
        file.write_text(given.secrets_file("http://127.0.0.1:{port}"))
        with cold_server(STREAMLIT_SECRETS_FILES=str(file)) as address:
            given.back = f"{address}/oauth2callback"
            context = chromium.new_context(viewport={"width": 1400, "height": 1000})
            page = context.new_page()
            for name in ("review", "measurements", "results"):
                page.goto(f"{address}/{name}?leads=II-V1", timeout=WAIT)
                page.get_by_role("button", name="Log in").wait_for(timeout=WAIT)
                assert page.locator(PICTURE).count() == 0 and page.locator("table").count() == 0
                assert page.locator("[data-testid=stSidebar] a").count() == 0
                assert page.get_by_text(NOT_FOR_DIAGNOSIS).first.is_visible()
            page.goto(f"{address}/review?leads=II-V1&layout=12x1", timeout=WAIT)
            log_in(page)
            wait_for_label(page, "V1", "measured", 180)
            assert "layout=12x1" in page.url, "the link that was asked for is lost"
            menu = page.locator("[data-testid=stSidebar]")
            menu.get_by_text(SHOWN).wait_for(timeout=WAIT)
            assert menu.locator("a[href*='example.org']").count() == 0
            assert {"/authorize", "/token", "/jwks"} <= set(given.visits)

            second = context.new_page()  # the same person's second tab
            second.goto(f"{address}/measurements", timeout=WAIT)
            second.locator("[data-testid=stSidebar]").get_by_text(SHOWN).wait_for(timeout=WAIT)
            stranger = chromium.new_page()  # another person's browser
            stranger.goto(f"{address}/review", timeout=WAIT)
            stranger.get_by_role("button", name="Log in").wait_for(timeout=WAIT)

            menu.get_by_role("button", name="Log out").click()
            page.get_by_role("button", name="Log in").wait_for(timeout=WAIT)
            assert page.locator(PICTURE).count() == 0 and "/logout" in given.visits
            page.goto(f"{address}/review", timeout=WAIT)
            page.get_by_role("button", name="Log in").wait_for(timeout=WAIT)
            assert page.locator(PICTURE).count() == 0


def test_scripts_of_pages_have_their_hashes_in_the_proxy_s_configuration():
    policy = re.search(r'Content-Security-Policy "([^"]+)"', GIVEN.read_text(encoding="utf-8")).group(1)
    allowed = next(part for part in policy.split(";") if part.strip().startswith("script-src")).split()
    assert "'unsafe-inline'" not in allowed and "'unsafe-eval'" not in allowed
    scripts = (frame.REACHED_BY_KEY, downloads.AS_SVG, access.ASKED, access.BACK)
    ours = {each for script in scripts for each in hashes(script)}
    lacking = ours - set(allowed)
    assert not lacking, f"nginx.conf lacks {' '.join(sorted(lacking))}"
    others = {source for source in allowed if source.startswith("'sha256-")} - ours
    assert len(others) <= 1, "nginx.conf allows a script that neither a page nor Streamlit's own has"


def hashes(html: str) -> list[str]:
    """Of the inline scripts, as a content policy has them."""
    bodies = re.findall("<script>(.*?)</script>", html, re.DOTALL)
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" for body in bodies
    ]


@with_nginx
def test_behind_nginx_with_tls_headers_and_a_content_policy(chromium, tmp_path):
    port = free_port()
    with cold_server() as app, cold_server() as other, nginx(tmp_path, (app, other), port):
        address = f"https://127.0.0.1:{port}"
        trusting = ssl.create_default_context(cafile=str(tmp_path / "own.pem"))
        with urllib.request.urlopen(f"{address}/_stcore/health", context=trusting) as answer:
            headers = answer.headers
            assert answer.read() == b"ok"
        assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"] and headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert re.fullmatch("nginx", headers["Server"])
        with urllib.request.urlopen(f"{address}/_stcore/metrics", context=trusting) as answer:
            assert b"active_sessions" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/_stcore/agent/openapi.json", context=trusting)

        assert answered_by(address, trusting) == {app, other}

        context = chromium.new_context(viewport={"width": 1400, "height": 1000}, ignore_https_errors=True)
        page, refused = context.new_page(), []
        page.on(
            "console",
            lambda word: refused.append(word.text) if "Content Security Policy" in word.text else None,
        )
        page.goto(f"{address}/review?leads=I-II-V2", timeout=WAIT)
        wait_for_picture(page, 180)
        wait_for_label(page, "V4", "estimated")
        toggle_lead(page, "V4")
        wait_for_label(page, "V4", "measured")
        assert page.evaluate("typeof window.reachScrolling === 'function' && window.takesSvg")
        assert page.locator("[class*='st-key-frame_']").first.get_attribute("tabindex") == "0"
        with page.expect_download(timeout=WAIT) as taken:
            page.locator(".take-svg").first.click()
        assert b"<svg" in Path(taken.value.path()).read_bytes()
        upload(page)
        for name in ("lead_information", "significance"):
            page.goto(f"{address}/{name}", timeout=WAIT)
            page.locator(".js-plotly-plot .main-svg").first.wait_for(state="attached", timeout=WAIT)
        own = hashes((Path(streamlit.__file__).parent / "static/index.html").read_text(encoding="utf-8"))
        refused = [text for text in refused if not any(each in text for each in own)]  # does nothing here
        assert not refused, refused
        context.close()
        assert leads_in_log(tmp_path) == [], "a link's choices stand in the log"
        kept = [path for kind in ("client_body", "proxy") for path in (tmp_path / kind).rglob("*")]
        assert not [path for path in kept if path.is_file()]


def answered_by(address: str, trusting: ssl.SSLContext) -> set[str]:
    """The processes that answer forty new readers, each of whom stays with one."""
    processes = set()
    for _ in range(40):
        cookie, names = "", set()
        for _ in range(3):
            question = urllib.request.Request(f"{address}/_stcore/health", headers={"Cookie": cookie})
            with urllib.request.urlopen(question, context=trusting) as answer:
                names.add(f"http://{answer.headers['X-Answered-By']}")
                cookies = answer.headers.get_all("Set-Cookie", [])
            given = next((each for each in cookies if each.startswith("reduced_lead_ecg_process=")), "")
            assert bool(given) is (not cookie)
            cookie = cookie or given.partition(";")[0]
            assert (
                all(word in given.casefold() for word in ("secure", "httponly", "samesite=lax")) or not given
            )
        assert len(names) == 1
        processes |= names
    return processes


def upload(page) -> None:
    """A recording of a megabyte or two through the proxy."""
    import numpy as np

    times = np.arange(200 * 250) / 250
    rows = "\n".join(f"{np.sin(6 * t):.4f},{np.cos(6 * t):.4f},{np.sin(t):.4f}" for t in times)
    page.get_by_role("tab", name="Upload").click()
    file = {"name": "ward.csv", "mimeType": "text/csv", "buffer": f"I [mV],II [mV],V2 [mV]\n{rows}".encode()}
    page.locator("input[type=file]").set_input_files([file])
    page.get_by_text(re.compile("Hz|rate")).first.wait_for(timeout=WAIT)


def leads_in_log(folder: Path) -> list[str]:
    return [line for line in (folder / "access.log").read_text().splitlines() if "leads" in line]
