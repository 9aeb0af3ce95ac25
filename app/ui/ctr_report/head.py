"""The top of the report page: which run, what it is called, whether its data is synthetic, and the verdict."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, ctr_words, formats, state
from app.ui.ctr_report import resources, why
from app.ui.navigation import CTR_REPORT, CTR_TRAINING, go_to, link_to
from app.ui.texts import say
from core.ctr.runs import ROOM, SLOT, Report, list_runs
from core.security.policy import Principal
from core.storage import champions

HEADLINE = ("average_precision", "auc", "log_loss", "ece")


def choose(principal: Principal) -> str | None:
    """The run to report on: the one in the address, else the newest that succeeded; None where there is none."""
    finished = {run.id: run for run in list_runs(principal=principal) if run.state == "succeeded"}
    wanted = state.opened(state.RUN)
    if not finished or (wanted and wanted not in finished):
        return wanted
    options = list(finished)
    chosen = choosing.one_of(
        st,
        say("ctr.run"),
        options,
        index=options.index(wanted) if wanted else 0,
        format_func=lambda run_id: ctr_words.run(finished[run_id]),
        key=f"ctr-run:{wanted}",
    )
    if wanted and chosen != wanted:
        go_to(CTR_REPORT, run=chosen)
    return str(chosen)


def draw(report: Report) -> None:
    """The card with the headline figures; a run without a usable signal says so before anything else."""
    document, facts = report.document, resources.facts(report)
    if document["verdict"] == "no_usable_signal":
        gain = facts["gain.log_loss"]
        st.error(say("ctr.no_signal", interval=why.interval_text(gain)), icon=":material/signal_disconnected:")
    with st.container(border=True, key="hero-ctr"):
        with st.container(horizontal=True, vertical_alignment="center"):
            name = report.run.experiment or say("ctr.unnamed_run")
            st.markdown(f"### {name} · {ctr_words.model(document['champion']['name'])}", width="stretch")
            draw_badges(report)
        why.draw_metrics(facts, {f"score.{one}": ctr_words.score(one) for one in HEADLINE})
        with st.container(horizontal=True, vertical_alignment="center"):
            data = document["data"]
            st.caption(
                say(
                    "ctr.from",
                    source=data["source"],
                    rows=f"{data['rows']:,}",
                    test=f"{document['split']['rows']['test']:,}",
                    when=formats.ago(report.run.created_at),
                ),
                width="stretch",
            )
            why.draw(report, [facts.get(f"score.{one}") for one in HEADLINE], "head")
            link_to(CTR_TRAINING, say("ctr.train_again"), icon=":material/model_training:")


def draw_badges(report: Report) -> None:
    """Synthetic data, and whether this run is the one that is served."""
    if report.document["data"]["synthetic"]:
        synthetic, help_text = say("ctr.synthetic"), say("ctr.synthetic_help")
        st.badge(synthetic, icon=":material/science:", color="violet", help=help_text)
    champion = champions.current(ROOM, SLOT)
    if champion is not None and champion.run_id == report.run.id:
        version = say("champion.version", version=champion.version)
        st.badge(f"{say('ctr.champion')} · {version}", icon=":material/verified:", color="green")
