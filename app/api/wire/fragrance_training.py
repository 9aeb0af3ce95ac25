"""The words of the training API: what a client sends, and how a training is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.wire.fragrance_bodies import SentBody
from core.messages import Language, say

if TYPE_CHECKING:
    from core.fragrance.tuning.trainings import Training

ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_ITEM: Any = {"input": "봄날의 로맨틱한 장미 향", "output": "이슬 맺힌 장미가 아침을 엽니다."}
_AT = "2026-01-05T09:00:00Z"
TRAINING: dict[str, Any] = {
    "training_id": ID, "status": "running", "message": "학습 중입니다.", "output_dir": "spring", "started_at": _AT,
    "created_at": _AT, "finished_at": None, "progress": 0.4, "current_epoch": 2, "total_epochs": 3, "train_loss": 2.1,
    "eval_loss": 2.3, "estimated_remaining_time": 12.0, "logs": ["대기열에 넣었습니다."], "artifact": None,
    "published": False, "error": None, "tracking": "추적 서버를 설정하지 않았습니다.",
}  # fmt: skip


class TrainingBody(SentBody):
    """Pairs to train the story writer on, and how. Limits are those of the notebook `fragrance_tune_generator`."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"dataset": [_ITEM] * 10, "num_epochs": 3, "lora_r": 8}}
    )
    dataset: list[Any] = Field(
        default_factory=list, validation_alias=AliasChoices("dataset", "training_data", "items", "data")
    )
    output_dir: str = Field("", description="a name for the outcome; where it lies is told once it is there")
    num_epochs: int = Field(3, description="1 to 10")
    learning_rate: float = 2e-4
    batch_size: int = Field(4, description="1 to 16")
    lora_r: int = Field(8, description="1 to 64")
    base_model: str = ""
    four_bit: bool = False
    use_wandb: bool = Field(False, description="answered with the tracker that is configured")


class ItemsBody(SentBody):
    """Items to be looked through."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"dataset": [_ITEM]}})
    dataset: list[Any] = Field(
        default_factory=list, validation_alias=AliasChoices("dataset", "training_data", "items", "data")
    )


class EvaluationBody(SentBody):
    """Briefs in words, 5 to 50 of them, composed and measured."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"prompts": ["봄날의 장미", "rain", "citrus", "cedar", "tea"]}}
    )
    prompts: list[str] = Field(
        default_factory=list, validation_alias=AliasChoices("prompts", "test_prompts", "evaluation_prompts")
    )
    training_id: str | None = Field(None, description="whose writer tells the stories; left out, the published one")
    seed: int = Field(0, ge=0, le=2**31)


class TrainingAnswer(BaseModel):
    """A training. status: initializing, running, completed, failed or stopped. progress: 1 only with the artifact on
    disk. Losses are null before they are known; estimated_remaining_time [s] where it cannot be told."""

    model_config = ConfigDict(json_schema_extra={"example": TRAINING})
    training_id: str
    status: str
    message: str
    output_dir: str
    started_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    progress: float = Field(ge=0, le=1)
    current_epoch: int
    total_epochs: int
    train_loss: float | None
    eval_loss: float | None
    estimated_remaining_time: float | None
    logs: list[str]
    artifact: str | None = Field(description="where it lies under the home folder; null until it is there")
    published: bool
    error: str | None
    tracking: str


class TrainingsAnswer(BaseModel):
    """Your trainings, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"trainings": [TRAINING], "total": 1}})
    trainings: list[TrainingAnswer]
    total: int


class EvaluationAnswer(BaseModel):
    """overall_score: 0 to 1, null where nothing could be composed; metric_scores with their 95 % intervals."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "overall_score": 0.86,
                "grade": "A-",
                "metric_scores": {"structure": 1.0, "balance": 0.8, "score": 0.86},
                "intervals": {"structure": [1.0, 1.0]},
                "sample_outputs": [{"prompt": "봄날의 장미", "output": None, "refused": None}],
                "evaluation_time": 3.2,
                "recommendations": [],
            }
        }
    )
    overall_score: float | None
    grade: str | None
    metric_scores: dict[str, float | None]
    intervals: dict[str, list[float]]
    sample_outputs: list[dict[str, Any]]
    evaluation_time: float = Field(description="seconds")
    recommendations: list[str]


class CheckedAnswer(BaseModel):
    """Whether a training would take the items, and what is wrong with each that it would not; `item` from 0."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "is_valid": False,
                "valid": False,
                "total_items": 1,
                "valid_items": 1,
                "message": "학습에는 항목이 10개 이상 필요합니다.",
                "errors": [],
            }
        }
    )
    is_valid: bool
    valid: bool = Field(description="the same as is_valid")
    total_items: int
    valid_items: int
    message: str | None = Field(description="what keeps the whole from being trained on")
    errors: list[dict[str, Any]]


def training_answer(one: Training, language: Language) -> dict[str, Any]:
    return {
        "training_id": one.id,
        "status": one.state,
        "message": say(f"api.training_{one.state}", language),
        "output_dir": one.output,
        "started_at": one.started_at,
        "created_at": one.created_at,
        "finished_at": one.finished_at,
        "progress": one.progress,
        "current_epoch": one.epoch,
        "total_epochs": one.epochs,
        "train_loss": one.train_loss,
        "eval_loss": one.eval_loss,
        "estimated_remaining_time": one.remaining_s,
        "logs": [f"{line.at.isoformat()} {line.notice.text(language)}" for line in one.logs],
        "artifact": one.place,
        "published": one.published,
        "error": one.error.text(language) if one.error else None,
        "tracking": one.tracking.text(language),
    }
