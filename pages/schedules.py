"""Schedules: what runs when; a new one (`?new=`), one with its history (`?schedule=ID`), changing it (`?edit=ID`)."""

from app.ui import notices, state, theme
from app.ui.schedules import cards, detail, form
from core.jobs.schedules.schedules import get

principal = state.principal()
theme.draw_heading("schedules.title", "schedules.lead")

schedule_id, wanted, edited = (state.opened(one) for one in (state.SCHEDULE, state.NEW, state.EDIT))
with notices.errors_shown():
    if not (schedule_id or wanted or edited):
        cards.draw(principal)
    else:
        detail.draw_back()
    if schedule_id:
        detail.draw(schedule_id, principal)
    elif edited:
        form.draw(get(edited, principal=principal), "", principal)
    elif wanted:
        form.draw(None, wanted, principal)
