"""The sheet of ECG paper: square squares, the right samples in the right place, nothing shown that was not
there."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.electrodes.arrangements import by_name
from ecgcore.electrodes.correction import corrected, recorded_as
from ecgcore.figures import FORMATS, GAINS, SPEEDS, Caliper, Paper, describe, paper_figure, style
from ecgcore.figures.paper import calipers as boxes
from ecgcore.figures.paper.sheet import cells, rows
from ecgcore.figures.paper.traces import thin
from ecgcore.figures.paper.words import leads_in_words
from ecgcore.leads import LIMB, STANDARD, LeadSet

RATE = 250.0


def recording(seconds: float = 10.0, leads=STANDARD, rate: float = RATE) -> Ecg:
    """Each lead a ramp-free wave of its own amplitude with an offset of its own."""
    t = np.arange(round(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * 1.2 * t) ** 15
    return Ecg.from_leads(
        {lead: 0.1 * (k + 1) * wave + k for k, lead in enumerate(STANDARD) if lead in leads}, rate
    )


def reconstruction(
    truth: Ecg, inputs: str = "I II V2", error: float = 0.0, interval: float | None = 0.1
) -> Reconstruction:
    given = LeadSet(inputs)
    source = {
        lead: "measured" if lead in given else "derived" if lead in given.derived else "estimated"
        for lead in STANDARD
    }
    twelve = np.stack([truth[lead] + (error if source[lead] == "estimated" else 0) for lead in STANDARD])
    width = (
        np.array([[interval if source[lead] == "estimated" else 0.0] for lead in STANDARD])
        if interval
        else None
    )
    interval_array = None if width is None else np.broadcast_to(width, twelve.shape)
    return Reconstruction(
        truth.replace(signals=twelve, leads=STANDARD), source, given, "test", interval=interval_array
    )


def lines(figure: dict, **line) -> list[dict]:
    return [
        trace
        for trace in figure["data"]
        if all(trace["line"].get(key) == value for key, value in line.items())
    ]


def texts(figure: dict) -> list[str]:
    return [re.sub("<[^>]*>", "", note["text"]) for note in figure["layout"]["annotations"]]


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("layout", FORMATS)
def test_a_millimetre_is_as_long_as_it_is_high(speed, gain, layout):
    truth = recording()
    figure = paper_figure(truth, reconstruction(truth), Paper(speed, gain, layout), difference=True)["layout"]
    x, y = figure["xaxis"], figure["yaxis"]
    width_mm, height_mm = (x["range"][1] - x["range"][0]) * speed, (y["range"][1] - y["range"][0]) * gain
    assert figure["width"] / width_mm == pytest.approx(figure["height"] / height_mm, rel=0.003)
    assert y["scaleanchor"] == "x" and y["scaleratio"] == pytest.approx(gain / speed)


def test_small_squares_are_40_ms_by_100_uv_and_large_ones_five_times_that():
    small, large = paper_figure(recording(), None)["layout"]["shapes"][:2]
    for shape, seconds, millivolts in ((small, 0.04, 0.1), (large, 0.2, 0.5)):
        upright = [float(x) for x in re.findall(r"M(-?[\d.]+),-?[\d.]+V", shape["path"])]
        level = [float(y) for y in re.findall(r"M-?[\d.]+,(-?[\d.]+)H", shape["path"])]
        np.testing.assert_allclose(np.diff(upright), seconds, atol=2e-4)
        np.testing.assert_allclose(np.diff(level), millivolts, atol=2e-4)
    assert small["layer"] == "below"


def test_what_a_personal_model_was_fitted_on_is_grey_and_says_so():
    truth = recording()
    fitted = replace(reconstruction(truth), fitted_until=4.0)
    figure = paper_figure(truth, fitted, Paper(format="12x1"))
    grey = [shape for shape in figure["layout"]["shapes"] if shape.get("fillcolor") == style.FITTED]
    assert [(shape["x0"], shape["x1"]) for shape in grey] == [(0.0, 4.0)] * 5  # V2 is measured
    assert (
        "V3 · estimated, fitted to 4.0 s" in texts(figure)
        and "V2 · measured" in texts(figure)
        and "III · derived" in texts(figure)
    )
    assert any("grey: fitted here, not scored" in text for text in texts(figure))
    later = paper_figure(truth, fitted, Paper(format="12x1"), start=4.5)
    assert "V3 · estimated" in texts(later) and not any(
        "fillcolor" in shape for shape in later["layout"]["shapes"]
    )
    columns = texts(paper_figure(truth, replace(fitted, fitted_until=6.0)))
    assert "V1 · estimated, fitted to 6.0 s" in columns and "V5 · estimated" in columns
    assert "V1 · estimated, fitted here" in texts(paper_figure(truth, replace(fitted, fitted_until=8.0)))


def test_the_grid_is_two_shapes_and_the_axes_are_one_pair():
    layout = paper_figure(recording(), None, Paper(format="single"))["layout"]
    assert len(layout["shapes"]) == 2
    assert {key for key in layout if "axis" in key} == {"xaxis", "yaxis"}


def test_3x4_columns_follow_one_another_in_time_and_the_rhythm_strip_spans_them():
    places = {(cell.lead, cell.row): (cell.start, cell.stop) for cell in cells(Paper(), 10.0)}
    assert (
        places["I", 0] == (0.0, 2.5)
        and places["aVF", 2] == (2.5, 5.0)
        and places["V2", 1] == (5.0, 7.5)
        and places["V6", 2] == (7.5, 10.0)
    )
    assert places["II", 3] == (0.0, 10.0)


def test_cabrera_inverts_avr_and_says_so():
    truth = recording()
    paper = Paper(format="12x1", cabrera=True)
    assert [cell.label for cell in cells(paper, 10)][:6] == ["aVL", "I", "−aVR", "II", "aVF", "III"]
    figure = paper_figure(truth, None, paper)
    trace = next(trace for trace in figure["data"] if trace["name"] == "−aVR")
    assert np.median(trace["y"]) - trace["y"].min() > 0.35  # the wave of aVR points up, 0.4 mV tall


def test_traces_are_true_to_scale_about_their_zero_line():
    truth = recording()
    figure = paper_figure(truth, None, Paper(format="12x1"))
    for trace in figure["data"]:
        if trace["name"] in STANDARD:
            assert trace["y"].dtype == np.float32 and trace["dx"] == 1 / RATE and "x" not in trace
            np.testing.assert_allclose(np.ptp(trace["y"]), np.ptp(truth[trace["name"]]), atol=1e-5)


def test_an_offset_of_the_estimate_stays_visible():
    truth = recording()
    figure = paper_figure(truth, reconstruction(truth, error=0.3), Paper(format="12x1"))
    black = {trace["name"]: trace for trace in lines(figure, color=style.OVERLAID, dash="solid")}
    for dotted in lines(figure, color=style.ESTIMATE):
        np.testing.assert_allclose(dotted["y"] - black[dotted["name"]]["y"], 0.3, atol=1e-5)


def test_measured_derived_and_estimated_are_told_apart_by_word_colour_and_dots():
    truth = recording()
    figure = paper_figure(truth, reconstruction(truth), Paper(format="12x1"))
    assert {"I · measured", "aVF · derived", "V3 · estimated"} <= set(texts(figure))
    assert {trace["name"] for trace in lines(figure, color=style.ESTIMATE)} == {"V1", "V3", "V4", "V5", "V6"}
    assert {trace["name"] for trace in lines(figure, color=style.DERIVED)} == {"III", "aVR", "aVL", "aVF"}
    assert all(trace["line"]["dash"] != "solid" for trace in lines(figure, color=style.ESTIMATE))


def test_without_a_true_lead_only_the_estimate_is_drawn():
    truth = recording()
    given = truth.pick(["I", "II", "V2"])
    figure = paper_figure(given, reconstruction(truth), Paper(format="12x1"), difference=True)
    black = lines(figure, color=style.TRUTH, dash="solid")
    assert {trace["name"] for trace in black} == {"I", "II", "V2"}
    assert {trace["name"] for trace in lines(figure, color=style.ESTIMATE)} == {"V1", "V3", "V4", "V5", "V6"}
    assert not lines(figure, color=style.DIFFERENCE)


def test_a_recording_alone_shows_its_own_leads_only():
    figure = paper_figure(recording(leads=LIMB), None, Paper(format="12x1"))
    assert {text for text in texts(figure) if text in STANDARD} == set(LIMB)
    assert not any("estimated" in text for text in texts(figure))


def test_the_band_lies_symmetric_about_the_estimate_and_can_be_switched_off():
    truth = recording()
    rec = reconstruction(truth, interval=0.1)
    paper = Paper(format="single", rhythm="V4")
    figure = paper_figure(truth, rec, paper)
    upper = next(trace for trace in figure["data"] if trace.get("fill") == "tonexty")
    lower = figure["data"][figure["data"].index(upper) - 1]
    flat = np.abs(np.diff(upper["y"])) < 1e-6
    np.testing.assert_allclose((upper["y"] - lower["y"])[1:][flat], 0.2, atol=1e-5)
    assert not any("fill" in trace for trace in paper_figure(truth, rec, paper, interval=False)["data"])
    assert any("90 %" in text for text in texts(figure))


def test_the_difference_strip_holds_estimate_minus_truth_of_estimated_leads():
    truth = recording()
    figure = paper_figure(truth, reconstruction(truth, error=-0.2), Paper(format="12x1"), difference=True)
    strips = lines(figure, color=style.DIFFERENCE)
    assert len(strips) == 5
    assert all(np.ptp(strip["y"]) < 1e-4 for strip in strips)
    assert not lines(paper_figure(truth, reconstruction(truth), Paper()), color=style.DIFFERENCE)


def test_the_window_starts_where_asked():
    truth = recording(30.0)
    marked = truth.replace(
        signals=np.where(np.arange(truth.n_samples) == round(21 * RATE), truth.signals + 5, truth.signals)
    )
    figure = paper_figure(marked, None, Paper(format="single"), start=20.0)
    trace = next(trace for trace in figure["data"] if trace["name"] == "II")
    assert trace["x0"] + trace["dx"] * int(np.argmax(trace["y"])) == pytest.approx(1.0)
    assert len(trace["y"]) == 10 * RATE


def test_a_short_recording_makes_a_short_sheet():
    assert paper_figure(recording(3.0), None)["layout"]["xaxis"]["range"][1] == pytest.approx(3.2)


@pytest.mark.parametrize(("seconds", "role"), [(10.0, " · estimated"), (3.0, " · est"), (1.5, "")])
def test_a_role_is_said_as_long_as_there_is_room(seconds, role):
    truth = recording(seconds)
    assert f"V1{role}" in texts(paper_figure(None, reconstruction(truth), Paper(25.0, 10.0, "3x4")))


def test_the_footer_states_speed_gain_filter_and_purpose():
    text = " ".join(texts(paper_figure(recording(), None, Paper(50.0, 20.0), filter_text="0.5 Hz high-pass")))
    for words in ("50 mm/s", "20 mm/mV", "0.5 Hz high-pass", "not for diagnosis"):
        assert words in text
    assert "as recorded" in " ".join(texts(paper_figure(recording(), None)))


def test_the_calibration_pulse_is_one_millivolt_for_200_ms():
    pulse = next(
        trace for trace in paper_figure(recording(), None)["data"] if trace["name"] == "1 mV, 200 ms"
    )
    x, y = pulse["x"][:6], pulse["y"][:6]
    assert max(y) - min(y) == pytest.approx(1.0)
    assert x[3] - x[2] == pytest.approx(0.2)


def test_thinning_keeps_the_extremes_of_every_stretch():
    spike = np.zeros(10_000, np.float32)
    spike[4321], spike[4399] = 2.0, -1.0
    thinned, dx = thin(spike, 1000.0)
    assert len(thinned) == 2500 and dx == pytest.approx(0.004)
    assert thinned.max() == 2.0 and thinned.min() == -1.0
    assert abs(int(np.argmax(thinned)) * dx - 4.321) <= dx * 2


def test_rows_lie_on_large_squares_and_do_not_overlap():
    placed, height = rows(Paper(), 4, {0: (1.0, 0.4), 1: (2.0, 1.5), 2: (0.2, 0.1), 3: (1.0, 0.2)})
    zeros = [row.zero for row in placed]
    assert all(zero % 5 == 0 for zero in zeros) and height % 5 == 0
    assert zeros[1] - zeros[0] >= 0.4 * 10 + 2.0 * 10


def test_truth_and_estimate_must_share_a_time_axis():
    truth = recording()
    with pytest.raises(ValueError, match="Hz"):
        paper_figure(truth.cut(0, 5), reconstruction(truth))
    with pytest.raises(ValueError, match="neither"):
        paper_figure(None, None)
    with pytest.raises(ValueError, match="paper"):
        Paper(speed=30.0)


def test_it_is_described_for_those_who_cannot_see_it():
    truth = recording()
    assert "estimated leads V1 V3 V4 V5 V6" in describe(truth, reconstruction(truth), Paper())


def test_a_caliper_measures_its_box_whichever_way_it_was_dragged():
    figure = paper_figure(recording(), None, start=1.0)
    zero = next(cell["zero"] for cell in figure["layout"]["meta"]["cells"] if cell["lead"] == "V1")
    for x, y in (((5.2, 6.0), (zero, zero + 1.1)), ((6.0, 5.2), (zero + 1.1, zero))):
        caliper = boxes.on_sheet(figure, x, y)
        assert caliper == Caliper("V1", 0, 6200, 7000, 0, 1100)
        assert str(caliper) == "V1   800 ms   75 bpm   1.10 mV"
    assert str(Caliper("II", 3, 0, 90, 0, 200)) == "II   90 ms   0.20 mV"
    assert boxes.placed(figure, ())[0]["layout"]["dragmode"] == "select"


def test_a_box_on_the_sheet_is_named_by_the_lead_it_lies_on():
    from ecgcore.synthetic import Heart, simulate

    figure = paper_figure(simulate(Heart(), 500.0, 10.0, seed=1), None)
    for cell in figure["layout"]["meta"]["cells"]:
        x, y = (cell["start"] + 0.5, cell["start"] + 0.9), (cell["zero"] - 0.1, cell["zero"] + 0.3)
        caliper = boxes.on_sheet(figure, x, y)
        assert caliper is not None and (caliper.lead, caliper.row) == (cell["lead"], cell["row"])
    assert boxes.on_sheet(figure, (11.0, 12.0), (0.0, 1.0)) is None


def test_calipers_lie_on_their_waves_in_every_layout_and_say_what_they_measure():
    truth, kept = recording(), (Caliper("II", 3, 1200, 1640, -100, 850), Caliper("V2", 1, 6000, 6100, 0, 300))
    for layout, visible in (("3x4", [0, 1]), ("12x1", [0, 1]), ("single", [0])):
        figure, shown = boxes.placed(paper_figure(truth, None, Paper(format=layout)), kept)
        drawn = figure["layout"]["selections"]
        assert shown == visible and len(drawn) == len(visible)
        assert (drawn[0]["x0"], drawn[0]["x1"]) == (1.2, 1.64)
        again = [boxes.on_sheet(figure, (box["x0"], box["x1"]), (box["y0"], box["y1"])) for box in drawn]
        assert [str(box) for box in again] == [str(kept[number]) for number in visible]
        assert "II   440 ms   136 bpm   0.95 mV" in texts(figure)


def test_calipers_in_an_address_are_the_same_again_and_others_are_refused():
    kept = (Caliper("II", 3, 1200, 1640, -100, 850), Caliper("−aVR", 2, 0, 90, 5, 200))
    assert boxes.in_link(kept).startswith("II_3_1200_1640_-100_850~") and boxes.in_link(kept).isascii()
    assert boxes.from_link(boxes.in_link(kept)) == kept
    for wrong in ("II", "X_0_1_2_3_4", "II_3_1200_1640_-100_850~", "II_3_1_2_3_1e9", "<b>"):
        assert boxes.from_link(wrong) is None


def test_calipers_stay_beside_one_another_and_move_by_keys():
    first, moved = Caliper("II", 3, 1000, 1400, 0, 500), Caliper("II", 3, 2000, 2400, 100, 600)
    assert boxes.dragged([moved], [first]) == (moved,)  # of the same size: the same box, dragged
    other = Caliper("V1", 0, 6000, 6090, 0, 200)
    assert boxes.dragged([other], [first]) == (first, other)
    assert boxes.dragged([first, moved], [first]) == (first, moved) and boxes.dragged([], [first]) == ()
    assert first.moved(ms=-2000) == replace(first, start=0, stop=400)
    assert first.stretched(ms=-500).ms == 0 and first.stretched(uv=50).high == 550


def test_an_enlarged_sheet_shows_less_time_and_says_so():
    figure = paper_figure(recording(), None, Paper(format="single"), zoom=2.0)
    usual = paper_figure(recording(), None, Paper(format="single"))["layout"]
    assert figure["layout"]["width"] == pytest.approx(usual["width"] + 15 * 96 / 25.4, abs=2)
    assert figure["layout"]["meta"]["cells"][0]["stop"] == 5.0
    assert any("drawn 2 times as large" in text for text in texts(figure))


def test_every_lead_of_a_sheet_is_put_into_words():
    truth = recording()
    estimate = reconstruction(truth, error=0.2)
    sentences = leads_in_words(paper_figure(truth, estimate, Paper(cabrera=True)), truth, estimate)
    assert len(sentences) == 13 and any(text.startswith("−aVR, derived, ") for text in sentences)
    v3 = next(text for text in sentences if text.startswith("V3"))
    assert v3.startswith("V3, estimated, 5.0 to 7.5 s, reconstructed from ") and "recorded from " in v3
    alone = leads_in_words(paper_figure(truth, None), truth, None)
    assert alone[0].startswith("I, recorded, 0.0 to 2.5 s, recorded from ")


def spans_of(figure: dict, note: dict, gain: float, speed: float) -> tuple[float, float, float]:
    """Left, right and bottom of a lead's name, by rule of thumb."""
    text = re.sub("<[^>]*>", "", note["text"])
    return note["x"], note["x"] + 1.5 * len(text) / speed, note["y"] - 3.5 / gain


@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize("height", [1.0, 3.6])
def test_no_lead_is_named_on_a_wave(layout, height):
    wave = np.zeros(2500)
    wave[[40, 660, 1280, 1900]] = height  # an R wave where each column begins, higher than a row may be
    truth = Ecg.from_leads(dict.fromkeys(STANDARD, wave.astype(np.float32)), RATE)
    paper = Paper(format=layout)
    figure = paper_figure(truth, reconstruction(truth, interval=0.3), paper)
    for note in figure["layout"]["annotations"]:
        if "estimated" in note["text"] and note["yanchor"] == "top" and note["y"] < -0.2:
            left, right, bottom = spans_of(figure, note, paper.gain, paper.speed)
            for trace in lines(figure, color=style.TRUTH) + lines(figure, color=style.OVERLAID):
                x = trace["x0"] + trace["dx"] * np.arange(len(trace["y"])) if "dx" in trace else np.array([])
                under = (left <= x) & (x <= right)
                assert not (under.any() and (trace["y"][under].max() > bottom > trace["y"][under].min()))


@pytest.mark.parametrize("layout", FORMATS)
def test_the_strip_of_differences_stays_above_the_footer_and_off_the_next_row(layout):
    truth = recording()
    estimate = reconstruction(truth)
    swing = np.zeros((12, truth.n_samples), np.float32)
    swing[:, 500], swing[:, 900] = 1.4, -1.4
    estimate = replace(estimate, ecg=estimate.ecg.replace(signals=estimate.ecg.signals + swing))
    figure = paper_figure(truth, estimate, Paper(format=layout, rhythm="V4"), difference=True)
    bottom = figure["layout"]["yaxis"]["range"][0]
    strips = lines(figure, color=style.DIFFERENCE)
    assert strips and min(trace["y"].min() for trace in strips) > bottom + 0.5


def test_a_stretch_too_short_to_be_told_is_not_called_fitted():
    truth = recording()
    whole = replace(reconstruction(truth), fitted_until=8.0)
    later = replace(whole, fitted_until=0.01)
    assert not any("fitted" in text for text in texts(paper_figure(truth, later)))
    assert whole.cut(8.0, 10.0).fitted_until == 0.0
    assert replace(whole, fitted_until=7.999).cut(7.997, 10.0).fitted_until == 0.0


def test_a_corrected_recording_says_so_on_its_paper():
    ecg = Ecg.from_leads({lead: np.sin(np.arange(1000) / 9.0) for lead in STANDARD}, 100.0)
    exchange = by_name()["V2-V5"]
    sentence = "Shown as corrected: V2 and V5 exchanged back."
    assert sentence in texts(paper_figure(corrected(recorded_as(ecg, exchange), exchange), None))
    assert sentence not in texts(paper_figure(ecg, None))
    short = corrected(recorded_as(ecg, exchange), exchange).cut(0.0, 3.0)
    notes = paper_figure(short, None)["layout"]["annotations"]
    assert any("exchanged back" in note["text"].split("<br>")[-1] for note in notes)
    assert all(note["xanchor"] == "left" for note in notes)
