"""Start here: ``streamlit run app.py``. Opens the Review page and keeps what the link asks for.

The pages are found by Streamlit in ``pages/``; each brings its own frame (see ``pages/shared/frame.py``).
"""

import streamlit as st

st.switch_page("pages/review.py", query_params=st.query_params.to_dict())
