"""Which of our two languages a request prefers, read from its Accept-Language header."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from core.messages import LANGUAGES

Scope = Mapping[str, Any]


def preferred(scope: Scope) -> str | None:
    """ "ko" or "en", whichever the caller prefers; None when neither is named."""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return _parse(value)
    return None


def error_language(scope: Scope) -> str:
    """Errors are Korean for callers who prefer Korean, otherwise English."""
    return preferred(scope) or "en"


def label_language(scope: Scope) -> str:
    """Names of clusters are Korean unless English is preferred: the existing frontend is Korean."""
    return preferred(scope) or "ko"


@lru_cache(maxsize=256)
def _parse(header: bytes) -> str | None:
    best, best_quality = None, 0.0
    for part in header.decode("latin-1").split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(parameters)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
