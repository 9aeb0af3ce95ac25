"""The typed documents that aptitude records become, by the mapping in `documents.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from core.knowledge.ingestion.typed_documents import RecordMapping, read_mapping

MAPPING = Path(__file__).with_name("documents.toml")


@cache
def aptitude_mapping() -> RecordMapping:
    """The seven types of the aptitude chat."""
    return read_mapping(MAPPING.read_text("utf-8"), name=MAPPING.name)
