"""Bare arrays, which name nothing: NumPy .npy and MATLAB .mat without a header. Rate, unit and leads are
asked for."""

from __future__ import annotations

import io
import math
import re
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Channel, Contents, Hints, Source
from ecgcore.io.formats import Format

MAX_BYTES = 100_000_000
MAX_VALUES = 12_000_000
MAX_CHANNELS = 64
_NPY = b"\x93NUMPY"
_MATLAB_5, _MATLAB_7_3 = b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"
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
    """The largest numeric matrix of a MATLAB file (versions 4, 5 and, with h5py, 7.3), also within a
    structure; the longer side is time. Raises UnusableEcg."""
    import zlib

    from scipy.io.matlab import MatReadError

    content = source.content(MAX_BYTES)
    try:
        read = _matrices_of_hdf5 if content.startswith(_MATLAB_7_3) else _matrices
        return _contents(_largest(read(content, source.shown), source.shown), source.shown)
    except UnusableEcg:
        raise
    except (
        ValueError, LookupError, TypeError, AttributeError, OSError, ArithmeticError, EOFError,
        RuntimeError, MatReadError, struct.error, zlib.error,
    ) as error:  # fmt: skip
        raise UnusableEcg(
            f"{source.shown} is a damaged MATLAB file, or of a version that is not read."
        ) from error


def _matrices(content: bytes, shown: str) -> list[np.ndarray]:
    from scipy.io import loadmat, whosmat

    listed = whosmat(io.BytesIO(content))
    sizes = {name: math.prod(shape) for name, shape, kind in listed if kind in _NUMERIC and _is_matrix(shape)}
    if sizes and max(sizes.values()) > 1:
        _check_size(max(sizes.values()), shown)
        names = [name for name, size in sizes.items() if size == max(sizes.values())]
        return [loadmat(io.BytesIO(content), variable_names=[name])[name] for name in names]
    structures = [name for name, _, kind in listed if kind == "struct"]
    return [
        matrix
        for name in structures
        for matrix in _fields(loadmat(io.BytesIO(content), variable_names=[name])[name])
    ]


def _is_matrix(shape: Sequence[int]) -> bool:
    """Whether an array has two sides, or more of which all but two are of length 1, as a batch of one."""
    return len(shape) == 2 or (len(shape) > 2 and sum(side > 1 for side in shape) == 2)


def _fields(value: Any, depth: int = 3) -> Iterator[np.ndarray]:
    """The numeric matrices in a structure."""
    if not isinstance(value, np.ndarray) or depth == 0:
        return
    if value.dtype.names and value.size == 1:
        for name in value.dtype.names:
            yield from _fields(value[name].item(), depth - 1)
    elif value.dtype.kind in "iuf" and _is_matrix(value.shape):
        yield value


def _matrices_of_hdf5(content: bytes, shown: str) -> list[np.ndarray]:
    try:
        import h5py
    except ImportError as error:
        raise UnusableEcg(
            f"{shown} is of version 7.3 of MATLAB's format, which is read with h5py alone "
            '(pip install h5py); or save it with "-v7".'
        ) from error
    with h5py.File(io.BytesIO(content)) as file:
        sizes = {
            name: part.size
            for name, part in file.items()
            if isinstance(part, h5py.Dataset) and _is_matrix(part.shape) and part.dtype.kind in "iuf"
        }
        if sizes:
            _check_size(max(sizes.values()), shown)
        return [file[name][()] for name, size in sizes.items() if size == max(sizes.values())]


def _largest(matrices: list[np.ndarray], shown: str) -> np.ndarray:
    if not matrices:
        raise UnusableEcg(f"{shown} holds no matrix of numbers.")
    most = max(matrix.size for matrix in matrices)
    _check_size(most, shown)
    first, *more = [matrix for matrix in matrices if matrix.size == most]
    if not all(np.array_equal(first, other) for other in more):
        raise UnusableEcg(
            f"{shown} holds {1 + len(more)} matrices of the same size; which one is the ECG is not certain."
        )
    return first


_NUMERIC = ("double", "single", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")


def _check_size(values: int, shown: str) -> None:
    if values > MAX_VALUES:
        raise UnusableEcg(f"{shown} holds {values:,} values; that is more than can be opened here.")


def _contents(array: np.ndarray, shown: str) -> Contents:
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim > 2 and _is_matrix(array.shape):
        array = array.squeeze()
    if array.ndim != 2 or array.dtype.kind not in "iuf":
        sides = " x ".join(map(str, array.shape))
        raise UnusableEcg(f"{shown} holds an array of {sides}; an ECG is an array of channels by samples.")
    rows = array if array.shape[0] < array.shape[1] else array.T
    if rows.shape[0] > MAX_CHANNELS:
        raise UnusableEcg(
            f"{shown} holds {rows.shape[0]} x {rows.shape[1]} values, too many channels for one ECG."
        )
    rows = rows.astype(np.float64)
    rows[np.isinf(rows)] = np.nan
    channels = tuple(Channel(f"channel {number}", row) for number, row in enumerate(rows, start=1))
    return Contents(channels, None)


def _matlab(first: bytes) -> bool:
    """Versions 5 and 7.3 say so; version 4 begins with type, rows, columns, no imaginary part, length of a
    name and the name."""
    if first.startswith((_MATLAB_5, _MATLAB_7_3)) or len(first) < 24:
        return len(first) >= 24
    kind, rows, columns, imaginary, length = struct.unpack_from("<5i", first)
    name = first[20 : 20 + max(0, length)]
    return (
        kind in (0, 10, 20, 30, 40, 50)
        and min(rows, columns) > 0
        and imaginary == 0
        and re.fullmatch(rb"[A-Za-z]\w{0,62}\x00", name) is not None
    )


FORMATS = (
    Format("NumPy array", (".npy",), read_npy, lambda first: first.startswith(_NPY), needs=_NEEDS),
    Format("MATLAB matrix", (".mat",), read_mat, _matlab, needs=_NEEDS),
)
