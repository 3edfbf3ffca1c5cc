"""The script Streamlit runs for every session: page settings, navigation, frame, and the page inside its boundary."""

import streamlit as st

from app.ui import boundary, frame, navigation

st.set_page_config(
    page_title="Flywheel Review",
    page_icon=str(frame.ASSETS / "mark.svg"),
    layout="wide",
    initial_sidebar_state=256,
)
st.html(frame.STYLE)
current = st.navigation(navigation.build_pages())
navigation.follow()
frame.draw_side_bar()
with st.sidebar:
    navigation.mend_history()
with boundary.page(current.title):
    current.run()
