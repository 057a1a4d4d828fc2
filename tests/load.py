"""Many readers at once, over the connection that a browser uses: ``python -m tests.load``.

    python -m tests.load [--sessions 50] [--changes 10] [--training] [--servers 2]   seconds that readers wait
    python -m tests.load --cpu 40                                  CPU of one change, one reader alone
    python -m tests.load --memory 2000                             memory over so many changes
    python -m tests.load --write                                   into the server's README: CPU, waits, sizes

Each reader opens another recording on Review and then changes an input lead as soon as the last change is
drawn. A change is right when the sheet that comes says of that lead what it should ("V4 · measured"); whoever
gets the name of another's recording counts as one who sees it. --servers: so many processes of the app, among
which readers are dealt out as nginx does. --training: one more reader trains a personal model meanwhile. With
ECG_DATA the recordings are PTB-XL's, else the demonstrations. CPU is that of the server's processes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import re
import resource
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ecgcore import datasets
from ecgcore.demonstrations import demonstrations
from tests.browser.driver import ROOT, cold_server

LEADS = ("V4", "V6", "V1", "V5", "V3")
LONG = "demo/simulated-two-minutes-of-sinus-rhythm-68-min-500-hz"
TIMEOUT_S = 300.0
READERS, EVERY_S, BUSY = (10, 100), 10.0, 0.5
CHANGES = 2000
"""After how many changes of one reader memory is written down."""
README = ROOT / "pages/assets/server/README.md"
MARK, END = "<!-- table: python -m tests.load --write -->", "<!-- end of table -->"
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass
class Reader:
    """One session. others: names that must not reach it. waits: seconds of each change."""

    record: str
    name: str = ""
    others: tuple[bytes, ...] = ()
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    shown: int = 0
    widgets: dict[str, str] = field(default_factory=dict)
    chosen: set[str] = field(default_factory=lambda: {"I", "II", "V2"})
    socket: Any = None
    page: str = ""
    query: str = ""

    async def open(self, address: str, page: str = "review") -> None:
        """Visit a page for the first time."""
        from websockets.asyncio.client import connect

        url = f"{address.replace('http', 'ws')}/_stcore/stream"
        self.socket = await connect(url, subprotocols=["streamlit"], max_size=None, open_timeout=TIMEOUT_S)
        self.query = f"record={self.record}&leads=I-II-V2"
        await self.run(page)

    async def run(self, name: str = "", **widget: Any) -> list[ForwardMsg]:
        """Ask for a run of the page, with a widget's new value, and read until it has ended."""
        asked = BackMsg()
        asked.rerun_script.query_string = self.query
        asked.rerun_script.page_name = name
        asked.rerun_script.page_script_hash = "" if name else self.page
        for key, value in widget.items():
            state = asked.rerun_script.widget_states.widgets.add()
            state.id = self.widgets[key]
            setattr(state, "trigger_value" if value == "press" else "bool_value", value == "press" or value)
        await self.socket.send(asked.SerializeToString())
        return await asyncio.wait_for(self._answer(), TIMEOUT_S)

    async def _answer(self) -> list[ForwardMsg]:
        messages = []
        while True:
            data = await self.socket.recv()
            self.seen |= {name.decode() for name in self.others if name in data}
            self.shown += bool(self.name) and self.name.encode() in data
            message = ForwardMsg.FromString(data)
            messages.append(message)
            self._note(message)
            if message.WhichOneof("type") == "script_finished" and message.script_finished != 2:
                return messages

    def _note(self, message: ForwardMsg) -> None:
        """Page and address, ids of checkboxes and buttons by their key, errors: what a browser keeps."""
        if message.WhichOneof("type") == "new_session":
            self.page = message.new_session.page_script_hash
        if message.WhichOneof("type") == "page_info_changed":
            self.query = message.page_info_changed.query_string
        if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind in ("checkbox", "button"):
            identity = getattr(element, kind).id
            self.widgets[identity.split("-", 2)[-1]] = identity
        if kind == "exception":
            self.errors.append(element.exception.message[:200])

    async def change(self, lead: str) -> None:
        """Add or take away an input lead."""
        self.chosen ^= {lead}
        began = time.perf_counter()
        try:
            messages = await self.run(**{f"pick_lead_{lead}": lead in self.chosen})
        except (TimeoutError, OSError, KeyError) as error:
            self.errors.append(type(error).__name__)
            return
        self.waits.append(time.perf_counter() - began)
        label = f"{lead} · {'measured' if lead in self.chosen else 'estimated'}"
        if not any(label in text for text in _figures(messages)):
            self.errors.append(f"no sheet says {label}")


def _figures(messages: list[ForwardMsg]) -> Iterator[str]:
    """What stands on each chart, without its marks."""
    for message in messages:
        if message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element":
            chart = message.delta.new_element
            if chart.WhichOneof("type") == "plotly_chart":
                notes = json.loads(chart.plotly_chart.spec)["layout"].get("annotations", ())
                yield " ".join(re.sub("<[^>]+>", "", note["text"]) for note in notes)


def places(count: int) -> list[tuple[str, str]]:
    """(record as in a link, its name) of so many recordings, all different as far as there are enough."""
    root = datasets.data_root()
    if root is not None and "ptb-xl" in datasets.local_databases(root):
        records = random.Random(3).sample(list(datasets.open_database("ptb-xl", root).records()), count)
        return [(f"local/ptb-xl/{record}", f"ptb-xl/{record}") for record in records]
    titles = list(demonstrations())
    return [(f"demo/{_slug(titles[n % len(titles)])}", titles[n % len(titles)]) for n in range(count)]


def _slug(title: str) -> str:
    """As in a link."""
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")


def readers(count: int) -> list[Reader]:
    """So many readers, each of another recording."""
    chosen = places(count)
    names = {name for _, name in chosen}
    return [
        Reader(record, name, tuple(other.encode() for other in sorted(names - {name})))
        for record, name in chosen
    ]


async def _train(address: str) -> Reader:
    """A reader for whom a personal model is trained while this goes on."""
    reader = Reader(LONG)
    await reader.open(address, "personal_model")
    await reader.run(personal_train="press")
    return reader


async def _all(addresses: list[str], people: list[Reader], changes: int, training: bool) -> float:
    """Let all readers read. Seconds of all their changes together."""
    trained = await _train(addresses[0]) if training else None
    await asyncio.gather(
        *(person.open(addresses[place % len(addresses)]) for place, person in enumerate(people))
    )
    began = time.perf_counter()
    await asyncio.gather(*(_changes(person, changes, turn) for turn, person in enumerate(people)))
    spent = time.perf_counter() - began
    for person in [*people, *([trained] if trained else [])]:
        await person.socket.close()
    return spent


async def _changes(person: Reader, count: int, turn: int = 0) -> None:
    """Changes of one lead each, no set of input leads twice within 31."""
    for number in range(1, count + 1):
        bit = (number & -number).bit_length() - 1  # as in a Gray code
        await person.change(LEADS[(bit + turn) % len(LEADS)])


def server_processes() -> list[int]:
    """The server that this process started, and its children."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(words[1])
    own, fresh = set(), {os.getpid()}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - own
        own |= fresh
    return sorted(own)


def cpu_seconds() -> float:
    """Of the server's processes."""
    ticks = 0
    for process in server_processes():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
    return ticks / TICKS


def memory_mb() -> float:
    """Held by the server's processes, shared pages counted once for each."""
    pages = 0
    for process in server_processes():
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def _cpu(address: str, changes: int) -> list[float]:
    """Seconds of CPU of each change, to a set of leads that is in no cache; the first change of each reader,
    which loads, not."""
    spent, each = [], 2 ** len(LEADS) - 2
    for person in readers(-(-changes // each)):
        await person.open(address)
        await person.change(LEADS[-1])
        for number in range(1, min(each, changes - len(spent)) + 1):
            before = cpu_seconds()
            await person.change(LEADS[(number & -number).bit_length() - 1])
            spent.append(cpu_seconds() - before)
        await person.socket.close()
        if person.errors:
            raise SystemExit("; ".join(person.errors[:3]))
    return spent


async def _memory(address: str, changes: int) -> str:
    """A row of what one reader's changes leave in memory."""
    (person,) = readers(1)
    await person.open(address)
    step, held = max(1, changes // 10), {}
    for done in range(0, changes + 1, step):
        held[done] = memory_mb()
        print(f"{done:6d} changes {held[done]:8.0f} MB", flush=True)
        if done < changes:
            await _changes(person, min(step, changes - done), done)
    await person.socket.close()
    return memory_row(held, len(person.errors))


def memory_row(held: dict[int, float], errors: int) -> str:
    """MB by the number of changes so far, 0 first, as a row of the table."""
    counts = sorted(held)
    shown = dict.fromkeys((counts[0], counts[1], counts[len(counts) // 2], counts[-1]))
    texts = ", ".join(f"{held[done]:.0f} MB after {done:,}" for done in shown)
    return f"| {max(held):,} changes of leads, one reader alone | memory {texts}; {errors} errors |"


def report(people: list[Reader], spent: float) -> str:
    """One line of what the readers met."""
    waits = sorted(wait for person in people for wait in person.waits)
    errors = sum(len(person.errors) for person in people)
    confused = sum(bool(person.seen) for person in people)
    blind = sum(bool(person.name) and not person.shown for person in people)
    p95 = waits[max(0, round(0.95 * len(waits)) - 1)] if waits else float("nan")
    p50 = statistics.median(waits) if waits else float("nan")
    return (
        f"{len(people)} sessions, {len(waits)} changes in {spent:.0f} s: p50 {p50:.1f} s, p95 {p95:.1f} s, "
        f"{errors} errors, {confused} sessions saw another's recording, {blind} never their own"
    )


@dataclass(frozen=True)
class Crowd:
    """So many readers, changes of each, and processes of the app. training: one more trains meanwhile."""

    sessions: int
    changes: int
    servers: int = 1
    training: bool = False

    def read(self) -> list[str]:
        """What they met, a line each."""
        with contextlib.ExitStack() as stack:
            addresses = [stack.enter_context(cold_server()) for _ in range(self.servers)]
            people = readers(self.sessions)
            before = memory_mb()
            spent = asyncio.run(_all(addresses, people, self.changes, self.training))
            errors = sorted({error for person in people for error in person.errors})
            held = f"memory {before:.0f} MB before, {memory_mb():.0f} MB with all sessions"
            return [report(people, spent), held, *errors[:5]]


def sizes(cpu: float, few: tuple[int, float], many: tuple[int, float]) -> Iterator[str]:
    """What readers need who change something every ``EVERY_S`` seconds, a row each. cpu: seconds of a change.
    few, many: sessions of one process and the MB that it held with them, between which memory is a line."""
    each = (many[1] - few[1]) / (many[0] - few[0])
    alone = few[1] - few[0] * each
    for count in READERS:
        cores = count * cpu / EVERY_S
        processes = max(1, math.ceil(cores / BUSY))
        memory = (processes * alone + count * each) / 1000
        yield (
            f"| {count} readers, each with a change in {EVERY_S:g} s, from the rows above | {cores:.2f} "
            f"cores: {processes} process{'es' if processes > 1 else ''} of the app, each at most "
            f"{100 * BUSY:.0f} % busy, {memory:.1f} GB |"
        )


def write() -> None:
    """What was measured, and what follows for 10 and 100 readers, into the server's README between its
    marks."""
    with cold_server() as address:
        cpu = asyncio.run(_cpu(address, 25))
    with cold_server() as address:
        kept = asyncio.run(_memory(address, CHANGES))
    alone = f"{statistics.mean(cpu):.3f} s of CPU (mean of {len(cpu)})"
    rows = [f"| one change of leads, one reader alone | {alone} |", kept]
    memory = {}
    for crowd in (
        Crowd(4, 1),
        Crowd(12, 6),
        Crowd(50, 10, 1, training=True),
        Crowd(50, 10, 2, training=True),
    ):
        beside = ", a personal model is trained meanwhile" if crowd.training else ""
        processes = f"{crowd.servers} process{'es' if crowd.servers > 1 else ''} of the app"
        met, held = crowd.read()[:2]
        if crowd.servers == 1:
            memory[crowd.sessions] = float(held.split()[-5])
        rows.append(f"| {processes}{beside}: {met.partition(': ')[0]} | {met.partition(': ')[2]}; {held} |")
    written = round(statistics.mean(cpu), 3)  # sizes follow from the figures that stand there
    rows += sizes(written, min(memory.items()), max(memory.items()))
    text = README.read_text(encoding="utf-8")
    head, _, rest = text.partition(MARK)
    _, end, tail = rest.partition(END)
    load = os.getloadavg()[1]
    note = (
        f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, load over the last five minutes {load:.1f}; "
        "PTB-XL below `ECG_DATA`, changes without a pause, each to leads that are in no cache."
    )
    table = "\n".join(["| what | measured |", "|---|---|", *rows, "", note])
    README.write_text(f"{head}{MARK}\n{table}\n{end}{tail}", encoding="utf-8")


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--cpu", type=int, default=0, metavar="CHANGES")
    parser.add_argument("--memory", type=int, default=0, metavar="CHANGES")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write:
        write()
    elif options.cpu or options.memory:
        with cold_server() as address:
            if options.memory:
                print(asyncio.run(_memory(address, options.memory)))
            else:
                spent = asyncio.run(_cpu(address, options.cpu))
                print(f"one change of leads: {statistics.mean(spent):.3f} s of CPU (mean of {len(spent)})")
    else:
        crowd = Crowd(options.sessions, options.changes, options.servers, options.training)
        print("\n".join(crowd.read()))


if __name__ == "__main__":
    main()
