"""From bytes to lines: encodings, line ends and signs that look like others."""

from __future__ import annotations

import io
import re

from ecgcore.ecg import UnusableEcg
from ecgcore.io.formats import utf16_without_mark

MAX_HEAD, MAX_LINE = 200, 20_000
"""Lines before the numbers begin, and their characters."""
SAMPLED = 400
"""Lines of numbers that decide about the signs."""
LAST_BYTES = 4000
"""Where the numbers may have ended, as before a line of totals."""
_PLAIN = {"\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"}
"""Minus, blanks and apostrophes of typesetters."""
_NO_VALUE = re.compile(rb"#(?:N/A|NV|DIV/0!|NUM!|ZAHL!|VALUE!|WERT!|REF!|BEZUG!|NOMBRE!|VALEUR!)")
"""What Excel writes where there is no value; else the sign of a comment would hide the row."""


def as_utf8(data: bytes, shown: str) -> bytes:
    """The same text in UTF-8 with plain line ends, minuses and blanks; older exports of European carts have a
    byte per letter. Raises UnusableEcg for what is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", errors="replace").encode()
    elif encoding := utf16_without_mark(data[:4096]):
        data = data.decode(encoding, errors="replace").encode()
    elif b"\x00" in data:
        raise UnusableEcg(f"{shown} is no text file.")
    elif not _is_utf8(data):
        data = data.decode("cp1252", errors="replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"#" in data:
        data = _NO_VALUE.sub(b"nan", data)
    if not data.isascii():
        for sign, plain in _PLAIN.items():
            data = data.replace(sign.encode(), plain.encode())
    return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def head(content: bytes, shown: str) -> list[str]:
    """The first lines, enough to find where the numbers begin and to judge them."""
    stream, lines = io.BytesIO(content), []
    for _ in range(MAX_HEAD + SAMPLED):
        line = stream.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise UnusableEcg(
                f"A line of {shown} is longer than {MAX_LINE:,} characters, so it is no table with a column "
                "per lead and a row per sample."
            )
        if not line:
            break
        lines.append(line.decode("utf-8", errors="replace"))
    return lines
