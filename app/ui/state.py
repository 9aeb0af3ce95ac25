"""The only place that names keys of session state and query parameters."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, cast
from uuid import uuid4

import streamlit as st

from app.ui import visitor
from core.messages import Language
from core.security.policy import Principal
from core.settings.current import get_settings

LANGUAGES: dict[Language, str] = {"ko": "한국어", "en": "English"}

LANGUAGE = "language"
LANGUAGE_SWITCH = "language_switch"
LANGUAGE_PARAMETER = "lang"
LANGUAGE_FIELD = "language"  # of a form, where the word above cannot be one
SIGN_IN_PROBLEM, SIGN_IN_WAIT = "problem", "wait"
RUN = "run"
CHAIN, CHAIN_RUN = "chain", "chain_run"
WITH, NEW, FROM = "with", "new", "from"  # a run to compare with; a notebook to run; a run to begin with
SCHEDULE, EDIT = "schedule", "edit"
ACCOUNT = "account"
DATASET = "dataset"
DOMAIN, HELD_DOMAIN = "domain", "held_domain"
CONVERSATION = "conversation"
COLLECTION, DOCUMENT, PASSAGE = "collection", "document", "passage"
MARKS, INGESTION, HELD_PLACE = "marks", "ingestion", "held_place"
FORMULA = "formula"
PERFUME, MATERIAL = "perfume", "material"


# What a sign-in may end with beside success; each sentence is one of the core's.
SIGN_IN_PROBLEMS = (
    "security.sign_in_failed",
    "security.sign_in_with_organisation",
    "security.sign_in_other_form",
    "security.too_many_sign_ins",
    "security.session_ended",
    "security.identity_unknown",
    "security.identity_unconfirmed",
    "sign_in.provider_failed",
    "storage.database_down",
    "storage.database_busy",
    "storage.not_migrated",
    "storage.disk_full",
)


# Looked up for every label: settled once per run, in the thread that Streamlit runs this visit's script on.
_settled: ContextVar[Language | None] = ContextVar("language", default=None)


def language() -> Language:
    """The visitor's choice, else the setting, else the browser's language."""
    return _settled.get() or _find_language()


def _find_language() -> Language:
    chosen = st.session_state.get(LANGUAGE)
    if chosen is None:
        setting = get_settings().language
        chosen = setting if setting != "auto" else "ko" if (st.context.locale or "").startswith("ko") else "en"
    return cast("Language", chosen)


def choose_language() -> None:
    """Take over what the switch in the sidebar says."""
    st.session_state[LANGUAGE] = st.session_state[LANGUAGE_SWITCH]
    st.query_params["lang"] = st.session_state[LANGUAGE]


def follow_address() -> None:
    """`?lang=` in the address counts as the visitor's choice, and stays there so that a reload keeps it."""
    wanted = st.query_params.get("lang")
    if wanted in LANGUAGES and wanted != st.session_state.get(LANGUAGE):
        st.session_state[LANGUAGE] = st.session_state[LANGUAGE_SWITCH] = wanted
    elif wanted is None and LANGUAGE in st.session_state:
        st.query_params["lang"] = st.session_state[LANGUAGE]
    _settled.set(_find_language())


def principal() -> Principal | None:
    """Who is looking; None where sign-in is required and nobody is signed in."""
    return visitor.current().principal


def sign_in_problem() -> tuple[str, int] | None:
    """Key of the sentence that the last sign-in ended with, and how long to wait [s]; addresses can say anything."""
    key, wait = st.query_params.get(SIGN_IN_PROBLEM), st.query_params.get(SIGN_IN_WAIT, "")
    if key not in SIGN_IN_PROBLEMS:
        return None
    return key, int(wait) if wait.isascii() and wait.isdigit() else 0


def link(**parameters: str) -> dict[str, str]:
    """Query parameters for a link to another page, with the chosen language kept."""
    chosen = {"lang": str(st.session_state[LANGUAGE])} if LANGUAGE in st.session_state else {}
    return {**parameters, **chosen}


def opened(parameter: str) -> str | None:
    """What the address names by RUN, CONVERSATION or FORMULA."""
    named = st.query_params.get(parameter)
    if named != st.session_state.get(f"held_{parameter}"):
        hold_open(parameter, named)  # a link to the page that is already open leaves the address as it was
    return named


def hold_open(parameter: str, value: str | None) -> None:
    """Have `opened` find it with the next run, and after a reload; None leaves what is open."""
    st.session_state[f"held_{parameter}"] = value
    if value:
        st.query_params[parameter] = value
    else:
        st.query_params.pop(parameter, None)


def open_dataset() -> str | None:
    """The dataset named by `?dataset=`."""
    return st.query_params.get(DATASET)


def open_domain() -> str | None:
    """The picture domain named by `?domain=`."""
    return st.query_params.get(DOMAIN)


def open_place(*names: str) -> tuple[str, str] | None:
    """The first of these parameters that the address names, with its value."""
    found = {name: st.query_params[name] for name in (*names, MARKS) if st.query_params.get(name)}
    if found != st.session_state.get(HELD_PLACE):
        # As in `opened`: a link within the page that is open leaves the address as it was.
        st.session_state[HELD_PLACE] = found
        for name, value in found.items():
            st.query_params[name] = value
    return next(((name, found[name]) for name in names if name in found), None)


def open_marks() -> str | None:
    """What `?marks=` names."""
    return st.query_params.get(MARKS)


def follow_domain(widget: str, known: Sequence[str], otherwise: str) -> None:
    """Let `widget` choose the domain of `?domain=`, else the one held in this visit, else `otherwise`."""
    address, held = st.query_params.get(DOMAIN), st.session_state.get(HELD_DOMAIN)
    if address in known and address != held:
        st.session_state[widget] = address
    if st.session_state.get(widget) not in known:
        st.session_state[widget] = held if held in known else otherwise


def hold_domain(name: str) -> None:
    """Keep the choice for other pages, and in the address for a reload."""
    st.session_state[HELD_DOMAIN] = name
    if st.query_params.get(DOMAIN) != name:
        st.query_params[DOMAIN] = name


def show_material(material_id: str) -> None:
    """Keep a material open, also where it is in no table any more."""
    st.query_params[MATERIAL] = material_id


def relabelled(widget: str, labels: Sequence[str]) -> tuple[str, Any]:
    """The key of a choice among `labels`, another one whenever they change, and what was chosen under the one before.

    The second is None while the labels stay, and where nothing was chosen.
    """
    turn, before = st.session_state.get(f"labels:{widget}", (0, tuple(labels)))
    last = f"{widget}~{turn}" if turn else widget
    if before == tuple(labels):
        st.session_state[f"labels:{widget}"] = (turn, before)
        return last, None
    st.session_state[f"labels:{widget}"] = (turn + 1, tuple(labels))
    return f"{widget}~{turn + 1}", st.session_state.get(last)


def held(widget: str, otherwise: Any) -> Any:
    """What a widget holds that is drawn further down; `otherwise` before it was drawn."""
    return st.session_state.get(widget, otherwise)


def preset(widget: str, value: Any) -> None:
    """Let a widget that is not drawn yet begin with a value."""
    st.session_state[widget] = value


def submission_key(form: str) -> str:
    """The idempotency key of what is in `form` now: a double click sends the same one twice."""
    return cast("str", st.session_state.setdefault(f"submission:{form}", str(uuid4())))


def renew_submission_key(form: str) -> None:
    """The next submission of `form` is a new one."""
    st.session_state.pop(f"submission:{form}", None)


def submitted_job(form: str) -> str | None:
    """The job that `form` queued last in this visit."""
    return cast("str | None", st.session_state.get(f"job:{form}"))


def set_submitted_job(form: str, job_id: str) -> None:
    st.session_state[f"job:{form}"] = job_id


def kept(name: str) -> Any:
    """A result that survives reruns, or None."""
    return st.session_state.get(f"kept:{name}")


def keep(name: str, value: Any) -> None:
    """Keep one result until it is replaced or the visit ends."""
    st.session_state[f"kept:{name}"] = value


def forget(name: str) -> None:
    st.session_state.pop(f"kept:{name}", None)


def generation(widget: str) -> str:
    """A widget key that changes with `reset(widget)`, which empties the widget."""
    return f"{widget}:{st.session_state.get(f'generation:{widget}', 0)}"


def reset(widget: str) -> None:
    st.session_state[f"generation:{widget}"] = st.session_state.get(f"generation:{widget}", 0) + 1
