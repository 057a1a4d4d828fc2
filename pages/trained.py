"""Trained models: what each needs, what it was trained on, how, and what it is for."""

import streamlit as st

from models.hints import hint
from pages.shared import frame
from pages.views.trained import cards, site

with frame.page("Trained models"):
    st.markdown("#### Trained models :small[:gray[what each needs, was trained on and is for]]")
    name = cards.model_picker()
    if name is None:
        st.info(f"No model is trained here. `{hint('training')}` trains one.")
    else:
        site.show(name)
        cards.show(name)
