"""A sentence and the story it belongs to: text is only ever made from a template and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.ctr.reporting.fact_text import Fact, base_text, fact_text
from core.ctr.reporting.report_charts import model_label
from core.ctr.reporting.report_facts import facts_of
from core.messages import say

if TYPE_CHECKING:
    from core.ctr.runs import Report


@dataclass(frozen=True)
class Sentence:
    """text: as it is read. facts: ids of the facts whose figures stand in it. key: of its template."""

    text: str
    facts: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class Bare:
    """A fact without its interval."""

    fact: Fact


@dataclass(frozen=True)
class Base:
    """The base of a fact: what the same figure is without any model."""

    fact: Fact


Word = str | Fact | Bare | Base


@dataclass(frozen=True)
class Story:
    """What every section is told from."""

    document: Mapping[str, Any]
    explanation: Mapping[str, Any] | None
    facts: Mapping[str, Fact]
    language: str

    @classmethod
    def of(cls, report: Report, language: str) -> Story:
        """Look up every fact of the report, once for all that is told of it in `language`."""
        return cls(report.document, report.explanation, facts_of(report), language)

    @property
    def has_signal(self) -> bool:
        return bool(self.document["verdict"] == "signal")

    @property
    def model(self) -> str:
        """What a person calls the chosen model."""
        return model_label(self.document["champion"]["name"], self.language)

    def has(self, *ids: str) -> bool:
        """Whether all these facts are there and have a value."""
        return all(name in self.facts and self.facts[name].value is not None for name in ids)

    def bare(self, fact_id: str) -> Bare:
        return Bare(self.facts[fact_id])

    def base(self, fact_id: str) -> Base:
        return Base(self.facts[fact_id])

    def sentence(self, key: str, **given: Word) -> Sentence:
        """The template `key` filled with words and facts; a plain fact brings its interval."""
        used = dict.fromkeys(
            one.id if isinstance(one, Fact) else one.fact.id for one in given.values() if not isinstance(one, str)
        )
        return Sentence(
            say(key, self.language, **{name: self.word(one) for name, one in given.items()}), tuple(used), key
        )

    def word(self, one: Word) -> str:
        match one:
            case Fact():
                return fact_text(one, self.language)
            case Bare(fact):
                return fact_text(fact, self.language, interval=False)
            case Base(fact):
                return base_text(fact, self.language)
            case str():
                return one
