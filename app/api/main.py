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
from starlette.middleware.cors import CORSMiddleware

from app.api import documentation, error_responses, openapi
from app.api.incoming_files import remove_leftovers
from app.api.live.answers import AnswerFollowing
from app.api.live.ingestions import ProgressFollowing
from app.api.live.runs import RunFollowing
from app.api.middleware import REQUEST_ID, BodyLimit, LastResort, RequestRecord
from app.api.preloading import Preloading
from app.api.probes import probes
from app.api.routes import (
    auth,
    auth_test_page,
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
    jobs,
    preferences_admin,
    preferences_monitoring,
    users,
)
from app.api.served_customers import ServedCustomers
from app.api.served_images import ServedImages, load_default
from core.chat.warming import begin_warming
from core.settings.current import Settings, get_settings
from core.telemetry.health import ask

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
        *(fragrance_blends.router, fragrance_agent.router),
    ),
}
ALWAYS = (health.router, auth.router, datasets.router, jobs.router, champions.router)
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
        telemetry=NO_TELEMETRY,  # the log line and the request id do this at a tenth of the cost
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


def warm_search() -> None:
    """Loaded late: composing imports a solver, searching an encoder."""
    from core.fragrance.search import warming

    warming.begin_warming()


def _mounted(settings: Settings) -> tuple[APIRouter, ...]:
    return tuple(router for name in settings.routes for router in CAPABILITIES.get(name, ()))


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """From the inside out: the last one added sees the request first."""
    app.add_middleware(LastResort)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "X-Admin-Token", "Idempotency-Key"],
        expose_headers=[REQUEST_ID],
    )
    app.add_middleware(RequestRecord, log_level=settings.log_level)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # The socket opens after this yields; loading any earlier would only delay it.
    app.state.preloading.is_pending = True
    asyncio.get_running_loop().call_later(LISTEN_FIRST_S, _after_listening, app)
    yield
    app.state.images.close()


def _after_listening(app: FastAPI) -> None:
    app.state.preloading.start(first_look=partial(ask, probes()))
    remove_leftovers(get_settings().data_dir / "incoming")


app = create_app(get_settings())
