"""What /docs says beside the routes: the tokens, the error body, and where the permission of a route is stated."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from app.api.admin_cookies import CSRF_HEADER
from app.api.deps import DeclaredRoute, declared_routes

DESCRIPTION = """
Clusters, click models, pictures, perfumery, datasets, notebooks as jobs, and published models of the Analyst Workbench.

Every answer carries `X-Request-ID`. Every handled error has the body `ErrorAnswer`; a request that does not
validate adds FastAPI's `detail` list and `field_errors`. The routes of pictures say `message` in `detail` as well, a
string. Those of the chat frontend (`/api/auth`, `/api/chat`, `/api/etl`, `/api/users`) answer 400 where others answer
422, with `success: false`, and `retry_after` with a 429. Those of perfumery do so too, but for a brief that can be read
and not met, which is 422, and say the sentence in `detail` and `response` as well. Messages are Korean or English by
`Accept-Language`.

`POST /api/auth/login` gives the bearer token for all routes; on a local machine most answer without one. The routes of
administration (`/api/v1/admin`) take the cookie of `POST /api/v1/auth/admin/login` as well, where its token is repeated
in `X-CSRF-Token`. While the workbench is being worked on, everything but probes, signing in, monitoring and
administration answers 503 with `Retry-After`.
"""
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "adminCookie": {"type": "apiKey", "in": "cookie", "name": "workbench_admin_<port>"},
    "adminToken": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
}


class ErrorAnswer(BaseModel):
    """The body of every handled error."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error_code": "ANALYSIS_FAILED",
                "message": "The customers model lacks its file 'scaler.json'. Restore it or train again.",
                "code": "ARTIFACTS_MISSING",
                "details": {"file": "scaler.json", "room": "customers"},
                "request_id": "0b8f6f0e-5a0f-4a9e-8a39-2c1f1d2b7c55",
            }
        }
    )
    error_code: str = Field(description="what the customer frontend's former backend called it")
    message: str = Field(description="a sentence for a person")
    code: str = Field(description="names the problem")
    details: dict[str, Any]
    request_id: str


def install(app: FastAPI) -> None:
    """Complete the schema once it is asked for."""
    plain = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            components = schema.setdefault("components", {})
            components["securitySchemes"] = SCHEMES
            components.setdefault("schemas", {})["ErrorAnswer"] = ErrorAnswer.model_json_schema()
            for declared in declared_routes(app):
                for method in declared.methods if declared.route.include_in_schema else ():
                    _complete_operation(schema["paths"][declared.path][method.lower()], declared)
        return app.openapi_schema or {}

    app.openapi = complete  # type: ignore[method-assign]


def _complete_operation(operation: dict[str, Any], declared: DeclaredRoute) -> None:
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}}
    operation["responses"].setdefault("default", {"description": "a handled error", **error})
    operation["x-permission"] = str(declared.permission)
    if not declared.is_public:
        operation["security"] = [{"bearer": []}]
        if declared.needed.by_admin_cookie:
            operation["security"].append({"adminCookie": [], "adminToken": []})
