"""The in-app inbox on the overview: what was told is shown until it is read."""

from __future__ import annotations

from core.notifications.notifier import notify
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.ui.conftest import Opener


def told(principal: Principal, text: str) -> None:
    notify(principal, channels=("push",), subject="A run ended", text=text, about="a-run")


def test_when_a_notice_is_unread_then_the_overview_shows_it_until_it_is_marked(open_page: Opener) -> None:
    told(LOCAL_ANALYST, "The run small has succeeded.")
    app = open_page("overview")
    assert [one.value for one in app.text] == ["The run small has succeeded."]

    next(one for one in app.button if one.label == "Mark as read").click()
    app.run()

    assert not app.exception
    assert not app.text
    assert not open_page("overview").text


def test_when_a_notice_is_somebody_elses_then_it_is_not_shown(open_page: Opener) -> None:
    told(Principal("somebody-else", Role.ANALYST), "Not for you.")

    assert not open_page("overview").text
