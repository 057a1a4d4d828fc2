"""The pictures of the README, taken from the running app: ``python -m tests.browser.pictures``.

Each is an address and the size of the window. Stored with 128 colours, below 200 kB.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

from tests.browser.driver import ROOT, browser, cold_server, wait_for_picture

FOLDER = ROOT / "pages" / "assets"
LARGEST = 200_000
COLOURS = 128


class Picture(NamedTuple):
    """One picture. clip: height in pixels that is kept of the window."""

    name: str
    address: str
    width: int
    height: int


PICTURES = (
    Picture("review", "?leads=I,II,V2", 1360, 900),
    Picture("lead_information", "lead_information", 1360, 760),
    Picture("significance", "significance", 1360, 760),
)


def take(chromium: Any, address: str, picture: Picture) -> bytes:
    """A PNG of the page, once its charts are drawn and nothing loads any more."""
    page = chromium.new_page(viewport={"width": picture.width, "height": picture.height})
    page.goto(f"{address}/{picture.address}", timeout=120_000)
    wait_for_picture(page, 240)
    page.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
        && !document.querySelector('[data-testid=stSkeleton]')""",
        timeout=240_000,
    )
    page.wait_for_timeout(3000)
    png: bytes = page.screenshot()
    page.close()
    return png


def smaller(png: bytes) -> bytes:
    """The same picture in few colours."""
    from PIL import Image

    out = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def main(folder: Path = FOLDER) -> None:
    """Take all pictures. Raises ValueError for one that is too large."""
    with browser() as chromium, cold_server() as address:
        for picture in PICTURES:
            png = smaller(take(chromium, address, picture))
            if len(png) > LARGEST:
                raise ValueError(f"{picture.name}.png has {len(png):,} bytes; at most {LARGEST:,} are kept.")
            (folder / f"{picture.name}.png").write_bytes(png)
            print(f"{picture.name}.png {len(png):,} bytes", flush=True)


if __name__ == "__main__":
    main()
