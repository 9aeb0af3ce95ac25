"""The report in words: a template from facts, which a chat model may rephrase as long as it adds no number."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.ctr.reporting.rephrasing import Rejected, rephrase
from core.ctr.reporting.sections import SECTIONS
from core.ctr.reporting.sentences import Sentence, Story
from core.llm.chat_model import ChatModel
from core.messages import say

# The figure of each section that a rephrasing may not lose; the first that is told.
HEADLINES = {
    "summary": ("score.average_precision", "gain.log_loss"),
    "data": ("data.rows",),
    "quality": ("score.log_loss", "gain.log_loss"),
    "calibration": ("score.ece",),
    "money": ("money.profit",),
}


@dataclass(frozen=True)
class Section:
    """sentences: of the template. rephrased: a model's text, only if all its numbers are among the facts."""

    key: str
    title: str
    sentences: tuple[Sentence, ...]
    rephrased: str | None = None

    @property
    def text(self) -> str:
        """What is read: the model's text where it stood the check, else the template."""
        return self.rephrased or " ".join(sentence.text for sentence in self.sentences)

    @property
    def facts(self) -> tuple[str, ...]:
        """Ids of the facts in this section, each once."""
        return tuple(dict.fromkeys(fact for sentence in self.sentences for fact in sentence.facts))


@dataclass(frozen=True)
class Narrative:
    """rephrased_by: name of the model whose text stands in at least one section. rejected: what it got wrong."""

    language: str
    sections: tuple[Section, ...]
    rephrased_by: str | None = None
    rejected: tuple[Rejected, ...] = ()

    def section(self, key: str) -> Section:
        """Raises KeyError for a section that is not told."""
        return next(section for section in self.sections if section.key == key)


def narrate(story: Story, *, model: ChatModel | None = None) -> Narrative:
    """Tell the story in its language, rephrased section by section where a model is given.

    A text of the model with a number that is not among the section's facts, without the section's headline figure,
    or without any words is rejected; the template stands in its place.
    """
    language = story.language
    sections = tuple(
        Section(key, say(f"reports.page_{key}", language), tuple(tell(story))) for key, tell in SECTIONS.items()
    )
    if model is None:
        return Narrative(language, sections)
    told: list[Section] = []
    rejected: list[Rejected] = []
    for section in sections:
        if rejected and rejected[-1].reason == "unavailable":  # asking on would only wait for the next time-out
            answer: str | Rejected = Rejected(section.key, "unavailable")
        else:
            answer = rephrase(section.key, section.text, _headline(section, story), language, model)
        if isinstance(answer, Rejected):
            rejected.append(answer)
        told.append(section if isinstance(answer, Rejected) else replace(section, rephrased=answer))
    by = model.name if any(section.rephrased for section in told) else None
    return Narrative(language, tuple(told), by, tuple(rejected))


def _headline(section: Section, story: Story) -> str:
    told = next((fact for fact in HEADLINES.get(section.key, ()) if fact in section.facts), None)
    return "" if told is None else story.word(story.bare(told))
