"""Every label has Korean and English, every key that is used exists, and none is left over."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import get_args

import pytest

from app.ui import findings_panel, job_cards, navigation, texts
from app.ui.customer_clusters import cluster_views
from app.ui.datasets import intake
from core.accounts.accounts import AccountKind
from core.datasets import mapping, schemas
from core.datasets.column_values import ColumnKind
from core.messages import LANGUAGES
from core.security.policy import Role
from tests.conftest import PROJECT

SOURCES = sorted(
    [*(PROJECT / "app").glob("*.py"), *(PROJECT / "app" / "ui").rglob("*.py"), *(PROJECT / "pages").glob("*.py")]
)
FAMILIES = {"say_value", "say_if_known"}


def literals(source: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def first_arguments(source: Path, functions: set[str]) -> set[str]:
    """Literal first arguments of calls to `functions`."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in functions
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_when_a_text_is_defined_then_both_languages_say_something() -> None:
    for key, text in texts.all_texts().items():
        assert set(text) == set(LANGUAGES), key
        assert all(text[language].strip() for language in LANGUAGES), key


def test_when_a_text_has_fields_then_both_languages_fill_the_same() -> None:
    for key, text in texts.all_texts().items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text[language]) if name} for language in text]
        assert fields[0] == fields[1], key


def test_when_a_page_names_a_text_then_it_exists() -> None:
    used = {key for source in SOURCES for key in first_arguments(source, {"say"})}
    assert used
    assert used - set(texts.all_texts()) == set()


def test_when_a_text_is_defined_then_some_page_uses_it() -> None:
    families = {name for source in SOURCES for name in first_arguments(source, FAMILIES)}
    named = {text for source in SOURCES for text in literals(source)}
    unused = {key for key in texts.all_texts() if key not in named and key.partition(".")[0] not in families}
    assert unused == set()


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("job_state", job_cards.LOOKS),
        ("severity", findings_panel.LOOKS),
        ("section", navigation.SECTIONS),
        ("page", [page.name for page in navigation.PAGES]),
        ("role", Role),
        ("account_kind", AccountKind),
        ("tab", cluster_views.TABS),
        ("slot", cluster_views.SLOTS),
        ("kind", {*get_args(ColumnKind), *get_args(schemas.Kind)}),
        ("match", get_args(mapping.How)),
        ("delimiter", intake.DELIMITERS.values()),
    ],
)
def test_when_a_set_of_values_is_closed_then_each_has_a_name(section: str, values: list[str]) -> None:
    assert {f"{section}.{value}" for value in values} - set(texts.all_texts()) == set()


def test_when_a_page_is_written_then_its_labels_come_from_the_texts() -> None:
    """No Hangul and no sentence stands in a page itself."""
    for page in (PROJECT / "pages").glob("*.py"):
        for literal in literals(page) - {ast.get_docstring(ast.parse(page.read_text("utf-8")))}:
            assert " " not in literal, f"{page.name}: {literal}"
            assert literal.isascii(), f"{page.name}: {literal}"
