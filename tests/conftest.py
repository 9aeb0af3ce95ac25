"""A home of its own for every test process, set before anything of ours is imported."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

from tests.worker_units import InUnits, rank
from tests.workers import RUN_FOLDER, WORKER, free_port

SESSION_HOME = RUN_FOLDER / (WORKER or "home")
SESSION_HOME.mkdir(exist_ok=True)

ON_POSTGRESQL = os.environ.get("TEST_DATABASE", "") == "postgresql"  # every home of a test has its database there
MARK = ".database"  # file of a home: the URL of its database on the server; a copied home gets a copied database

for name in list(os.environ):
    if name.startswith("WORKBENCH_") or name in {
        "DISABLE_AUTH",
        "DATABASE_URL",
        "SUPABASE_JWT_SECRET",
        "APP_ENV",
    }:
        del os.environ[name]
os.environ.update(
    WORKBENCH_HOME=str(SESSION_HOME),
    WORKBENCH_API_PORT=str(free_port()),
    WORKBENCH_UI_PORT=str(free_port()),
    WORKBENCH_RATE_LIMIT_FREE="127.0.0.0/8,::1,testclient",  # tests of the limits themselves take it away
    WORKBENCH_PRELOAD="customers,images,chat",  # a search in the background would open another test's database
    WORKBENCH_METRICS_DIR=str(SESSION_HOME / "metrics"),  # homes come and go; a process counts in one place
    WORKBENCH_WARM_RUNNERS="0",  # kernels for jobs that a test will not have; tests about them turn it on
    OMP_NUM_THREADS="1",
)

hypothesis.settings.register_profile("side by side", deadline=None)  # how long an example takes is nobody's subject
hypothesis.settings.load_profile("side by side")

PROJECT = Path(__file__).resolve().parents[1]
SHARED_DATASETS = PROJECT.parent / "shared" / "datasets"
COMPILED = PROJECT / ".pytest_cache" / "encoders"  # named by weights and revision; later runs need no compiling


def pytest_sessionstart(session: pytest.Session) -> None:
    """Notebooks that run under nbmake use the session's home, so its database is prepared."""
    if ON_POSTGRESQL and not WORKER:
        from tests.postgres.server import share_server

        share_server()
    if not WORKER and session.config.getoption("numprocesses", None):
        return  # this process only hands out work
    from core.storage.migrations import migrate

    migrate()
    use_compiled_models(SESSION_HOME / "data")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from tests.quick_notebooks import FIRST_START

    for item in items:
        if item.path.suffix == ".ipynb" and item.path.stem in FIRST_START:  # which a test of that start runs already
            item.add_marker(pytest.mark.soak)
    if ON_POSTGRESQL:
        skip = pytest.mark.skip(reason="about SQLite itself, and this run is on PostgreSQL")
        for item in items:
            if item.get_closest_marker("sqlite"):
                item.add_marker(skip)
    if WORKER:
        items.sort(key=lambda item: rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> InUnits:
    return InUnits(config, log)


def use_compiled_models(data: Path) -> None:
    """Let the data folder of a home use what encoders compiled for any other: that takes longer than most tests."""
    own = data / "cache" / "encoders"
    if not own.exists():
        COMPILED.mkdir(parents=True, exist_ok=True)
        own.parent.mkdir(parents=True, exist_ok=True)
        own.symlink_to(COMPILED)


def _forget_process_state() -> None:
    """Settings, engine, champions, models, breakers are kept once per process; a test with its own home starts anew."""
    from core.resilience import breakers, dependency_log, resident_models, result_cache
    from core.settings.current import get_settings
    from core.storage import champions

    _forget_database()
    get_settings.cache_clear()
    champions._seen.clear()
    resident_models._models = None
    breakers._breakers.clear()
    dependency_log.forget()
    result_cache.forget()


def _forget_database() -> None:
    from core.storage import database

    if database.engine.cache_info().currsize:
        database.engine().dispose()
    database.engine.cache_clear()


@contextmanager
def database_of(folder: Path, patch: pytest.MonkeyPatch, *, migrated: bool = True, kept: bool = True) -> Iterator[None]:
    """The settings name the database of a home: the file within it, or a database on the server of a PostgreSQL run.

    migrated: empty tables; otherwise that of the home that `folder` is a copy of, or one without any table.
    kept: it stays on the server, for a home that is copied later.
    """
    if not ON_POSTGRESQL:
        if migrated:
            _migrate_home()
        yield
        return
    from core.settings.current import get_settings
    from tests.postgres import server

    mark = folder / MARK
    if migrated:
        url = server.fresh_database()
    elif mark.exists():
        url = server.fresh_database(like=server.name_in(mark.read_text("utf-8")))
    else:
        url = server.empty_database()
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(url, "utf-8")
    patch.setenv("WORKBENCH_DATABASE_URL", url)
    get_settings.cache_clear()
    _forget_database()
    yield
    _forget_database()
    if not kept:
        server.give_back(url)


def keep_home(home: Path, folder: Path) -> None:
    """The folder becomes a copy of the home in use, its database with it; see `bring_home`."""
    from core.storage.database import engine

    engine().dispose()
    shutil.copytree(home, folder, symlinks=True)
    if ON_POSTGRESQL:
        from tests.postgres import server

        name = server.name_in((home / MARK).read_text("utf-8"))
        (folder / MARK).write_text(server.fresh_database(like=name), "utf-8")


def bring_home(kept: Path, home: Path) -> None:
    """Everything of a kept home comes into the home in use, which had nothing yet."""
    from core.settings.current import get_settings
    from core.storage.database import engine

    engine().dispose()
    shutil.copytree(kept, home, dirs_exist_ok=True, symlinks=True)
    if ON_POSTGRESQL:
        from tests.postgres import server

        url = server.fresh_database(like=server.name_in((kept / MARK).read_text("utf-8")))
        (home / MARK).write_text(url, "utf-8")
        os.environ["WORKBENCH_DATABASE_URL"] = url  # whoever made the home gives back what was there before
        get_settings.cache_clear()
        _forget_database()


def _migrate_home() -> None:
    """Migrate the first home; every later one begins with a copy of its still empty database, as that takes longer."""
    from core.settings.current import get_settings
    from core.storage.database import engine
    from core.storage.migrations import migrate

    own, kept = get_settings().data_dir / "workbench.db", SESSION_HOME / "empty.db"
    if kept.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, own)
        return
    migrate()
    engine().dispose()  # what is still in the log goes into the file
    shutil.copyfile(own, kept)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh home folder with a migrated database, for this test alone."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    _forget_process_state()
    with database_of(tmp_path, monkeypatch, kept=False):
        yield tmp_path
    _forget_process_state()


@contextmanager
def process_home(folder: Path, *, migrated: bool = True, **environment: str) -> Iterator[pytest.MonkeyPatch]:
    """A home for more than one test, with further environment values; the patch that undoes itself with it.

    migrated: with the empty database; otherwise whoever uses it brings or makes one.
    """
    with pytest.MonkeyPatch.context() as patch:
        for key, value in {"WORKBENCH_HOME": str(folder), **environment}.items():
            patch.setenv(key, value)
        _forget_process_state()
        with database_of(folder, patch, migrated=migrated):
            yield patch
        _forget_process_state()


@pytest.fixture
def settings_from(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Call with environment values to get the process settings read anew."""
    from core.settings.current import get_settings

    def change(**values: str) -> object:
        for key, value in values.items():
            monkeypatch.setenv(key, value)
        get_settings.cache_clear()
        return get_settings()

    yield change
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def shared_datasets() -> Path:
    """Small real data beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED_DATASETS.is_dir():
        pytest.skip(f"the shared datasets are not at {SHARED_DATASETS.name}/ beside this checkout")
    return SHARED_DATASETS
