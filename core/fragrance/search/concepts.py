"""What a text names of odours and notes, whichever language or spelling: "장미", "rose", "Bulgarian rose absolute".

Concepts are the odour words of the vocabulary and, narrower, the names of notes in `note_names.toml`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from core.fragrance.vocabulary import entries, plain, words_of

# What may follow a name of one Korean syllable within its word; a longer name may be followed by anything.
_ENDING = re.compile(r"(향|냄새|내음|향기)?(은|는|이|가|을|를|의|와|과|도|로|만|없이|없는)?")
# Names of an odour that are, far more often, another word: "향" is any scent, "단" and "달지" say how sweet.
NOT_NAMES = frozenset({"향", "달지", "water", "sparkling", "soft"})
_TOKEN = re.compile(r"[ᄀ-ᇿ\u3130-\u318f\uac00-\ud7a3]+|[^\W_]+")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_MARKS = re.compile(r"[\u0300-\u036f]")


@dataclass(frozen=True)
class Concept:
    """id: `odour:rose` or `note:tuberose`. en, ko: its label in each language. words: all its spellings, plain."""

    number: int
    id: str
    en: str
    ko: str
    words: tuple[str, ...]

    def label(self, language: str) -> str:
        return self.ko if language == "ko" else self.en


@dataclass(frozen=True)
class Mention:
    """A stretch of a text that names something. concepts: what, the narrowest first. start, end: letters."""

    word: str
    concepts: tuple[Concept, ...]
    start: int
    end: int


@cache
def concepts() -> tuple[Concept, ...]:
    """All of them, numbered from 0: odour words first."""
    found: list[Concept] = []
    for one, entry in entries("odour").items():
        words = tuple(word for word in words_of("odour", one) if word not in NOT_NAMES)
        found.append(Concept(len(found), f"odour:{one}", str(entry["en"]), str(entry["ko"]), words))
    for one, of in note_names().items():
        words = tuple(plain(word) for word in (*of["en"], *of["ko"]))
        found.append(Concept(len(found), f"note:{one}", words[0], of["ko"][0], words))
    return tuple(found)


@cache
def note_names() -> Mapping[str, Mapping[str, list[str]]]:
    text = resources.files(__package__ or "core.fragrance.search").joinpath("note_names.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def concepts_sha256() -> str:
    """Changes with any word: bits of concepts that were kept before mean something else then."""
    told = "\n".join(f"{one.id}\t{'|'.join(one.words)}" for one in concepts())
    return hashlib.sha256(told.encode()).hexdigest()


def named(word: str) -> tuple[Concept, ...]:
    """The concepts that this word is a name of, the narrowest first; () where it is none."""
    return _by_words().get(tuple(token for token, _, _ in _tokens(word)), ())


@lru_cache(maxsize=1 << 15)  # the same notes stand in many perfumes
def mentions(text: str) -> tuple[Mention, ...]:
    """What the text names, in order; the longest name counts, so "orange blossom" is no orange."""
    return tuple(_mentions(text))


def concepts_said(text: str) -> tuple[Concept, ...]:
    """The same for a long text, which is not kept: every concept once."""
    return tuple(dict.fromkeys(one for mention in _mentions(text) for one in mention.concepts))


def _mentions(text: str) -> list[Mention]:
    tokens = _tokens(text)
    found: list[Mention] = []
    at = 0
    while at < len(tokens):
        for size in range(min(_longest_from(tokens[at][0]), len(tokens) - at), 0, -1):
            of = _named_by(tuple(token for token, _, _ in tokens[at : at + size]))
            if of:
                start, end = tokens[at][1], tokens[at + size - 1][2]
                found.append(Mention(text[start:end], of, start, end))
                at += size
                break
        else:
            at += 1
    return found


def concepts_in(texts: Iterable[str]) -> tuple[Concept, ...]:
    """Every concept that any of the texts names, once, in the order of naming."""
    return tuple(dict.fromkeys(one for text in texts for mention in mentions(text) for one in mention.concepts))


@lru_cache(maxsize=1 << 16)
def folded(text: str) -> str:
    """Small letters without accents, Korean composed: as names are compared."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", apart))


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text as names are compared, in order."""
    return tuple(token for token, _, _ in _tokens(text))


def _tokens(text: str) -> list[tuple[str, int, int]]:
    text = unicodedata.normalize("NFC", text)
    return [(folded(match.group()), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def _named_by(tokens: tuple[str, ...]) -> tuple[Concept, ...]:
    """Of exactly these words, but for a plural s or what is joined to a Korean word."""
    known = _by_words()
    for last in _begun(tokens[-1]):
        found = known.get((*tokens[:-1], last))
        if found:
            return found
    return ()


def _begun(token: str) -> Iterator[str]:
    yield token
    if _HANGUL.match(token):
        for size in range(len(token) - 1, 0, -1):
            if size > 1 or _ENDING.fullmatch(token[size:]):
                yield token[:size]
    elif token.endswith("s") and len(token) > 3:
        yield token[:-1]
        if token.endswith("es"):
            yield token[:-2]


@lru_cache(maxsize=1 << 16)
def _longest_from(token: str) -> int:
    """Words of the longest name that begins with this one; 0 for most words, which come again and again."""
    longest = _longest_by_first()
    return max((longest.get(begun, 0) for begun in _begun(token)), default=0)


@cache
def _longest_by_first() -> dict[str, int]:
    found: dict[str, int] = {}
    for words in _by_words():
        found[words[0]] = max(found.get(words[0], 0), len(words))
    return found


@cache
def _by_words() -> dict[tuple[str, ...], tuple[Concept, ...]]:
    found: dict[tuple[str, ...], list[Concept]] = {}
    for one in reversed(concepts()):  # names of notes before odour words: they are narrower
        for word in one.words:
            held = found.setdefault(words_in(word), [])
            if one not in held:
                held.append(one)
    return {words: tuple(of) for words, of in found.items()}
