"""Words found in free text: the longest first, Korean endings tolerated, each with what stands around it."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation.styles import traditions
from core.fragrance.vocabulary import Field, Side, ids, plain, without, words_of

Meaning = tuple[str, str]  # field of the vocabulary, "material" or "tradition"; and the id
Cue = Literal["", "without", "not", "less", "hint", "more"]
READ_FIELDS: tuple[Field, ...] = (
    "family", "odour", "mood", "season", "intensity", "gender", "occasion", "budget", "complexity", "region",
)  # fmt: skip
LONGEST = 20_000  # letters; ten pages
_HANGUL = re.compile(r"[가-힣]")
_PIECE = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_TAIL = re.compile(r"[^\W_]*")
_BRACKETS = re.compile(r"\s*\([^)]*\)")
_REACH = 24  # letters before a word in which a cue is looked for


@dataclass(frozen=True)
class Found:
    """A word of the text, from `start` to `end`, its ending left out. meanings: every field that knows it.

    is_name: it is the very label of a family. cue: what is said of it, weight: how much it is wanted by that.
    """

    word: str
    start: int
    end: int
    meanings: tuple[Meaning, ...]
    cue: Cue = ""
    weight: float = 1.0

    def of(self, field: str) -> str | None:
        return next((word_id for one, word_id in self.meanings if one == field), None)


@cache
def rules() -> Mapping[str, Any]:
    """What `reading.toml` says."""
    text = resources.files("core.fragrance.generation").joinpath("reading.toml").read_text("utf-8")
    return tomllib.loads(text)


def find_words(text: str, catalogue: Catalogue) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """What is known in the text, in its order, and the pieces of it that are not and mean something.

    Raises BadInput for more words than anybody writes of a perfume.
    """
    if len(text) > LONGEST:
        raise BadInput("fragrance_generation.words_too_long", letters=len(text), longest=LONGEST)
    text = plain(text)
    known = _lexicon() | _materials(catalogue)
    found: list[Found] = []
    at, free = 0, True  # free: a word may begin here
    lengths = sorted({len(word) for word in known}, reverse=True)
    while at < len(text):
        one = _match(text, at, known, lengths) if free else None
        if one is not None:
            found.append(one)
            at = one.end
            continue
        free = not text[at].isalnum()
        at += 1
    cued = _joined(tuple(_cued(one, text) for one in found), text)
    return cued, _unread(text, cued)


def _match(text: str, at: int, known: Mapping[str, tuple[Meaning, ...]], lengths: Sequence[int]) -> Found | None:
    for length in lengths:
        word = text[at : at + length]
        if len(word) == length and word in known and _ends(text, at + length, word):
            return Found(word, at, at + length, known[word])
    return None


def _ends(text: str, end: int, word: str) -> bool:
    """Whether the word ends here but for an ending that changes nothing."""
    rest = _TAIL.match(text, end)  # never a slice of the rest: that would make reading quadratic
    tail = rest.group() if rest else ""
    if _HANGUL.search(word):
        return bool(_korean_endings().fullmatch(tail))
    if text[end : end + 5].startswith(("-free", "-like")):
        return True
    return tail in rules()["endings"]["english"] or bool(_HANGUL.match(tail) and _korean_endings().fullmatch(tail))


@cache
def _korean_endings() -> re.Pattern[str]:
    endings = sorted(rules()["endings"]["korean"], key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(re.escape, endings))}){{0,3}}")


@cache
def _lexicon() -> dict[str, tuple[Meaning, ...]]:
    found: dict[str, list[Meaning]] = {}
    silent = set(rules()["silent"]["words"])
    for field in READ_FIELDS:
        for word_id in ids(field):
            for word in words_of(field, word_id):
                for form in {word, *_forms(word)} - silent:
                    found.setdefault(form, []).append((field, word_id))
    for also, forms in rules()["also"].items():
        for word_id, words in forms.items():
            for word in words:
                found.setdefault(plain(word), []).append((also, word_id))
    for tradition, (words, _) in traditions().items():
        for word in words:
            found.setdefault(plain(word), []).append(("tradition", tradition))
    return {word: tuple(dict.fromkeys(meanings)) for word, meanings in found.items()}


def _forms(word: str) -> Iterable[str]:
    """Other forms of a Korean adjective: 상쾌한, 상쾌하고; 신비로운, 신비롭게; 활기찬, 활기차고."""
    for ending, stems in {
        "한": ("하고", "하게", "하면서", "하며", "하지", "함", "해", "할"),
        "로운": ("롭고", "롭게", "롭지", "로움"),
        "러운": ("럽고", "럽게", "럽지", "러움"),
        "찬": ("차고", "차게", "차지"),
        "적인": ("적이고", "적이게", "적으로", "적이지"),
    }.items():
        if word.endswith(ending) and len(word) > len(ending):
            yield from (word.removesuffix(ending) + stem for stem in stems)


def _materials(catalogue: Catalogue) -> dict[str, tuple[Meaning, ...]]:
    """Names of materials that are no odour word: "rose" is a wish, "rose absolute" a material."""
    found: dict[str, tuple[Meaning, ...]] = {}
    for material_id, material in sorted(catalogue.materials.items()):
        for name in (material.name_en, material.name_ko):
            # "Vetiver oil (Haiti)" is also meant by "vetiver oil".
            word = plain(_BRACKETS.sub("", name))
            if len(word) > 1 and not any(field == "odour" for field, _ in _lexicon().get(word, ())):
                found.setdefault(word, (("material", material_id),))
    return found


def _cued(one: Found, text: str) -> Found:
    before = text[max(0, one.start - _REACH) : one.start]
    after = text[one.end : one.end + _REACH]
    for cue, before_it, after_it in _cues():
        if before_it.search(before) or after_it.match(after):
            return replace(one, cue=cue, weight=rules()["cue"][cue]["weight"])
    return one


@cache
def _cues() -> tuple[tuple[Cue, re.Pattern[str], re.Pattern[str]], ...]:
    """less before not, because "not too sweet" holds both."""
    particle = r"(?:향|냄새|느낌|노트|계열)?(?:은|는|이|가|을|를|도|만|의|하|한|지|게)*[ ,]*"
    order: tuple[Cue, ...] = ("less", "without", "not", "hint", "more")
    return tuple(
        (
            cue,
            re.compile(rf"(?:^|[^\w])(?:{_said(cue, 'before')})\s+$"),
            re.compile(rf"{particle}(?:{_said(cue, 'after')})"),
        )
        for cue in order
    )


def _said(cue: Cue, side: Side) -> str:
    return without(side) if cue == "without" else "|".join(rules()["cue"][cue][side])


def _joined(found: tuple[Found, ...], text: str) -> tuple[Found, ...]:
    """One cue for both of two joined words: "장미와 재스민 없이", "without rose or jasmine"."""
    joining = "|".join(map(re.escape, rules()["endings"]["joining"]))
    between = re.compile(rf"(?:향|노트)?\s*(?:{joining})\s*")
    made = list(found)
    pairs = range(len(made) - 1)
    for number in (*pairs, *reversed(pairs)):
        one, other = made[number], made[number + 1]
        if not between.fullmatch(text[one.end : other.start]):
            continue
        is_korean = bool(_HANGUL.search(other.word))
        if is_korean and not one.cue and other.cue in {"without", "not"}:
            made[number] = replace(one, cue=other.cue, weight=other.weight)
        if not is_korean and not other.cue and one.cue in {"without", "not", "less"}:
            made[number + 1] = replace(other, cue=one.cue, weight=one.weight)
    return tuple(made)


def _unread(text: str, found: tuple[Found, ...]) -> tuple[str, ...]:
    empty = set(rules()["silent"]["empty"])
    ends = [one.end for one in found]  # ascending, as words never overlap
    pieces = []
    for piece in _PIECE.finditer(text):
        following = bisect_right(ends, piece.start())
        if following == len(found) or found[following].start >= piece.end():
            pieces.append(piece.group())
    return tuple(dict.fromkeys(one for one in pieces if not one[0].isdigit() and not _says_nothing(one, empty)))


def _says_nothing(piece: str, empty: Collection[str]) -> bool:
    """Whether it is an empty word, or one with a Korean ending."""
    longest = min(len(piece), max(map(len, empty)) + 1)
    return piece in empty or any(
        piece[:length] in empty and _korean_endings().fullmatch(piece, length)
        for length in range(1, longest) if _HANGUL.match(piece[length])
    )  # fmt: skip
