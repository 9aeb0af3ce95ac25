"""The published story writer tells a perfume's story, where what it says stands in the formula or the brief."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Protocol

from core.errors import Unavailable
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.stories import Story
from core.fragrance.search.concepts import concepts_in
from core.fragrance.tuning.story_writer import published_writer
from core.knowledge.notices import Notice

SHORTEST = 20  # letters
_DIGIT = re.compile(r"\d")
_HANGUL = re.compile(r"[가-힣]")


class Writes(Protocol):
    """What is asked of a writer; run_id: of its training."""

    @property
    def run_id(self) -> str: ...
    def write(self, brief: str) -> str: ...


def retold(story: Story, brief: Brief) -> Story:
    """The story in the words of the published writer; as it is where there is none, or its text cannot be taken."""
    try:
        writer = published_writer()
    except Unavailable as error:
        return replace(story, notices=(*story.notices, Notice("fragrance_tuning.writer_away", {"reason": error.code})))
    return story if writer is None else told_by(writer, story, brief)


def told_by(writer: Writes, story: Story, brief: Brief) -> Story:
    """A text is taken that is of the story's language, without numbers, and names no odour that is in neither the
    story by rule nor the brief.
    """
    text = " ".join(writer.write(brief.words.strip() or story.description).split())
    known = set(concepts_in((story.story, story.description, brief.words)))
    invented = [one for one in concepts_in((text,)) if one not in known]
    is_korean = bool(_HANGUL.search(text))
    if len(text) < SHORTEST or is_korean != (story.language == "ko") or _DIGIT.search(text) or invented:
        return replace(story, notices=(*story.notices, Notice("fragrance_tuning.text_not_taken")))
    return replace(story, story=text, generator=f"story_writer:{writer.run_id}")
