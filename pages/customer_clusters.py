"""Overview: what is trained and how good it is, what runs now, what to do next."""

from app.ui import state, theme

principal = state.principal()
theme.draw_heading("runs.title", "runs.lead")
