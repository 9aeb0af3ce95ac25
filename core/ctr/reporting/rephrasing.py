"""Lets a chat model say a section in other words and keeps its text only when every number in it is a fact."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Unavailable
from core.llm.chat_model import ChatModel, Message, collect
from core.llm.facts_check import unsupported_numbers

MAX_TOKENS = 700
ASK = {
    "en": "You edit a report for marketers. Rephrase the text in plain English, in one paragraph. Keep every figure "
    "exactly as written, add no number, no claim and no advice that is not in the text. Answer with the text alone.",
    "ko": "당신은 마케터를 위한 보고서를 다듬습니다. 아래 글을 자연스러운 합니다체 한 문단으로 바꿔 쓰십시오. "
    "수치는 적힌 그대로 두고, 글에 없는 숫자나 주장, 조언을 더하지 마십시오. 글만 답하십시오.",
}


@dataclass(frozen=True)
class Rejected:
    """A model's text that was not used. reason: "empty", "unsupported_number", "missing_headline" or "unavailable".

    numbers: those that are in no fact, or the headline figures that were left out.
    """

    section: str
    reason: str
    numbers: tuple[str, ...] = ()


def rephrase(section: str, template: str, headline: str, language: str, model: ChatModel) -> str | Rejected:
    """The model's wording of the template, or why it was not taken. headline: a figure it may not leave out, or ""."""
    try:
        text = collect(model, [Message("system", ASK[language]), Message("user", template)], max_tokens=MAX_TOKENS)
    except Unavailable:
        return Rejected(section, "unavailable")
    text = " ".join(text.split())
    if not text:
        return Rejected(section, "empty")
    # The template holds the facts' figures and the few numbers of its own words, such as "95 %".
    invented = unsupported_numbers(text, [template])
    if invented:
        return Rejected(section, "unsupported_number", invented)
    lost = unsupported_numbers(headline, [text])
    return Rejected(section, "missing_headline", lost) if lost else text
