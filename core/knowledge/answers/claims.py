"""What a sentence claims, as far as it can be compared without a model: its words, names, numbers and denials."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.knowledge.answers.questions import folded
from core.knowledge.answers.words import word_list

_SCALES = {"천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_NUMBER = re.compile(
    r"(?P<digits>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"\s?(?P<scale>천(?![가-힣]{2})|[만억조]|(?:thousand|million|billion)\b)?"
)
_WORD = re.compile(r"[가-힣]+|[^\W\d_가-힣]+(?:['’][a-z]+)?", re.IGNORECASE)
# The first word of a sentence is large anyway, but for an abbreviation.
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)(?<![A-Za-z])[A-Z][^\W\d_가-힣]+|(?<![A-Za-z])[A-Z]{2,}")
_NOUN_PARTICLES = tuple(sorted(word_list("korean_noun_particles"), key=lambda one: (-len(one), one)))
_PREDICATES = frozenset({"이다", "이었다", "였다", "입니다"})
_NOTHING = word_list("saying_nothing")
_NEGATIONS = word_list("negations_en")
_DENIED_KO = re.compile(r"않|못하|못했|못한|아니[다라었며고]|아닌|없[다었는이으고]|(?:^|\s)(?:안|못)(?=\s)")
_VERB_END = re.compile(r"(?:다|고|며|여|아|어|면|지|게|서|니|해|던|한|된|할|될|는|은)$")
REACH = 3  # English words behind a "not" that it denies
STEM, ENGLISH_STEM = 2, 5  # syllables, letters that say which word it is


@dataclass(frozen=True)
class Claim:
    """words: stems of all that tells something. names: those among them that must stand in the source: names in Latin
    letters, and in Korean what something is said to be. things: other Korean nouns, among them the names of people.
    numbers: as values, scales multiplied out. denied: the stem nearest to each denial; near_denial: those around it.
    """

    words: tuple[str, ...]
    names: frozenset[str]
    things: frozenset[str]
    numbers: frozenset[float]
    denied: frozenset[str]
    near_denial: frozenset[str]


def read_claim(text: str) -> Claim:
    plain = folded(text)
    names = {folded(name) for name in _NAME.findall(text)} - _NOTHING
    words: list[str] = []
    things: set[str] = set()
    for run in (run for run in _WORD.findall(plain) if run not in _NOTHING):
        if not _is_korean(run):
            if run not in _NEGATIONS and len(run) > 1:
                words.append(run)
            continue
        particle = next((one for one in _NOUN_PARTICLES if run.endswith(one) and len(run) > len(one)), "")
        stem = run.removesuffix(particle)
        if stem in _NOTHING or (particle in _PREDICATES and len(stem) < STEM):
            continue
        if particle and len(stem) >= STEM:
            words.append(stem)
            if particle in _PREDICATES:
                names.add(stem)
            elif not _VERB_END.search(stem):
                things.add(stem)
        elif len(run) >= STEM:
            words.append(run)
    return Claim(tuple(dict.fromkeys(words)), frozenset(names), frozenset(things), numbers(text), *_denied(plain))


def numbers(text: str) -> frozenset[float]:
    """The values written in figures: 3만 is 30000, 1,920 is 1920."""
    return frozenset(
        float(f"{float(match['digits'].replace(',', '')) * _SCALES.get(match['scale'] or '', 1.0):.12g}")
        for match in _NUMBER.finditer(folded(text))
    )


def _denied(plain: str) -> tuple[frozenset[str], frozenset[str]]:
    """Korean denies the word before, English what stands behind; the nearest word, and all within reach."""
    nearest: set[str] = set()
    around: set[str] = set()
    for match in _DENIED_KO.finditer(plain):
        before = re.findall(r"[가-힣]+", plain[max(0, match.start() - 14) : match.start()])
        if match.group().strip() in ("안", "못"):
            before = re.findall(r"[가-힣]+", plain[match.end() : match.end() + 10])[:1]
        stems = [run[:STEM] for run in before if len(run) >= STEM]
        nearest.update(stems[-1:])
        around.update(stems)
    runs = [run for run in _WORD.findall(plain) if not _is_korean(run)]
    for at, run in enumerate(runs):
        if run in _NEGATIONS or run.endswith(("n't", "n’t")):
            behind = [one[:ENGLISH_STEM] for one in runs[at + 1 :] if one not in _NOTHING][:REACH]
            nearest.update(behind[:1])
            around.update(behind)
    return frozenset(nearest), frozenset(around)


def _is_korean(run: str) -> bool:
    return "가" <= run[0] <= "힣"
