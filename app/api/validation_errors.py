"""Sentences for requests that do not validate, from pydantic's error types."""

from __future__ import annotations

from typing import Any

from core.messages import say

LONGEST_INPUT = 200  # characters of a refused value that are sent back
SECRETS = {  # fields whose value is never sent back
    "password", "new_password", "current", "current_password", "old_password", "token", "refresh", "invitation",
    "invitation_token",
}  # fmt: skip

_KEYS = {
    "missing": "missing",
    "int_type": "whole_number",
    "int_parsing": "whole_number",
    "int_parsing_size": "whole_number",
    "int_from_float": "whole_number",
    "float_type": "number",
    "float_parsing": "number",
    "finite_number": "number",
    "greater_than_equal": "at_least",
    "less_than_equal": "at_most",
    "literal_error": "choice",
    "string_type": "text",
    "string_too_long": "too_long",
    "string_too_short": "empty",
    "yes_no": "yes_no",
    "json_invalid": "json",
    "no_source": "source",
}


def sentence(problem: dict[str, Any], language: str) -> str:
    """One problem of one field, said to a person in `language`."""
    key = _KEYS.get(problem["type"], "other")
    context = problem.get("ctx", {})
    limit = context.get("ge", context.get("le", context.get("max_length")))
    details = {
        "field": _plain(".".join(str(part) for part in problem["loc"][1:]) or "body"),
        "limit": f"{limit:g}" if isinstance(limit, int | float) else "",
        "choices": str(context.get("expected", "")).replace("'", "").replace(" or ", ", "),
    }
    return say(f"api.invalid_{key}", language, **details)


def readable_detail(problem: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's entry for `detail`, with a refused value only where it is short."""
    kept = {name: problem[name] for name in ("type", "loc", "msg")}
    given = problem.get("input")
    if SECRETS.intersection(problem["loc"]):
        return kept
    if isinstance(given, str):
        kept["input"] = _plain(given[:LONGEST_INPUT])
    elif given is None or isinstance(given, bool | int | float):
        kept["input"] = given
    if "ctx" in problem:
        kept["ctx"] = {name: value for name, value in problem["ctx"].items() if not isinstance(value, Exception)}
    return kept


def _plain(text: str) -> str:
    # JSON may smuggle in half a surrogate pair, which UTF-8 cannot carry back.
    return text.encode("utf-8", "replace").decode()
