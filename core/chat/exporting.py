"""A conversation as a file: Markdown, JSON or PDF, with the numbered sources of every answer its reader may see."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, get_args

from core.chat.conversations import summary_of
from core.chat.message_lines import lines_of, source_line, state_line
from core.chat.messages import Message, list_messages
from core.errors import BadInput
from core.messages import say
from core.security.policy import Principal

Form = Literal["markdown", "pdf", "json"]


def export_conversation(conversation_id: str, form: Form, *, language: str, principal: Principal) -> bytes:
    """The file's content, text in UTF-8. Raises NotFound, BadInput for another form, Unavailable without a font."""
    if form not in get_args(Form):
        raise BadInput("chat.no_such_form", form=str(form)[:80], known=", ".join(get_args(Form)))
    conversation = summary_of(conversation_id, principal=principal)
    messages = list_messages(conversation_id, principal=principal)
    if form == "json":
        told = {"conversation": asdict(conversation), "messages": [_plain(one, language) for one in messages]}
        return json.dumps(told, ensure_ascii=False, indent=1, default=_time).encode()
    if form == "pdf":
        from core.chat.export_pdf import conversation_pdf

        return conversation_pdf(conversation.title, messages, language)
    return _markdown(conversation.title, messages, language).encode()


def _markdown(title: str, messages: tuple[Message, ...], language: str) -> str:
    parts = [f"# {_escaped(title)}"]
    for message in messages:
        if message.role == "user":
            parts.append(f"## {_escaped(' '.join(message.text.split()))}")
            parts.append(f"*{message.at.isoformat(timespec='seconds')}*")
            continue
        lines = lines_of(message.answer, language) if message.answer is not None else tuple(message.text.split("\n"))
        parts.extend(_escaped(line) for line in lines if line.strip())
        if (state := state_line(message, language)) is not None:
            parts.append(f"*{_escaped(state)}*")
        if message.answer is not None and message.answer.sources:
            parts.append(f"**{say('chat.sources', language)}**")
            cited = [one for one in message.answer.sources if one.is_cited] or message.answer.sources
            parts.append("\n".join(f"- {_escaped(source_line(one, language))}" for one in cited))
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """No sign of a document or a question becomes a heading, a link or markup."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}<>#|!" else sign for sign in text).replace("](", "]\\(")


def _plain(message: Message, language: str) -> dict[str, Any]:
    told = asdict(message)
    told["error"] = message.error.text(language) if message.error is not None else None
    if message.answer is not None:
        told["answer"]["warnings"] = [one.text(language) for one in message.answer.warnings]
        told["answer"]["said"] = message.answer.said(language)
    return told


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
