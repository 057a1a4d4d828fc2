"""Fifty links: each opens the view it names in a fresh session, keeps every part of itself, and complains of
nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
WRITTEN = """
review leads=I-II-V2
review leads=II&layout=12x1&gain=20&speed=50
review leads=I-II-V4&layout=6x2&order=cabrera&band=off
review leads=I-II-V2&layout=single&rhythm=V3&size=true
review leads=I-II-V2&difference=on&filter=as-recorded
review leads=I-II-V2&show=recorded
review leads=I-II-V2&show=reconstructed
review leads=I-II-V2&show=beside
review leads=I-II-V2&show=vector
review leads=I-II-V2&calipers=on
review leads=I-II-V2&calipers=II_3_1200_1640_-100_850~V2_1_6000_6100_0_300
review leads=I-II-V2&present=on
review leads=I-II-V2&reference=first-5&estimate=generic
review leads=I-II&record=demo/simulated-sinus-rhythm-60-min-500-hz
review leads=I-II-V2&model=linear
measurements leads=I-II-V2
measurements leads=I-II-V2&qtc=qtc_hodges_ms
measurements leads=I-II-V2&view=cohort
measurements leads=I-II-V2&view=cohort&inputs=I%2BII%2BV4
measurements leads=I-II-V2&view=cohort&value=qt_ms
lead_information leads=I-II-V2
lead_information leads=I-II-V2&group=MI&target=V3
lead_information leads=I-II-V2&view=sets
lead_information leads=I-II-V2&view=paper&metric=rmse_uv
lead_information leads=I-II-V2&view=correlation
lead_information leads=I-II-V2&view=diagnosis
lead_information leads=I-II&view=lessons&law=avf
lead_information leads=I-II&view=lessons&lesson=limb&answer-limb=V6
lead_information leads=I-II&view=lessons&lesson=limb&answer-limb=V6&tested-limb=V6
lead_information leads=I-II&view=lessons&lesson=chest
lead_information leads=I-II&view=lessons&lesson=pairs
lead_information leads=I-II&view=lessons&lesson=electrodes&exchange=V2-V5
lead_information leads=I-II&view=lessons&lesson=reference
lead_information leads=I-II&view=lessons&lesson=quiz&from=demo
significance leads=I-II-V2
significance leads=I-II-V2&target=V3&part=QRS&map=gradient
significance leads=I-II-V2&part=Own+window&window=1-2.5&colours=Cividis
significance leads=I-II-V2&question=groups
significance leads=I-II-V2&model=gradowski-i-ii-v2&target=V5
significance leads=I-II-V2&model=gradowski-i-ii-v2&map=gradient&part=T
personal_model leads=I-II-V2
results leads=I-II-V2
results leads=I-II-V2&view=leads
results leads=I-II-V2&view=interval
results leads=I-II-V2&view=superclasses
results leads=I-II-V2&view=pair
results leads=I-II-V2&view=worst
results leads=I-II-V2&view=qrs
results leads=I-II-V2&view=person
results leads=I-II-V2&view=published
results leads=I-II-V2&view=electrodes
trained leads=I-II-V2&model=linear
"""
LINKS = WRITTEN.split("\n")[1:-1]


def opened(link: str) -> AppTest:
    """A fresh session at that address."""
    name, _, query = link.partition(" ")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    for key, value in {"model": "linear", **dict(parse_qsl(query))}.items():
        app.query_params[key] = value
    app.run()
    for key, value in {"model": "linear", **dict(parse_qsl(query))}.items():
        app.query_params[key] = value
    return app.switch_page(f"pages/{name}.py").run()


def test_there_are_fifty():
    assert len(set(LINKS)) >= 50


FIRST_OF_PAGE = {link.split()[0]: link for link in reversed(LINKS)}
"""The links that are opened among the fast tests too: the first of each page."""


@pytest.mark.parametrize(
    "link",
    [pytest.param(link, marks=() if link in FIRST_OF_PAGE.values() else pytest.mark.slow) for link in LINKS],
)
def test_a_link_opens_its_view_and_stays_as_it_is(link):
    app = opened(link)
    assert not app.exception, app.exception
    assert not [warning.value for warning in app.warning if "The link asks" in warning.value]
    for name, value in parse_qsl(link.partition(" ")[2]):
        there = app.query_params.get(name)
        assert (there if isinstance(there, str) else (there or [None])[0]) == value, (name, there)
