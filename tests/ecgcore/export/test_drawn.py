"""PDF, SVG and PNG: true scale, nothing cut, and what must stand on them."""

import io
import re
import zlib
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.export import export_format
from ecgcore.export.drawing import draw, slices
from ecgcore.export.picture import DPI, heading, picture_page, sheets
from ecgcore.export.tables import NO_TRUTH, agreement_rows
from ecgcore.figures import FORMATS, Paper
from ecgcore.figures.style import MAJOR, MINOR, OUTSIDE
from tests.ecgcore.export.samples import export, page_export

PT_PER_MM = 72 / 25.4


def streams(pdf):
    """The decompressed content of every page, in their order."""
    parts = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    texts = []
    for part in parts:
        try:
            texts.append(zlib.decompress(part).decode("latin-1"))
        except zlib.error:
            continue
    return [text for text in texts if " Tf" in text]


def upright_lines(page, colour):
    """x in pt of every upright line of a colour."""
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    xs, active = [], False
    for line in page.splitlines():
        if line.endswith(" RG") or " RG" in line:
            values = re.search(r"([\d.]+) ([\d.]+) ([\d.]+) RG", line)
            if values:
                active = np.allclose([float(v) for v in values.groups()], (red, green, blue), atol=2e-3)
        if active and (move := re.match(r"(-?[\d.]+) (-?[\d.]+) m", line)):
            start = move.groups()
        if active and (to := re.match(r"(-?[\d.]+) (-?[\d.]+) l", line)) and to[1] == start[0]:
            xs.append(float(to[1]))
    return np.unique(np.round(xs, 4))


@pytest.fixture(scope="module")
def a4():
    return export_format("pdf").write(export(high_pass=True, findings=("V1 is noisy.",)))


def test_25_mm_of_the_sheet_are_25_mm_on_paper(a4):
    first = streams(a4)[0]
    for colour, step_mm in ((MAJOR, 5), (MINOR, 1)):
        x = upright_lines(first, colour)
        assert len(x) > 40
        assert np.diff(x) / PT_PER_MM == pytest.approx(step_mm, rel=0.005)
    major = upright_lines(first, MAJOR)
    assert (major[5] - major[0]) / PT_PER_MM == pytest.approx(25, rel=0.005)


@pytest.mark.parametrize(("name", "width", "height"), [("pdf", 297, 210), ("pdf-letter", 279.4, 215.9)])
def test_pages_have_their_size_and_the_sheet_lies_inside(name, width, height, monkeypatch):
    monkeypatch.setattr("ecgcore.export.report.measured_columns", lambda out: {})
    data = export_format(name).write(export(paper=Paper(50.0)))
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", data)
    assert len(boxes) >= 2
    for box in boxes:
        assert [float(v) / PT_PER_MM for v in box] == pytest.approx([width, height], abs=0.05)
    x = upright_lines(streams(data)[0], MINOR) / PT_PER_MM
    assert x.min() >= 5 and x.max() <= width - 5


def test_the_report_says_what_the_issue_asks_for(a4, monkeypatch):
    """Text is drawn once more without a font's encoding in between."""
    from ecgcore.export import report

    texts = []
    monkeypatch.setattr(report, "_text", lambda *place, **style: texts.append(place[4]))
    report.report(export(high_pass=True, findings=("V1 is noisy.",)), report.A4)
    whole = "\n".join(texts)
    for words in (
        "Agreement", "RMSE µV", "Intervals and axes", "Inputs", "Estimated", "Recorded", "Heart rate",
        "QRS axis",
        "V1 is noisy.", "The inputs are unlike", "any-subset (weights 0123456789ab), reduced-lead-ecg",
        "0.5 Hz high-pass",
        "25 mm/s · 10 mm/mV", NOT_FOR_DIAGNOSIS, "aVF: derived", "V2: input", "page 1 of 2",
    ):  # fmt: skip
        assert words in whole, words
    assert re.search(r"20\d\d-\d\d-\d\d", whole)


def test_without_a_truth_the_report_says_so():
    out = export()
    bare = type(out)(out.reconstruction)
    assert agreement_rows(bare) == ([], NO_TRUTH)
    assert len(agreement_rows(out)[0]) == 6


def test_an_svg_has_true_size_and_its_text_is_whole():
    text = export_format("svg").write(export()).decode()
    width, height = (float(v) for v in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', text).groups())
    assert width / PT_PER_MM == pytest.approx(265 + 6, rel=0.001)
    assert height / PT_PER_MM > 100
    for words in (
        NOT_FOR_DIAGNOSIS,
        "any-subset (weights 0123456789ab)",
        "from I, II, V2",
        "25 mm/s",
        "estimated",
    ):
        assert words in text, words
    upright = {
        float(x) for x, to in re.findall(r'd="M ([\d.]+) [\d.]+ \s*L ([\d.]+) [\d.]+ *\n?"', text) if x == to
    }
    assert len(upright) > 200


@pytest.mark.parametrize("seconds", [2, 3, 5])
@pytest.mark.parametrize("layout", FORMATS)
def test_texts_of_a_short_sheet_stay_on_it_and_off_one_another(seconds, layout):
    out = export(paper=Paper(format=layout), high_pass=True).cut(0.0, seconds)
    page = picture_page(out)
    page.draw_without_rendering()
    texts = [*page.texts, *(text for axes in page.axes for text in axes.artists)]
    extents = [text.get_window_extent() for text in texts]
    assert all(extent.x0 >= 0 and extent.x1 <= page.bbox.x1 for extent in extents)
    assert not [pair for pair in combinations(extents, 2) if pair[0].overlaps(pair[1])]
    words = " ".join(text.get_text() for text in page.texts)
    assert all(text in words for text, _ in heading(out))


def test_an_svg_keeps_the_blanks_between_runs_of_text():
    texts = re.findall(r">([^<>]+)</text>", export_format("svg").write(export()).decode())
    assert any(text.strip("\u00a0") == "recorded" != text for text in texts) and "\u00a0· measured" in texts
    assert not [text for text in texts if text.strip(" ") != text or "  " in text]


def test_the_key_shows_a_recorded_trace_in_both_of_its_colours():
    dashes = re.findall(r"<text ([^>]*)>—</text>", export_format("svg").write(export()).decode())
    assert ["#999999" in dash for dash in dashes] == [False, True]


def test_a_picture_of_a_part_says_which():
    text = export_format("svg").write(export(paper=Paper(50.0))).decode()
    assert "seconds 0 to 5 of a recording of 10 s" in text and "whole recording" not in text


def drawn_lines(out):
    """The lines of the first sheet, in the order they are drawn."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(12, 8))
    draw(page, sheets(out)[0], 25.0, 10.0, (3.0, 13.0))
    return page.axes[0].lines


def test_a_recorded_trace_is_lighter_where_an_estimate_lies_over_it_and_no_mark_hides_one():
    out = export()
    lines = drawn_lines(replace(out, truth=out.truth.replace(signals=out.truth.signals + np.float32(1))))
    over = [place for place, line in enumerate(lines) if line.get_linestyle() == "--"]
    under = [lines[place - 1].get_color() for place in over]
    assert len(over) == 9 and set(under) == {"#999999"}
    assert [line.get_color() for line in lines].count("#000000") == 5  # I, II, V2, the strip and the pulse
    marks = [line for line in lines if line.get_color() == OUTSIDE]
    assert marks and all(mark.get_alpha() == 0.45 for mark in marks)


def test_a_png_states_its_scale():
    from PIL import Image

    image = Image.open(io.BytesIO(export_format("png").write(export(paper=Paper(format="single")))))
    assert image.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    assert image.width / DPI * 25.4 == pytest.approx(265 + 6, abs=0.2)


def test_a_tall_sheet_is_cut_between_leads_and_nothing_is_lost():
    figure = sheets(page_export(paper=Paper(format="12x1")))[0]
    bottom, top = figure["layout"]["yaxis"]["range"]
    parts = slices(figure, 10.0, 180.0)
    assert len(parts) == 3
    assert parts[0][0] == 0 and [part[1] for part in parts[:-1]] == [part[0] for part in parts[1:]]
    assert parts[-1][1] == pytest.approx((top - bottom) * 10)
    assert max(stop - start for start, stop in parts) < 1.3 * min(stop - start for start, stop in parts)
    assert all(stop - start <= 180 for start, stop in parts)


def test_a_long_view_goes_on_over_several_sheets():
    assert len(sheets(export(paper=Paper(50.0)))) == 2
    assert len(sheets(export(paper=Paper(50.0)), seconds=4.8)) == 3
