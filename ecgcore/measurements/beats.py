"""Where the beats are and which of them look alike.

Everything works on float arrays (n_leads, n_samples) in mV at ``RATE``. A beat is the sample index of its R
point: the centre of the QRS complex as all leads together see it, not the tip of one lead's R wave, so beats
stay aligned whatever the leads. NeuroKit2 (``detector.py``) finds the complexes in one signal that holds all
leads, in place of a single lead that may be flat or noisy; the steepness of all leads adds those it misses
and drops what is no QRS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from ecgcore.measurements import detector
from ecgcore.measurements.detector import QRS_HZ, RATE

MIN_RR_S = 0.24
"""Two complexes closer than this are one: 250 bpm."""
ALIKE = 0.85
"""Correlation over the QRS window above which two beats are of one kind."""
_WINDOW = (-int(0.06 * RATE), int(0.10 * RATE))


@dataclass(frozen=True)
class Beats:
    """The R points of a recording, (n,) samples at RATE, increasing, and the kind of each: 0 is the
    commonest."""

    at: np.ndarray
    kind: np.ndarray

    @property
    def n(self) -> int:
        """How many beats."""
        return len(self.at)

    def of_kind(self, kind: int) -> np.ndarray:
        """R points of one kind of beat."""
        values: np.ndarray = self.at[self.kind == kind]
        return values


def steepness(rows: np.ndarray) -> np.ndarray:
    """(n_samples,): size of the 5-30 Hz slope over leads, each lead in units of its own steepest beats,
    capped at twice that.

    A lead that is flat has no steepness; a lead that is all noise has steep samples everywhere and weighs
    little, because a lead weighs as much as its 99th percentile stands above its median.
    """
    filtered = signal.sosfiltfilt(signal.butter(2, QRS_HZ, "bandpass", fs=RATE, output="sos"), rows, axis=-1)
    slope = np.abs(np.gradient(filtered, axis=-1))
    slope = ndimage.uniform_filter1d(slope, int(0.03 * RATE), axis=-1)
    top = np.quantile(slope, 0.98, axis=-1, keepdims=True)
    middle = np.median(slope, axis=-1, keepdims=True)
    weight = np.clip(1.0 - 2.5 * middle / np.maximum(top, 1e-9), 0.02, 1.0) * (top > 1e-4)
    unit = np.minimum(slope / np.maximum(top, 1e-4), 2.0)
    values: np.ndarray = np.sqrt((weight * unit**2).sum(0) / np.maximum(weight.sum(), 1e-9))
    return values


def find_complexes(rows: np.ndarray, both: bool = True) -> np.ndarray:
    """Samples of the QRS complexes in time, before alignment; empty where there are none.

    NeuroKit2's complexes and what else is steep, together; each must then be as steep as a QRS among its
    neighbours. both=False: by the steepness alone, without loading NeuroKit2, which takes seconds the first
    time.
    """
    size = steepness(rows)
    size = ndimage.gaussian_filter1d(size, 0.02 * RATE)
    level = np.quantile(size, 0.99)
    if not level > 0:
        return np.zeros(0, dtype=int)
    if not both:
        return _without_t_waves(
            size, signal.find_peaks(size, height=0.25 * level, distance=int(MIN_RR_S * RATE))[0]
        )
    places = _together(
        size, detector.complexes(rows), signal.find_peaks(size, distance=int(MIN_RR_S * RATE))[0]
    )
    return _without_t_waves(size, places[size[places] >= 0.25 * level])


def _together(size: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Both lists in order, each moved to the steepest sample within 60 ms; of two closer than MIN_RR_S the
    steeper one."""
    reach = int(0.06 * RATE)
    window = np.arange(-reach, reach + 1)
    both = np.concatenate([first, second]).astype(int)
    near = np.clip(both[:, None] + window, 0, len(size) - 1)
    moved = np.unique(near[np.arange(len(both)), size[near].argmax(1)]) if len(both) else both
    kept: list[int] = []
    for at in moved[np.argsort(-size[moved], kind="stable")]:
        if all(abs(at - other) >= MIN_RR_S * RATE for other in kept):
            kept.append(int(at))
    return np.array(sorted(kept), dtype=int)


def _without_t_waves(size: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Drop a peak that comes within 0.4 s after a much steeper one, and everything far below its
    neighbours."""
    kept: list[int] = []
    for peak in peaks:
        near = peaks[np.abs(peaks - peak) < 4 * RATE]
        if size[peak] < 0.4 * np.median(size[near]):
            continue
        if kept and peak - kept[-1] < 0.4 * RATE and size[peak] < 0.5 * size[kept[-1]]:
            continue
        kept.append(int(peak))
    return np.array(kept, dtype=int)


def align(rows: np.ndarray, at: np.ndarray) -> Beats:
    """R points moved so that beats of one kind lie on each other, and the kind of each beat.

    Kinds are found greedily: the beat most like all others starts kind 0, what correlates with it by at least
    ``ALIKE`` over 160 ms around R, all leads together, belongs to it; then the rest likewise. Within a kind
    each beat is shifted by at most 24 ms to where it fits the kind's median best.
    """
    filtered = signal.sosfiltfilt(
        signal.butter(2, (1.0, 40.0), "bandpass", fs=RATE, output="sos"), rows, axis=-1
    )
    reach = int(0.024 * RATE)
    whole = (at + _WINDOW[0] - 2 * reach >= 0) & (at + _WINDOW[1] + 2 * reach < rows.shape[1])
    at = at[whole]
    if not len(at):
        return Beats(at, np.zeros(0, dtype=int))
    at = _centred(filtered, at)
    kind = np.full(len(at), -1)
    for label in range(len(at)):
        rest = np.flatnonzero(kind < 0)
        if not len(rest):
            break
        shapes = _shapes(filtered, at[rest])
        seed = rest[np.argmax(np.median(shapes @ shapes.T, axis=1))]
        template = _shapes(filtered, at[[seed]])[0]
        for _ in range(2):
            shift, match = _best_shift(filtered, at[rest], template, reach)
            members = match >= ALIKE
            members[rest == seed] = True
            template = np.median(_shapes(filtered, at[rest[members]] + shift[members]), axis=0)
            template /= max(np.linalg.norm(template), 1e-12)
        at[rest[members]] += shift[members]
        kind[rest[members]] = label
    return Beats(at, _commonest_first(kind))


def _centred(filtered: np.ndarray, at: np.ndarray) -> np.ndarray:
    """R points moved to the largest size over leads within 50 ms."""
    size = np.sqrt((filtered**2).mean(0))
    reach = int(0.05 * RATE)
    window = np.arange(-reach, reach + 1)
    inside = np.clip(at[:, None] + window, 0, len(size) - 1)
    values: np.ndarray = at + window[size[inside].argmax(1)]
    return values


def _shapes(filtered: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n, n_leads * window) unit vectors of the QRS windows, each lead's mean removed."""
    window = np.arange(_WINDOW[0], _WINDOW[1])
    at = np.clip(at, -_WINDOW[0], filtered.shape[1] - _WINDOW[1])
    cut = filtered[:, at[:, None] + window].transpose(1, 0, 2)
    cut = (cut - cut.mean(-1, keepdims=True)).reshape(len(at), -1)
    values: np.ndarray = cut / np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), 1e-12)
    return values


def _best_shift(
    filtered: np.ndarray, at: np.ndarray, template: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Per beat the shift in samples at which it correlates best with the template, and that correlation."""
    shifts = np.arange(-reach, reach + 1)
    match = np.stack([_shapes(filtered, at + shift) @ template for shift in shifts])
    best = match.argmax(0)
    return shifts[best], match[best, np.arange(len(at))]


def _commonest_first(kind: np.ndarray) -> np.ndarray:
    labels, counts = np.unique(kind, return_counts=True)
    rank = {label: place for place, label in enumerate(labels[np.argsort(-counts, kind="stable")])}
    return np.array([rank[label] for label in kind])


def without_companions(rows: np.ndarray, beats: Beats) -> Beats:
    """Without a kind of narrow complex that nearly always runs 0.06-0.3 s ahead of a wider one: a filtered
    atrial spike."""
    gone = np.zeros(beats.n, dtype=bool)
    width = _widths(rows, beats.at)
    follow = np.append(np.diff(beats.at), 10**9) / RATE
    for kind in np.unique(beats.kind):
        members = np.flatnonzero(beats.kind == kind)
        ahead = members[(follow[members] < 0.3) & (follow[members] > 0.06)]
        if len(ahead) < max(2, 0.7 * len(members)) or np.std(follow[ahead]) > 0.03:
            continue
        if np.median(width[ahead]) < 0.8 * np.median(width[ahead + 1]):
            gone[members] = True
    return Beats(beats.at[~gone], _commonest_first(beats.kind[~gone])) if gone.any() else beats


def _widths(rows: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Seconds around each R point within which the summed slope over leads moves from 10 to 90 % of its sum,
    +-100 ms."""
    half = int(0.1 * RATE)
    speed = np.sqrt((np.gradient(rows, axis=-1) ** 2).sum(0))
    inside = np.clip(at[:, None] + np.arange(-half, half + 1), 0, len(speed) - 1)
    share = np.cumsum(speed[inside] ** 2, axis=1)
    share /= np.maximum(share[:, -1:], 1e-12)
    values: np.ndarray = ((share > 0.9).argmax(1) - (share > 0.1).argmax(1)) / RATE
    return values


def find_beats(rows: np.ndarray, both: bool = False) -> Beats:
    """The beats of (n_leads, n_samples) mV at RATE, spikes already taken out; both: by NeuroKit2 as well, as
    ``measure`` does."""
    return without_companions(rows, align(rows, find_complexes(rows, both)))
