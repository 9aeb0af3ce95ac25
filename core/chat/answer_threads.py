"""Answers in the making: worker threads of this process, what they have written so far, and the word that they live.

`answering` hands them stored questions; they call `composing.compose` and store what comes of it. The database holds
the truth. A process that is killed stops saying that its answers live, and they read as interrupted; a worker that
comes back too late finds its row taken and lets go.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import insert, select, update

from core.chat.composing import Composed
from core.chat.messages import CONVERSATIONS, MESSAGES
from core.chat.stored_answers import StoredAnswer, draft, to_json
from core.errors import WorkbenchError
from core.knowledge.notices import Notice, notice_of
from core.settings.current import get_settings
from core.storage import knowledge_tables
from core.storage.database import utc_now, writing
from core.telemetry.logs import get_logger
from core.telemetry.metrics import count_answer
from core.telemetry.traces import span

HEARTBEAT_S = 3.0
FLUSH_S = 0.3  # between two writings of unfinished text

Stage = Literal["searching", "writing", "checking", "done"]
log = get_logger("chat")


@dataclass(eq=False)
class Live:
    """One answer in the making. changed: notified with every change of stage, text or end."""

    id: str
    owner: str
    stage: Stage = "searching"
    text: str = ""
    is_over: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    began: float = field(default_factory=time.monotonic)
    _flushed_at: float = 0.0
    _flushed: str = ""

    @property
    def is_stopped(self) -> bool:
        return self.stop.is_set()

    def enter(self, stage: Stage) -> None:
        """The next part of the work."""
        with self.changed:
            self.stage = stage
            self.changed.notify_all()

    def uses(self, passage_ids: tuple[int, ...]) -> None:
        """Said before a model begins to write: whoever reads the unfinished text must be able to read these."""
        _write(self, answer=draft(passage_ids))

    def write(self, text: str) -> None:
        """All that is written so far; also called now and then without a change, to learn of a wish to stop."""
        if text != self.text:
            with self.changed:
                self.text = text
                self.changed.notify_all()
        now = time.monotonic()
        if now - self._flushed_at >= FLUSH_S:
            self._flushed_at = now
            if text != self._flushed:
                self._flushed = text
                _write(self, text=text)
            else:
                _hear(self)


def begin(answer_id: str, owner: str, compose: Callable[[Live], Composed]) -> Live:
    """Have the answer made by a thread of this process; at most `chat_parallel` at a time, in the order of asking."""
    live = Live(answer_id, owner)
    with _guard:
        _live[answer_id] = live
        _waiting.put((live, compose))
        for number in range(len(_workers), get_settings().chat_parallel):
            _workers.append(threading.Thread(target=_work, name=f"chat-{number}", daemon=True))
            _workers[-1].start()
        if not _heart:
            _heart.append(threading.Thread(target=_beat, name="chat-heart", daemon=True))
            _heart[0].start()
    return live


def in_the_making(answer_id: str) -> Live | None:
    """The answer where this process makes it."""
    return _live.get(answer_id)


def request_stop(answer_id: str) -> None:
    """Heard by whichever process makes the answer."""
    with writing() as connection:
        wanted = update(MESSAGES).where(MESSAGES.c.id == answer_id, MESSAGES.c.state == "generating")
        connection.execute(wanted.values(stop_requested=1))
    live = _live.get(answer_id)
    if live is not None:
        live.stop.set()


def _work() -> None:
    while True:
        live, compose = _waiting.get()
        try:
            _make(live, compose)
        except Exception:  # not even the failure could be stored: the answer will read as interrupted
            log.error("answer_lost", message_id=live.id, exc_info=True)
        finally:
            with _guard:
                _live.pop(live.id, None)
            with live.changed:
                live.is_over = True
                live.changed.notify_all()


def _make(live: Live, compose: Callable[[Live], Composed]) -> None:
    try:
        _hear(live)
        with span("chat.answer"):
            composed = compose(live)
    except WorkbenchError as error:
        _end(live, "failed", error=notice_of(error))
    except Exception:  # this answer has failed and says so; the thread goes on with those of other people
        log.error("answer_failed", message_id=live.id, exc_info=True)
        _end(live, "failed", error=Notice("chat.failed"))
    else:
        _end(live, "stopped" if composed.is_stopped else "done", composed.answer)


def _end(
    live: Live, state: str, answer: StoredAnswer | None = None, error: Notice | None = None
) -> None:  # fmt: skip
    """Answer, state and hits at once, unless somebody else has taken the row meanwhile."""
    now = utc_now()
    values = {
        "state": state,
        "error": error.plain() if error is not None else None,
        "updated_at": now,
        "finished_at": now,
    }
    if answer is not None:
        values |= {"answer": to_json(answer), "text": answer.text}
    with writing() as connection:
        mine = update(MESSAGES).where(MESSAGES.c.id == live.id, MESSAGES.c.state == "generating")
        if connection.execute(mine.values(**values)).rowcount != 1:
            return
        conversation = select(MESSAGES.c.conversation_id).where(MESSAGES.c.id == live.id).scalar_subquery()
        connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation).values(updated_at=now))
        cited = answer.cited_ids if answer else ()
        hits = [
            {
                "owner": live.owner, "message_id": live.id, "passage_id": one.passage_id, "rank": rank,
                "is_cited": one.passage_id in cited, "created_at": now,
            }
            for rank, one in enumerate(answer.sources if answer else (), start=1)
        ]  # fmt: skip
        if hits:
            connection.execute(insert(knowledge_tables.chat_hits), hits)
    count_answer(answer.state if answer and state == "done" else state, time.monotonic() - live.began)


def _write(live: Live, **values: object) -> None:
    with writing() as connection:
        mine = update(MESSAGES).where(MESSAGES.c.id == live.id, MESSAGES.c.state == "generating")
        connection.execute(mine.values(**values, updated_at=utc_now()))
        wishes = select(MESSAGES.c.stop_requested).where(MESSAGES.c.id == live.id)
        if connection.execute(wishes).scalar():
            live.stop.set()


def _hear(live: Live) -> None:
    """Say that it lives, and hear whether it shall stop."""
    _write(live)


def _beat() -> None:
    while True:
        time.sleep(HEARTBEAT_S)
        for live in list(_live.values()):
            try:
                _hear(live)
            except WorkbenchError as error:  # the database is away; the next beat may reach it
                log.warning("heartbeat_failed", message_id=live.id, error=error.key)


_live: dict[str, Live] = {}
_waiting: queue.Queue[tuple[Live, Callable[[Live], Composed]]] = queue.Queue()
_workers: list[threading.Thread] = []
_heart: list[threading.Thread] = []
_guard = threading.Lock()
