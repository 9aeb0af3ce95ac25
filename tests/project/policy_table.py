"""Writes docs/policy.md, who may do what, from the code: `python -m tests.project.policy_table`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from app.api.deps import DeclaredRoute, declared_routes, declared_sockets
from app.api.main import app
from app.ui.navigation import PAGES
from core.jobs.notebooks.catalogue import list_notebooks
from core.knowledge.rights import EDITOR, READER
from core.security.former_permissions import FORMER_WORDS, LADDER
from core.security.open_routes import OPEN, OPENED_FOR
from core.security.policy import PERMISSIONS, Permission, Role
from core.storage.exports import EXPORTS
from tests.conftest import PROJECT
from tests.project.action_parts import PARTS
from tests.project.core_actions import actions

PLACE = PROJECT / "docs" / "policy.md"
HEADER = """# Who may do what

Written by `python -m tests.project.policy_table` from the code; a test holds this file to it.

Roles hold permissions (`core/security/policy.py`). Whatever can be asked for names the permission it takes where it is
defined: a route with `needs(...)`, a page in `app/ui/navigation.py`, a notebook in its metadata, a file to take along
in `core/storage/exports.py`, a function of the core with `require(...)`. What belongs to somebody is seen by its owner
and by administrators alone (`may_see`, `core/storage/ownership.py`), unless it was shared; conversations, remarks on
answers and the inbox by their owner alone. Tests fail for whatever has no rule. Locally, with DISABLE_AUTH=1, whoever
comes without a token is the local administrator.
"""
COLLECTIONS = [  # tests/knowledge/test_collections.py holds the code to these
    ["owner, administrator", "●", "●", "●"],
    [f"shared with as {EDITOR}", "●", "●", ""],
    [f"shared with as {READER}, one's organisation, everybody signed in", "●", "", ""],
    ["anybody else: it is not there", "", "", ""],
]


def policy_table() -> str:
    """The whole document."""
    return "\n".join(
        [
            HEADER,
            *_roles(),
            *_routes(),
            *_open(),
            *_pages(),
            *_notebooks(),
            *_collections(),
            *_exports(),
            *_actions(),
            *_former(),
        ]
    )


def _roles() -> list[str]:
    rows = [
        [f"`{one}`", *("●" if one in PERMISSIONS[role] else "" for role in LADDER)] for one in Permission
    ]  # fmt: skip
    return ["## Permissions and roles\n", *_table(["permission", *(str(role) for role in LADDER)], rows)]


def _routes() -> list[str]:
    routes = sorted(declared_routes(app), key=lambda one: (one.permission, one.path, one.methods))
    told = ["## Routes by permission\n", "Those that are open without a token follow below.\n"]
    for permission, group in groupby((one for one in routes if not one.is_public), key=lambda one: one.permission):
        whom = "whoever is signed in" if permission is Permission.PUBLIC else _whom([permission])
        told += [f"### `{permission}`: {whom}\n", *(f"- {_address(one)}" for one in group), ""]
    sockets = sorted(declared_sockets(app).items())
    rows = [[f"`{path}`", f"`{permission}`", _whom([permission])] for path, permission in sockets]
    return [*told, "### WebSockets\n", *_table(["socket", "permission", "roles"], rows)]


def _address(one: DeclaredRoute) -> str:
    """Methods and path, with whatever besides a token lets somebody in."""
    proofs = {
        "an account has to be signed in": one.needed.signed_in and one.permission is not Permission.PUBLIC,
        "`?token=` counts as well": one.needed.by_query,
        "the cookie of the admin pages counts as well": one.needed.by_admin_cookie,
        f"or the token of WORKBENCH_{one.needed.by_setting.upper()}": one.needed.by_setting,
    }
    also = "; ".join(words for words, counts in proofs.items() if counts)
    return f"`{'|'.join(one.methods)} {one.path}`" + (f" ({also})" if also else "")


def _open() -> list[str]:
    rows = [[f"`{route}`", reason] for reason, routes in OPEN.items() for route in routes]
    clients = [
        [one.client, ", ".join(f"`{permission}`" for permission in one.permissions), ", ".join(map(_code, one.routes))]
        for one in OPENED_FOR
    ]
    return [
        "## Open without a token\n", *_table(["route", "why"], rows),
        "Further routes are opened by granting their permission to everybody, for clients that send no token; never "
        "more than a `user` holds. `workbench doctor` lists what is open.\n",
        *_table(["client", "WORKBENCH_OPEN_ROUTES", "routes it comes for"], clients),
    ]  # fmt: skip


def _pages() -> list[str]:
    rows = [[page.name, f"`{page.permission}`", _whom([page.permission])] for page in PAGES]
    return ["## Pages\n", *_table(["page", "permission", "roles"], rows)]


def _notebooks() -> list[str]:
    rows = [
        [one.name, f"`{one.permission}`", _whom([Permission.JOBS_SUBMIT, one.permission])] for one in list_notebooks()
    ]  # fmt: skip
    return ["## Notebooks, run as jobs\n", "Each takes `jobs.submit` besides.\n", *_table(
        ["notebook", "permission", "roles"], rows
    )]  # fmt: skip


def _collections() -> list[str]:
    head = ["who", "reads and is answered from it", "brings in and removes documents", "renames, shares, removes it"]
    told = "Besides `knowledge.read` and `knowledge.write`, looked up for each question (`core/knowledge/rights.py`).\n"
    return ["## Collections of documents\n", told, *_table(head, COLLECTIONS)]


def _exports() -> list[str]:
    rows = [
        [one.noun, ", ".join(one.forms), ", ".join(f"`{need}`" for need in one.needs), _whom(one.needs)]
        for one in EXPORTS
    ]
    return [
        "## Files to take along\n", "Each is noted in the audit log as `<what>.exported`.\n",
        *_table(["what", "as", "permissions", "roles"], rows),
    ]  # fmt: skip


def _actions() -> list[str]:
    rows = []
    for one in actions():
        named = ", ".join(f"`{Permission[name]}`" for name in one.permissions)
        owner = "owner or administrator" if one.by_owner else ""
        rows.append([f"`{one.name.removeprefix('core.')}`", named, owner or PARTS.get(one.name, "")])
    return [
        "## Changes the core makes for a principal\n",
        "Every permission that is asked for on some way through the function, and whether it looks whose the thing "
        "is.\n", *_table(["function", "permissions", "whose"], rows),
    ]  # fmt: skip


def _former() -> list[str]:
    rows = [
        [f"`{one.word}`", str(one.from_role), ", ".join(f"`{permission}`" for permission in one.permissions),
         str(one.from_role_here), one.why]
        for one in FORMER_WORDS
    ]  # fmt: skip
    return ["## Words of the system before\n", *_table(["word", "from role", "here", "from role", "why"], rows)]


def _whom(permissions: Iterable[Permission]) -> str:
    wanted = set(permissions)
    roles = [str(role) for role in LADDER if wanted <= PERMISSIONS[role]]
    return "everybody" if len(roles) == len(Role) else ", ".join(roles)


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in (list(head), ["---"] * len(head), *cells)]
    return [*lines, ""]


if __name__ == "__main__":
    PLACE.write_text(policy_table(), "utf-8")
