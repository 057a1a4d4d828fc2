"""The whole estimate for chosen input leads as one ONNX file, which runs without Python and PyTorch.

    rlecg export any-subset --inputs "I II V2" --onnx FILE
    rlecg export any-subset --inputs "I II V2" --rate 250 --site NAME --onnx FILE

The file takes the input leads in mV, of any length from one second to ten minutes, and answers with twelve
leads, the half width of each one's 90 % prediction interval, and the factor by which that was widened because
the recording is unlike the training data. It is written for one rate and holds everything: filters, linear
part, network, gains and interval. Before it is written it is compared with the model.
``models/export/reader.py`` reads it with numpy and onnxruntime alone. Needs the extra packages ".[onnx]".

    npm install onnxruntime-web && rlecg export any-subset --inputs "I II V2" --onnx FILE --page FOLDER

writes beside it a folder whose index.html runs the same file in a browser, opened from the folder, without a
server or network. Research and teaching use, not for diagnosis.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import LEADS, Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a trained model that is a network over a linear part")
    parser.add_argument("--inputs", required=True, help=f'input leads, as "I II V2"; {LEADS}')
    parser.add_argument("--rate", type=int, default=500, help="Hz of the recordings (default: %(default)s)")
    parser.add_argument(
        "--site",
        help="what the interval stands on: a site's name or file (rlecg calibrate-site), 'any hospital' or "
        "'hospitals like PTB-XL' (default: any hospital)",
    )
    parser.add_argument("--onnx", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument(
        "--page", type=Path, metavar="FOLDER", help="folder for a page that runs the file in a browser"
    )
    parser.add_argument(
        "--runtime",
        type=Path,
        metavar="FOLDER",
        help="the npm package onnxruntime-web, whose files the page gets (default: that in node_modules)",
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.leads import LeadSet
    from models.export.onnx_file import export
    from models.export.page import USUAL, version_of, write_page

    runtime = options.runtime or USUAL
    if options.page:
        version_of(runtime)
    leads = LeadSet(options.inputs)
    written = export(options.name, leads, options.rate, options.onnx, options.site)
    facts = written.facts
    print(
        f"{written.path}: {facts['title']} {facts['weights']} from {' '.join(leads)} at {options.rate} Hz, "
        f"interval of {facts['interval']}; {written.path.stat().st_size / 1e6:.1f} MB, at most "
        f"{written.farthest_uv:.3f} µV from the model"
    )
    if options.page:
        print(write_page(written, options.page, runtime))


COMMAND = Command(arguments, work)
