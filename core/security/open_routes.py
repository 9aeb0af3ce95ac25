"""Which addresses of the API answer without a token, and why; tests hold this list to the routes.

Two kinds: those that are open on every machine, and those that an operator opens by granting a permission to
everybody (`WORKBENCH_OPEN_ROUTES`), because the clients of the replaced systems send no token.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.security.policy import OPENABLE, Permission

OPEN: dict[str, tuple[str, ...]] = {
    "says whether a part of the workbench answers, and names nobody": (
        "GET /", "GET /health", "GET /livez", "GET /healthz", "GET /readyz", "GET /api/health", "GET /api/auth/health",
        "GET /api/chat/health", "GET /api/etl/health", "GET /api/users/health", "GET /monitoring/health",
        "GET /monitoring/health/liveness", "GET /monitoring/health/readiness",
    ),
    "signs somebody in, or judges the token in its body": (
        "POST /api/auth/login", "POST /api/auth/refresh", "POST /api/auth/verify-token",
        "POST /api/auth/verify-token-body", "POST /api/v2/auth/login", "GET /api/v2/auth/verify",
        "POST /api/v2/auth/verify",
    ),
    "signs somebody up as far as WORKBENCH_SIGN_UP lets them": ("POST /api/auth/register", "POST /api/auth/signup"),
    "is for somebody without a password; tells nobody who has an account": (
        "POST /api/auth/reset-password", "POST /api/auth/reset-password/confirm",
    ),
    "asks for the cookie of the admin pages, and their CSRF token, itself": (
        "POST /api/v1/auth/admin/login", "GET /api/v1/auth/admin/session", "POST /api/v1/auth/admin/logout",
    ),
    "tells how far a run is to whoever holds its id: an event source sends no token": (
        "GET /api/etl/jobs/{job_id}/progress",
    ),
    "tries the sign-in by hand; there with APP_ENV=local alone": ("GET /auth-test",),
}  # fmt: skip


@dataclass(frozen=True)
class OpenedFor:
    """A client that sends no token: what has to be granted to everybody for it, and the routes it comes for."""

    client: str
    permissions: tuple[Permission, ...]
    routes: tuple[str, ...]


OPENED_FOR: tuple[OpenedFor, ...] = (
    OpenedFor("the customer analysis frontend", (Permission.CUSTOMERS_LOOKUP,), ("POST /api/analysis",)),
    OpenedFor(
        "the click-rate frontend: uploads, trainings, reports", (
            Permission.CTR_READ, Permission.CTR_PREDICT, Permission.DATASETS_WRITE, Permission.JOBS_SUBMIT,
        ), (
            "POST /api/upload", "POST /api/train", "GET /api/train/status/{run_id}", "GET /api/dashboard/si",
            "GET /api/dashboard/client", "GET /api/report/pdf/{run_id}", "POST /api/predictions",
        ),
    ),
    OpenedFor(
        "the image matching frontend", (Permission.IMAGES_READ,),
        ("POST /api/v1/similarity/find-by-upload", "POST /api/v1/similarity/find-by-url"),
    ),
    OpenedFor(
        "the perfumery components", (Permission.FRAGRANCE_READ, Permission.FRAGRANCE_COMPOSE),
        ("POST /api/v1/generate/recipe", "POST /api/v1/generate/chat", "POST /api/v1/customer-service/chat"),
    ),
)  # fmt: skip


def lines(granted: list[str]) -> tuple[list[str], list[str]]:
    """What is open, a line each, and the words that are granted in vain: no permissions, or too much for everybody."""
    known = {str(one) for one in OPENABLE}
    told = [f"{route}: {reason}" for reason, routes in OPEN.items() for route in routes]
    for word in granted:
        if word in known:
            clients = [one for one in OPENED_FOR if word in one.permissions]
            wanted = "; ".join(f"{one.client} ({', '.join(one.routes)})" for one in clients)
            whom = f"for {wanted}" if wanted else "though no known client needs it"
            told.append(f"every route of {word} in docs/policy.md: granted by WORKBENCH_OPEN_ROUTES, {whom}")
    return told, [word for word in granted if word not in known]
