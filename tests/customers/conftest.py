"""Trainings shared by the tests of this room: each takes seconds, so each is made once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from core.customers.lookup import ClusterModel
from core.customers.model_files import read_model
from core.customers.profiles import read_profiles
from core.customers.training import CustomerData, Training, load_customers, train_by_evidence, train_compatibility
from core.security.policy import LOCAL_ANALYST
from core.storage.artifacts import Artifact


@pytest.fixture(scope="session")
def sample() -> CustomerData:
    return load_customers("", principal=LOCAL_ANALYST)


@pytest.fixture(scope="session")
def sample_training(sample: CustomerData) -> Training:
    return train_by_evidence(sample, resamples=4)


@pytest.fixture(scope="session")
def sample_compatibility(sample: CustomerData) -> Training:
    return train_compatibility(sample)


@pytest.fixture(scope="session")
def shopping_trends(shared_datasets: Path) -> CustomerData:
    """The real retail file."""
    content = (shared_datasets / "customer_shopping_trends" / "shopping_trends.csv").read_bytes()
    frame = pl.read_csv(content)
    checksum = hashlib.sha256(content).hexdigest()
    return CustomerData("shopping_trends.csv", checksum, frame, read_profiles(frame), synthetic=False)


@pytest.fixture(scope="session")
def shopping_training(shopping_trends: CustomerData) -> Training:
    return train_by_evidence(shopping_trends, resamples=5)


@pytest.fixture(scope="session")
def shopping_compatibility(shopping_trends: CustomerData) -> Training:
    return train_compatibility(shopping_trends)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Training], ClusterModel]:
    """Write a training's files and read the model back, as serving does."""

    def load(training: Training) -> ClusterModel:
        folder = tmp_path_factory.mktemp("artifact")
        for name, content in training.files.items():
            (folder / name).write_bytes(content)
        metadata = {**training.metadata, "run_id": "run-1", "files": dict.fromkeys(training.files, "")}
        assert json.dumps(metadata)
        return read_model(Artifact(folder, metadata), version="1", slot=training.slot)

    return load
