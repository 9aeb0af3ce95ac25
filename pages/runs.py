"""Runs: what was asked for, what runs now, and the whole story of one run (`?run=ID`)."""

from app.ui import job_cards, notices, state, theme
from app.ui.navigation import CLUSTERS, DATASETS, link_to
from app.ui.runs import story, table
from app.ui.texts import say
from core.jobs.records import get_job

principal = state.principal()
theme.draw_heading("runs.title", "runs.lead")

run_id = state.opened(state.RUN)
if run_id:
    with notices.errors_shown():
        job = get_job(run_id, principal=principal)
        story.draw_back()
        story.draw(job, principal)
else:
    live, jobs = job_cards.newest(principal, limit=200)
    if not jobs:
        with notices.empty("runs.none", "runs.none_hint", icon=":material/history:"):
            link_to(DATASETS, say("next.upload"))
            link_to(CLUSTERS, say("next.train"))
    else:
        job_cards.draw_live(live, principal, when_idle=table.say_nothing_runs)
        table.draw_table(jobs)
