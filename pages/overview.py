"""Overview: what needs a person, what traffic arrives, what runs now."""

from app.ui import frame

frame.draw_header("Overview")
