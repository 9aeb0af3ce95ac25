"""Questions that lean on the ones before them ("and when was that?"): understood with the words they leave out.

By rule, the rarest words of the question before, or of its answer, take the place of the pronoun.
A model of the role "orchestrator" may rewrite the question, in words that the conversation has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.chat.messages import MESSAGES, read_rows
from core.chat.question_rewriting import rewritten
from core.chat.stored_answers import from_json
from core.knowledge.answers.questions import Rarity, read_question, searched
from core.knowledge.retrieval.terms import terms
from core.security.policy import Principal
from core.storage.database import reading

FROM_QUESTION, FROM_ANSWER = 3, 2  # words taken along at most; more of them lead away from what is asked now
FEW_WORDS = 4  # a question with more words of its own stands alone, whatever pronoun is in it
_PARTICLE = r"(?:은|는|이|가|을|를|의|도|만|에|에서|에는|에게|로|으로|와|과|랑|하고|보다|부터|까지)?"
_THINGS = "사람|분|곳|것|거|때|책|영화|회사|나라|도시|제품|문서|규정|제도|작품|팀|노래|사건|건물|대학|학교|인물"
_KOREAN = re.compile(
    rf"(?:^|(?<=\s))(?:(?:그|이|저)\s?(?:{_THINGS}){_PARTICLE}|(?:그건|그게|그걸|이건|이게|이걸|저건|저게|거긴|여긴)"
    rf"|(?:거기|여기|그녀|그들|그|이들){_PARTICLE})(?=\s|$|[?,.!])"
)
_KOREAN_LINK = re.compile(r"^(?:그럼|그러면|그렇다면|그리고|또)(?:\s|,)+")
_KOREAN_ELLIPSIS = re.compile(r"^\S+(?:\s\S+)?(?:은|는)(?:\s?요)?\s?\?*$")
_ENGLISH = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|there"
    r"|(?:this|that|these|those)(?:\s(?:one|ones|person|man|woman|place|city|country|company|book|film|movie|product"
    r"|document|rule|policy|team|event|time|building|school))?)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(r"얼마|언제|어디|어떤|어느|어떻|누구|누가|무엇|무슨|뭐|몇|왜")  # with whatever ending
_KOREAN_VERB = re.compile(r"\s\S+(?:까|요|나|니|냐|지|죠|어|아|해|야|다)\s*[?.]*$")  # says what was asked, not of what
_NAMED = re.compile(
    r"(?:^|\s)(?:그\s?(?:사람|분|인물|나라|도시|곳)|그녀|그들|거기|거긴)|\b(?:he|him|his|she|her|hers|they|them|their|there"
    r"|that (?:person|man|woman|place|city|country))\b",
    re.IGNORECASE,
)
_EMPTY_THERE = re.compile(r"\b(?:is|are|was|were) there\b", re.IGNORECASE)
_ENGLISH_LINK = re.compile(r"^(?:and|what about|how about|or|also|then)\b[\s,]*", re.IGNORECASE)


@dataclass(frozen=True)
class Understood:
    """text: the question to be looked up. shown: the same, where it is not what was typed.

    passage_ids: passages whose words went into it; whoever may not read them may not see it either.
    """

    text: str
    shown: str | None = None
    passage_ids: tuple[int, ...] = ()


def understand(
    question: str, conversation_id: str, question_id: str, rarity: Callable[[], Rarity], *, principal: Principal
) -> Understood:  # fmt: skip
    """The question as it stands alone; one that names what it is about, and the first of a conversation, are that.

    rarity: asked for only where words have to be chosen.
    """
    if not leans(question):
        return Understood(question)
    last = _last(conversation_id, question_id, principal)
    if last is None:
        return Understood(question)
    by_model = rewritten(question, last.question, last.answer)
    if by_model is not None:
        return Understood(by_model, by_model, last.passage_ids)
    topic = topic_of(question, last.question, last.sentence, rarity())
    if not topic:
        return Understood(question)
    text = resolved(question, topic)
    return Understood(text, text, last.passage_ids)


def leans(question: str) -> bool:
    """Whether it says "it" or "and ...?" instead of naming what it is about."""
    plain = question.strip()
    has_link = bool(_KOREAN_LINK.search(plain) or _ENGLISH_LINK.search(plain) or _KOREAN_ELLIPSIS.search(plain))
    pronouns = _KOREAN.search(plain) or _ENGLISH.search(_EMPTY_THERE.sub(" ", plain))
    return (has_link or bool(pronouns)) and len(read_question(_bare(plain)).words) <= FEW_WORDS


def topic_of(question: str, asked: str, sentence: str, rarity: Rarity) -> tuple[str, ...]:
    """The rarest words that the question before is about, in their order, which the new one lacks.

    Who asks on about "him" or "there" means what the answer named, so words of its sentence follow. All of them are
    as they are looked up, without Korean endings.
    """
    here = searched(question)
    plain = _KOREAN_VERB.sub("", asked.strip())
    before = [one for one in read_question(plain).words if not here.holds(one) and not _ASKING.match(one)]
    answered = read_question(sentence).words if sentence and _NAMED.search(question) else ()
    told = [one for one in answered if len(one) > 1 and not here.holds(one) and one not in before]
    first, rest = before[:1], _rarest(before[1:], FROM_QUESTION - 1, rarity)  # what a question is about comes first
    return tuple(first + rest + _rarest(told, FROM_ANSWER, rarity))


def resolved(question: str, topic: Sequence[str]) -> str:
    """The topic where the pronoun stands, else before the question."""
    words = " ".join(topic)
    plain = _KOREAN_LINK.sub("", _ENGLISH_LINK.sub("", question.strip()))
    for pattern in (_KOREAN, _ENGLISH):
        if pattern.search(plain):
            return " ".join(pattern.sub(lambda _: f" {words} ", plain, count=1).split())
    return f"{words} {plain}"


def _rarest(words: Sequence[str], most: int, rarity: Rarity) -> list[str]:
    kept = sorted(words, key=lambda word: -max((rarity(term) for term in terms(word)), default=0.0))[:most]
    return [word for word in words if word in kept]


def _bare(question: str) -> str:
    """Without what only points back."""
    return _ENGLISH.sub(" ", _KOREAN.sub(" ", _KOREAN_LINK.sub(" ", _ENGLISH_LINK.sub(" ", question))))


@dataclass(frozen=True)
class _Last:
    """The last question as it was understood, and what of its answer its reader may see: all of it and the best
    sentence, "" where there is none. passage_ids: what any of these words may come from."""

    question: str
    answer: str = ""
    sentence: str = ""
    passage_ids: tuple[int, ...] = ()


def _last(conversation_id: str, question_id: str, principal: Principal) -> _Last | None:
    asked = select(MESSAGES.c.number).where(MESSAGES.c.id == question_id).scalar_subquery()
    wanted = (
        select(MESSAGES)
        .where(MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.number < asked)
        .order_by(MESSAGES.c.number.desc())
        .limit(2)
    )
    with reading() as connection:
        rows = list(reversed(connection.execute(wanted).mappings().all()))
    if len(rows) < 2:
        return None
    question, answer = read_rows(rows, principal=principal)
    shown, stored = answer.answer, from_json(rows[1]["answer"])
    if shown is None or stored is None or shown.withheld:
        return _Last(question.text)
    sentence = shown.sentences[0].text if shown.sentences else ""
    return _Last(shown.understood_as or question.text, shown.text, sentence, stored.passage_ids)
