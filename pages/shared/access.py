"""Who may see the pages. Where a provider of log-ins is configured (``[auth]`` of Streamlit's secrets), who
has logged in; without one this machine alone, so the server must listen on its loopback address.

Nothing about a person is kept here: who is logged in stands in a signed cookie of the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAuthError

from ecgcore.io.text import harmless

GUIDE = "pages/assets/server/README.md"
"""What whoever sets a server up reads."""
NAMES = ("name", "email", "preferred_username", "sub")
"""What a provider may call a person by, the best first."""
ASKED = """<script>sessionStorage.setItem('asked', location.pathname + location.search);</script>"""
"""The link that was asked for before log-in: the provider sends everybody back to the first page."""
BACK = """<script>(() => {
  const asked = sessionStorage.getItem('asked');
  sessionStorage.removeItem('asked');
  if (asked && asked !== location.pathname + location.search) location.replace(asked);
})();</script>"""
"""Back to that link, once."""


def require() -> None:
    """Let those go on who may see a page; others see why not, and the run ends."""
    if not _needs_login():
        if not _is_loopback(st.get_option("server.address")):
            st.error(
                "This server can be reached from other machines and no log-in is configured, so it shows "
                f"nothing. {GUIDE} says how a log-in is set up; without one it runs with the option "
                "--server.address 127.0.0.1.",
                icon=":material/lock:",
            )
            st.stop()
        return
    if not st.user.get("is_logged_in"):
        _ask()
        st.stop()


def tell() -> None:
    """At the foot of the menu: who is logged in, with a way out, or that only this machine is served."""
    if not _needs_login():
        st.caption(
            ":material/computer: For this machine alone",
            help="No log-in is configured, so the server answers on the loopback address of the machine on "
            "which it runs and nowhere else.",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="logged_in"):
        st.caption(f":material/account_circle: {harmless(_name(st.user), 28)}", width="content")
        st.button("Log out", key="access_logout", type="tertiary", on_click=st.logout)
        st.html(BACK, width="content", unsafe_allow_javascript=True)


def _needs_login() -> bool:
    """Whether a provider is configured."""
    return "is_logged_in" in st.user


def _is_loopback(address: str | None) -> bool:
    """Whether what listens on this address is reached from its own machine alone. None: every address."""
    if address is None:
        return False
    if address == "localhost" or address.startswith("unix:"):
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _ask() -> None:
    """One button for each provider."""
    st.markdown("#### Reduced-lead ECG")
    st.html(ASKED, unsafe_allow_javascript=True)
    if find_spec("authlib") is None:
        st.error(f'Log-ins need the package Authlib; pip install -e ".[server]" installs it. See {GUIDE}.')
        return
    st.markdown("Log in to open recordings on this server.")
    for provider, label in _providers(st.secrets["auth"]).items():
        if st.button(label, key=f"access_login_{provider}", type="primary", icon=":material/login:"):
            try:
                st.login(provider or None)
            except StreamlitAuthError as error:
                st.error(f"The log-in is not configured completely: {harmless(error, 300)}")


def _providers(auth: Mapping[str, Any]) -> dict[str, str]:
    """The providers of ``[auth]``: name ("" of the only, unnamed one) -> what its button says."""
    named = [name for name, value in auth.items() if isinstance(value, Mapping) and "client_id" in value]
    return {name: f"Log in with {harmless(name)}" for name in named} or {"": "Log in"}


def _name(user: Mapping[str, Any]) -> str:
    return next((str(user[name]) for name in NAMES if user.get(name)), "Somebody without a name")
