"""``models/RESULTS.md`` and the table of the README, written from the stored tables (``rlecg study report``).

Nothing is computed on recordings here. A section (``models.report.sections``) is a function: it is given the
folder of trained models and yields lines of Markdown; where its table is missing it names the command that
makes it. At the end stand the tables with their hashes: a test compares these, so a table that is newer than
the report is noticed at once, and a slower one writes the report again and compares every line.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.tables import UnusableTable
from models.checkpoint import CARD_FILE, WEIGHTS_FILE
from models.report.accuracy import readme_table
from models.report.sections import SECTIONS, Section

PLACE = Path(__file__).parents[1]
RESULTS, README = PLACE / "RESULTS.md", PLACE.parent / "README.md"
KINDS = (".parquet", ".csv.gz", ".npz", ".json", ".safetensors")
"""What is stored and stands behind the numbers."""
HEAD = """# Results

Written by `rlecg study report` from the tables beside the weights (`models/trained`). Do not edit: change a
table with its command and run it again.

Unless a section names others, the conditions are: **learned leads** (estimated ones among I, II, V1-V6, never
input or derived ones); mean over recordings of the mean over these leads; brackets hold the 95 % interval
from resampling patients; r is Pearson's, RMSE is in uV. "High-pass" is 0.5 Hz on inputs and truth, "as
recorded" is neither filtered; compared is at 100 Hz. PTB-XL is split by patient: folds 1-8 train, fold 9
validates, fold 10 tests. Research and teaching use, not for diagnosis."""
BLOCK = re.compile(r"(<!-- table: rlecg study report -->\n).*?(<!-- end of table -->)", re.DOTALL)
HASHES = "## Tables this was written from"


def results(folder: Path) -> str:
    """The whole text of ``RESULTS.md``. folder: of trained models."""
    parts = [HEAD]
    for title, section in SECTIONS.items():
        parts.append(f"## {title}\n\n{_text(section, folder)}")
    return "\n\n".join([*parts, hashes(folder)]) + "\n"


def _text(section: Section, folder: Path) -> str:
    """A section, or the sentence for tables that do not belong to the weights on disk."""
    try:
        return "\n".join(section(folder))
    except (UnusableEcg, UnusableTable) as error:
        return str(error)


def hashes(folder: Path) -> str:
    """The last part: every table and its hash; for weights that are not shipped that of their card."""
    return "\n".join([HASHES, "", "```", *_hashed(folder), "```"])


def _hashed(folder: Path) -> Iterator[str]:
    for path in sorted(path for path in folder.rglob("*") if path.name.endswith(KINDS)):
        if path.name == WEIGHTS_FILE and path.with_name(CARD_FILE).is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        yield f"{digest}  {path.relative_to(folder).as_posix()}"


def readme(text: str, folder: Path) -> str:
    """The README with its table of scores as the stored tables have it."""
    table = "\n".join(readme_table(folder))
    return BLOCK.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)


def write(folder: Path) -> list[Path]:
    """Write both; those that changed. An installed package has no README to write."""
    fresh = {RESULTS: results(folder)}
    if README.is_file():
        fresh[README] = readme(README.read_text(encoding="utf-8"), folder)
    changed = [
        path for path, text in fresh.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed:
        path.write_text(fresh[path], encoding="utf-8")
    return changed
