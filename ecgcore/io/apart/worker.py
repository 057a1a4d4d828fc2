"""The process that reads uploads: ``main`` takes files on its input and hands an Ecg, or a refusal, to its
output.

Its memory and time are limited by the system, so that a file that is made to exhaust them ends this process
and nothing else. It warms up once: what readers import is there before the first file comes.
"""

from __future__ import annotations

import importlib
import os
import pickle
import struct
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

MEMORY = 800_000_000
"""Bytes that reading one file may add to what the warm process holds, which is below 200 MB."""
SECONDS = 20
"""Of processor time for one file."""
LIBRARIES = (
    "numpy",
    "pandas",
    "wfdb",
    "soundfile",
    "pydicom",
    "pydicom.waveforms",
    "edfio",
    "scipy.io",
    "defusedxml.ElementTree",
    "ecgdatakit.parsing.parser",
    "pyarrow.parquet",
)
_LENGTH = struct.Struct(">Q")


def send(stream: BinaryIO, value: Any) -> None:
    """Write a value with its length before it."""
    packed = pickle.dumps(value, protocol=5)
    stream.write(_LENGTH.pack(len(packed)))
    stream.write(packed)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """The next value. Raises EOFError where the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    packed = stream.read(_LENGTH.unpack(head)[0])
    if len(packed) < _LENGTH.unpack(head)[0]:
        raise EOFError
    return pickle.loads(packed)


def main(memory: int, seconds: int) -> None:
    """Serve until the input ends. memory, seconds: what one file may take."""
    stream_in, stream_out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the values
    warnings.simplefilter("ignore")
    _warm_up()
    _limit_memory(memory)
    send(stream_out, "ready")
    with suppress(EOFError, BrokenPipeError):
        while True:
            files, options = receive(stream_in)
            _limit_time(seconds)
            answer = _answer(files, options)
            del files
            send(stream_out, answer)
            del answer


def _warm_up() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    from ecgcore.io.formats import formats

    formats()


def _answer(files: dict[str, bytes], options: dict[str, Any]) -> tuple[str, Any]:
    """("ecg", it), ("refused", the exception), or ("bug", where it happened)."""
    from ecgcore.ecg import UnusableEcg
    from ecgcore.io.upload import read_files_here

    try:
        return "ecg", read_files_here(files, **options)
    except UnusableEcg as refused:
        return "refused", refused.with_traceback(None)
    except MemoryError:
        return "memory", None
    except Exception as error:  # noqa: BLE001 - handed to the process that asked, which raises it
        last = traceback.extract_tb(error.__traceback__)[-1]
        return "bug", f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def _limit_memory(memory: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows: there the time limit of the other side must do
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").is_file() else 0
    limit = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: int) -> None:
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds + 1, resource.getrlimit(resource.RLIMIT_CPU)[1]))
