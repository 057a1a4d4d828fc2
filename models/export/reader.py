"""Twelve leads from a file that ``rlecg export`` wrote, with numpy and onnxruntime alone; this file can be
copied.

    twelve = Estimator("any-subset.onnx")({"I": i, "II": ii, "V2": v2}, rate=500)
    twelve["V4"].samples, twelve["V4"].half_width, twelve["V4"].source     # mV, mV, "estimated"

Research and teaching use, not for diagnosis.
"""

import json
from typing import NamedTuple

import numpy as np
import onnxruntime


class Lead(NamedTuple):
    """One lead of the answer."""

    samples: np.ndarray  # mV
    half_width: np.ndarray  # mV, of the nominal 90 % prediction interval; 0 where not estimated
    source: str  # "measured" (an input), "derived" (by Einthoven and Goldberger) or "estimated"


class Estimator:
    """A file of ``rlecg export``, ready to be asked."""

    def __init__(self, path: str, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.facts = json.loads(self.session.get_modelmeta().custom_metadata_map["facts"])
        self.widened = 1.0  # of the last recording: above 1 it is unlike the training data

    def __call__(self, signals: dict[str, np.ndarray], rate: float) -> dict[str, Lead]:
        """Twelve leads from (n,) mV by lead, at the file's rate in Hz. Raises ValueError."""
        facts, (shortest, longest) = self.facts, self.facts["seconds"]
        if missing := [lead for lead in facts["inputs"] if lead not in signals]:
            raise ValueError(f"The file needs {', '.join(facts['inputs'])}; {', '.join(missing)} is missing.")
        rows = np.stack([np.asarray(signals[lead], np.float32) for lead in facts["inputs"]])
        if rate != facts["rate_hz"] or not shortest <= rows.shape[1] / rate <= longest:
            raise ValueError(f"The file is for {facts['rate_hz']} Hz and {shortest:g} to {longest:g} s.")
        leads, half, widened = self.session.run(None, {"signals": rows})
        self.widened = float(widened)
        return {
            lead: Lead(leads[k], half[k], facts["sources"][lead]) for k, lead in enumerate(facts["leads"])
        }
