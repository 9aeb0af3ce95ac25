"""One part that the workbench leans on: its state, what went wrong last and when, and its breaker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import streamlit as st

from app.ui import formats, notices
from app.ui.texts import say, say_if_known, say_value
from core.operations.dependencies import Dependency
from core.resilience.breakers import State, reset
from core.security.policy import Permission, Principal, is_allowed
from core.storage.database import utc_now

Look = tuple[Literal["green", "red", "orange", "gray", "blue"], str]
# Green is only for what answered just now.
ANSWERS: Look = ("green", ":material/check_circle:")
LOOKS: dict[str, Look] = {
    "up": ("blue", ":material/history:"),
    "down": ("red", ":material/error:"),
    "trying": ("orange", ":material/hourglass_top:"),
    "unknown": ("gray", ":material/help:"),
}
CLOSED = ("", State.CLOSED.value)


def draw(one: Dependency, principal: Principal) -> None:
    """The part, and the button that closes its breaker where it may be pressed."""
    has_answered = one.state == "up" and one.was_asked
    color, icon = ANSWERS if has_answered else LOOKS[one.state]
    with st.container(border=True, key=f"part-{one.name}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(say_value("part_state", "answers" if has_answered else one.state), color=color, icon=icon)
            st.markdown(f"**{say_if_known('part_name', one.name, formats.plain(one.name))}**", width="stretch")
            if one.breaker not in CLOSED and is_allowed(principal, Permission.SYSTEM_CONFIGURE):
                _draw_reset(one, principal)
        told = [say_if_known("part_use", one.name, ""), *facts(one)]
        st.caption(formats.plain(" · ".join(part for part in told if part)))
        if one.message and one.state != "up":
            st.markdown(formats.plain(one.message))


def facts(one: Dependency) -> Iterator[str]:
    """What is known beside the state, in short sentences."""
    if one.last_success_at is not None:
        yield say("operations.last_good", when=formats.ago(one.last_success_at))
    if one.last_failure_at is not None:
        yield say("operations.last_error", error=one.last_error, when=formats.ago(one.last_failure_at))
    if one.good_calls or one.failed_calls:
        yield say("operations.calls", good=f"{one.good_calls:,}", failed=f"{one.failed_calls:,}")
    if one.breaker:
        yield say("operations.breaker", state=say_value("breaker_state", one.breaker.replace("-", "_")))
        if one.failures:
            yield say("operations.in_a_row", count=one.failures)
    if one.next_trial_at is not None:
        is_ahead = one.next_trial_at > utc_now()
        yield (
            say("operations.next_trial", at=formats.clock(one.next_trial_at))
            if is_ahead
            else say("operations.trial_due")
        )


def _draw_reset(one: Dependency, principal: Principal) -> None:
    if st.button(
        say("operations.reset"),
        icon=":material/restart_alt:",
        key=f"reset-{one.name}",
        help=say("operations.reset_help"),
    ):
        with notices.errors_shown():
            reset(one.name, principal=principal)
            notices.flash(say("operations.was_reset"))
            st.rerun()
