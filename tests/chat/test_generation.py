"""An answer in the making can be stopped, followed again after a reload, and survives nothing it should not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.chat import answer_threads
from core.chat.answering import ask, ask_again, follow, stop, wait_for
from core.chat.messages import MESSAGES, SILENT_S, get_message, list_messages
from core.chat.stored_questions import asked_in_last_minute
from core.errors import NotFound
from core.storage.database import reading, utc_now, writing
from tests.chat.conversations_home import OTHERS, PATIENCE_S, REFUND, answered
from tests.chat.scripted_model import ScriptedModel
from tests.conftest import PROJECT
from tests.knowledge.collections_home import ANA, BEN, POLICY, filled

GOOD = "구매 후 30일 안에 환불할 수 있습니다."


@pytest.fixture
def in_the_middle(database: Path, model: ScriptedModel) -> str:
    """The id of an answer of which a model has written the first sentence and half of the second."""
    filled(policy=POLICY + OTHERS)
    model.says(f"{GOOD} 배송은 사흘이 걸립니다.", waits_before=8)
    asked = ask(REFUND, principal=ANA)
    assert model.is_waiting.wait(PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while not get_message(asked.answer_id, principal=ANA).text.startswith(GOOD):  # what came is kept a moment later
        assert time.monotonic() < deadline, "the first sentence never arrived"
        time.sleep(0.02)
    return asked.answer_id


def silent_for(message_id: str, seconds: float) -> None:
    with writing() as connection:
        earlier = utc_now() - timedelta(seconds=seconds)
        connection.execute(update(MESSAGES).where(MESSAGES.c.id == message_id).values(updated_at=earlier))


def test_when_an_answer_is_stopped_then_what_is_there_is_kept_and_said_to_be_stopped(in_the_middle: str) -> None:
    stop(in_the_middle, principal=ANA)

    message = wait_for(in_the_middle, principal=ANA, timeout_s=PATIENCE_S)

    assert message.state == "stopped"
    assert message.text.startswith(GOOD)
    assert message.answer is not None
    assert message.answer.note == "chat.stopped"


def test_when_another_process_asks_to_stop_then_it_is_heard(in_the_middle: str) -> None:
    with writing() as connection:
        connection.execute(update(MESSAGES).where(MESSAGES.c.id == in_the_middle).values(stop_requested=1))

    assert wait_for(in_the_middle, principal=ANA, timeout_s=PATIENCE_S).state == "stopped"


def test_when_somebody_else_asks_to_stop_then_there_is_no_such_answer(in_the_middle: str) -> None:
    with pytest.raises(NotFound):
        stop(in_the_middle, principal=BEN)


def test_when_a_page_is_loaded_anew_then_the_answer_is_followed_from_where_it_is(
    in_the_middle: str, model: ScriptedModel
) -> None:
    updates = follow(in_the_middle, principal=ANA)
    first = next(updates)
    model.goes_on.set()
    last = list(updates)[-1]

    assert first.text.startswith(GOOD)
    assert last.message is not None
    assert last.message.text == f"{GOOD} 배송은 사흘이 걸립니다."


def test_when_another_process_makes_the_answer_then_it_is_followed_through_the_database(
    in_the_middle: str, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_threads, "in_the_making", lambda answer_id: None)
    updates = follow(in_the_middle, principal=ANA)
    until = time.monotonic() + PATIENCE_S
    first = next(one for one in updates if GOOD in one.text or time.monotonic() > until)
    model.goes_on.set()
    last = list(updates)[-1]

    assert (first.stage, first.text[: len(GOOD)]) == ("writing", GOOD)
    assert (last.stage, last.text) == ("done", f"{GOOD} 배송은 사흘이 걸립니다.")


@pytest.mark.usefixtures("database")
def test_when_nobody_says_that_an_answer_lives_then_it_reads_as_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_threads, "begin", lambda *_: None)
    asked = ask(REFUND, principal=ANA)
    before = get_message(asked.answer_id, principal=ANA).state
    silent_for(asked.answer_id, SILENT_S + 1)

    assert (before, get_message(asked.answer_id, principal=ANA).state) == ("generating", "interrupted")


def test_when_a_process_is_killed_in_the_middle_then_the_answer_is_interrupted_and_can_be_asked_again(
    database: Path,
) -> None:
    filled(policy=POLICY + OTHERS)
    killed = subprocess.Popen(
        [sys.executable, "-m", "tests.chat.asking_alone"], cwd=PROJECT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "WORKBENCH_HOME": str(database)},
    )  # fmt: skip
    assert killed.stdout is not None
    question_id, answer_id = killed.stdout.readline().split()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    silent_for(answer_id, SILENT_S + 1)

    interrupted = get_message(answer_id, principal=ANA)
    again = ask_again(question_id, principal=ANA)
    message = wait_for(again.answer_id, principal=ANA, timeout_s=PATIENCE_S)

    assert (interrupted.state, interrupted.text[:2]) == ("interrupted", "구매")
    assert "30일" in message.text
    assert [one.number for one in list_messages(again.conversation_id, principal=ANA)] == [0, 1]


def test_when_a_worker_comes_back_too_late_then_its_answer_is_let_go(in_the_middle: str, model: ScriptedModel) -> None:
    silent_for(in_the_middle, SILENT_S + 1)
    with reading() as connection:
        wanted = select(MESSAGES.c.conversation_id).where(MESSAGES.c.id == in_the_middle)
        conversation_id = connection.execute(wanted).scalar_one()
    question = list_messages(conversation_id, principal=ANA)[0]
    again = ask_again(question.id, principal=ANA)
    model.goes_on.set()

    wait_for(again.answer_id, principal=ANA, timeout_s=PATIENCE_S)

    ids = [one.id for one in list_messages(conversation_id, principal=ANA)]
    assert ids == [question.id, again.answer_id]


@pytest.mark.usefixtures("database")
def test_when_an_answer_stands_then_asking_again_keeps_it_and_adds_another() -> None:
    filled(policy=POLICY + OTHERS)
    asked, message = answered()

    again = ask_again(asked.question_id, principal=ANA)
    wait_for(again.answer_id, principal=ANA, timeout_s=PATIENCE_S)

    messages = list_messages(asked.conversation_id, principal=ANA)
    assert len(messages) == 4
    assert messages[1].id == message.id


@pytest.mark.usefixtures("database")
def test_when_something_unforeseen_happens_then_the_answer_has_failed_and_the_next_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from core.chat import composing

    with monkeypatch.context() as patch:
        patch.setattr(composing, "judge", lambda *_: 1 / 0)
        _, failed = answered()
    _, message = answered()

    assert (failed.state, failed.error.key if failed.error else "") == ("failed", "chat.failed")
    assert message.state == "done"


@pytest.mark.usefixtures("database")
def test_when_questions_were_asked_then_those_of_the_last_minute_are_told() -> None:
    answered()
    answered()
    answered(principal=BEN)

    with reading() as connection:
        assert len(asked_in_last_minute(connection, ANA)) == 2
