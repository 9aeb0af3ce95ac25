"""Text that gives orders: a question that does is blocked; a passage that does is data, and kept from the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.knowledge.answers.refusal import RefusalModel, Verdict
from core.knowledge.answers.sentence_support import Source
from core.knowledge.answers.sentences import Sentence, split_sentences
from core.knowledge.parsing.suspicions import suspicious_places

# What is asked about in quotation marks is a subject, not an order.
_MENTIONED = re.compile(r"\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|‘[^’\n]{1,200}’|「[^」\n]{1,200}」|『[^』\n]{1,200}』")
_TAG = re.compile(r"</?\s*passage", re.IGNORECASE)


@dataclass(frozen=True)
class PromptPassages:
    """text: the passages between tags, numbered from 1 in their order. withheld: sentences left out, by passage."""

    text: str
    withheld: tuple[tuple[int, str], ...]


def gives_orders(question: str) -> bool:
    """Whether a question tries to change what the assistant is told, or to read it. A lone unseen sign does not."""
    plain = _MENTIONED.sub(" ", question)
    return any(key == "knowledge.instruction_text" for key, _, _ in suspicious_places(plain))


def blocked(model: RefusalModel) -> Verdict:
    """The verdict on such a question: nothing was looked up, so there is nothing to be confident of."""
    return Verdict("blocked", 0.0, 0.0, model.evaluation_set, {})


def as_data(sources: Sequence[Source]) -> PromptPassages:
    """The passages as a model gets them: no text can close its own tag, sentences that give orders are left out."""
    parts: list[str] = []
    withheld: list[tuple[int, str]] = []
    for number, source in enumerate(sources, start=1):
        bad = _orders(source.text)
        kept = [one.text for one in split_sentences(source.text) if one not in bad]
        withheld += [(source.passage_id, one.text) for one in bad]
        above = "" if suspicious_places(source.above) else source.above
        text = "\n".join(part for part in (above, " ".join(kept)) if part)
        parts.append(f'<passage number="{number}">\n{_TAG.sub("(passage", text)}\n</passage>')
    return PromptPassages("\n".join(parts), tuple(withheld))


def without_orders(source: Source) -> Source:
    """What a model was given of it, every letter at its place: what was withheld cannot bear out what it wrote."""
    text = source.text
    for one in _orders(text):
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return replace(source, text=text)


def _orders(text: str) -> list[Sentence]:
    bad = [(start, end) for _, start, end in suspicious_places(text)]
    return [one for one in split_sentences(text) if any(start < one.end and one.start < end for start, end in bad)]
