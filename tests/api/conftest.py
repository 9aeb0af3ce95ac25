"""An API over a home with trained sample clusters, signed in or not."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from fastapi.testclient import TestClient

from core.security.policy import LOCAL_ANALYST
from core.telemetry import logs
from tests.conftest import process_home
from tests.workers import made_once

if TYPE_CHECKING:
    from tests.api.chat_home import ChatHome
    from tests.api.etl_home import EtlHome

SECRET = "a-long-and-real-secret-of-a-project"
RUN_ID = "11111111-1111-4111-8111-111111111111"
PROFILE: dict[str, Any] = {
    "Age": 35,
    "Purchase Amount (USD)": 50,
    "Subscription Status": True,
    "Frequency of Purchases": "Monthly",
}
FREQUENCIES = ("Weekly", "Fortnightly", "Bi-Weekly", "Monthly", "Quarterly", "Every 3 Months", "Annually")


@pytest.fixture(autouse=True)
def _log_where_this_test_listens() -> None:
    """The log remembers the standard error of its first line, which pytest exchanges for each test."""
    logs._configure.cache_clear()


@pytest.fixture(scope="session")
def trained_home() -> Path:
    """A home whose database holds a champion and a compatibility model; copied, never used itself."""
    return _home_made_once("customers-trained", _train)


def _home_made_once(name: str, fill: Callable[[], object]) -> Path:
    """A home that `fill` put something into, made once for all workers."""

    def make(folder: Path) -> None:
        with process_home(folder):
            fill()

    return made_once(name, make)


def _train() -> None:
    from core.customers import training
    from core.customers.clusters import fit_partition
    from core.customers.publishing import store

    data = training.load_customers("", principal=LOCAL_ANALYST)
    # The search for evidence takes seconds and is tested in its own room; here the sample's groups are known.
    partition = fit_partition(data.columns, feature_set="four_fields_log", scaling="standard", k=5, seed=0)
    known = training._finish("champion", data, partition, (), 0, None)
    for done in (known, training.train_compatibility(data)):
        store(done, run_id=RUN_ID, principal=LOCAL_ANALYST, publish=True, reason="tests")


@pytest.fixture
def trained(trained_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A home of this test alone, with trained models."""
    home = tmp_path / "home"
    shutil.copytree(trained_home, home)
    with process_home(home, migrated=False, WORKBENCH_PRELOAD="customers"):  # there are no pictures in this home
        yield home


def make_client() -> TestClient:
    """A client of a fresh application over the settings of now; redirects are never followed."""
    from app.api.main import create_app
    from core.settings.current import get_settings

    return TestClient(create_app(get_settings()), follow_redirects=False)


@pytest.fixture
def client(trained: Path) -> TestClient:
    """Authentication off, models trained."""
    return make_client()


@pytest.fixture
def bare_client(home: Path) -> TestClient:
    """Authentication off, nothing trained."""
    return make_client()


@pytest.fixture
def guarded(trained: Path, settings_from: Callable[..., object]) -> TestClient:
    """Authentication on, models trained."""
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET)
    return make_client()


@pytest.fixture(scope="session")
def trained_ctr_home() -> Path:
    """A home with a file of impressions, one finished and explained training on it; copied, never used itself."""
    from tests.api import ctr_runs

    return _home_made_once("ctr-explained", lambda: ctr_runs.explain(ctr_runs.train(ctr_runs.store_planted())))


@pytest.fixture
def ctr_home(trained_ctr_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A home of this test alone, with a finished training of a click model."""
    home = tmp_path / "home"
    shutil.copytree(trained_ctr_home, home)
    with process_home(home, migrated=False):
        yield home


@pytest.fixture
def ctr_client(ctr_home: Path) -> TestClient:
    """Authentication off, a click model trained."""
    return make_client()


@pytest.fixture
def run_id(ctr_home: Path) -> str:
    """The finished training of `ctr_home`."""
    from core.ctr.runs import get_run

    return get_run("latest", principal=LOCAL_ANALYST).id


def bearer(*, secret: str = SECRET, algorithm: str = "HS256", without: str = "", **claims: object) -> dict[str, str]:
    """The header of a token as Supabase makes it, with some claims changed or left out."""
    genuine = {
        "aud": "authenticated",
        "exp": int(time.time()) + 3600,
        "iat": int(time.time()),
        "iss": "https://project.supabase.example/auth/v1",
        "sub": "0d4b2a8c-8f0f-4f8e-9a53-6a1d3c6d1b11",
        "role": "authenticated",
        "email": "analyst@example.com",
    }
    kept = {name: value for name, value in {**genuine, **claims}.items() if name != without}
    return {"Authorization": f"Bearer {jwt.encode(kept, secret, algorithm=algorithm)}"}


@pytest.fixture(scope="session")
def built_image_home() -> Path:
    """A home with two built domains of drawn pictures; copied, never used itself."""
    from tests.api import image_cases

    return _home_made_once("image-domains", image_cases.build)


@pytest.fixture(scope="module")
def image_home(built_image_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of one file of tests, with built domains: loading the encoder takes longer than most tests."""
    home = tmp_path_factory.mktemp("images") / "home"
    shutil.copytree(built_image_home, home, symlinks=True)
    with process_home(home, migrated=False):
        yield home


@pytest.fixture(scope="module")
def image_client(image_home: Path) -> TestClient:
    """Authentication off, two image domains built."""
    return make_client()


@pytest.fixture(scope="module")
def built_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatHome]:
    """A home of one file of tests with two people, a collection and an encoder that loads nothing."""
    from tests.api import chat_home

    with process_home(tmp_path_factory.mktemp("chat"), **chat_home.LIGHT) as patch:
        from core.knowledge.retrieval import find
        from tests.knowledge.collections_home import HashModel

        patch.setattr(find, "text_model", HashModel)
        yield chat_home.build(make_client())
        chat_home.forget_chats()


@pytest.fixture
def chat(built_chat: ChatHome) -> Iterator[ChatHome]:
    """The same, with nothing asked yet."""
    from tests.api import chat_home

    chat_home.forget_chats()
    yield built_chat
    chat_home.forget_chats()


@pytest.fixture(scope="module")
def built_etl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtlHome]:
    """A home of one file of tests with people who are signed in."""
    from tests.api import chat_home, etl_home

    with process_home(tmp_path_factory.mktemp("etl"), **chat_home.LIGHT):
        yield etl_home.build(make_client())


@pytest.fixture
def etl(built_etl: EtlHome) -> EtlHome:
    """The same, with nothing brought yet."""
    from tests.api import etl_home

    etl_home.forget_runs()
    return built_etl
