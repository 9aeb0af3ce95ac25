"""What was done: who did what to which thing and when, and whether the log is as it was written."""

from app.ui import notices, state, theme
from app.ui.audit import entry_list, names_of_people, seals, search_form
from core.storage.audit import search_entries

principal = state.principal()
theme.draw_heading("audit.title", "audit.lead")
with notices.errors_shown():
    seals.draw(principal)
    if not search_entries(limit=1, principal=principal):
        notices.empty("audit.none", "audit.none_hint", icon=":material/receipt_long:")
    else:
        names = names_of_people.names(principal)
        entry_list.draw(search_form.draw(names), names, principal)
