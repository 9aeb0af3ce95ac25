"""An answer as it is drawn, whatever its state: what is said of it, and that no text of a document is markup."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.chat import answer_view, answer_words, asking, plain_text
from app.ui.navigation import RUNS
from app.ui.texts import all_texts
from core.chat.shown_answers import ShownAnswer
from core.knowledge.retrieval.find import Notice
from tests.ui.chat_pages import SENTENCE, answer, badges, bodies, html
from tests.ui.conftest import visible_text


def draw_it(given: object) -> None:
    from app.ui.chat import answer_view

    answer_view.draw("m", given)  # type: ignore[arg-type]


@pytest.fixture
def drawn(home: object):  # type: ignore[no-untyped-def]
    """drawn(answer): the page after it was drawn in Korean."""

    def draw(given: ShownAnswer) -> AppTest:
        app = AppTest.from_function(draw_it, args=(given,), default_timeout=30)
        app.session_state["language"] = "ko"
        app.run()
        assert not app.exception
        return app

    return draw


def test_when_a_document_holds_markup_then_its_signs_are_shown_and_nothing_is_loaded(drawn) -> None:  # type: ignore[no-untyped-def]
    app = drawn(answer())
    assert "<script>" not in html(app)
    assert "&lt;script&gt;" in html(app)
    assert "<b>" not in html(app)
    assert all("![" not in one.value for one in (*app.markdown, *app.caption))
    assert all("![" not in (button.help or "") for button in app.button)


def test_when_an_answer_is_quoted_then_it_says_so_with_page_and_headings(drawn) -> None:  # type: ignore[no-untyped-def]
    app = drawn(answer())
    assert "답함" in badges(app)
    assert "인용" in badges(app)
    assert '<div class="chat-place">3쪽 · 규정 › 환불</div>' in html(app)
    assert "문서에 답이 있을 확률 83% · 기준 35%" in html(app)
    assert "함께 제공되는 평가 세트(qa_korean, qa_english)" in html(app)


def test_when_it_is_refused_then_the_nearest_passages_can_be_read_and_are_called_no_answer(
    drawn,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    monkeypatch.setattr(answer_view, "link_to", lambda *_asked, **_more: None)
    given = answer(state="not_in_documents", kind="none", sentences=(), note="knowledge.not_in_documents")
    near = tuple(one.__class__(**{**vars(one), "is_cited": False}) for one in given.sources)
    app = drawn(given.__class__(**{**vars(given), "sources": near}))
    assert [one.label for one in app.expander] == ["가장 가까운 단락(답은 아님)"]
    assert "3쪽 · 규정 › 환불" in html(app)


def test_when_a_model_wrote_it_then_its_name_and_what_was_dropped_are_told(drawn) -> None:  # type: ignore[no-untyped-def]
    partly = SENTENCE.__class__("환불은 됩니다.", "partly", SENTENCE.citations)
    app = drawn(answer(kind="written", state="partly", model="qwen2.5:3b", dropped=2, sentences=(partly,)))
    words = visible_text(app)
    assert "qwen2.5:3b 작성" in words
    assert "근거가 없어 뺀 문장: 2개" in words
    assert "일부만 뒷받침" in words


def test_when_sources_are_withheld_then_they_are_counted(drawn) -> None:  # type: ignore[no-untyped-def]
    assert "표시하지 않은 문장과 출처: 3개" in visible_text(drawn(answer(withheld=3)))


def test_when_a_leg_was_away_then_one_line_says_so(drawn) -> None:  # type: ignore[no-untyped-def]
    app = drawn(answer(warnings=(Notice("knowledge.words_away"),)))
    assert sum("chat-warning" in body for body in bodies(app)) == 1


def test_when_a_follow_up_was_understood_then_the_whole_question_is_told(drawn) -> None:  # type: ignore[no-untyped-def]
    assert "이렇게 이해했습니다: 환불은 &lt;b&gt;언제" in html(drawn(answer(understood_as="환불은 <b>언제</b>?")))


def test_when_figures_come_from_a_run_then_the_run_is_linked_and_no_probability_is_shown(
    drawn, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    linked = []
    monkeypatch.setattr(answer_view, "link_to", lambda page, label, **parameters: linked.append((page, parameters)))
    app = drawn(own_figures())
    assert "워크벤치 데이터" in visible_text(app)
    assert "확률" not in html(app)
    assert linked == [(RUNS, {"run": "0123456789"})]


def test_when_an_older_version_is_cited_then_the_card_says_so(drawn) -> None:  # type: ignore[no-untyped-def]
    given = answer()
    old = given.sources[0].__class__(**{**vars(given.sources[0]), "is_current": False})
    assert "이전 버전의 단락" in visible_text(drawn(answer(sources=(old,))))


def test_when_probability_and_bar_look_alike_then_enough_digits_tell_them_apart() -> None:
    assert answer_words.told_apart(0.634, 0.628) == ("63.4%", "62.8%")
    assert answer_words.told_apart(0.99997, 0.628) == ("99% or more", "63%")
    assert answer_words.told_apart(0.00003, 0.628) == ("1% or less", "63%")
    assert answer_words.told_apart(0.9, 0.35) == ("90%", "35%")


def test_when_the_page_is_read_in_english_then_every_example_question_is_in_english() -> None:
    offered = [all_texts()[f"chat_example.{name}"]["en"] for name in asking.EXAMPLES]

    assert offered and all(question.isascii() for question in offered)


def test_when_words_are_marked_then_they_lie_within_the_shaded_stretch() -> None:
    shown = plain_text.marked("a<b> c", ((0, 4),), ((1, 4),))
    assert shown == '<span class="chat-cited">a</span><span class="chat-cited"><mark>&lt;b&gt;</mark></span> c'


def test_when_the_cited_words_stand_far_down_then_the_preview_begins_near_them() -> None:
    text = "word " * 100 + "here it is. " + "word " * 100
    start, end = plain_text.window(text, ((500, 511),), 120)
    assert 0 < start <= 500 < end
    assert "here it is." in text[start:end]
    assert plain_text.moved(((500, 511),), (start, end)) == ((500 - start, 511 - start),)


def own_figures() -> ShownAnswer:
    return answer(
        state="own_data", kind="figures", sources=(), sentences=(SENTENCE.__class__("군집 1: 120명", "quoted", ()),),
        bar=None, confidence=1.0, run_ids=("0123456789",),
    )  # fmt: skip
