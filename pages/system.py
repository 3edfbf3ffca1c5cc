"""System: what of this installation is up and since when, what waits, how big its stores are, and its settings."""

import streamlit as st

from app.ui import frame, operation_parts, system_parts

frame.draw_header("System")
system_parts.draw_live()
operation_parts.draw_doctor()
left, right = st.columns([0.62, 0.38], gap="large")
with left:
    system_parts.draw_stores()
with right:
    system_parts.draw_versions()
system_parts.draw_settings()
