"""An answer while it is made: its event stream, stopping it, and the passages behind it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.api.routes import chat_answers
from core.chat import answering
from core.knowledge.collections import remove_collection, restore_collection
from tests.api.chat_home import ChatHome, answer_to, events_of, fails
from tests.api.image_cases import serving
from tests.chat.conversations_home import REFUND


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, threading.Event]]:
    """An answer that writes two words, each when it is let."""
    gates = {"first": threading.Event(), "second": threading.Event()}
    at_once = answering.compose

    def step_by_step(asking: Any, live: Any) -> Any:
        live.uses(())
        for name, text in (("first", "구매"), ("second", "구매 후")):
            while not gates[name].wait(0.02):
                if live.is_stopped:
                    return at_once(asking, live)
            live.enter("writing")
            live.write(text)
        return at_once(asking, live)

    monkeypatch.setattr(answering, "compose", step_by_step)
    yield gates
    for gate in gates.values():
        gate.set()


@pytest.fixture(scope="module")
def server(built_chat: ChatHome) -> Iterator[str]:
    with serving(built_chat.client) as address:
        yield f"http://{address}"


def begun(chat: ChatHome) -> str:
    return answering.ask(REFUND, principal=chat.ana.account.principal).answer_id


def path_of(answer_id: str) -> str:
    return f"/api/chat/answers/{answer_id}/events"


def test_when_an_answer_is_followed_then_stage_text_and_the_whole_answer_come_in_order(
    chat: ChatHome, server: str, steps: dict[str, threading.Event]
) -> None:
    seen = []
    with httpx.stream("GET", server + path_of(begun(chat)), headers=chat.ana.header, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            seen += events_of(line)
            if seen and seen[-1]["type"] == "stage":
                steps["first"].set()
            if seen and seen[-1]["type"] == "text":
                steps["second"].set()

    assert [one["type"] for one in seen[:2]] == ["stage", "stage"]
    assert [one["text"] for one in seen if one["type"] == "text"] == ["구매", "구매 후"]
    assert seen[-1]["type"] == "done" and "30일" in seen[-1]["response"]
    assert seen[-1]["retrieved_documents"] and seen[-1]["confidence_score"] > 0


def test_when_the_page_is_reloaded_then_it_begins_with_what_is_written(
    chat: ChatHome, server: str, steps: dict[str, threading.Event]
) -> None:
    answer_id = begun(chat)
    steps["first"].set()

    def first_text() -> str:
        with httpx.stream("GET", server + path_of(answer_id), headers=chat.ana.header, timeout=20) as answer:
            for line in answer.iter_lines():
                for one in events_of(line):
                    if one["type"] == "text":
                        return str(one["text"])
        return ""

    assert first_text() == first_text() == "구매"
    steps["second"].set()
    text = httpx.get(server + path_of(answer_id), headers=chat.ana.header, timeout=20).text
    assert events_of(text)[-1]["message_state"] == "done"


def test_when_the_answer_is_there_already_then_the_stream_tells_it_at_once_and_a_reconnect_ends(
    chat: ChatHome,
) -> None:
    asked = answer_to(chat)
    path = path_of(asked["message_id"])
    answer = chat.client.get(path, headers=chat.ana.header)
    again = chat.client.get(path, headers={**chat.ana.header, "Last-Event-ID": "done"})

    assert {name: events_of(answer.text)[-1][name] for name in ("response", "message_id")} == {
        name: asked[name] for name in ("response", "message_id")
    }
    assert answer.text.splitlines()[-3].startswith("id: done")
    assert (again.status_code, again.content) == (204, b"")


def test_when_nothing_happens_for_a_while_then_the_stream_says_that_it_lives(
    chat: ChatHome, server: str, steps: dict[str, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_answers, "STILL_HERE_S", 0.05)
    with httpx.stream("GET", server + path_of(begun(chat)), headers=chat.ana.header, timeout=20) as answer:
        assert any(line == ": still here" for line in answer.iter_lines())


def test_when_a_browser_follows_then_its_token_may_stand_in_the_address(chat: ChatHome) -> None:
    path = path_of(answer_to(chat)["message_id"])

    assert chat.client.get(f"{path}?token={chat.ana.token}").status_code == 200
    assert chat.client.get(path).status_code == 401
    assert chat.client.get(f"{path}?token=a.b.c").status_code == 401


@pytest.mark.parametrize(("method", "end"), [("GET", "events"), ("POST", "stop")])
def test_when_the_answer_is_of_somebody_else_then_404_for_admins_as_well(chat: ChatHome, method: str, end: str) -> None:
    path = f"/api/chat/answers/{answer_to(chat)['message_id']}/{end}"

    for who in (chat.ben, chat.root):
        assert chat.client.request(method, path, headers=who.header).status_code == 404


@pytest.mark.parametrize(("method", "end"), [("GET", "events"), ("POST", "stop")])
def test_when_a_question_is_named_instead_of_its_answer_then_404(chat: ChatHome, method: str, end: str) -> None:
    path = f"/api/chat/answers/{answer_to(chat)['question_id']}/{end}"

    assert chat.client.request(method, path, headers=chat.ana.header).status_code == 404


def test_when_an_answer_is_stopped_then_it_ends_and_says_so(
    chat: ChatHome, server: str, steps: dict[str, threading.Event]
) -> None:
    answer_id = begun(chat)
    told = httpx.post(f"{server}/api/chat/answers/{answer_id}/stop", headers=chat.ana.header, timeout=20)
    last = events_of(httpx.get(server + path_of(answer_id), headers=chat.ana.header, timeout=20).text)[-1]

    assert told.status_code == 200
    assert (last["type"], last["message_state"]) == ("done", "stopped")
    assert last["response"]


def test_when_an_answer_fails_then_the_stream_ends_with_the_reason(
    chat: ChatHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "compose", fails)
    answer_id = begun(chat)
    last = events_of(chat.client.get(path_of(answer_id), headers=chat.ana.header).text)[-1]

    assert (last["message_state"], last["state"], last["confidence_score"]) == ("failed", "unanswered", 0)
    assert last["response"]


def test_when_many_follow_one_answer_then_it_is_read_once_and_each_hears_its_end(
    chat: ChatHome, server: str, steps: dict[str, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_id, at_once, reads = begun(chat), answering.follow, []

    def counted(one: str, **who: Any) -> Any:
        reads.append(one)
        return at_once(one, **who)

    monkeypatch.setattr(answering, "follow", counted)

    def followed(number: int) -> str:
        with httpx.stream("GET", server + path_of(answer_id), headers=chat.ana.header, timeout=20) as answer:
            lines = answer.iter_lines()
            first = next(lines)  # heard before anything is written
            if next(listening) == 4:
                for gate in steps.values():
                    gate.set()
            return first + "".join(lines)

    listening = itertools.count()
    with ThreadPoolExecutor(5) as pool:
        texts = list(pool.map(followed, range(5)))

    assert reads == [answer_id]
    assert all('"type": "done"' in text for text in texts)


def test_when_a_reader_leaves_then_the_answer_is_made_all_the_same(
    chat: ChatHome, server: str, steps: dict[str, threading.Event]
) -> None:
    answer_id = begun(chat)
    with httpx.stream("GET", server + path_of(answer_id), headers=chat.ana.header, timeout=20) as answer:
        next(answer.iter_lines())
    for gate in steps.values():
        gate.set()

    message = answering.wait_for(answer_id, principal=chat.ana.account.principal, timeout_s=20)
    assert message.state == "done"


def test_when_a_passage_is_opened_then_it_stands_in_its_document_for_those_who_may_read_it(chat: ChatHome) -> None:
    source = answer_to(chat)["retrieved_documents"][0]
    path = f"/api/chat/passages/{source['passage_id']}"
    passage = chat.client.get(path, headers=chat.ana.header).json()

    assert (passage["document_id"], passage["heading_path"]) == (source["id"], ["환불 규정"])
    assert "30일" in passage["text"] and passage["is_current"]
    assert chat.client.get(path, headers=chat.ben.header).status_code == 404
    assert chat.client.get(path, headers=chat.root.header).status_code == 200


def test_when_its_collection_is_removed_then_the_passage_is_gone(chat: ChatHome) -> None:
    path = f"/api/chat/passages/{answer_to(chat)['retrieved_documents'][0]['passage_id']}"
    principal = chat.ana.account.principal
    remove_collection(chat.collection_id, principal=principal)
    try:
        assert chat.client.get(path, headers=chat.ana.header).status_code == 404
    finally:
        restore_collection(chat.collection_id, principal=principal)


@pytest.mark.parametrize("number", ["0", "x", "99999999999999999999"])
def test_when_the_passage_has_no_such_number_then_400(chat: ChatHome, number: str) -> None:
    assert chat.client.get(f"/api/chat/passages/{number}", headers=chat.ana.header).status_code == 400
