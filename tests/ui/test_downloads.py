"""A page offers a file to whoever may take it; it is made and noted when it is taken, not when it is offered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.ui import downloads, state
from core.errors import NotAllowed
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import search_entries
from core.storage.exports import FORMULA, Export

Draw = Callable[..., list[Callable[[], bytes]]]


@pytest.fixture
def offered(home: Path, monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Draw an offer for somebody; what a click on the button would call, nothing where there is no button."""

    def draw(principal: Principal | None, export: Export, content: Any) -> list[Callable[[], bytes]]:
        drawn: list[Callable[[], bytes]] = []
        monkeypatch.setattr(state, "principal", lambda: principal)
        monkeypatch.setattr(downloads.st, "download_button", lambda _label, taken, *_, **__: drawn.append(taken))
        downloads.offer(export, "Download", content, "rose.csv", "text/csv", target="formula-1")
        return drawn

    return draw


def test_when_a_file_is_offered_then_nothing_is_made_or_noted_until_it_is_taken(offered: Draw) -> None:
    made: list[str] = []
    (taken,) = offered(Principal("maker", Role.RESEARCHER), FORMULA, lambda: made.append("made") or b"a,b\n")
    assert (made, search_entries(principal=LOCAL_ANALYST)) == ([], ())

    assert taken() == b"a,b\n"
    (entry,) = search_entries(principal=LOCAL_ANALYST)
    assert (entry.owner, entry.action, entry.target) == ("maker", "formula.exported", "formula-1")
    assert entry.details == {"form": "csv"}


def test_when_somebody_may_not_take_a_file_then_there_is_no_button(offered: Draw) -> None:
    assert offered(Principal("ana", Role.ANALYST), FORMULA, b"") == []
    assert offered(None, FORMULA, b"") == []


def test_when_making_a_file_fails_then_nothing_says_that_it_was_taken(offered: Draw) -> None:
    def refused() -> bytes:
        raise NotAllowed("security.not_allowed", permission="x", role="y")

    (taken,) = offered(Principal("maker", Role.RESEARCHER), FORMULA, refused)
    with pytest.raises(NotAllowed):
        taken()
    assert search_entries(principal=LOCAL_ANALYST) == ()
