"""A home of its own for every test process, set before anything of ours is imported."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SESSION_HOME = Path(tempfile.mkdtemp(prefix="workbench-test-"))


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
    OMP_NUM_THREADS="1",
)

SHARED_DATASETS = Path(__file__).resolve().parents[2] / "shared" / "datasets"
PROJECT = Path(__file__).resolve().parents[1]


def pytest_sessionstart() -> None:
    """Notebooks that run under nbmake use the session's home, so its database is prepared."""
    from core.storage.migrations import migrate

    migrate()


def pytest_sessionfinish() -> None:
    shutil.rmtree(SESSION_HOME, ignore_errors=True)


def _forget_process_state() -> None:
    """Settings, engine, champions and models are kept once per process; a test with its own home starts anew."""
    from core.resilience import resident_models
    from core.settings.current import get_settings
    from core.storage import champions, database

    if database.engine.cache_info().currsize:
        database.engine().dispose()
    database.engine.cache_clear()
    get_settings.cache_clear()
    champions._seen.clear()
    resident_models._models = None


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
    _migrate_home()
    yield tmp_path
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
