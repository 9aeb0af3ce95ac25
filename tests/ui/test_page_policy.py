"""Each page declares its permission, is thin, and is closed to roles that lack the permission."""

from __future__ import annotations

import ast

import pytest

from app.ui import navigation
from core.security.policy import PERMISSIONS, Permission, Principal, Role
from tests.conftest import PROJECT
from tests.ui.conftest import Opener, visible_text

FILES = {path.stem: path for path in (PROJECT / "pages").glob("*.py")}


def test_when_a_page_file_exists_then_the_navigation_declares_it() -> None:
    assert set(FILES) == {page.name for page in navigation.PAGES}


@pytest.mark.parametrize("page", navigation.PAGES, ids=lambda page: page.name)
def test_when_a_page_is_declared_then_somebody_may_open_it_and_a_guest_may_not(page: navigation.PageEntry) -> None:
    assert any(page.permission in allowed for allowed in PERMISSIONS.values())
    assert page.permission is not Permission.PUBLIC


@pytest.mark.parametrize("role", Role)
def test_when_a_role_lacks_a_permission_then_its_navigation_lacks_the_page(role: Role) -> None:
    shown = {page for pages in navigation.visible_to(Principal("someone", role)).values() for page in pages}
    assert shown == {page for page in navigation.PAGES if page.permission in PERMISSIONS[role]}


@pytest.mark.parametrize("name", FILES)
def test_when_a_page_is_read_then_it_is_thin(name: str) -> None:
    source = FILES[name].read_text("utf-8")
    assert len(source.splitlines()) < 120
    nodes = list(ast.walk(ast.parse(source)))
    assert not [node for node in nodes if isinstance(node, ast.BinOp)], "arithmetic belongs to the core"
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert "open" not in called
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not attributes & {"session_state", "read_text", "read_bytes", "write_text", "write_bytes"}


def test_when_sign_in_is_required_then_every_page_says_so_and_shows_nothing_else(
    open_page: Opener, settings_from
) -> None:
    settings_from(WORKBENCH_DISABLE_AUTH="0", WORKBENCH_SUPABASE_JWT_SECRET="not-a-placeholder-0123456789abcdef")
    app = open_page("overview")
    assert not app.exception
    assert "Sign-in is required" in visible_text(app)
    assert not app.title
