"""What is counted where it happens: once, and only what it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core.jobs.records import submit
from core.jobs.running.claiming import claim_next
from core.llm.chat_model import counted
from core.resilience.guarded_call import HungUp
from core.resilience.resident_models import ResidentModels
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now, writing
from core.storage.tables import jobs
from core.telemetry import metrics
from core.telemetry.metric_list import METRICS
from tests.telemetry.scraping import value


def pieces(ends_with: type[Exception] | None) -> Iterator[str]:
    yield "one"
    if ends_with is not None:
        raise ends_with


def test_when_a_chat_models_server_breaks_off_then_it_failed_but_not_when_the_listener_went(fresh: Path) -> None:
    assert list(counted("ollama", pieces(None))) == ["one"]
    for error in (ConnectionError, HungUp):
        with pytest.raises(error):
            list(counted("ollama", pieces(error)))
    walks_away = counted("ollama", pieces(None))
    next(walks_away)
    del walks_away

    assert value("llm_calls_total", provider="ollama") == 4
    assert value("llm_api_errors_total", provider="ollama") == 1
    assert value("llm_call_duration_seconds_count", provider="ollama") == 4


def test_when_a_model_raises_then_no_answer_of_it_is_counted(fresh: Path) -> None:
    @metrics.inference("ctr")
    def answer(divisor: int) -> float:
        return 1 / divisor

    answer(1)
    with pytest.raises(ZeroDivisionError):
        answer(0)

    assert value("model_inference_total", model="ctr") == 1
    assert value("model_inference_duration_seconds_count", model="ctr") == 1


def test_when_a_job_is_taken_then_the_time_it_waited_is_counted(fresh: Path) -> None:
    submit("ctr_train", {}, principal=LOCAL_ANALYST)
    with writing() as connection:
        connection.execute(update(jobs).values(created_at=utc_now() - timedelta(seconds=40)))

    assert claim_next() is not None
    assert claim_next() is None
    assert value("job_queue_wait_seconds_count") == 1
    assert value("job_queue_wait_seconds_bucket", le="15.0") == 0
    assert value("job_queue_wait_seconds_bucket", le="60.0") == 1


def test_when_models_come_and_go_then_their_memory_is_told_by_kind(fresh: Path) -> None:
    models = ResidentModels(budget_bytes=10_000)
    models.get("text_encoder:e5", "1", object, size_bytes=4_000)
    models.get("ctr.model.7d1c.blend", "1", object, size_bytes=3_000)
    models.get("ctr.model.9f00.blend", "1", object, size_bytes=2_000)

    assert value("resident_model_bytes", model="ctr") == 5_000
    models.get("rerank_model:small", "1", object, size_bytes=5_000)  # the least recently used one has to go
    assert value("resident_model_bytes", model="text_encoder") == 0
    models.unload("rerank_model:small")
    assert value("resident_model_bytes", model="reranker") == 0


def test_when_the_list_is_read_then_every_name_stands_once_and_every_label_is_bounded() -> None:
    names = [metric.name for metric in METRICS]
    unbounded = {(one.name, label) for one in METRICS for label, words in one.labels if words is None}

    assert len(names) == len(set(names))
    assert unbounded == {
        ("http_requests_total", "route"), ("http_requests_total", "status"), ("http_request_duration_seconds", "route"),
        ("errors_total", "room"), ("errors_total", "kind"),
    }  # fmt: skip
