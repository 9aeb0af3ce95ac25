"""Notebooks that are refused, and why; those that can be run are told beside the jobs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import GuardedRoute, needs
from app.api.languages import error_language
from core.security.policy import Permission

router = APIRouter(prefix="/api", tags=["jobs"], route_class=GuardedRoute)


class BrokenNotebookAnswer(BaseModel):
    """A notebook that cannot be run as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "demo_train",
                "code": "NOTEBOOKS_NO_TYPE",
                "message": "In the notebook 'demo_train.ipynb', line 2 of the parameters cell gives 'rows' no type: "
                "rows = 5. Write `rows: TYPE = VALUE` with one of bool, int, float, str.",
                "details": {
                    "file": "demo_train.ipynb", "line": 2, "code": "rows = 5", "name": "rows",
                    "types": "bool, int, float, str",
                },
            }
        }
    )  # fmt: skip
    name: str
    code: str
    message: str = Field(description="the reason as one sentence in the caller's language")
    details: dict[str, Any] = Field(description="its parts: the file, and where known the line in the parameters cell")


@router.get("/notebooks/broken", response_model=list[BrokenNotebookAnswer])
@needs(Permission.JOBS_READ)
def broken_notebooks(request: Request) -> Any:
    """The notebooks that are refused, each with the reason."""
    from core.jobs.notebooks import catalogue

    language = error_language(request.scope)
    return [
        {
            "name": one.name,
            "code": one.key.upper().replace(".", "_"),
            "message": one.text(language),
            "details": dict(one.details),
        }
        for one in catalogue.broken_notebooks()
    ]
