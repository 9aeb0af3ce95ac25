"""The chat page: asking, an answer with its passages, a refusal, a block, and what is done about an answer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.ui.chat import exports
from core.chat import answering
from core.chat.conversations import get_conversation, list_conversations
from core.chat.feedback import feedback_on
from core.chat.messages import list_messages
from core.chat.preferences import ChatPreferences, load_preferences, save_preferences
from core.knowledge.evaluation.cases import list_cases
from core.security.policy import LOCAL_ANALYST
from tests.chat.conversations_home import PATIENCE_S, REFUND, UNKNOWN
from tests.ui.chat_pages import (
    HOURS,
    ORDER,
    asked,
    badges,
    bodies,
    click,
    html,
    light_encoder,
    look_until,
    small_collection,
    table_rows,
    type_question,
    until_answered,
)
from tests.ui.conftest import Opener, visible_text

__all__ = ["light_encoder"]


@pytest.fixture
def collection(home: Path) -> str:
    return small_collection()


@pytest.mark.parametrize(("language", "words"), [("ko", "아직 물어볼 문서가 없습니다"), ("en", "no documents to ask")])
def test_when_there_are_no_documents_then_the_page_says_where_to_bring_some(
    open_page: Opener, language: str, words: str
) -> None:
    app = open_page("chat", language)
    assert not app.exception
    assert words in visible_text(app)
    assert any(one.proto.page.endswith("knowledge") for one in app.get("page_link"))


def test_when_a_question_is_typed_then_it_is_answered_with_numbered_passages_in_a_conversation_of_the_address(
    open_page: Opener, collection: str
) -> None:
    app = open_page("chat", "ko")
    type_question(app, REFUND)
    shown = html(app)
    assert "30일 안에" in shown
    assert "<mark>" in shown
    assert "답함" in badges(app) or "일부만" in badges(app)
    assert "인용" in badges(app)
    assert "확률" in shown
    found = list_conversations(principal=LOCAL_ANALYST).conversations
    assert app.query_params["conversation"] in (found[0].id, [found[0].id])


def test_when_the_page_is_reloaded_then_the_same_conversation_is_open(open_page: Opener, collection: str) -> None:
    made, _ = asked()
    app = open_page("chat", "en", conversation=made.conversation_id)
    assert not app.exception
    assert REFUND in html(app)
    assert "30일 안에" in html(app)


def test_when_the_documents_do_not_hold_it_then_the_page_says_so_with_the_bar(
    open_page: Opener, collection: str
) -> None:
    app = open_page("chat", "ko")
    type_question(app, UNKNOWN)
    assert "문서에 없음" in badges(app)
    assert "기준" in html(app)
    assert "chat-sentence" not in html(app)


def test_when_a_question_gives_orders_then_it_is_blocked_without_a_probability(
    open_page: Opener, collection: str
) -> None:
    app = open_page("chat", "ko")
    type_question(app, ORDER)
    assert "차단됨" in badges(app)
    assert "확률" not in html(app)


def test_when_a_number_is_pressed_then_the_whole_passage_opens_with_its_words_marked_and_the_way_to_its_document(
    open_page: Opener, collection: str
) -> None:
    made, _ = asked()
    app = open_page("chat", "ko", conversation=made.conversation_id)
    click(app, "chat-cite-")
    opened = next(body for body in bodies(app) if 'class="chat-passage"' in body)
    assert "<mark>" in opened
    assert any("passage=" in one.proto.query_string for one in app.get("page_link"))


def test_when_only_some_collections_are_chosen_then_only_those_are_asked(open_page: Opener, collection: str) -> None:
    other = small_collection("hours", HOURS)
    app = open_page("chat", "ko")
    app.multiselect(key="chat-collections-new").set_value([other]).run()
    type_question(app, REFUND)
    found = list_conversations(principal=LOCAL_ANALYST).conversations
    assert get_conversation(found[0].id, principal=LOCAL_ANALYST).collection_ids == (other,)
    assert "30일" not in html(app)


def test_when_a_thumb_points_down_with_a_correction_then_it_becomes_an_evaluation_case_and_stays_shown(
    open_page: Opener, collection: str
) -> None:
    made, message = asked()
    app = open_page("chat", "ko", conversation=made.conversation_id)
    app.feedback[0].set_value(0).run()
    app.text_area[0].set_value("30일 안에 환불할 수 있습니다.")
    click(app, "chat-case-")
    cases = list_cases(principal=LOCAL_ANALYST)
    assert [(one.question, one.correction) for one in cases] == [(REFUND, "30일 안에 환불할 수 있습니다.")]
    again = open_page("chat", "ko", conversation=made.conversation_id)
    assert again.feedback[0].value == 0
    assert "평가 질문으로 등록됨" in visible_text(again)
    assert feedback_on(made.conversation_id, principal=LOCAL_ANALYST)[message.id].case_id == cases[0].id


def test_when_the_thumb_is_turned_then_the_last_one_is_shown(open_page: Opener, collection: str) -> None:
    made, _ = asked()
    app = open_page("chat", "ko", conversation=made.conversation_id)
    app.feedback[0].set_value(0).run()
    app.feedback[0].set_value(1).run()
    assert not app.exception
    assert open_page("chat", "ko", conversation=made.conversation_id).feedback[0].value == 1


def test_when_an_answer_failed_then_the_page_says_why_and_asking_again_answers(
    open_page: Opener, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(answering, "compose", lambda *_: 1 / 0)
        made, message = asked()
    assert message.state == "failed"
    app = open_page("chat", "ko", conversation=made.conversation_id)
    assert app.warning
    click(app, "chat-again-")
    until_answered(app)
    assert "30일 안에" in html(app)
    assert not app.warning


def test_when_the_retrieval_panel_is_wanted_then_every_passage_stands_with_both_scores(
    open_page: Opener, collection: str
) -> None:
    save_preferences(ChatPreferences(shows_retrieval=True), principal=LOCAL_ANALYST)
    made, message = asked()
    app = open_page("chat", "en", conversation=made.conversation_id)
    rows = table_rows(app)
    assert message.answer is not None
    assert [row["rank"] for row in rows] == [source.rank for source in message.answer.sources]
    assert all({"lexical", "dense", "relevance", "cited"} <= row.keys() for row in rows)


def test_when_preferences_are_kept_then_they_hold_for_the_next_visit(open_page: Opener, collection: str) -> None:
    app = open_page("chat", "en")
    app.toggle(key="chat-shows-retrieval").set_value(True)
    click(app, "chat-keep")
    assert load_preferences(principal=LOCAL_ANALYST).shows_retrieval
    assert open_page("chat", "en").toggle(key="chat-shows-retrieval").value


def test_when_an_answer_is_in_the_making_then_a_page_opened_meanwhile_shows_the_draft_and_then_the_answer(
    open_page: Opener, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, let_go, real = threading.Event(), threading.Event(), answering.compose

    def slowly(asking, progress):  # type: ignore[no-untyped-def]
        progress.enter("writing")
        progress.write("초안 <b>입니다</b>")
        written.set()
        let_go.wait(PATIENCE_S)
        return real(asking, progress)

    monkeypatch.setattr(answering, "compose", slowly)
    made = answering.ask(REFUND, principal=LOCAL_ANALYST)
    assert written.wait(PATIENCE_S)
    app = open_page("chat", "ko", conversation=made.conversation_id)
    draft = look_until(app, "chat-draft")
    assert "초안 &lt;b&gt;입니다" in draft
    assert "대조하지 않았습니다" in draft
    let_go.set()
    until_answered(app)
    assert "30일 안에" in html(app)
    assert len(list_messages(made.conversation_id, principal=LOCAL_ANALYST)) == 2


def test_when_a_question_is_asked_on_the_overview_then_the_chat_answers_it_in_a_new_conversation(
    open_page: Opener, collection: str
) -> None:
    asked()
    app = open_page("overview", "ko")
    app.text_input(key="ask-question").set_value(REFUND)
    click(app, "ask-now")
    until_answered(app)
    assert list_conversations(principal=LOCAL_ANALYST).total == 2


@pytest.mark.parametrize("form", ["markdown", "json", "pdf"])
def test_when_a_conversation_is_exported_then_the_file_is_made_when_it_is_asked_for(
    open_page: Opener, collection: str, form: str
) -> None:
    made, _ = asked()
    app = open_page("chat", "ko", conversation=made.conversation_id)
    assert f"chat-export-{form}" in {button.key for button in app.get("download_button")}
    assert exports.made(made.conversation_id, form, LOCAL_ANALYST)
