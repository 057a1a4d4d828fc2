"""The domain of reduced-lead ECG: values and functions on them, without torch and without streamlit."""
