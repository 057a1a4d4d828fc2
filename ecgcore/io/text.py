"""Words out of files, names and links are data: made harmless before they stand in a sentence for a
person."""

from __future__ import annotations

import errno
import re
import unicodedata

LONGEST = 60
"""Characters of a foreign text that are shown."""
_MARKUP = str.maketrans(dict.fromkeys("[]<>`*$\\|~{}", "\u00b7"))
"""Signs with a meaning in Markdown, HTML or TeX."""


def harmless(text: object, longest: int = LONGEST) -> str:
    """A foreign text on one line that no screen takes for a picture, a link, a command or markup.

    Control, direction and other invisible characters are dropped, signs of markup become a middle dot, and
    what would be taken for an address is broken by blanks.
    """
    head = str(text)[: 4 * longest]
    plain = "".join(
        " " if sign.isspace() else sign
        for sign in head
        if sign.isspace() or unicodedata.category(sign)[0] != "C"
    )
    plain = re.sub(r"\s+", " ", plain).strip().translate(_MARKUP)
    plain = re.sub(r":(?=\S)", ": ", plain).replace("@", " at ")
    plain = re.sub(r"(?i)\bwww\.", "www ", plain)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}\u2026"


def channel_name(label: object) -> str:
    """A channel's label as it is shown. One with four digits in a row, which no lead has and a patient's
    number may have, is not."""
    return "a channel with a number for a name" if re.search(r"\d{4}", str(label)) else harmless(label, 20)


_REASONS = {
    (errno.ENOSPC, errno.EDQUOT): "the disk is full",
    (errno.EACCES, errno.EPERM): "its folder may not be written by this user",
    (errno.EROFS,): "its disk is read-only",
    (errno.ENOTDIR, errno.EEXIST): "its folder is a file",
}


def disk_reason(error: OSError) -> str:
    """Why something could not be written, in words: part of a sentence."""
    return next((reason for numbers, reason in _REASONS.items() if error.errno in numbers), "its disk failed")
