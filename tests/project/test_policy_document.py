"""docs/policy.md tells who may do what, as the code has it; nothing that can be asked for is without a rule."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from core.jobs.notebooks.catalogue import UNDECLARED, NotebookDescription, list_notebooks
from core.security.policy import PERMISSIONS, Permission, Role
from core.storage.exports import EXPORTS, Export
from tests.conftest import PROJECT
from tests.project.action_parts import PARTS
from tests.project.core_actions import actions
from tests.project.policy_table import PLACE, policy_table

OFFERING = "app/ui/downloads.py"  # the one file that draws a download
HANDED_OUT = re.compile(r"Content-Disposition|FileResponse")


def code(folder: str) -> dict[str, str]:
    found = (path for path in sorted((PROJECT / folder).rglob("*.py")))
    return {path.relative_to(PROJECT).as_posix(): path.read_text("utf-8") for path in found}


def test_when_the_policy_is_written_down_then_it_is_the_one_of_the_code() -> None:
    assert PLACE.read_text("utf-8") == policy_table(), "python -m tests.project.policy_table writes it anew"


@pytest.mark.parametrize("one", list_notebooks(), ids=lambda one: one.name)
def test_when_a_notebook_is_shipped_then_it_declares_a_permission_that_somebody_beside_the_operators_holds(
    one: NotebookDescription,
) -> None:
    assert '"permission": ' in one.path.read_text("utf-8")
    assert one.permission in PERMISSIONS[Role.RESEARCHER] - {UNDECLARED}


def test_when_the_core_changes_something_for_somebody_then_it_asks_whether_they_may() -> None:
    without = {one.name for one in actions() if not one.has_rule}

    assert len(actions()) > 100
    assert without == set(PARTS)


def test_when_a_page_offers_a_file_then_it_does_so_by_the_rules_of_exports() -> None:
    drawn = {
        name for folder in ("app", "pages") for name, source in code(folder).items() if "download_button" in source
    }

    assert drawn == {OFFERING}


def test_when_the_api_hands_a_file_out_then_it_does_so_by_the_rules_of_exports() -> None:
    functions = [
        (name, source, node)
        for name, source in code("app/api").items()
        if HANDED_OUT.search(source)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    handing = {
        f"{name}:{node.name}": ast.get_source_segment(source, node) or ""
        for name, source, node in functions
        if HANDED_OUT.search(ast.get_source_segment(source, node) or "")
    }

    assert handing
    assert [where for where, source in handing.items() if "hand_out(" not in source] == []


@pytest.mark.parametrize("one", EXPORTS, ids=lambda one: one.noun)
def test_when_a_file_can_be_taken_then_some_page_or_route_hands_it_out_and_no_guest_may(one: Export) -> None:
    source = "\n".join([*code("app").values(), *code("pages").values()])
    (name,) = re.findall(rf'^(\w+) = Export\("{one.noun}"', (PROJECT / "core/storage/exports.py").read_text(), re.M)

    assert re.search(rf"\b{name}\b", source)
    assert not set(one.needs) <= PERMISSIONS[Role.GUEST]


def test_when_a_file_asks_for_no_right_to_export_then_it_is_the_report_that_clients_without_a_token_fetch() -> None:
    assert [one.noun for one in EXPORTS if Permission.DATA_EXPORT not in one.needs] == ["report"]


def test_when_the_document_is_read_then_every_file_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:core|app)/[\w/]+\.py)`", PLACE.read_text("utf-8")))

    assert named
    assert [name for name in named if not Path(PROJECT / name).exists()] == []
