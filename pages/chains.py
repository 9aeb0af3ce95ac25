"""Chains: which there are, starting one (`?chain=NAME`), and one run of a chain (`?chain_run=ID`)."""

from app.ui import notices, state, theme
from app.ui.chains import cards, form, story
from core.jobs.chains.records import get_chain_run

principal = state.principal()
theme.draw_heading("chains.title", "chains.lead")

run_id, chain, before = (state.opened(one) for one in (state.CHAIN_RUN, state.CHAIN, state.RUN))
with notices.errors_shown():
    if run_id:
        story.draw_back()
        story.draw(run_id, principal)
    elif chain:
        story.draw_back()
        given = get_chain_run(before, principal=principal).parameters if before else {}
        form.draw(chain, given, before or "", principal)
    else:
        cards.draw(principal)
