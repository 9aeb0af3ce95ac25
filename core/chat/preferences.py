"""How somebody wants to be answered; kept for each person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from sqlalchemy import insert, select, update

from core.errors import BadInput
from core.knowledge.limits import MOST_COLLECTIONS
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading, utc_now, writing

PREFERENCES = knowledge_tables.chat_preferences
AnswerLanguage = Literal["question", "ko", "en"]
AnswerLength = Literal["short", "normal", "long"]


@dataclass(frozen=True)
class ChatPreferences:
    """language: of written answers, by default the question's. collection_ids: asked where a conversation names none.

    shows_retrieval: whether the panel with both legs' scores is open. uses_model: False wants quotes even where a
    model is configured.
    """

    language: AnswerLanguage = "question"
    answer_length: AnswerLength = "normal"
    collection_ids: tuple[str, ...] = ()
    shows_retrieval: bool = False
    uses_model: bool = True


def load_preferences(*, principal: Principal) -> ChatPreferences:
    """One's own, or the defaults."""
    require(principal, Permission.CHAT_USE)
    with reading() as connection:
        values = connection.execute(select(PREFERENCES.c["values"]).where(PREFERENCES.c.owner == principal.id)).scalar()
    if values is None:
        return ChatPreferences()
    return ChatPreferences(**{**values, "collection_ids": tuple(values["collection_ids"])})


def save_preferences(preferences: ChatPreferences, *, principal: Principal) -> ChatPreferences:
    """Keep them. Raises BadInput for a value that is not offered."""
    require(principal, Permission.CHAT_USE)
    offered = {"language": get_args(AnswerLanguage), "answer_length": get_args(AnswerLength)}
    for name, known in offered.items():
        if getattr(preferences, name) not in known:
            raise BadInput("chat.no_such_preference", name=name, known=", ".join(known))
    if len(preferences.collection_ids) > MOST_COLLECTIONS:
        raise BadInput("chat.too_many_collections", limit=MOST_COLLECTIONS)
    kept = {"values": asdict(preferences), "updated_at": utc_now()}
    with writing() as connection:
        changed = connection.execute(update(PREFERENCES).where(PREFERENCES.c.owner == principal.id).values(**kept))
        if not changed.rowcount:
            connection.execute(insert(PREFERENCES).values(owner=principal.id, **kept))
    return preferences
