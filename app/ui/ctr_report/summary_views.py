"""The summary tab: the report in sentences, every figure traceable, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.ui import state, theme
from app.ui.ctr_report import resources, why
from app.ui.texts import say, say_value
from core.ctr.reporting.actions import Action, actions_in
from core.ctr.reporting.fact_text import Fact, figure_text
from core.ctr.reporting.narrative import Narrative, narrate
from core.ctr.reporting.sentences import Story
from core.ctr.runs import Report
from core.llm.chat_model import ChatModel
from core.llm.roles import chat_model_for
from core.security.policy import Principal

PRIORITIES = {"high": ("red", ":material/priority_high:"), "medium": ("blue", ":material/low_priority:")}


@st.cache_resource(max_entries=16, show_spinner=False)
def _told(run_id: str, explained: str, language: str, _report: Report) -> tuple[Narrative, tuple[Action, ...]]:
    story = Story.of(_report, language)
    return narrate(story), actions_in(story)


def draw(report: Report, principal: Principal) -> None:
    """Sections of the narrative, each with where its figures come from, then the actions."""
    facts = resources.facts(report)
    explained = str((report.explanation or {}).get("run_id", ""))
    narrative, actions = _told(report.run.id, explained, state.language(), report)
    model = chat_model_for("narrative")
    if model is not None and st.toggle(say("ctr.rephrase", model=model.name), key="ctr-rephrase"):
        narrative = _rephrased(report, explained, model)
        _draw_rejected(narrative)
    for section in narrative.sections:
        if not section.sentences:
            continue
        with st.container(border=True, key=f"told-{section.key}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{section.title}**", width="stretch")
                if section.facts:
                    why.draw(report, [facts.get(one) for one in section.facts], f"told-{section.key}")
            if section.rephrased:
                st.markdown(escaped(section.rephrased))
            else:
                st.markdown("\n".join(f"- {escaped(sentence.text)}" for sentence in section.sentences))
    if actions:
        theme.draw_section("ctr.actions")
        for action in actions:
            _draw_action(report, facts, action)


def _rephrased(report: Report, explained: str, model: ChatModel) -> Narrative:
    """The narrative in the model's words, asked for once per visit; a model that was away is asked again."""
    key = f"rephrased:{report.run.id}:{explained}:{state.language()}:{model.name}"
    narrative: Narrative | None = state.kept(key)
    if narrative is None or any(one.reason == "unavailable" for one in narrative.rejected):
        with st.spinner(say("ctr.rephrasing", model=model.name)):
            narrative = narrate(Story.of(report, state.language()), model=model)
        state.keep(key, narrative)
    return narrative


def _draw_rejected(narrative: Narrative) -> None:
    """How many sections keep the template's words, because the model's were refused or did not come."""
    away = [one for one in narrative.rejected if one.reason == "unavailable"]
    if away:
        st.warning(say("ctr.rephrase_away"), icon=":material/cloud_off:")
    elif narrative.rejected:
        st.info(say("ctr.rephrase_rejected", count=len(narrative.rejected)), icon=":material/rule:")


def _draw_action(report: Report, facts: Mapping[str, Fact], action: Action) -> None:
    language = state.language()
    color, icon = PRIORITIES[action.priority]
    with st.container(border=True, key=f"action-{action.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(say_value("priority", action.priority), color=color, icon=icon)
            st.markdown(f"**{escaped(action.title)}**", width="stretch")
            if action.facts:
                why.draw(report, [facts.get(one) for one in action.facts], f"action-{action.id}")
        st.markdown(escaped(action.description))
        effect = "–" if action.impact is None else figure_text(action.impact, "share", language)
        st.caption(say("ctr.effect", effect=effect, reason=escaped(action.impact_reason)))


def escaped(text: str) -> str:
    """Text with a visitor's column names in it, safe from being read as markup."""
    for sign in "\\`*_[]<>$#~:":
        text = text.replace(sign, f"\\{sign}")
    return text
