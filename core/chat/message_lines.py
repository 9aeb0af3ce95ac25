"""How a message is told line by line in a file: sentences with the numbers of their sources, and what they lack."""

from __future__ import annotations

from core.chat.messages import Message
from core.chat.shown_answers import ShownAnswer, ShownSource
from core.knowledge.answers.citations import joined
from core.messages import say


def lines_of(answer: ShownAnswer, language: str) -> tuple[str, ...]:
    """The sentences with the numbers of their sources, then what is to be known of them."""
    text = joined(
        answer.kind,
        (
            one.text + "".join(f" [{number}]" for number in dict.fromkeys(cited.number for cited in one.citations))
            for one in answer.sentences
        ),
    )
    lines = [*text.split("\n")] if text else []
    if answer.understood_as:
        lines.append(say("chat.understood_as", language, question=answer.understood_as))
    if answer.note:
        lines.append(say(answer.note, language))
    if answer.withheld:
        lines.append(say("chat.withheld", language, count=answer.withheld))
    return (*lines, *(one.text(language) for one in answer.warnings))


def source_line(source: ShownSource, language: str) -> str:
    """Number, title, and where in it."""
    place = [" > ".join(source.heading_path)] if source.heading_path else []
    if source.page is not None:
        place.append(say("chat.page", language, page=source.page))
    if source.sheet:
        place.append(source.sheet)
    return f"[{source.number}] " + ", ".join([source.title, *place])


def state_line(message: Message, language: str) -> str | None:
    """Why there is no answer, or not a whole one."""
    if message.error is not None:
        return message.error.text(language)
    if message.state in ("generating", "interrupted"):
        return say(f"chat.state_{message.state}", language)
    return None
