"""How long a reader waits. Needs Chromium for the first three; run it on an idle machine.

    python -m tests.benchmark [--repeat 5] [--views] [--personal]

Prints the time from opening the page on a cold server to the first picture, from a changed lead to the new
picture (each change a set of leads not asked for before), from the address of every view of every page to its
last chart on a warm server, and milliseconds per reconstruction of the ten-second demonstration recording for
every model that works from I, II and V2.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from ecgcore.demonstrations import REAL, demonstrations
from ecgcore.leads import LeadSet
from tests.browser.driver import (
    browser,
    chromium_path,
    cold_server,
    settle,
    training,
    wait_for_label,
    wait_for_picture,
)

CHANGES = ("V4", "V6", "V1", "V5", "V3")
"""Leads added one after the other to I, II and V2, then taken away again in the same order: ten different
sets."""


def first_picture(chromium, layout: str) -> tuple[float, list[float]]:
    """Seconds to the first picture on a cold server, and seconds per changed lead after it."""
    with cold_server() as address:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        began = time.perf_counter()
        page.goto(f"{address}/?layout={layout}")
        wait_for_picture(page)
        first = time.perf_counter() - began
        page.wait_for_timeout(2000)
        waits = [_changed(page, lead, "measured") for lead in CHANGES[:-1]]
        waits += [_changed(page, lead, "estimated") for lead in CHANGES[: len(CHANGES) - 2]]
        page.close()
    return first, waits


def _changed(page, lead: str, source: str) -> float:
    box = settle(page).locator(f".st-key-pick_lead_{lead} label")
    began = time.perf_counter()
    box.click()
    wait_for_label(page, lead, source)
    waited = time.perf_counter() - began
    page.wait_for_timeout(700)
    return waited


STILL_MS = 600
DRAWN = """still => {
  const app = document.querySelector('[data-testid=stApp]');
  const charts = [...document.querySelectorAll('.stPlotlyChart')];
  const drawn = app?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')
    && document.querySelector('h4, h5') && charts.every(chart => chart.querySelector('.main-svg'));
  if (!drawn) window.drawnAt = undefined;
  else window.drawnAt ??= performance.now();
  return drawn && performance.now() - window.drawnAt >= still ? window.drawnAt : false;
}"""
"""Milliseconds from the address to the last chart, once nothing has changed for a while."""
LONGEST_VIEW_S = 2.0


def views(chromium) -> None:
    """Print seconds from the address of every view in a new window to its last chart, on a warm server: the
    server has its tables and the browser its scripts, but this session begins."""
    from tests.contracts.links import LINKS

    with cold_server() as address:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})

        def seconds(link: str) -> float:
            page.goto(f"{address}/{link.replace(' ', '?')}", wait_until="commit", timeout=120_000)
            drawn = page.wait_for_function(DRAWN, arg=STILL_MS, polling=20, timeout=120_000)
            return drawn.json_value() / 1000

        for link in LINKS:  # nobody's first visit
            seconds(link)
        times = {}
        for link in LINKS:
            times[link] = seconds(link)
            print(f"by address, {link:86s} {times[link]:6.2f} s", flush=True)
        late = sum(spent > LONGEST_VIEW_S for spent in times.values())
        print(
            f"every view by address: median {statistics.median(times.values()):.2f} s, worst "
            f"{max(times.values()):.2f} s, {late} of {len(times)} above {LONGEST_VIEW_S:.0f} s",
            flush=True,
        )
        page.close()


def personal(chromium) -> None:
    """Print how long a reader of Review waits for a changed lead alone, and while two others train personal
    models (one trains, one waits)."""
    with cold_server() as address, TemporaryDirectory() as folder:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(address)
        wait_for_picture(page)
        page.wait_for_timeout(3000)

        def waits() -> list[float]:
            return [
                _changed(page, lead, source) for source in ("measured", "estimated") for lead in CHANGES[:-1]
            ]

        waits()  # nobody's first visit: each set of leads was asked for once
        alone = waits()
        tabs = [training(chromium, address, Path(folder), seed, 600.0) for seed in (1, 2)]
        tabs[1].get_by_text("Waiting; 1 training before this one.").wait_for(timeout=120_000)
        beside = waits()
        still = tabs[0].get_by_text("Epoch ").first.text_content()
        print(
            f"changed lead to new picture, nobody trains            {statistics.median(alone):8.2f} "
            f"s (worst {max(alone):.2f})"
        )
        print(
            f"changed lead to new picture, one trains, one waits    {statistics.median(beside):8.2f} "
            f"s (worst {max(beside):.2f}); {still}"
        )


def reconstructions(repeat: int) -> None:
    """Print milliseconds per reconstruction, after one to load the model."""
    from models.reconstruct import fitting, reconstruct

    ecg, inputs = demonstrations()[REAL](), LeadSet("I II V2")
    for info in fitting(inputs):
        reconstruct(ecg, inputs, info.name)
        spent = []
        for _ in range(repeat):
            began = time.perf_counter()
            reconstruct(ecg, inputs, info.name)
            spent.append(1000 * (time.perf_counter() - began))
        print(
            f"reconstruction of 10 s, {info.name:28s} {statistics.median(spent):8.1f} ms (worst "
            f"{max(spent):.1f})",
            flush=True,
        )


def domain(repeat: int) -> None:
    """Print milliseconds of what every opened recording goes through, and as linear estimates of that run."""
    from ecgcore.export import Export, export_format
    from ecgcore.measurements import measure
    from ecgcore.quality import findings
    from models.reconstruct import fallback, reconstruct

    make = demonstrations()[REAL]
    ecg, inputs = make(), LeadSet("I II V2")
    out = Export(reconstruct(ecg, inputs, fallback()), ecg)
    tasks = {
        "linear estimate": lambda: reconstruct(ecg, inputs, fallback()),
        "reading the recording": make,
        "findings of quality": lambda: findings(ecg),
        "measuring twelve leads": lambda: measure(ecg),
        "PDF report, A4": lambda: export_format("pdf").write(out),
        "PNG of the sheet": lambda: export_format("png").write(out),
    }
    times = {name: _median_ms(task, repeat) for name, task in tasks.items()}
    first = times["linear estimate"]
    for name, spent in times.items():
        print(f"{name:48} {spent:8.1f} ms, {spent / first:6.2f} linear estimates", flush=True)


def _median_ms(task, repeat: int) -> float:
    """After one call to warm up."""
    task()
    spent = []
    for _ in range(repeat):
        began = time.perf_counter()
        task()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5, help="runs of each reconstruction (default 5)")
    parser.add_argument("--views", action="store_true", help="time the views by address, nothing else")
    parser.add_argument(
        "--personal", action="store_true", help="time a reader of Review while two others train, nothing else"
    )
    chosen = parser.parse_args()
    repeat = chosen.repeat
    if chromium_path() is None:
        print("no Chromium here: only reconstructions are timed (set CHROMIUM to its path)")
    elif chosen.views:
        with browser() as chromium:
            views(chromium)
        return
    elif chosen.personal:
        with browser() as chromium:
            personal(chromium)
        return
    else:
        with browser() as chromium:
            for layout in ("3x4", "12x1"):
                first, waits = first_picture(chromium, layout)
                print(f"first picture on a cold server, {layout:4s}              {first:8.2f} s")
                print(
                    f"changed lead to new picture, {layout:4s}   {statistics.median(waits):8.2f} s "
                    f"(worst {max(waits):.2f})",
                    flush=True,
                )
            views(chromium)
    domain(repeat)
    reconstructions(repeat)


if __name__ == "__main__":
    main()
