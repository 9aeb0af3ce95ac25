"""The cases that come with the workbench: questions on its guide, and some that the guide does not answer."""

from __future__ import annotations

import tomllib
from pathlib import Path

from core.errors import NotFound
from core.knowledge.collections import get_collection
from core.knowledge.documents import list_documents
from core.knowledge.evaluation.cases import SAMPLE, EvaluationCase, Expected
from core.knowledge.sample_collection import SAMPLE_COLLECTION
from core.messages import LANGUAGES
from core.security.policy import LOCAL_ANALYST, Principal

CASES = Path(__file__).with_name("sample_cases.toml")


def sample_cases(*, principal: Principal) -> tuple[EvaluationCase, ...]:
    """To be asked of the sample collection alone; empty where it is not there, or its guide was not brought in yet."""
    try:
        collection = get_collection(SAMPLE_COLLECTION, principal=principal)
    except NotFound:
        return ()
    stored = list_documents(collection_id=SAMPLE_COLLECTION, principal=principal, limit=1000).documents
    ids = {one.source_key: one.id for one in stored}
    told = tomllib.loads(CASES.read_text("utf-8"))
    cases = []
    for language in LANGUAGES:
        for number, one in enumerate(told[language], start=1):
            place = f"guide/{language}/{one['document']}" if "document" in one else None
            if place is not None and place not in ids:
                continue
            expected = (Expected(ids[place], one["words"]),) if place is not None else ()
            cases.append(
                EvaluationCase(
                    id=f"{SAMPLE}-{language}-{number:02d}",
                    owner=LOCAL_ANALYST.id,
                    set_name=SAMPLE,
                    question=one["question"],
                    language=language,
                    is_answerable=place is not None,
                    expected=expected,
                    correction="",
                    feedback_id=None,
                    created_at=collection.created_at,
                )
            )
    return tuple(cases)
