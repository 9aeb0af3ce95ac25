"""Earlier conversations on the chat page: found, opened, renamed, removed and brought back; and answers that stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.chat import answering
from core.chat.conversations import list_conversations, rename_conversation
from core.security.policy import LOCAL_ANALYST
from tests.chat.conversations_home import PATIENCE_S, REFUND
from tests.ui.chat_pages import (
    HOURS,
    asked,
    bodies,
    click,
    html,
    light_encoder,
    look_into_history,
    small_collection,
    until_answered,
)
from tests.ui.conftest import Opener, visible_text

__all__ = ["light_encoder"]
PHONE = "고객 센터 전화번호는 무엇입니까?"


@pytest.fixture
def two(home: Path) -> tuple[str, str]:
    """The ids of two conversations."""
    small_collection()
    small_collection("hours", HOURS)
    return asked(REFUND)[0].conversation_id, asked(PHONE)[0].conversation_id


def titles() -> list[str]:
    return [one.title for one in list_conversations(principal=LOCAL_ANALYST).conversations]


def test_when_words_are_searched_then_only_conversations_that_hold_them_are_listed(
    open_page: Opener, two: tuple[str, str]
) -> None:
    app = open_page("chat", "ko")
    look_into_history(app)
    app.text_input(key="chat-search").set_value("전화번호").run()
    listed = [button.key for button in app.button if (button.key or "").startswith("chat-go-")]
    assert listed == [f"chat-go-{two[1]}"]
    app.text_input(key="chat-search").set_value("없는말").run()
    assert "찾는 말이 있는 대화가 없습니다" in visible_text(app)


def test_when_an_earlier_conversation_is_pressed_then_it_opens(open_page: Opener, two: tuple[str, str]) -> None:
    app = open_page("chat", "ko", conversation=two[0])
    look_into_history(app)
    click(app, f"chat-go-{two[1]}")
    assert f'<div class="chat-title">{PHONE}</div>' in bodies(app)
    assert "1588-0000" in html(app)


def test_when_a_new_conversation_is_begun_then_the_address_names_none(open_page: Opener, two: tuple[str, str]) -> None:
    app = open_page("chat", "ko", conversation=two[0])
    click(app, "chat-new")
    assert "conversation" not in app.query_params
    assert "무엇이 궁금하신가요" in visible_text(app)


def test_when_a_conversation_is_renamed_then_its_title_changes(open_page: Opener, two: tuple[str, str]) -> None:
    app = open_page("chat", "ko", conversation=two[0])
    app.text_input(key=f"chat-rename-{two[0]}").set_value("환불 <b>문의</b>")
    click(app, "chat-rename-now")
    assert "환불 <b>문의</b>" in titles()
    assert '<div class="chat-title">환불 &lt;b&gt;문의&lt;/b&gt;</div>' in bodies(app)


def test_when_a_name_is_empty_then_one_sentence_says_so_and_it_keeps_its_name(
    open_page: Opener, two: tuple[str, str]
) -> None:
    app = open_page("chat", "ko", conversation=two[0])
    app.text_input(key=f"chat-rename-{two[0]}").set_value("  ")
    click(app, "chat-rename-now")
    assert len(app.error) == 1
    assert REFUND in titles()


def test_when_a_conversation_is_removed_then_it_is_gone_until_that_is_undone(
    open_page: Opener, two: tuple[str, str]
) -> None:
    app = open_page("chat", "ko", conversation=two[0])
    click(app, "chat-remove")
    assert titles() == [PHONE]
    assert "삭제했습니다" in visible_text(app)
    click(app, "chat-undo")
    assert sorted(titles()) == sorted([PHONE, REFUND])
    assert f'<div class="chat-title">{REFUND}</div>' in bodies(app)


def test_when_the_address_names_no_conversation_of_ones_own_then_one_sentence_says_so(
    open_page: Opener, two: tuple[str, str]
) -> None:
    app = open_page("chat", "ko", conversation="nobody")
    assert len(app.error) == 1
    assert app.chat_input


def test_when_stop_is_pressed_then_the_answer_ends_and_can_be_asked_for_again(
    open_page: Opener, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_collection()
    real = answering.compose

    def until_stopped(asking, progress):  # type: ignore[no-untyped-def]
        progress.stop.wait(PATIENCE_S)
        return real(asking, progress)

    monkeypatch.setattr(answering, "compose", until_stopped)
    made = answering.ask(REFUND, principal=LOCAL_ANALYST)
    app = open_page("chat", "ko", conversation=made.conversation_id)
    click(app, "chat-stop-")
    until_answered(app)
    assert [one.value for one in app.info] == ["답변을 중지했습니다."]
    assert any((button.key or "").startswith("chat-again-") for button in app.button)


def test_when_a_title_holds_markup_then_the_list_shows_its_signs(open_page: Opener, two: tuple[str, str]) -> None:
    rename_conversation(two[0], "![x](http://elsewhere/x.png)", principal=LOCAL_ANALYST)
    app = open_page("chat", "ko")
    look_into_history(app)
    label = app.button(key=f"chat-go-{two[0]}").label
    assert label == r"\!\[x\]\(http\://elsewhere/x.png\)"
