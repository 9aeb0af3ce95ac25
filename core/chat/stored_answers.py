"""An answer as it is stored: the passages it rests on by id; what its reader may see of it is decided on reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from core.knowledge.answers.citations import AnswerSentence, Citation, joined
from core.knowledge.notices import Notice

AnswerState = Literal["answered", "partly", "not_in_documents", "blocked", "own_data"]
AnswerKind = Literal["quotes", "written", "figures", "none"]


@dataclass(frozen=True)
class StoredSource:
    """A passage that was found; score: of the fusion, in standard deviations, good for order within one question."""

    passage_id: int
    score: float
    lexical: float | None
    dense: float | None


@dataclass(frozen=True)
class StoredAnswer:
    """sources: best first. used: passages that a model was given; what it wrote may hold words of any of them.

    understood_from: passages whose words helped to understand the question. dropped: sentences that no passage bore
    out, counted and not kept. seconds: by part of the work.
    """

    state: AnswerState
    kind: AnswerKind
    sentences: tuple[AnswerSentence, ...] = ()
    sources: tuple[StoredSource, ...] = ()
    confidence: float = 0.0
    bar: float | None = None
    evaluation_set: str = ""
    is_own_set: bool = False
    note: str = ""
    warnings: tuple[Notice, ...] = ()
    understood_as: str | None = None
    understood_from: tuple[int, ...] = ()
    used: tuple[int, ...] = ()
    model: str | None = None
    dropped: int = 0
    run_ids: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def cited_ids(self) -> tuple[int, ...]:
        """Every passage that a sentence cites, once."""
        return tuple(dict.fromkeys(one.passage_id for sentence in self.sentences for one in sentence.citations))

    @property
    def text(self) -> str:
        return joined(self.kind, (one.text for one in self.sentences))

    @property
    def passage_ids(self) -> tuple[int, ...]:
        """Every passage that anything here comes from, once."""
        found = (one.passage_id for one in self.sources)
        return tuple(dict.fromkeys([*self.cited_ids, *found, *self.used, *self.understood_from]))


def to_json(answer: StoredAnswer) -> dict[str, Any]:
    """What the column holds."""
    written = asdict(answer)
    written["warnings"] = [one.plain() for one in answer.warnings]
    written["seconds"] = {name: round(value, 4) for name, value in answer.seconds.items()}
    return written


def from_json(read: Mapping[str, Any] | None) -> StoredAnswer | None:
    """None for an answer that is not finished; see `draft`."""
    if read is None or "state" not in read:
        return None
    values = dict(read)
    values["sentences"] = tuple(_sentence(one) for one in read["sentences"])
    values["sources"] = tuple(StoredSource(**one) for one in read["sources"])
    values["warnings"] = tuple(Notice(**one) for one in read["warnings"])
    for name in ("understood_from", "used", "run_ids"):
        values[name] = tuple(read[name])
    return StoredAnswer(**values)


def draft(used: tuple[int, ...]) -> dict[str, Any]:
    """Stored before a model begins to write: what is written so far may be read by whoever may read these passages."""
    return {"used": list(used)}


def drafted_from(read: Mapping[str, Any] | None) -> tuple[int, ...]:
    """The passages that unfinished text may hold words of."""
    return tuple(read["used"]) if read is not None else ()


def _sentence(read: Mapping[str, Any]) -> AnswerSentence:
    citations = tuple(
        # The number of a passage may be stored as text; nowhere else is that known.
        Citation(int(one["passage_id"]), one["start"], one["end"], tuple((start, end) for start, end in one["marks"]))
        for one in read["citations"]
    )
    return AnswerSentence(read["text"], read["state"], citations)
