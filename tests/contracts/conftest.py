"""The running sidecar, started once, and the frontends that call it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import process_home
from tests.contracts.frontends import Frontend
from tests.contracts.sidecar import OPEN, Sidecar, prepare, running


@pytest.fixture(scope="package")
def sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    """All capabilities in one process over one home."""
    home = tmp_path_factory.mktemp("contracts")
    with process_home(home, **OPEN):
        prepared = prepare()
        with running(home) as (http, site):
            yield Sidecar(http=http, site=site, **prepared)


@pytest.fixture
def customers(sidecar: Sidecar) -> Frontend:
    return Frontend("customer frontend (Next.js)", "http://localhost:3000", sidecar.http)


@pytest.fixture
def ctr(sidecar: Sidecar) -> Frontend:
    return Frontend("CTR frontend (Vue)", "http://localhost:5173", sidecar.http)


@pytest.fixture
def images(sidecar: Sidecar) -> Frontend:
    return Frontend("image frontend (Next.js)", "http://localhost:3000", sidecar.http)


@pytest.fixture
def chat(sidecar: Sidecar) -> Frontend:
    compiled_in = {"X-Admin-Token": "counts-for-nothing"}
    return Frontend("chat frontend (Next.js)", "http://localhost:3000", sidecar.http, compiled_in)


@pytest.fixture
def fragrance(sidecar: Sidecar) -> Frontend:
    return Frontend("fragrance frontend (Next.js)", "http://localhost:3000", sidecar.http)
