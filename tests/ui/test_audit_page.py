"""The audit log as a page: found, turned over, taken out as a file, and held against its seals."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, update
from streamlit.testing.v1 import AppTest

from app.ui.audit import entry_list
from app.ui.audit.search_form import Search
from core.accounts.accounts import create_account
from core.errors import NotAllowed
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import note_now, search_entries
from core.storage.database import writing
from core.storage.operator_tables import audit_log
from tests.ui.conftest import Opener, visible_text

MINJI = Principal("minji-id", Role.ADMIN, "김민지")
EVERYTHING = Search("", "", "", "all", None)


@pytest.fixture
def noted(home: Path) -> None:
    """Three entries of two people."""
    note_now(LOCAL_ANALYST, "backup.made", "first")
    note_now(MINJI, "invitation.made", "second", role="user")
    note_now(MINJI, "account.disabled", "third")


def targets(app: AppTest) -> list[str]:
    return [str(one) for one in app.dataframe[0].value["target"]]


def verdict(app: AppTest) -> str:
    app.button(key="audit-verify").click().run()
    return "\n".join(one.value for one in (*app.success, *app.error))


@pytest.mark.parametrize(("language", "who"), [("ko", "이 컴퓨터"), ("en", "this machine")])
def test_when_things_were_done_then_the_newest_stands_first_with_who_and_what(
    open_page: Opener, noted: None, language: str, who: str
) -> None:
    app = open_page("audit", language)

    table = app.dataframe[0].value
    assert targets(app) == ["third", "second", "first"]
    assert list(table["who"][:2]) == ["김민지", "김민지"]
    assert who in table["who"][2]
    assert "account.disabled" not in list(table["what"])  # a sentence stands there
    assert table["details"][1] == "role: user"


def test_when_an_action_has_no_sentence_then_the_action_itself_stands_there(open_page: Opener, home: Path) -> None:
    note_now(MINJI, "unheard.of", "x")

    assert open_page("audit").dataframe[0].value["what"][0] == "unheard.of"


def test_when_filters_are_set_then_only_what_fits_is_shown(open_page: Opener, noted: None) -> None:
    app = open_page("audit", "en")
    app.text_input(key="audit-words").set_value("김민지 second").run()
    assert targets(app) == ["second"]

    app.text_input(key="audit-words").set_value("").run()
    app.selectbox(key="audit-person").set_value(LOCAL_ANALYST.id).run()
    assert targets(app) == ["first"]

    app.selectbox(key="audit-subject").set_value("account").run()
    assert not app.dataframe
    assert "No entry fits" in app.info[0].value


def test_when_there_are_more_than_a_page_then_older_ones_are_turned_to_and_back(
    open_page: Opener, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_list, "PAGE", 2)
    for number in range(5):
        note_now(MINJI, "backup.made", str(number))
    app = open_page("audit", "en")
    assert targets(app) == ["4", "3"]

    app.button(key="audit-older").click().run()
    app.button(key="audit-older").click().run()
    assert targets(app) == ["0"]
    assert "audit-older" not in {one.key for one in app.button}

    app.button(key="audit-newer").click().run()
    assert targets(app) == ["2", "1"]
    app.text_input(key="audit-words").set_value("김민지").run()
    assert targets(app) == ["4", "3"]


def test_when_the_target_is_an_account_then_it_is_called_by_name(open_page: Opener, home: Path) -> None:
    create_account("haru", "네 개의 낱말 correct", display_name="하루", principal=LOCAL_ANALYST)

    assert targets(open_page("audit"))[0] == "하루 (haru)"


def test_when_nothing_was_touched_then_the_seals_say_so(open_page: Opener, noted: None) -> None:
    app = open_page("audit", "en")

    assert "All 3 entries" in verdict(app)
    assert search_entries(limit=1, principal=LOCAL_ANALYST)[0].seal in app.code[0].value


def test_when_an_entry_was_changed_then_the_seals_tell_which(open_page: Opener, noted: None) -> None:
    with writing() as connection:
        connection.execute(update(audit_log).where(audit_log.c.id == 2).values(target="harmless"))

    assert "Entry 2 " in verdict(open_page("audit", "en"))


def test_when_the_end_was_cut_off_then_a_noted_seal_tells(open_page: Opener, noted: None) -> None:
    last = search_entries(limit=1, principal=LOCAL_ANALYST)[0]
    with writing() as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id == last.id))
    app = open_page("audit", "en")
    assert "All 2 entries" in verdict(app)

    app.number_input(key="audit-number").set_value(last.id)
    app.text_input(key="audit-seal").set_value(last.seal)
    app.button(key="audit-compare").click().run()

    assert "cut off" in app.error[0].value


def test_when_the_log_is_taken_out_then_no_cell_is_a_formula(noted: None) -> None:
    note_now(MINJI, "backup.made", "=1+1")

    table = entry_list.export(EVERYTHING, LOCAL_ANALYST).decode("utf-8-sig").splitlines()

    assert len(table) == 1 + 4
    assert "'=1+1" in table[1]


def test_when_the_role_may_not_read_the_log_then_the_core_refuses_too(noted: None) -> None:
    with pytest.raises(NotAllowed):
        entry_list.export(EVERYTHING, Principal("jun", Role.DEVELOPER))


def test_when_the_page_opens_before_anything_was_done_then_it_says_what_will_be_kept(
    open_page: Opener, home: Path
) -> None:
    app = open_page("audit", "ko")

    assert "아직 기록이 없습니다" in visible_text(app)
    assert "확인할 기록이 없습니다" in verdict(app)
