"""The History tab: the workload's candidates across runs, and which of them may be set side by side."""

import streamlit as st

from app.ui.review_view import CandidateView, ReviewView


def draw(review: ReviewView, chosen: CandidateView) -> None:  # noqa: ARG001
    """Draw the tab."""
    st.caption("This is the first run of this workload.")
