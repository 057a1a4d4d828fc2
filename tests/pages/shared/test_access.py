"""Who may see the pages: this machine alone without a provider of log-ins, nobody on an open address."""

from __future__ import annotations

import pytest

from pages.shared import access
from tests.contracts.test_pages import opened, words


def test_without_a_provider_the_menu_says_that_this_machine_is_served_alone():
    assert "For this machine alone" in words(opened())


@pytest.mark.parametrize("address", [None, "0.0.0.0", "10.1.2.3", "::", "ecg.example.org"])
def test_an_open_address_without_log_in_shows_nothing(monkeypatch, address):
    monkeypatch.setattr(access.st, "get_option", lambda _name: address)
    app = opened()
    assert "no log-in is configured, so it shows nothing" in app.error[0].value
    assert access.GUIDE in app.error[0].value
    assert not app.get("plotly_chart") and not app.sidebar.children and "| **V3** |" not in words(app)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "unix:/run/ecg.sock"])
def test_what_only_its_own_machine_reaches_is_loopback(address):
    assert access._is_loopback(address)


def test_every_configured_provider_has_a_button():
    auth = {"redirect_uri": "x", "client_id": "a", "client_kwargs": {"prompt": "login"}}
    assert access._providers(auth) == {"": "Log in"}
    named = {"redirect_uri": "x", "ward": {"client_id": "a"}, "uni": {"client_id": "b"}}
    assert access._providers(named) == {"ward": "Log in with ward", "uni": "Log in with uni"}


def test_without_its_package_a_configured_log_in_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(access, "_needs_login", lambda: True)
    monkeypatch.setattr(access, "find_spec", lambda _name: None)
    app = opened()
    assert "need the package Authlib" in app.error[0].value and not app.get("plotly_chart")
