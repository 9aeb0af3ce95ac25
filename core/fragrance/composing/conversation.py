"""Composing in conversation: the first sentence is a brief, each further one changes it, and the engine composes again.

What changed is worked out from the two formulas, never from the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from core.errors import BadInput, NotFound
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Position
from core.fragrance.composing.changing import Change, changed, further
from core.fragrance.composing.kept_conversations import Conversation, Step, id_for, keep_turn, open_conversation
from core.fragrance.composing.odour_shares import odour_shares
from core.fragrance.composing.requests import Request, requests_in
from core.fragrance.composing.telling_changes import told_changes
from core.fragrance.formulas.costs import cost_of_concentrate
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.stored import accords_for
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Alternative, generate
from core.fragrance.generation.reading_briefs import Given, read_brief
from core.fragrance.generation.stories import tell
from core.fragrance.limits.stored import current_limits
from core.fragrance.vocabulary import label
from core.knowledge.notices import Notice
from core.messages import LANGUAGES, Language, say
from core.security.policy import Permission, Principal, require

LONGEST = 2000  # letters of a sentence
KEY_NOTES = 4  # of a layer in the preview
TRIES = 3  # that an odour is pushed further, until the change shows
SHOWS = 0.1  # of an odour's share: less of a change is none
SEED_STEP = 1_000  # apart from the seeds that alternatives of one brief use

Preview = Mapping[Position, tuple[str, ...]]


@dataclass(frozen=True)
class Composed:
    """text: the answer in the language asked for. preview: names of the largest lines by layer; None without a formula.

    changes: what was changed, from the formulas. understood: of the sentence. unread: pieces nobody understood.
    formula, brief, alternative: as they stand now; alternative None where nothing was composed in this turn.
    """

    conversation_id: str
    text: str
    name: str
    description: str
    preview: Preview | None
    changes: tuple[Notice, ...]
    understood: tuple[Notice, ...]
    unread: tuple[str, ...]
    formula: Formula | None
    brief: Brief | None
    alternative: Alternative | None = None


def compose(
    message: str, *, conversation_id: str = "", history: Sequence[str] = (), language: Language, principal: Principal
) -> Composed:  # fmt: skip
    """One turn. conversation_id: ours, or how the client names it; "" begins a new conversation. Another visitor's
    begins a new one as well.

    history: what the visitor said before, for a conversation that is not kept here. Raises BadInput, also for a wish
    that cannot be met, which names what stands against it; the formula at hand then stays.
    """
    require(principal, Permission.FRAGRANCE_COMPOSE)
    said = _checked(message)
    known = _known(conversation_id, principal)
    asked = requests_in(said)
    steps = () if known is None or "start_over" in asked else known.steps
    if not steps:
        turn = _first(said, [] if known else history, language, principal)
    elif "undo" in asked:
        turn = _undone(steps, language, principal)
    elif asked == ("why",):
        turn = _explained(steps, language, principal)
    else:
        turn = _further(steps, said, asked, language, principal)
    answered = {"text": turn.told.text, "name": turn.told.name, "changes": [one.plain() for one in turn.told.changes]}
    kept = keep_turn(known, turn.steps, said, answered, chosen=conversation_id, principal=principal)
    return replace(turn.told, conversation_id=kept)


@dataclass(frozen=True)
class _Turn:
    steps: tuple[Step, ...]
    told: Composed


def _first(said: str, history: Sequence[str], language: Language, principal: Principal) -> _Turn:
    catalogue = current_catalogue()
    words = "\n".join((*history, said))
    reading = read_brief(Given(words=words, language=language, alternatives=1), catalogue=catalogue)
    made = _composed(reading.brief, None, catalogue, principal)
    step = _step(reading.brief, made, catalogue)
    names = {"name_en": step.name["en"], "name_ko": step.name["ko"], "lines": len(made.formula.lines)}
    changes = (Notice("fragrance_composing.composed", names),)
    return _Turn((step,), _told(step, made, changes, reading.understood, reading.unread, catalogue, language))


def _further(
    steps: tuple[Step, ...], said: str, asked: tuple[Request, ...], language: Language, principal: Principal
) -> _Turn:  # fmt: skip
    catalogue, at_hand = current_catalogue(), steps[-1]
    accords = accords_for(principal)
    cost = cost_of_concentrate(at_hand.formula, catalogue=catalogue, accords=accords).per_kg
    change = changed(at_hand.brief, said, asked, cost_per_kg=cost, catalogue=catalogue)
    if change.is_empty and not asked:
        raise BadInput("fragrance_composing.nothing_understood")
    near: Formula | None = at_hand.formula
    if "another" in asked:
        change = replace(change, brief=replace(change.brief, seed=change.brief.seed + SEED_STEP))
        near = None
    made, brief = _pushed(change, at_hand.formula, near, catalogue, principal)
    is_other = near is None or _is_belied(at_hand.name, brief)
    step = _step(brief, made, catalogue, name=None if is_other else at_hand.name)
    changes = told_changes(
        step.name, at_hand.formula, made.formula, change.towards, catalogue=catalogue, accords=accords
    )  # fmt: skip
    told = _told(step, made, changes, change.reading.understood, change.reading.unread, catalogue, language)
    return _Turn((*steps, step) if made.formula != at_hand.formula else steps, told)


def _pushed(
    change: Change, before: Formula, near: Formula | None, catalogue: Catalogue, principal: Principal
) -> tuple[Alternative, Brief]:  # fmt: skip
    """Composed until the odours go the way that was asked for, or the tries are used up."""
    accords = accords_for(principal)
    was = odour_shares(before, catalogue, accords)
    brief = change.brief
    made = _composed(brief, near, catalogue, principal)
    for _ in range(TRIES):
        now = odour_shares(made.formula, catalogue, accords)
        missing = {
            word: way
            for word, way in change.towards.items()
            if way * (now.get(word, 0.0) - was.get(word, 0.0)) < SHOWS * max(was.get(word, 0.0), 0.01)
            and not (way < 0 and was.get(word, 0.0) == 0.0)
        }
        if not missing:
            break
        pushed = further(brief, missing)
        if pushed == brief:
            break
        brief = pushed
        made = _composed(brief, near, catalogue, principal)
    return made, brief


def _undone(steps: tuple[Step, ...], language: Language, principal: Principal) -> _Turn:
    if len(steps) < 2:
        return _Turn(
            steps,
            _as_it_stands(
                steps[-1], say("fragrance_composing.nothing_to_undo", language), current_catalogue(), language
            ),
        )
    left = steps[:-1]
    return _Turn(
        left, _as_it_stands(left[-1], say("fragrance_composing.undone", language), current_catalogue(), language)
    )


def _explained(steps: tuple[Step, ...], language: Language, principal: Principal) -> _Turn:
    from core.fragrance.generation.reasons import reasons

    step, catalogue = steps[-1], current_catalogue()
    why = reasons(step.formula, step.brief, catalogue)
    lines = [
        f"{catalogue.get(ingredient).name(language)}: {' '.join(one.text(language) for one in told)}"
        for ingredient, told in why.items()
        if ingredient in catalogue.materials
    ]
    return _Turn(steps, _as_it_stands(step, "\n".join(lines), catalogue, language))


def _composed(brief: Brief, near: Formula | None, catalogue: Catalogue, principal: Principal) -> Alternative:
    made = generate(
        brief, catalogue=catalogue, table=current_limits(), accords=accords_for(principal), near=near
    )  # fmt: skip
    return made.alternatives[0]


def _step(
    brief: Brief, made: Alternative, catalogue: Catalogue, *, name: Mapping[str, str] | None = None
) -> Step:  # fmt: skip
    return Step(
        brief,
        made.formula,
        name
        or {one: tell(made.formula, brief, catalogue=catalogue, accords={}, language=one).name for one in LANGUAGES},
    )


def _is_belied(name: Mapping[str, str], brief: Brief) -> bool:
    """Whether the name tells an odour that is not wanted any more."""
    gone = [word for word, weight in brief.odour.items() if weight < 0]
    return any(label("odour", word, one).casefold() in name[one].casefold() for word in gone for one in LANGUAGES)


def _known(conversation_id: str, principal: Principal) -> Conversation | None:
    for own in (conversation_id, id_for(conversation_id, principal)) if conversation_id else ():
        with suppress(NotFound):  # a client may hold the id of another server, or of another visitor
            return open_conversation(own, principal=principal)
    return None


def _checked(message: str) -> str:
    said = message.strip()
    if not said:
        raise BadInput("fragrance_composing.empty_message")
    if len(said) > LONGEST:
        raise BadInput("fragrance_composing.long_message", letters=len(said), longest=LONGEST)
    return said


def _told(
    step: Step, made: Alternative, changes: tuple[Notice, ...], understood: tuple[Notice, ...], unread: tuple[str, ...],
    catalogue: Catalogue, language: Language,
) -> Composed:  # fmt: skip
    description = tell(made.formula, step.brief, catalogue=catalogue, accords={}, language=language).description
    told = [one.text(language) for one in changes]
    if unread:
        told.append(say("fragrance_composing.unread", language, pieces=", ".join(unread)))
    preview = _preview(step.formula, catalogue, language)
    return Composed(
        "", "\n".join(told), step.name[language], description, preview, changes, understood, unread, step.formula,
        step.brief, made,
    )  # fmt: skip


def _as_it_stands(step: Step, text: str, catalogue: Catalogue, language: Language) -> Composed:
    preview = _preview(step.formula, catalogue, language)
    return Composed("", text, step.name[language], "", preview, (), (), (), step.formula, step.brief)


def _preview(formula: Formula, catalogue: Catalogue, language: Language) -> Preview:
    lines = sorted(formula.lines, key=lambda line: -line.amount_mg)
    known = [catalogue.materials[line.ingredient] for line in lines if line.ingredient in catalogue.materials]
    return {
        position: tuple(one.name(language) for one in known if one.position == position and one.kind != "solvent")[
            :KEY_NOTES
        ]
        for position in POSITIONS
    }
