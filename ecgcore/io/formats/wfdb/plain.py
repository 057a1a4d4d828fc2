"""Signal files of 16-bit numbers one after the other (format 16) or packed as FLAC (516), as nearly all
databases of ECGs have them: read without the library, whose reading of the header costs more than the
samples. Whatever is out of the ordinary is left to the library.
"""

from __future__ import annotations

import numpy as np

from ecgcore.io.contents import Source
from ecgcore.io.formats.wfdb.header import Header, SignalLine


def plain_samples(head: Source, header: Header, rows: list[int]) -> np.ndarray | None:
    """(n_samples, len(rows)) whole numbers of the converter; None where these signals are not so plain."""
    chosen = [header.signals[row] for row in rows]
    if not header.n_samples or not all(_is_plain(signal) for signal in chosen):
        return None
    samples = np.empty((header.n_samples, len(rows)), np.int16)
    for file in dict.fromkeys(signal.file for signal in chosen):
        held = [row for row, signal in enumerate(header.signals) if signal.file == file]
        source = head.sibling(file)
        if source is None or not all(_is_plain(header.signals[row]) for row in held):
            return None
        side_by_side = _read(source, header.signals[held[0]].format, header.n_samples, len(held))
        if side_by_side is None:
            return None
        for column, row in enumerate(rows):
            if row in held:
                samples[:, column] = side_by_side[:, held.index(row)]
    return samples


def _is_plain(signal: SignalLine) -> bool:
    return signal.format in ("16", "516") and (signal.per_frame, signal.skew, signal.offset) == (1, 0, 0)


def _read(source: Source, form: str, n_samples: int, n_signals: int) -> np.ndarray | None:
    """(n_samples, n_signals), None where the file holds less or is damaged."""
    if form == "16":
        with source.open() as file:
            content = file.read(2 * n_samples * n_signals)
        if len(content) < 2 * n_samples * n_signals:
            return None
        return np.frombuffer(content, "<i2").reshape(n_samples, n_signals)
    import soundfile

    try:
        with source.open() as file, soundfile.SoundFile(file) as flac:
            if (flac.format, flac.subtype, flac.channels) != ("FLAC", "PCM_16", n_signals):
                return None
            samples: np.ndarray = flac.read(n_samples, dtype="int16", always_2d=True)
    except (RuntimeError, ValueError, OSError):
        return None
    return samples if len(samples) == n_samples else None
