"""Gets ready what the first question would wait for: encoder, index, compiled loops, and the domains' own figures."""

from __future__ import annotations

import threading
import time

from core.errors import WorkbenchError
from core.security.policy import Principal, Role
from core.telemetry.logs import get_logger

WARMER = Principal("workbench", Role.ADMIN, "workbench")  # looks in every collection and shows nobody what it finds
QUESTION = "문서는 어디에 있습니까? Where are the documents?"
AGAIN_EVERY_S = 5.0  # on a first start the documents come a minute later
ROUNDS = 360  # half an hour of looking; after that, the first question pays

log = get_logger("chat")
_guard = threading.Lock()
_begun: list[bool] = []  # one entry once this process has begun


def begin_warming() -> None:
    """Load everything now where there are documents, else as soon as there are; once in a process.

    What is away is left to the first question, which tells it.
    """
    with _guard:
        if _begun:
            return
        _begun.append(True)
    if not warm_up():
        threading.Thread(target=_keep_on, name="warming", daemon=True).start()


def warm_up() -> bool:
    """Ask one question of everything there is; False while there is nothing to look in.

    Without documents no encoder is loaded: it would be compiled here beside the job that compiles it for them.
    """
    import core.chat.answering  # noqa: F401 - what every question imports
    from core.chat.own_data import offered
    from core.knowledge.retrieval.find import find
    from core.knowledge.retrieval.index import newest_encoder

    try:
        offered()
        if not newest_encoder():
            return False
        found = find(QUESTION, principal=WARMER, k=1)
    except WorkbenchError as error:
        log.info("not_warm", reason=error.code)
        return False
    if found.searched:
        log.info("answers_warm", seconds=round(found.seconds["all"], 3))
    return bool(found.searched)


def _keep_on() -> None:
    for _ in range(ROUNDS):
        time.sleep(AGAIN_EVERY_S)
        if warm_up():
            return
