"""Evaluates prompts as clients send them: each is read as a brief and composed; a training may add its own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import BadInput, Conflict
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.generation.reading_briefs import Given, read_brief
from core.fragrance.tuning.evaluating import Evaluation, evaluate_briefs
from core.fragrance.tuning.story_writer import published_writer, writer_of
from core.fragrance.tuning.trainings import status
from core.jobs.records import get_job
from core.security.policy import Permission, Principal, require

FEWEST_PROMPTS, MOST_PROMPTS = 5, 50
LONGEST_PROMPT = 2000  # letters


def evaluate_prompts(
    prompts: Sequence[str], *, principal: Principal, training_id: str | None = None, language: str = "ko", seed: int = 0
) -> Evaluation:
    """What comes of 5 or more prompts. training_id: whose writer tells stories; else the published one, if there is.

    Raises BadInput for too few or too many prompts and for an empty one; NotFound for a training that is not there,
    Conflict for one that has no result; NotAllowed.
    """
    require(principal, Permission.FRAGRANCE_FORMULA)
    if len(prompts) < FEWEST_PROMPTS:
        raise BadInput("fragrance_tuning.too_few_prompts", count=len(prompts), fewest=FEWEST_PROMPTS)
    if len(prompts) > MOST_PROMPTS:
        raise BadInput("fragrance_tuning.too_many_prompts", count=len(prompts), most=MOST_PROMPTS)
    for number, prompt in enumerate(prompts, 1):
        if not prompt.strip() or len(prompt) > LONGEST_PROMPT:
            raise BadInput("fragrance_tuning.prompt_unusable", item=number, most=LONGEST_PROMPT)
    write = _writer(training_id, principal)
    catalogue = current_catalogue()
    briefs = [
        read_brief(Given(words=prompt, language=language, seed=seed), catalogue=catalogue).brief for prompt in prompts
    ]
    return evaluate_briefs(briefs, principal=principal, write=write)


def _writer(training_id: str | None, principal: Principal) -> Callable[[str], str] | None:
    if training_id is None:
        published = published_writer()
        return published.write if published is not None else None
    training = status(training_id, principal=principal)
    if training.place is None:
        raise Conflict("fragrance_tuning.no_result_yet", id=training_id, state=training.state)
    result = get_job(training_id, principal=principal).result or {}
    return writer_of(training_id, training.place, result["artifact"]["sha256"]).write
