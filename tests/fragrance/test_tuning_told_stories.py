"""A tuned writer may tell the story, never an odour or a number that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from core.fragrance.generation.brief import Brief
from core.fragrance.generation.stories import Story
from core.fragrance.tuning.told_stories import retold, told_by

BRIEF = Brief(words="a calm rose for autumn", language="en")
STORY = Story(
    "en", "Rose Path", "A perfume of rose and cedar tones.", "It opens with rose and rests on cedar.", "", "", ""
)


@dataclass(frozen=True)
class Writer:
    text: str
    run_id: str = "run-1"

    def write(self, brief: str) -> str:
        return self.text


def test_when_the_text_names_what_is_there_then_it_is_the_story_and_says_who_wrote_it() -> None:
    told = told_by(Writer("A rose leans over cedar while the day grows calm."), STORY, BRIEF)

    assert told.story.startswith("A rose leans")
    assert told.generator == "story_writer:run-1"
    assert told.name == STORY.name


@pytest.mark.parametrize(
    "text",
    ["A rose with vanilla and caramel beneath the cedar.", "12 % of rose over a bed of cedar, calm.", "",
     "삼나무 위의 장미가 차분하게 피어납니다. 오래 머무릅니다.", "xq"],
)  # fmt: skip
def test_when_the_text_cannot_be_taken_then_the_story_stays_by_rule_and_says_so(text: str) -> None:
    told = told_by(Writer(text), STORY, BRIEF)

    assert (told.story, told.generator) == (STORY.story, "rule")
    assert [one.key for one in told.notices] == ["fragrance_tuning.text_not_taken"]


def test_when_no_writer_is_published_then_the_story_is_as_it_was(home: Path) -> None:
    assert retold(STORY, BRIEF) == STORY
