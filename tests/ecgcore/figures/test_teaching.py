"""Small panes of lessons: each has its lead's name and numbers on it."""

from __future__ import annotations

from ecgcore.demonstrations import REAL, demonstrations
from ecgcore.figures.teaching import panes_figure
from ecgcore.leads import CHEST, LeadSet
from models.reconstruct import fallback, reconstruct


def test_the_name_of_a_lead_and_its_numbers_stand_in_its_pane():
    ecg = demonstrations()[REAL]()
    figure = panes_figure(ecg, reconstruct(ecg, LeadSet("I II"), fallback()), CHEST)["layout"]
    assert len(figure["annotations"]) == len(CHEST)
    for number, (lead, note) in enumerate(zip(CHEST, figure["annotations"], strict=True)):
        tail = "" if number == 0 else str(number + 1)
        across, down = (figure[f"{axis}axis{tail}"]["domain"] for axis in "xy")
        assert across[0] <= note["x"] <= across[1] and down[0] <= note["y"] <= down[1]
        assert f"<b>{lead}</b>   r " in note["text"] and "µV" in note["text"]
