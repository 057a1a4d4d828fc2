"""Trained models: what each needs, what it learned from, how it was made, and what it is for."""

import streamlit as st

from pages.shared import frame
from pages.views.trained import cards

with frame.page("Trained models"):
    st.markdown("#### Trained models :small[:gray[what each needs, learned from and is for]]")
    name = cards.model_picker()
    if name is None:
        st.info(
            "No model is trained here. `python -m models.train linear --data ROOT` makes the first in a minute."
        )
    else:
        cards.show(name)
