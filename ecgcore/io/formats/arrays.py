"""Bare arrays, which name nothing: NumPy .npy and MATLAB .mat without a header. Rate, unit and leads are
asked for."""

from __future__ import annotations

import io

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Channel, Contents, Hints, Source
from ecgcore.io.formats import Format

MAX_BYTES = 100_000_000
MAX_VALUES = 12_000_000
MAX_CHANNELS = 64
_NPY = b"\x93NUMPY"
_MATLAB = b"MATLAB 5.0 MAT-file"
_NEEDS = ("leads", "rate", "unit")


def read_npy(source: Source, _hints: Hints) -> Contents:
    """The rows of a NumPy array; the longer side is time. Nothing is unpickled. Raises UnusableEcg."""
    from tokenize import TokenError

    content = source.content(MAX_BYTES)
    try:
        _check_npy(content, source.shown)
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except UnusableEcg:
        raise
    except (
        ValueError,
        EOFError,
        OSError,
        TypeError,
        SyntaxError,
        TokenError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise UnusableEcg(
            f"{source.shown} is a damaged NumPy file, or holds something else than numbers."
        ) from error
    return _contents(array, source.shown)


def _check_npy(content: bytes, shown: str) -> None:
    """Refuse a shape that does not fit the file before anything is allocated for it."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    _check_size(int(np.prod([float(side) for side in shape])), shown)
    if dtype.kind not in "iuf" or np.prod([float(side) for side in shape]) * dtype.itemsize > len(content):
        raise UnusableEcg(f"{shown} is a damaged NumPy file, or holds something else than numbers.")


def read_mat(source: Source, _hints: Hints) -> Contents:
    """The largest numeric matrix of a MATLAB file (version 5); the longer side is time. Raises
    UnusableEcg."""
    import struct
    import zlib

    from scipy.io import loadmat, whosmat
    from scipy.io.matlab import MatReadError

    content = source.content(MAX_BYTES)
    try:
        listed = [
            (name, shape)
            for name, shape, kind in whosmat(io.BytesIO(content))
            if kind in _NUMERIC and len(shape) == 2
        ]
        if not listed:
            raise UnusableEcg(f"{source.shown} holds no matrix of numbers.")
        name, shape = max(listed, key=lambda entry: entry[1][0] * entry[1][1])
        _check_size(shape[0] * shape[1], source.shown)
        array = loadmat(io.BytesIO(content), variable_names=[name])[name]
    except UnusableEcg:
        raise
    except (
        ValueError, LookupError, TypeError, AttributeError, OSError, ArithmeticError, EOFError,
        NotImplementedError,
        RecursionError, MatReadError, struct.error, zlib.error,
    ) as error:  # fmt: skip
        raise UnusableEcg(
            f"{source.shown} is a damaged MATLAB file, or of a version that is not read."
        ) from error
    return _contents(array, source.shown)


_NUMERIC = ("double", "single", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")


def _check_size(values: int, shown: str) -> None:
    if values > MAX_VALUES:
        raise UnusableEcg(f"{shown} holds {values:,} values; that is more than can be opened here.")


def _contents(array: np.ndarray, shown: str) -> Contents:
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 2 or array.dtype.kind not in "iuf":
        sides = " x ".join(map(str, array.shape))
        raise UnusableEcg(f"{shown} holds an array of {sides}; an ECG is an array of channels by samples.")
    rows = array if array.shape[0] < array.shape[1] else array.T
    if rows.shape[0] > MAX_CHANNELS:
        raise UnusableEcg(
            f"{shown} holds {rows.shape[0]} x {rows.shape[1]} values, too many channels for one ECG."
        )
    rows = rows.astype(np.float64)
    channels = tuple(Channel(f"channel {number}", row) for number, row in enumerate(rows, start=1))
    return Contents(channels, None)


FORMATS = (
    Format("NumPy array", (".npy",), read_npy, lambda first: first.startswith(_NPY), needs=_NEEDS),
    Format("MATLAB matrix", (".mat",), read_mat, lambda first: first.startswith(_MATLAB), needs=_NEEDS),
)
