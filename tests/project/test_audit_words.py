"""Every action that the audit log can hold has its sentence in both languages, and every sentence its action."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from core.storage.audit import sentence
from core.storage.exports import EXPORTS
from tests.conftest import PROJECT

SENTENCES = tomllib.loads((PROJECT / "core" / "messages" / "audit.toml").read_text("utf-8"))
AN_ACTION = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
NOTING = ("note", "note_now", "note_each")  # also parts of a file that end so
THE_LOG = re.compile(r"core\.storage\.audit import|core\.storage import .*\baudit\b|action=|action: str")


def literals() -> Iterator[str]:
    """Every text that stands where an action stands: handed to the log, given as `action`, or named so."""
    for folder in ("core", "app", "pages"):
        for path in (PROJECT / folder).rglob("*.py"):
            source = path.read_text("utf-8")
            if THE_LOG.search(source):
                for node in ast.walk(ast.parse(source)):
                    yield from _texts(node, by_name=folder == "core")


def _texts(node: ast.AST, *, by_name: bool) -> Iterator[str]:
    given: list[ast.expr] = []
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        of_another = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != "audit"
        if called.endswith(NOTING) and not of_another:
            given += node.args[:3]
        given += [one.value for one in node.keywords if one.arg == "action"]
    elif isinstance(node, ast.Assign) and by_name:
        given += [node.value] if any("action" in ast.unparse(one) for one in node.targets) else []
    elif isinstance(node, ast.FunctionDef):
        defaults = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        given += [default for one, default in defaults if one.arg == "action" and default is not None]
    for one in given:
        for part in ast.walk(one):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and AN_ACTION.fullmatch(part.value):
                yield part.value


def test_when_something_is_noted_then_a_sentence_tells_it_and_no_sentence_is_left_over() -> None:
    actions = {*literals(), *(one.action for one in EXPORTS)}

    assert {one.replace(".", "_") for one in actions} == set(SENTENCES)


def test_when_two_actions_are_different_then_their_sentences_are_too() -> None:
    for language in ("ko", "en"):
        told = [texts[language] for texts in SENTENCES.values()]
        assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("action", "told"),
    [("champion.rolled_back", "rolled back to an earlier result"), ("rocket.launched", "rocket.launched")],
)
def test_when_an_action_is_told_then_one_that_no_sentence_knows_is_shown_as_it_is(action: str, told: str) -> None:
    assert sentence(action, "en") == told
