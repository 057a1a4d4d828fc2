"""The report: PDF in A4 or Letter, across, vectors at true scale. The sheet first, then a page of numbers."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, interval_text, model_text, origin, span_text
from ecgcore.export.drawing import MM, draw, settings, size_mm, slices
from ecgcore.export.picture import sheets
from ecgcore.export.tables import agreement_rows, agreement_table, measured_columns, measurement_table
from ecgcore.figures.paper.sheet import BOX, RIGHT_MM
from ecgcore.leads import STANDARD
from ecgcore.partial import PartialReconstruction

EDGE_MM, HEAD_MM, FOOT_MM = 6.0, 15.0, 9.0
LINE_MM = 4.1
INK, GREY = "#000000", "#444444"
CHARACTER_MM = 1.42
"""Mean width of a character of the small text."""


@dataclass(frozen=True)
class Size:
    """A page laid across. width, height: mm."""

    name: str
    width: float
    height: float


A4, LETTER = Size("A4", 297.0, 210.0), Size("Letter", 279.4, 215.9)


def a4_bytes(export: Export) -> bytes:
    """The report on A4."""
    return report(export, A4)


def letter_bytes(export: Export) -> bytes:
    """The report on US Letter."""
    return report(export, LETTER)


def report(export: Export, size: Size) -> bytes:
    """All pages as one PDF: 25 mm of the sheet are 25 mm on paper where it is printed at 100 %."""
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    packed = io.BytesIO()
    metadata = {
        "Title": "Reconstructed 12-lead ECG",
        "Subject": NOT_FOR_DIAGNOSIS,
        "Creator": "reduced-lead-ecg",
    }
    with mpl.rc_context(settings()):
        pages = [*_sheet_pages(export, size), _number_page(export, size)]
        with PdfPages(packed, metadata=metadata | {"CreationDate": None}) as document:
            for number, page in enumerate(pages, 1):
                _frame(page, export, size, f"page {number} of {len(pages)}")
                document.savefig(page)
    return packed.getvalue()


def _page(size: Size) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(size.width * MM, size.height * MM), facecolor="white")


def _sheet_pages(export: Export, size: Size) -> Iterator[Any]:
    paper = export.paper
    free = size.width - 2 * EDGE_MM - paper.left_mm - RIGHT_MM
    seconds = min(paper.seconds, BOX * (free // BOX) / paper.speed)
    highest = size.height - HEAD_MM - FOOT_MM
    for figure in sheets(export, seconds):
        wide, _ = size_mm(figure, paper.speed, paper.gain)
        for part in slices(figure, paper.gain, highest):
            page = _page(size)
            draw(page, figure, paper.speed, paper.gain, ((size.width - wide) / 2, HEAD_MM), part)
            yield page


def _text(page: Any, paper: Size, x: float, y: float, text: str, **style: Any) -> None:
    """Text with its baseline y mm from the top of the page."""
    page.text(
        x / paper.width, 1 - y / paper.height, text.replace("$", r"\$"), **({"size": 8, "color": INK} | style)
    )


def _frame(page: Any, export: Export, size: Size, number: str) -> None:
    leads = ", ".join(export.reconstruction.inputs)
    part_of_time = (
        ", each known part of the time" if isinstance(export.reconstruction, PartialReconstruction) else ""
    )
    title = f"12-lead ECG reconstructed from {leads}{part_of_time}"
    scale = f"{export.paper.speed:g} mm/s · {export.paper.gain:g} mm/mV"
    _text(page, size, EDGE_MM, 7.5, title, size=11 if len(leads) < 40 else 9, weight="bold")
    _text(page, size, size.width - EDGE_MM, 7.5, f"{NOT_FOR_DIAGNOSIS}", size=9, weight="bold", ha="right")
    _text(page, size, EDGE_MM, 12, f"{scale} · {span_text(export)} · {export.filter_text}", color=GREY)
    _text(page, size, EDGE_MM, size.height - 4, f"{model_text(export)} · {export.date:%Y-%m-%d}", color=GREY)
    _text(
        page,
        size,
        size.width - EDGE_MM,
        size.height - 4,
        f"{number} · print at 100 %",
        color=GREY,
        ha="right",
    )


class _Flow:
    """Text set from the top of a column downwards."""

    def __init__(self, page: Any, size: Size, x: float, width: float) -> None:
        self.page, self.size, self.x, self.width, self.y = page, size, x, width, HEAD_MM + 8.0

    def title(self, text: str) -> None:
        self.y += 2
        _text(self.page, self.size, self.x, self.y, text, size=9, weight="bold")
        self.y += LINE_MM + 0.6

    def words(self, text: str, mark: str = "") -> None:
        for number, line in enumerate(textwrap.wrap(text, int(self.width / CHARACTER_MM) - len(mark))):
            _text(
                self.page,
                self.size,
                self.x,
                self.y,
                (mark if number == 0 else " " * len(mark)) + line,
                size=7.5,
            )
            self.y += LINE_MM - 0.3

    def table(self, lines: list[tuple[str, ...]], widths: tuple[float, ...], bold_last: bool = False) -> None:
        for number, line in enumerate(lines):
            bold = number == 0 or (bold_last and number == len(lines) - 1)
            edge = self.x
            for place, (cell, width) in enumerate(zip(line, widths, strict=False)):
                edge += width
                at, side = (edge - width, "left") if place == 0 else (edge, "right")
                _text(self.page, self.size, at, self.y, cell, ha=side, weight="bold" if bold else "normal")
            self.y += LINE_MM
        self.y += 1


def _number_page(export: Export, size: Size) -> Any:
    page = _page(size)
    width = (size.width - 2 * EDGE_MM - 16) / 3
    _left(_Flow(page, size, EDGE_MM, width), export)
    _middle(_Flow(page, size, EDGE_MM + width + 8, width), export)
    _right(_Flow(page, size, EDGE_MM + 2 * (width + 8), width), export)
    return page


def _left(flow: _Flow, export: Export) -> None:
    flow.title("Agreement with the recorded leads")
    rows, sentence = agreement_rows(export)
    if rows:
        flow.table(agreement_table(export), (16, 14, 18, 18, 17), bold_last=True)
        flow.words(f"{span_text(export)}, {export.filter_text}. Only stretches that were estimated count.")
    else:
        flow.words(sentence)
    if export.reconstruction.interval is not None:
        flow.words(f"Shaded: {interval_text(export.reconstruction)} of each estimated sample.")
    flow.title("Model")
    flow.words(export.model_title or export.reconstruction.model)
    flow.words(model_text(export))
    if export.reconstruction.fitted_until:
        flow.words(
            f"Fitted on the first {export.reconstruction.fitted_until:g} s shown, with all leads "
            "visible; not scored there."
        )


def _middle(flow: _Flow, export: Export) -> None:
    flow.title("Intervals and axes")
    columns = measured_columns(export)
    flow.table(measurement_table(columns), (26, *[(flow.width - 26) / max(1, len(columns))] * len(columns)))
    flow.words(
        "Inputs: recorded leads and those that follow from them. Estimated: the model's leads alone. "
        "Recorded: the same "
        "leads where they were recorded. Beats as found in the inputs. –: not measurable; ?: doubtful. "
        "Axes need limb leads."
    )
    for title, of in columns.items():
        if isinstance(of, str):
            flow.words(f"{title}: {of}")
    flow.title("Signal quality of the recording")
    for sentence in export.findings or ("Nothing flat, clipped or noisy was found.",):
        flow.words(sentence, "· ")


def _right(flow: _Flow, export: Export) -> None:
    flow.title("Where each lead comes from")
    for lead in STANDARD:
        flow.words(f"{lead}: {origin(export, lead)}")
    flow.title("Warnings")
    for sentence in (*export.remarks, *export.reconstruction.warnings) or ("None.",):
        flow.words(sentence, "· ")
    if export.ecg.simulated:
        flow.words("Simulated recording: no patient stands behind it.", "· ")


FORMATS = (
    ExportFormat("pdf", "PDF, A4", "report at true scale", ".pdf", "application/pdf", a4_bytes, False, 8),
    ExportFormat(
        "pdf-letter",
        "PDF, Letter",
        "report at true scale",
        "-letter.pdf",
        "application/pdf",
        letter_bytes,
        False,
        10,
    ),
)
