"""Every view of every page as a reader sees it: ``python -m tests.browser.screens FOLDER [PART ...]`` takes a
picture of each at 1280 px, at 1920 px of 150 %, on a phone, in the dark theme and printed, some two hundred
in all; PART: only those whose name one of these expressions meets, for example ``results`` or ``phone-find``.

Pictures are as high as the page, so that nothing hides below the edge. Without ECG_DATA the records of local
databases and the digitised page are left out. Printed pages are PDF, A4, as the browser prints them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ecgcore.datasets import data_root
from ecgcore.demonstrations import REAL, demonstrations
from tests.browser.driver import browser, cold_server, settle
from tests.contracts.links import LINKS

HIGHEST = 9000


class Look(NamedTuple):
    """How a reader looks: CSS pixels of the window, device pixels per CSS pixel, colour scheme."""

    width: int
    height: int
    scale: float = 1.0
    scheme: str = "light"


LOOKS = {
    "wide": Look(1280, 900),
    "large": Look(1280, 720, 1.5),
    "phone": Look(390, 844, 2.0),
    "dark": Look(1280, 900, scheme="dark"),
    "printed": Look(1280, 900),
}
KNOWN = (
    "review leads=I-II-V2&record=local/ptb-xl/00144",
    "measurements leads=I-II-V2&record=local/ptb-xl/00144",
    "review leads=I-II&record=local/brugada-huca/1141322",
    "measurements leads=I-II&record=local/brugada-huca/1141322",
    "review leads=I-II-V2&record=local/ludb/1",
    "review leads=I-II-V2&record=demo/simulated-two-minutes-of-sinus-rhythm-68-min-500-hz&start=55",
    "review leads=I-II-V2&record=demo/simulated-like-ventricular-pacing-70-min-1000-hz",
    "review leads=II&layout=single&rhythm=V2&difference=on",
    "review leads=I-II-V2&layout=12x1&difference=on",
    "review leads=I-II-V2&layout=6x2",
)
"""Recordings that are hard to draw or to judge, beside the views."""


def exchanged() -> tuple[str, bytes]:
    """The real demonstration with V2 and V5 in each other's place, as CSV."""
    ecg = demonstrations()[REAL]()
    swap = {"V2": "V5", "V5": "V2"}
    return "exchanged.csv", _csv({lead: ecg[swap.get(lead, lead)] for lead in ecg.leads}, ecg.rate)


def watch() -> tuple[str, bytes]:
    """Lead I alone, as from a watch."""
    ecg = demonstrations()[REAL]()
    return "watch.csv", _csv({"I": ecg["I"]}, ecg.rate)


def unnamed() -> tuple[str, bytes]:
    """Two channels without the names of leads."""
    ecg = demonstrations()[REAL]()
    return "holter.csv", _csv({"channel 1": ecg["V1"], "channel 2": ecg["V5"]}, ecg.rate)


def page_of_paper() -> tuple[str, bytes] | None:
    """A digitised 3x4 page of 500 Hz in uV, where the data root has it; its columns say so here."""
    root = data_root()
    file = None if root is None else root / "formats/digitised/paper_3x4.csv"
    if file is None or not file.is_file():
        return None
    head, *rows = file.read_text(encoding="utf-8").split()
    lines = [f"{at / 500:.3f},{row}" for at, row in enumerate(rows)]
    names = ",".join(f"{name} (uV)" for name in head.split(","))
    return file.name, "\n".join([f"time (s),{names}", *lines]).encode()


UPLOADS: Mapping[str, Callable[[], tuple[str, bytes] | None]] = {
    "upload-exchanged": exchanged,
    "upload-watch": watch,
    "upload-unnamed": unnamed,
    "upload-page": page_of_paper,
}


def _csv(signals: Mapping[str, Any], rate: float) -> bytes:
    head = ["time (s)", *(f"{name} (mV)" for name in signals)]
    rows = zip(*signals.values(), strict=True)
    lines = [
        ",".join([f"{at / rate:.4f}", *(f"{value:.4f}" for value in row)]) for at, row in enumerate(rows)
    ]
    return "\n".join([",".join(head), *lines]).encode()


def name_of(link: str) -> str:
    """Of the file: the page and what is not usual in its address."""
    page, _, query = link.partition(" ")
    parts = [part for part in query.split("&") if part and part != "leads=I-II-V2"]
    return re.sub(r"[^A-Za-z0-9.-]+", "-", "-".join([page, *parts])).strip("-")[:90]


def take(tab: Any, look: str, file: Path) -> None:
    """The open page in that look."""
    settle(tab).wait_for_timeout(1200)
    settle(tab)
    if look == "printed":
        tab.pdf(path=str(file.with_suffix(".pdf")), format="A4", prefer_css_page_size=True)
        return
    if "present=on" not in tab.url:
        high = tab.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
        wide = LOOKS[look]
        tab.set_viewport_size({"width": wide.width, "height": min(HIGHEST, max(wide.height, high))})
        settle(tab).wait_for_timeout(900)
    tab.screenshot(path=str(file.with_suffix(".png")))


def main(folder: Path, parts: list[str]) -> None:
    """Take all pictures, or those whose name one of the parts meets."""
    folder.mkdir(parents=True, exist_ok=True)
    links = [link for link in dict.fromkeys([*LINKS, *KNOWN]) if data_root() or "record=local/" not in link]
    uploads = {name: upload for name, make in UPLOADS.items() if (upload := make()) is not None}
    with browser() as chromium, cold_server() as address:
        for look, window in LOOKS.items():
            context = chromium.new_context(
                viewport={"width": window.width, "height": window.height},
                device_scale_factor=window.scale,
                color_scheme=window.scheme,
            )
            for link in links:
                _one(context, look, folder / f"{look}-{name_of(link)}", parts, f"{address}/{_query(link)}")
            for name, upload in uploads.items():
                _one(context, look, folder / f"{look}-{name}", parts, f"{address}/review", upload)
            context.close()


def _query(link: str) -> str:
    page, _, query = link.partition(" ")
    return f"{page}?{query}"


def _one(
    context: Any,
    look: str,
    file: Path,
    parts: list[str],
    address: str,
    upload: tuple[str, bytes] | None = None,
) -> None:
    if parts and not any(re.search(part, file.name) for part in parts):
        return
    tab = context.new_page()
    tab.goto(address, timeout=180_000)
    settle(tab)
    if upload is not None:
        narrow = LOOKS[look].width < 700
        if narrow:
            tab.get_by_test_id("stExpandSidebarButton").click()
        settle(tab).get_by_role("tab", name="Upload").click()
        settle(tab).locator("input[type=file]").set_input_files(
            [{"name": upload[0], "mimeType": "application/octet-stream", "buffer": upload[1]}]
        )
        tab.wait_for_timeout(1500)
        if narrow:
            settle(tab).get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    take(tab, look, file)
    print(file.name, flush=True)
    tab.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
