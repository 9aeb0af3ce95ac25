"""Training the story writer: start, look, stop, list; and measuring what is composed for a set of briefs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.fragrance_training import (
    CheckedAnswer,
    EvaluationAnswer,
    EvaluationBody,
    ItemsBody,
    TrainingAnswer,
    TrainingBody,
    TrainingsAnswer,
    training_answer,
)
from app.api.wire.idempotency import IdempotencyKey
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/v1/training", tags=["fragrance"], route_class=PerfumeryRoute)


@router.post("/start", response_model=TrainingAnswer)
@needs(Permission.FRAGRANCE_WRITE)
def start_training(
    body: TrainingBody,
    request: Request,
    principal: Principal = CALLER,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Queue a training on 10 or more pairs of input and output."""
    from core.fragrance.tuning import trainings

    made = trainings.start(
        body.dataset, principal=principal, num_epochs=body.num_epochs, learning_rate=body.learning_rate,
        batch_size=body.batch_size, lora_r=body.lora_r, base_model=body.base_model, output=body.output_dir,
        four_bit=body.four_bit, use_wandb=body.use_wandb, key=idempotency_key,
    )  # fmt: skip
    return training_answer(made, language_of(request))


@router.get("/status/{training_id}", response_model=TrainingAnswer)
@needs(Permission.FRAGRANCE_READ)
def training_status(training_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """How far a training is."""
    from core.fragrance.tuning import trainings

    return training_answer(trainings.status(training_id, principal=principal), language_of(request))


@router.post("/stop/{training_id}", response_model=TrainingAnswer)
@needs(Permission.FRAGRANCE_WRITE)
def stop_training(training_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """End a training with its process; one that has ended stays as it is."""
    from core.fragrance.tuning import trainings

    return training_answer(trainings.stop(training_id, principal=principal), language_of(request))


@router.get("/list", response_model=TrainingsAnswer)
@needs(Permission.FRAGRANCE_READ)
def list_trainings(
    request: Request, principal: Principal = CALLER, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Any:
    """Your trainings, newest first."""
    from core.fragrance.tuning import trainings

    language = language_of(request)
    found = [training_answer(one, language) for one in trainings.trainings(principal=principal, limit=limit)]
    return {"trainings": found, "total": len(found)}


@router.post("/evaluate", response_model=EvaluationAnswer)
@needs(Permission.FRAGRANCE_FORMULA)
def evaluate(body: EvaluationBody, request: Request, principal: Principal = CALLER) -> Any:
    """Compose 5 to 50 briefs and measure what came of them; stories of a tuned writer stand beside."""
    from core.fragrance.tuning.prompt_evaluation import evaluate_prompts

    language = language_of(request)
    found = evaluate_prompts(
        body.prompts, principal=principal, training_id=body.training_id, language=language, seed=body.seed
    )
    known = {name: one for name, one in found.measures.items() if one is not None}
    return {
        "overall_score": found.score,
        "grade": found.grade,
        "metric_scores": {name: one.value if one is not None else None for name, one in found.measures.items()},
        "intervals": {name: [one.low, one.high] for name, one in known.items()},
        "sample_outputs": [
            {"prompt": one.brief.words, "output": one.story, "refused": one.refused and one.refused.text(language)}
            for one in found.composed
        ],
        "evaluation_time": found.seconds,
        "recommendations": [one.text(language) for one in found.advice],
    }


@router.post("/dataset/validate", response_model=CheckedAnswer)
@needs(Permission.FRAGRANCE_READ)
def validate_dataset(body: ItemsBody, request: Request, principal: Principal = CALLER) -> Any:
    """Whether a training would take these items."""
    from core.fragrance.tuning.trainings import checked_items

    language = language_of(request)
    found = checked_items(body.dataset, principal=principal)
    return {
        "is_valid": found.is_valid,
        "valid": found.is_valid,
        "total_items": found.count,
        "valid_items": found.count - len(found.items),
        "message": found.whole.text(language) if found.whole else None,
        "errors": [{"item": one.item, "message": one.notice.text(language)} for one in found.items],
    }
