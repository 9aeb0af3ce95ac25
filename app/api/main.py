"""The sidecar for frontends that already exist: `uvicorn app.api.main:app`.

It listens first and loads what the setting `preload` names in the background; `/readyz` says when that is done.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from app.api import documentation, error_responses, openapi
from app.api.admin_cookies import CSRF_HEADER
from app.api.incoming_files import remove_leftovers
from app.api.live.answers import AnswerFollowing
from app.api.live.ingestions import ProgressFollowing
from app.api.live.runs import RunFollowing
from app.api.maintenance import MaintenanceDoor
from app.api.middleware import REQUEST_ID, BodyLimit, LastResort, RequestRecord
from app.api.preloading import Preloading
from app.api.probes import probes
from app.api.rates import RATE_HEADERS, count_as
from app.api.routes import (
    admin_accounts,
    admin_data,
    admin_system,
    auth,
    auth_accounts,
    auth_admin,
    auth_test_page,
    auth_v2,
    breakers,
    chains,
    champions,
    chat,
    chat_answers,
    chat_feedback,
    chat_history,
    chat_live,
    chat_preferences,
    ctr,
    ctr_client_dashboard,
    ctr_dashboards,
    ctr_figures,
    ctr_live,
    ctr_predictions,
    ctr_reports,
    ctr_training,
    customer_insight,
    customers,
    datasets,
    etl,
    etl_progress,
    fragrance_agent,
    fragrance_blends,
    fragrance_chat,
    fragrance_checks,
    fragrance_knowledge,
    fragrance_recipes,
    fragrance_search,
    fragrance_service,
    fragrance_shop,
    fragrance_training,
    health,
    images,
    images_batch,
    images_domains,
    images_feedback,
    images_live,
    job_details,
    jobs,
    metrics,
    monitoring_alerts,
    monitoring_health,
    monitoring_v2,
    notebooks,
    preferences_admin,
    preferences_monitoring,
    schedules,
    users,
)
from app.api.served_customers import ServedCustomers
from app.api.served_images import ServedImages, load_default
from app.api.slow_bodies import SlowBodies
from core.chat.warming import begin_warming
from core.security.forwarding import Forwarded
from core.security.https_only import HttpsOnly
from core.settings.current import Settings, get_settings
from core.telemetry.health import ask
from core.telemetry.traces import flush

CAPABILITIES = {
    "customers": (customers.router, customer_insight.router),
    "ctr": (
        *(ctr.router, ctr_training.router, ctr_predictions.router, ctr_figures.router),
        *(ctr_reports.router, ctr_dashboards.router, ctr_client_dashboard.router, ctr_live.router),
    ),
    "images": (
        *(images.router, images_batch.router, images_domains.router, images_feedback.router, images_live.router),
    ),
    "chat": (
        *(chat.router, chat_answers.router, chat_history.router, chat_feedback.router, chat_preferences.router),
        chat_live.router,
        *(etl.router, etl_progress.router, users.router, preferences_admin.router, preferences_monitoring.router),
    ),
    "fragrance": (
        *(fragrance_search.router, fragrance_recipes.router, fragrance_chat.router, fragrance_service.router),
        *(fragrance_checks.router, fragrance_knowledge.router, fragrance_training.router, fragrance_shop.router),
        *(fragrance_blends.router, fragrance_agent.router, admin_data.router),
    ),
}
SIGNING_IN = (auth.router, auth_accounts.router, auth_admin.router, auth_v2.router)
LOOKING_AFTER = (
    *(admin_accounts.router, admin_system.router, breakers.router),
    *(monitoring_health.router, monitoring_alerts.router, monitoring_v2.router),
)
ALWAYS = (
    *(
        health.router,
        metrics.router,
        *SIGNING_IN,
        datasets.router,
        notebooks.router,
        jobs.router,
        job_details.router,
        chains.router,
        schedules.router,
        champions.router,
    ),
    *LOOKING_AFTER,
)
LISTEN_FIRST_S = 1.0  # the pages beside us should answer before we take the processor
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


def create_app(settings: Settings) -> FastAPI:
    """The API with the capabilities that the setting `routes` names."""
    app = FastAPI(
        title="Analyst Workbench",
        version="0.1.0",
        description=openapi.DESCRIPTION,
        redirect_slashes=False,  # the customer frontend's proxy would follow one to another origin
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        telemetry=_telemetry(settings),
    )
    app.state.customers = ServedCustomers()
    app.state.run_following = RunFollowing()
    app.state.progress_following = ProgressFollowing()
    app.state.images = ServedImages()
    app.state.chat_sockets = Counter()
    app.state.answer_following = AnswerFollowing()
    loaders = {
        "customers": app.state.customers.refresh,
        "images": load_default,
        "chat": begin_warming,
        "fragrance": warm_search,
    }
    app.state.preloading = Preloading([name for name in settings.preload if name in settings.routes], loaders)
    # Added as they are, capabilities first: an included router matches each request twice, and routes are
    # tried in order.
    trying = (auth_test_page.router,) if settings.app_env == "local" else ()
    for router in (*_mounted(settings), *ALWAYS, *trying):
        app.router.routes.extend(router.routes)
    error_responses.install(app)
    openapi.install(app)
    documentation.install(app)
    _add_middleware(app, settings)
    return app


def _telemetry(settings: Settings) -> TelemetryConfig:
    """A span for each request where a collector is named, else nothing: counting is `metrics`'s business."""
    if not settings.otlp_endpoint:
        return NO_TELEMETRY
    from core.telemetry.traces import tracer_provider

    return {**NO_TELEMETRY, "tracing": True, "tracer_provider": tracer_provider()}


def warm_search() -> None:
    """Loaded late: composing imports a solver, searching an encoder."""
    from core.fragrance.search import warming

    warming.begin_warming()


def _mounted(settings: Settings) -> tuple[APIRouter, ...]:
    for name, routers in CAPABILITIES.items():
        count_as(name, routers)
    return tuple(router for name in settings.routes for router in CAPABILITIES.get(name, ()))


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """From the inside out: the last one added sees the request first."""
    app.add_middleware(LastResort)
    app.add_middleware(BodyLimit)
    app.add_middleware(SlowBodies, wait_s=settings.slow_body_s)
    app.add_middleware(MaintenanceDoor)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "X-Admin-Token", "Idempotency-Key", CSRF_HEADER],
        expose_headers=[REQUEST_ID, "Retry-After", *RATE_HEADERS],
    )
    if settings.app_env != "local":
        app.add_middleware(HttpsOnly, refuse=error_responses.https_only)
    if settings.trusted_proxies:
        app.add_middleware(Forwarded, trusted=lambda: settings.trusted_proxies)
    app.add_middleware(RequestRecord, log_level=settings.log_level)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # The socket opens after this yields; loading any earlier would only delay it.
    app.state.preloading.is_pending = True
    asyncio.get_running_loop().call_later(LISTEN_FIRST_S, _after_listening, app)
    yield
    app.state.images.close()
    await run_in_threadpool(flush)


def _after_listening(app: FastAPI) -> None:
    app.state.preloading.start(first_look=partial(ask, probes()))
    remove_leftovers(get_settings().data_dir / "incoming")


app = create_app(get_settings())
