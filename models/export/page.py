"""A folder with a page that runs an exported file in the browser, from the folder itself, without any server
or network.

What the browser runs the file with, onnxruntime-web, is third-party code (MIT) and no part of this
repository: it is copied from an installed npm package. Files that pages opened from a folder may not fetch
(the model, the runtime's binary) are written as scripts that hold their bytes as text.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

from ecgcore.demonstrations import REAL, demonstrations
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.signals import resample
from models.export.onnx_file import Exported

PACKAGE = "onnxruntime-web"
USUAL = Path("node_modules") / PACKAGE
"""Where ``npm install onnxruntime-web`` puts it."""
LOADER, MODULE, BINARY = "ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"
WEB = Path(__file__).parent / "web"
SECONDS = 10.0
SHOWN = (REAL, "Simulated: ventricular premature beats, 75/min, 500 Hz")
LICENCE = """ONNX Runtime Web {version}: onnxruntime.js and what runtime.js holds are its files, unchanged.

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the
Software, and to permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions
of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED
TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL
THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
DEALINGS IN THE SOFTWARE.
"""


def write_page(exported: Exported, folder: Path, runtime: Path = USUAL) -> Path:
    """Write the page; its path. runtime: an installed npm package onnxruntime-web. Raises UnusableEcg."""
    version = version_of(runtime)
    folder.mkdir(parents=True, exist_ok=True)
    for file in WEB.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    files = runtime / "dist"
    (folder / "onnxruntime.js").write_bytes((files / LOADER).read_bytes())
    (folder / "onnxruntime-web-LICENSE.txt").write_text(LICENCE.format(version=version), encoding="utf-8")
    origin = f"Run with ONNX Runtime Web {version}, MIT License, © Microsoft Corporation."
    _script(
        folder / "runtime.js",
        ORT_MODULE=_text((files / MODULE).read_bytes()),
        ORT_BINARY=_text((files / BINARY).read_bytes()),
        ORIGIN=origin,
    )
    _script(folder / "model.js", FACTS=exported.facts, MODEL=_text(exported.path.read_bytes()))
    recordings = {title: _leads(ecg) for title, ecg in shown(exported.facts["rate_hz"]).items()}
    _script(folder / "recordings.js", RECORDINGS=recordings)
    return folder / "index.html"


def version_of(runtime: Path) -> str:
    """The version of an installed onnxruntime-web. Raises UnusableEcg where it is none."""
    try:
        package = json.loads((runtime / "package.json").read_text(encoding="utf-8"))
        name, version, licence = (str(package[key]) for key in ("name", "version", "license"))
    except (OSError, ValueError, KeyError) as error:
        raise UnusableEcg(
            f"There is no {PACKAGE} in {runtime}; npm install {PACKAGE} puts it into node_modules, "
            "or name its folder with --runtime."
        ) from error
    lacking = [file for file in (LOADER, MODULE, BINARY) if not (runtime / "dist" / file).is_file()]
    if name != PACKAGE or licence != "MIT" or lacking:
        raise UnusableEcg(
            f"{runtime} holds {name} {version} ({licence}), which this page does not work with."
        )
    return version


def shown(rate: int) -> dict[str, Ecg]:
    """The recordings that the page begins with, at the rate of the file."""
    recordings = {}
    for title in SHOWN:
        try:
            ecg = demonstrations()[title]().cut(0, SECONDS)
        except UnusableEcg:  # the real one lies in a package of its own
            continue
        other = "" if ecg.rate == rate else f" (here {rate} Hz)"
        recordings[f"{title}{other}"] = resample(ecg, float(rate))
    return recordings


def _leads(ecg: Ecg) -> dict[str, str]:
    return {lead: _text(np.asarray(ecg[lead], "<f4").tobytes()) for lead in ecg.leads}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _script(path: Path, **constants: object) -> None:
    lines = [f"const {name} = {json.dumps(value, ensure_ascii=True)};\n" for name, value in constants.items()]
    path.write_text("".join(lines), encoding="utf-8")
