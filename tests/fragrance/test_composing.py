"""Composing in conversation: each sentence changes the formula through the engine, and what changed is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, NotFound
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.composing import conversation
from core.fragrance.composing.conversation import Composed, compose
from core.fragrance.composing.kept_conversations import id_for, keep_turn, open_conversation, turns_of
from core.fragrance.composing.odour_shares import odour_shares
from core.fragrance.composing.requests import requests_in
from core.fragrance.formulas.formula import Formula
from core.fragrance.generation.alternatives import likeness
from core.security.policy import LOCAL_ANALYST, Principal, Role

SOMEBODY_ELSE = Principal("else", Role.ANALYST)
KOREAN = "봄에 어울리는 로맨틱한 장미 향수, 달콤하게"
ENGLISH = "A romantic rose perfume for spring, sweet"


def turn(message: str, before: Composed | None = None, language: str = "ko") -> Composed:
    return compose(
        message,
        conversation_id=before.conversation_id if before else "",
        language=language,
        principal=LOCAL_ANALYST,
    )


def share(told: Composed, word: str) -> float:
    assert told.formula is not None
    return odour_shares(told.formula, current_catalogue(), {}).get(word, 0.0)


def amounts(formula: Formula | None) -> dict[str, float]:
    assert formula is not None
    return {line.ingredient: float(line.amount_mg) for line in formula.lines}


def test_when_the_first_sentence_is_a_brief_then_a_perfume_with_key_notes_is_composed(home: Path) -> None:
    told = turn(KOREAN)

    assert told.preview is not None
    assert all(told.preview[position] for position in ("top", "heart", "base"))
    assert told.brief is not None
    assert (told.brief.moods, told.brief.seasons) == (("romantic",), ("spring",))
    assert told.name in told.text


@pytest.mark.parametrize(("first", "less", "language"), [(KOREAN, "덜 달게 해줘", "ko"), (ENGLISH, "less sweet", "en")])
def test_when_less_of_an_odour_is_asked_for_then_its_share_falls_and_the_change_is_told(
    home: Path, first: str, less: str, language: str
) -> None:
    before = turn(first, language=language)

    after = turn(less, before, language)

    assert after.conversation_id == before.conversation_id
    assert share(after, "sweet") < share(before, "sweet")
    told = [one for one in after.changes if one.key == "fragrance_composing.odour_less"]
    assert told[0].details["after"] == f"{100 * share(after, 'sweet'):.1f}"
    assert after.name == before.name


def test_when_less_is_asked_of_what_is_not_there_then_that_is_said(home: Path) -> None:
    before = turn("비누처럼 깨끗한 레몬 향")
    assert share(before, "tobacco") == 0.0

    after = turn("담배 향은 덜", before)

    assert "fragrance_composing.odour_none" in {one.key for one in after.changes} or after.changes[0].key == (
        "fragrance_composing.unchanged"
    )


def test_when_a_change_is_asked_for_then_most_of_the_formula_stays(home: Path) -> None:
    before = turn(KOREAN)

    after = turn("시트러스를 조금 더", before)

    assert share(after, "citrus") > share(before, "citrus")
    assert likeness(amounts(before.formula), amounts(after.formula)) > 0.5


def test_when_a_material_is_to_go_then_it_is_gone_and_said_so(home: Path) -> None:
    before = turn(KOREAN)
    assert before.formula is not None
    gone = current_catalogue().get(max(before.formula.lines, key=lambda line: line.amount_mg).ingredient)

    after = turn(f"{gone.name_ko} 빼줘", before)

    assert gone.id not in amounts(after.formula)
    out = [one for one in after.changes if one.key == "fragrance_composing.lines_out"]
    assert gone.name_ko in out[0].text("ko")


def test_when_it_is_to_be_cheaper_then_the_cost_falls(home: Path) -> None:
    before = turn(KOREAN)

    after = turn("더 저렴하게", before)

    assert before.alternative is not None and after.alternative is not None
    assert before.alternative.cost_per_kg is not None and after.alternative.cost_per_kg is not None
    assert after.alternative.cost_per_kg < before.alternative.cost_per_kg


def test_when_it_is_undone_then_the_formula_before_is_at_hand_again(home: Path) -> None:
    first = turn(KOREAN)
    second = turn("덜 달게", first)
    assert second.formula != first.formula

    third = turn("되돌려줘", second)

    assert third.formula == first.formula
    assert turn("undo", third).formula == first.formula  # there is nothing before it


def test_when_asked_why_then_each_material_has_its_reason_and_nothing_changes(home: Path) -> None:
    before = turn(KOREAN)

    after = turn("왜?", before)

    assert after.formula == before.formula
    assert before.formula is not None
    assert len(after.text.splitlines()) == len(before.formula.lines)


def test_when_what_the_name_tells_is_to_go_then_the_name_goes_too(home: Path) -> None:
    before = turn(KOREAN)
    assert "장미" in before.name

    after = turn("장미는 빼고 재스민으로", before)

    assert "장미" not in after.name
    assert share(after, "rose") < 0.1 * share(before, "rose")


def test_when_a_request_is_understood_then_its_words_are_not_told_as_unread(home: Path) -> None:
    assert turn("더 저렴하게", turn(KOREAN)).unread == ()


def test_when_nothing_is_understood_then_one_sentence_says_so_and_the_formula_stays(home: Path) -> None:
    before = turn(KOREAN)

    with pytest.raises(BadInput, match="did not understand"):
        turn("qwertz", before)

    kept = open_conversation(before.conversation_id, principal=LOCAL_ANALYST)
    assert kept.steps[-1].formula == before.formula


def test_when_the_conversation_is_somebody_elses_then_nothing_of_it_shows(home: Path) -> None:
    before = turn(KOREAN)

    other = compose("덜 달게", conversation_id=before.conversation_id, language="ko", principal=SOMEBODY_ELSE)

    assert other.conversation_id != before.conversation_id
    with pytest.raises(NotFound):
        turns_of(before.conversation_id, principal=SOMEBODY_ELSE)


def test_when_a_client_names_the_conversation_itself_then_its_next_turn_goes_on_with_it(home: Path) -> None:
    def named(message: str, principal: Principal) -> Composed:
        return compose(message, conversation_id="session_17", language="ko", principal=principal)

    first = named(KOREAN, LOCAL_ANALYST)
    second = named("덜 달게", LOCAL_ANALYST)
    other = named(KOREAN, SOMEBODY_ELSE)

    assert second.conversation_id == first.conversation_id != other.conversation_id
    assert share(second, "sweet") < share(first, "sweet")


def test_when_a_first_message_is_sent_twice_at_once_then_the_second_hears_of_the_other(home: Path) -> None:
    kept = keep_turn(None, (), KOREAN, {"text": "1"}, chosen="session_18", principal=LOCAL_ANALYST)

    with pytest.raises(Conflict):
        keep_turn(None, (), KOREAN, {"text": "2"}, chosen="session_18", principal=LOCAL_ANALYST)

    assert kept == id_for("session_18", LOCAL_ANALYST)
    assert [one.answered["text"] for one in turns_of(kept, principal=LOCAL_ANALYST)] == ["1"]


def test_when_turns_are_read_then_they_are_what_was_said(home: Path) -> None:
    first = turn(KOREAN)
    turn("덜 달게", first)

    assert [one.asked for one in turns_of(first.conversation_id, principal=LOCAL_ANALYST)] == [KOREAN, "덜 달게"]


def test_when_the_same_is_said_in_another_process_then_the_formula_is_the_same(home: Path) -> None:
    told = turn(KOREAN)
    code = (
        "from core.fragrance.composing.conversation import compose\n"
        "from core.security.policy import LOCAL_ANALYST\n"
        f"told = compose({KOREAN!r}, language='ko', principal=LOCAL_ANALYST)\n"
        "print([(line.ingredient, line.amount_mg) for line in told.formula.lines])"
    )

    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=240
    )

    assert told.formula is not None
    assert other.stdout.strip() == str([(line.ingredient, line.amount_mg) for line in told.formula.lines])


@pytest.mark.parametrize("message", ["", "  ", "x" * (conversation.LONGEST + 1)])
def test_when_a_message_cannot_be_read_then_it_is_refused(home: Path, message: str) -> None:
    with pytest.raises(BadInput):
        turn(message)


@pytest.mark.parametrize(
    ("text", "request_"),
    [("undo that", "undo"), ("되돌려줘", "undo"), ("더 싸게 만들어줘", "cheaper"), ("another one please", "another"),
     ("더 은은하게", "lighter"), ("a bit stronger", "stronger"), ("처음부터 다시", "start_over"), 
     ("왜 이걸 넣었어?", "why")],
)  # fmt: skip
def test_when_a_request_is_said_then_it_is_recognised(text: str, request_: str) -> None:
    assert request_ in requests_in(text)
