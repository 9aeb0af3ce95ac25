"""Runs: what was asked for and what runs now; a new run (`?new=`), one run (`?run=ID`), two of them (`&with=ID`)."""

from app.ui import notices, state, theme
from app.ui.runs import comparison_view, new_run, run_list, story
from core.jobs.records import get_job

principal = state.principal()
theme.draw_heading("runs.title", "runs.lead")

run_id, with_id = state.opened(state.RUN), state.opened(state.WITH)
begun_from, wanted = state.opened(state.FROM), state.opened(state.NEW)
with notices.errors_shown():
    if not (run_id or begun_from or wanted):
        run_list.draw(principal)
    else:
        story.draw_back()
    if run_id and with_id:
        comparison_view.draw(run_id, with_id, principal)
    elif run_id:
        story.draw(get_job(run_id, principal=principal), principal)
    elif begun_from:
        new_run.draw(None, get_job(begun_from, principal=principal), principal)
    elif wanted:
        new_run.draw(wanted, None, principal)
