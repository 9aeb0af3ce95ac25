"""The notebook that new ones begin as: title, imports, parameters and their view, work, result."""

from __future__ import annotations

import json

from core.errors import BadInput
from core.jobs.notebooks.notebook_file import NAME
from core.settings.paths import PROJECT

TEMPLATE = PROJECT / "notebooks" / "templates" / "room_verb.ipynb"


def from_template(name: str, title: str = "") -> str:
    """The text of a new notebook file called `name`. Raises BadInput for a name that the catalogue would refuse."""
    if not NAME.fullmatch(name):
        raise BadInput("notebooks.bad_name", file=f"{name}.ipynb")
    notebook = json.loads(TEMPLATE.read_text("utf-8"))
    notebook["cells"][0]["source"] = [f"# {title or name.replace('_', ' ').capitalize()}"]
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
