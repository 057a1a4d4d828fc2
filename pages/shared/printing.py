"""True size: how large a millimetre is on this screen, and the page as the browser prints it."""

from __future__ import annotations

import streamlit as st

from ecgcore.figures.paper import sheet
from pages.shared import session
from pages.shared.memory import keep, kept

CSS_PX_PER_MM = 96 / 25.4
"""A CSS millimetre; on paper it is a true one."""
CARD_MM = 85.6
"""Width of a bank card (ISO/IEC 7810 ID-1)."""
NARROWEST_PX, WIDEST_PX = 200, 700

ON_PAPER = """@media print {
@page { size: landscape; margin: 6mm; }
* { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
html, body, #root, .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"],
  [data-testid="stMainBlockContainer"] {
  position: static !important; overflow: visible !important; height: auto !important;
  max-height: none !important;
  width: auto !important; max-width: none !important; min-width: 0 !important; padding: 0 !important;
  margin: 0 !important;
  background: #FFFFFF !important; color: #000000 !important; display: block !important; }
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"], [data-testid="stHeader"],
  [data-testid="stToolbar"],
[data-testid="stStatusWidget"], [data-testid="stDecoration"], [data-testid="stElementToolbar"],
  [data-testid="stBottom"],
[data-testid="stPopover"], .stButton, .stDownloadButton, .stSelectbox, .stSlider, .stToggle, .stCheckbox,
  .stExpander,
.stButtonGroup, .stTextInput, .stNumberInput, .stMultiSelect, .stFileUploader, .modebar-container,
  .st-key-export, [data-testid="stTooltipIcon"], [data-testid="stPageLink"],
  [class*="st-key-screen_only"],
  [class*="wider-"] { display: none !important; }
.stElementContainer:has(.stPlotlyChart):not([class*="st-key-frame_"] *) { zoom: 0.7; break-inside: avoid; }
[class*="st-key-frame_"] { overflow: visible !important; break-inside: avoid; max-width: none !important; }
[data-testid="stHorizontalBlock"], [data-testid="stVerticalBlock"] { break-inside: auto;
  overflow: visible !important; }
[data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]) { display: flex !important;
  flex-direction: row !important; flex-wrap: nowrap !important; }
[data-testid="stColumn"] { flex: 1 1 0 !important; min-width: 0 !important; }
.stPlotlyChart, [data-testid="stAlert"], [data-testid="stImage"], tr, li, p { break-inside: avoid; }
:is(h1, h2, h3, h4, h5, h6), .stElementContainer:has(h1, h2, h3, h4, h5, h6, p > strong:only-child) {
  break-after: avoid; }
path.js-line[style*="rgb(1, 1, 1)"] { stroke: #999999 !important; }
tspan[style*="#010101"] { fill: #999999 !important; }
[data-testid="stMarkdownContainer"] :is(p, td, th, li, h4, span) { color: #000000 !important; }
}"""
"""Style: no menu, no controls, no container whose key begins with ``screen_only``; nothing cut at the edge of
the window or of a sheet. Colours are as on the screen, but a recorded trace is lighter where an estimate lies
over it: in grey its dots were lost on black."""


def px_per_mm() -> float:
    """Pixels of a millimetre: a CSS millimetre, or what the user measured on this screen."""
    return kept("px_per_mm", CSS_PX_PER_MM)


PAGE_MM, EDGE_MM = 210.0, 6.0
"""Height of A4 laid across, the lower of the usual papers, and the edge left free around a page."""


def on_pages(figure: dict, px_per_mm: float) -> tuple[float, float | None]:
    """``sheet.on_pages`` of a figure of ECG paper. px_per_mm: what it was made for."""
    layout = figure["layout"]
    height, (bottom, top) = layout["height"] / px_per_mm, layout["yaxis"]["range"]
    cuts = [(top - y) / (top - bottom) * height for y in layout.get("meta", {}).get("breaks", ())]
    return sheet.on_pages(height, cuts, PAGE_MM - 2 * EDGE_MM)


def paper_style(key: str, px_per_mm: float, part: float = 1.0, page_mm: float | None = None) -> str:
    """Style that gives a sheet its true size on paper, or that part of it, whatever it has on the screen.

    page_mm: of the sheet, in true size, that stand on the first of two pages: their lower edge comes up to
    there, on paper of any height.
    """
    selector = f".st-key-frame_{key}"
    style = f"{selector} {{ zoom: {part * CSS_PX_PER_MM / px_per_mm:.5f}; }}"
    if page_mm is not None:
        edge = f"{EDGE_MM:g}mm"
        lower = f"calc(100% - {edge} - {part * page_mm:.2f}mm)"
        style += f" @page {key} {{ size: landscape; margin: {edge} {edge} {lower} {edge}; }}"
        style += f" {selector} {{ page: {key}; }}"
    return f"@media print {{ {style} }}"


def calibration() -> None:
    """A slider to be set until a bank card on the screen has the size of a real one."""
    width = round(CARD_MM * px_per_mm())
    st.slider(
        "Size of this screen",
        NARROWEST_PX,
        WIDEST_PX,
        width,
        key="pick_card",
        format="%d px",
        on_change=_keep,
        help="Hold a bank card (85.6 mm wide) to the outline and move the slider until they match: 25 mm "
        "of ECG paper are "
        "then 25 mm on this screen. Printing does not need it.",
    )
    st.html(
        f"<div style='width:{width}px; height:{round(width * 53.98 / CARD_MM)}px; border:1.5px solid "
        f"currentColor;"
        f" border-radius:{round(width * 3.18 / CARD_MM)}px; opacity:.7; font-size:12px; padding:6px; "
        f"box-sizing:border-box'>"
        "bank card, 85.6 mm</div>"
    )
    if abs(px_per_mm() - CSS_PX_PER_MM) > 1e-9 and st.button("As the browser assumes", width="stretch"):
        keep(px_per_mm=CSS_PX_PER_MM)
        st.rerun()


def _keep() -> None:
    keep(px_per_mm=kept("pick_card") / CARD_MM)
    session.choose(true_size=True)
