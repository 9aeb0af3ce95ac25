"""A conversation leaves as Markdown, JSON or PDF with its numbered sources."""

from __future__ import annotations

import io
import json

import pytest

from core.chat.exporting import export_conversation
from core.errors import BadInput, NotFound
from tests.chat.conversations_home import OTHERS, REFUND, answered
from tests.knowledge.collections_home import ANA, BEN, POLICY, filled

pytestmark = pytest.mark.usefixtures("database")


def asked_once(question: str = REFUND) -> str:
    filled(policy=POLICY + OTHERS)
    return answered(question)[0].conversation_id


def test_when_exported_as_markdown_then_sentences_carry_numbers_and_sources_are_listed() -> None:
    written = export_conversation(asked_once(), "markdown", language="ko", principal=ANA).decode()

    assert f"## {REFUND}" in written
    assert "환불할 수 있습니다. [1]" in written
    assert "**출처**" in written
    assert "- [1] 환불 규정" in written


def test_when_a_question_holds_markup_then_the_export_shows_it_and_does_not_obey() -> None:
    written = export_conversation(
        asked_once("# 제목 <img src=x> ![그림](http://a.b)"), "markdown", language="ko", principal=ANA
    ).decode()

    assert "<img" not in written.replace("\\<", "")
    assert "## \\# 제목" in written
    assert "![" not in written.replace("\\!", "")


def test_when_exported_as_json_then_every_source_is_there_in_full() -> None:
    read = json.loads(export_conversation(asked_once(), "json", language="ko", principal=ANA))

    assert read["conversation"]["message_count"] == 2
    answer = read["messages"][1]["answer"]
    assert answer["sources"][0]["title"]
    assert 0 <= answer["confidence"] <= 1


def test_when_exported_as_pdf_then_hangul_can_be_read_in_it_and_it_is_the_same_again() -> None:
    from pypdf import PdfReader

    conversation_id = asked_once()

    written = export_conversation(conversation_id, "pdf", language="ko", principal=ANA)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(written)).pages)

    assert "환불할 수 있습니다. [1]" in text
    assert "출처" in text
    assert written == export_conversation(conversation_id, "pdf", language="ko", principal=ANA)


def test_when_the_form_is_unknown_or_the_conversation_is_not_ones_own_then_there_is_no_file() -> None:
    conversation_id = asked_once()

    with pytest.raises(BadInput):
        export_conversation(conversation_id, "docx", language="ko", principal=ANA)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        export_conversation(conversation_id, "pdf", language="ko", principal=BEN)
