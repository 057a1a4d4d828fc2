"""The whole estimate as one ONNX file, and the check that it says what the model says."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, Ecg, UnusableEcg
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.synthetic import Heart, simulate
from models.export.graph import WholeEstimate
from models.linear_estimator import SHORTEST
from models.reconstruct import OWN, calibrated, calibration_for, reconstruct, trained
from models.sites import Calibration
from models.windows import BLOCK_OVERLAP_S, BLOCK_S

OPSET = 18
RATES = (100, 1000)
"""Hz, lowest and highest."""
INPUT, OUTPUTS = "signals", ("leads", "half_width", "widened")
FARTHEST_UV = 1.0
"""A file that is further from the model than this is not written."""
LACKING = 'An export needs the packages onnx and onnxruntime; install them with pip install -e ".[onnx]".'


class Exported(NamedTuple):
    """What was written. facts: what the file says of itself. farthest_uv: from the model, in leads and
    interval."""

    path: Path
    facts: dict[str, Any]
    farthest_uv: float


def export(name: str, inputs: LeadSet, rate: int, path: Path, site: str | None = None) -> Exported:
    """Write the estimate of a trained model from these inputs at a rate in Hz. site: what the interval stands
    on (``calibration_for``). Raises UnusableEcg."""
    calibration = calibration_for(name, "", site)
    facts = facts_of(name, inputs, rate, calibration)
    model = calibrated(name, calibration) if calibration else trained(name).model
    estimate = WholeEstimate(model, inputs, rate).eval()
    facts["sources"] = estimate.sources
    data = onnx_bytes(estimate, len(inputs), rate, facts)
    farthest = max(_distance(data, ecg, inputs, name, calibration) for ecg in _trials(rate))
    if farthest > FARTHEST_UV:
        raise UnusableEcg(f"The exported graph is {farthest:.2f} µV away from the model; it is not written.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return Exported(path, facts, farthest)


def facts_of(name: str, inputs: LeadSet, rate: int, calibration: Calibration | None) -> dict[str, Any]:
    """What a file says of itself. Raises UnusableEcg for a rate or leads that cannot be exported."""
    if not RATES[0] <= rate <= RATES[1]:
        raise UnusableEcg(f"Files are written for {RATES[0]} to {RATES[1]} Hz, not {rate}.")
    chosen = trained(name)
    if not inputs or not chosen.card.accepts(inputs) or not inputs.missing:
        raise UnusableEcg(f"{chosen.card.title} has nothing to estimate from {inputs or 'no leads'}.")
    return {
        "notice": f"{NOT_FOR_DIAGNOSIS}.",
        "model": name,
        "title": chosen.card.title,
        "weights": chosen.weights_hash,
        "interval": calibration.label if calibration else OWN,
        "inputs": list(inputs),
        "leads": list(STANDARD),
        "rate_hz": rate,
        "unit": "mV",
        "seconds": [SHORTEST, BLOCK_S + BLOCK_OVERLAP_S],
    }


def onnx_bytes(estimate: WholeEstimate, n_inputs: int, rate: int, facts: dict[str, Any]) -> bytes:
    """The file. Raises UnusableEcg where the packages for it are not installed."""
    import io

    try:
        import onnx
    except ModuleNotFoundError as error:
        raise UnusableEcg(LACKING) from error
    out = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # that this way to export will go one day
        torch.onnx.export(
            estimate,
            (
                torch.from_numpy(
                    0.1 * np.random.default_rng(0).standard_normal((n_inputs, 25 * rate), np.float32)
                ),
            ),
            out,
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={INPUT: {1: "samples"}, OUTPUTS[0]: {1: "samples"}, OUTPUTS[1]: {1: "samples"}},
        )
    graph = onnx.load_model_from_string(out.getvalue())
    onnx.helper.set_model_props(graph, {"facts": json.dumps(facts)})
    graph.doc_string = str(facts["notice"])
    onnx.checker.check_model(graph, full_check=True)
    data: bytes = graph.SerializeToString()
    return data


def session(data: bytes | Path) -> Any:
    """A session of onnxruntime on one core. Raises UnusableEcg where it is not installed."""
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise UnusableEcg(LACKING) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        data if isinstance(data, bytes) else str(data), options, providers=["CPUExecutionProvider"]
    )


def _trials(rate: int) -> list[Ecg]:
    """Recordings of several lengths that the file is tried on."""
    return [simulate(Heart(rate=70), float(rate), seconds, seed=9) for seconds in (10.0, 4.03, 31.7)]


def _distance(data: bytes, ecg: Ecg, inputs: LeadSet, name: str, calibration: Calibration | None) -> float:
    """The largest difference to the model in µV, in leads or half widths."""
    result = reconstruct(ecg, inputs, name, calibration)
    leads, half, _ = session(data).run(None, {INPUT: ecg.pick(inputs).signals})
    if result.interval is None:
        raise UnusableEcg(f"{name} has no prediction interval.")
    both = np.abs(leads - result.ecg.signals).max(), np.abs(half - result.interval).max()
    return 1000 * float(max(both))
