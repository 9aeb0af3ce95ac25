"""The customer model that the API answers with, and its answers ready made for each cluster and language."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from core.errors import ArtifactMissing, Unavailable
from core.messages import LANGUAGES
from core.telemetry.logs import get_logger

if TYPE_CHECKING:
    from core.customers.lookup import ClusterModel

LOOK_EVERY_S = 0.25  # between looks at the champion table, which itself reads the database once a second
log = get_logger("api")


class ClusterAnswer(BaseModel):
    """What the customer frontend reads: exactly these three fields."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "predicted_cluster": 2,
                "cluster_name": "월간 구매 고객",
                "cluster_description": "매월 구매하는 고객입니다.",
            }
        }
    )
    predicted_cluster: int
    cluster_name: str
    cluster_description: str


@dataclass(frozen=True)
class Served:
    """A loaded model; `answers[language][cluster]` needs no further work."""

    model: ClusterModel
    answers: Mapping[str, tuple[ClusterAnswer, ...]]


class ServedCustomers:
    """Notices a new champion within a little more than a second, without a database read on the request's way."""

    def __init__(self) -> None:
        self._served: Served | None = None
        self._looked_at = 0.0

    async def current(self) -> Served:
        """The model to answer with. Raises ArtifactMissing or Unavailable while there is none.

        One request looks, outside the event loop; the others go on with the model at hand meanwhile.
        """
        served = self._served
        now = time.monotonic()
        if served is not None:
            if now - self._looked_at < LOOK_EVERY_S:
                return served
            self._looked_at = now
        return await run_in_threadpool(self.refresh)

    def refresh(self) -> Served:
        """Look whether another model was published, and load it."""
        from core.customers.serving import current_model

        try:
            model = current_model()
        except ArtifactMissing:
            self._served = None
            raise
        except Unavailable as error:
            if self._served is None:
                raise
            log.warning("champion not checked", reason=error.code)
            return self._served
        if self._served is None or self._served.model is not model:
            self._served = Served(model, {language: _answers(model, language) for language in LANGUAGES})
        self._looked_at = time.monotonic()
        return self._served


def _answers(model: ClusterModel, language: str) -> tuple[ClusterAnswer, ...]:
    texts = [name.text(language) for name in model.names]
    return tuple(
        ClusterAnswer(predicted_cluster=number, cluster_name=text.name, cluster_description=text.description)
        for number, text in enumerate(texts)
    )
