"""pyproject.toml, the two locks and environment.yml say the same; .env.example lists every setting."""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from core.settings.current import Settings, names_of
from tests.conftest import PROJECT
from tests.project.env_example import env_example

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
PRODUCT = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
DEVELOPMENT = [Requirement(line) for line in PYPROJECT["project"]["optional-dependencies"]["dev"]]


def pins_of(name: str) -> list[Requirement]:
    lines = (PROJECT / name).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith(("#", "-r "))]


LOCK = pins_of("requirements.txt")
LOCK_OF_ALL = LOCK + pins_of("requirements-dev.txt")  # the second begins with the first


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


@pytest.mark.parametrize("direct", PRODUCT, ids=lambda one: one.name)
def test_when_the_product_names_a_dependency_then_its_lock_pins_a_version_it_allows(direct: Requirement) -> None:
    assert_pinned(direct, LOCK)


@pytest.mark.parametrize("direct", DEVELOPMENT, ids=lambda one: one.name)
def test_when_development_names_a_dependency_then_the_locks_pin_a_version_it_allows(direct: Requirement) -> None:
    assert_pinned(direct, LOCK_OF_ALL)


def assert_pinned(direct: Requirement, lock: list[Requirement]) -> None:
    pins = [one for one in lock if normal(one.name) == normal(direct.name)]

    assert pins, f"{direct.name} is not in the lock; run `make lock`"
    for pin in pins:
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        assert direct.specifier.contains(specifier.version)


def test_when_both_locks_pin_a_package_then_to_the_same_version() -> None:
    assert (PROJECT / "requirements-dev.txt").read_text("utf-8").startswith("-r requirements.txt\n")
    first: dict[str, set[str]] = {normal(one.name): set() for one in LOCK}
    for one in LOCK:
        first[normal(one.name)].add(str(one.specifier))
    twice = [one for one in LOCK_OF_ALL[len(LOCK) :] if normal(one.name) in first]

    assert [str(one) for one in twice if str(one.specifier) not in first[normal(one.name)]] == []


def test_when_the_lock_is_read_then_every_pin_is_what_is_installed() -> None:
    wrong = {}
    for pin in LOCK_OF_ALL:
        if pin.marker is None or pin.marker.evaluate():
            installed = metadata.version(pin.name)
            if not pin.specifier.contains(installed, prereleases=True):
                wrong[pin.name] = installed

    assert wrong == {}


def test_when_conda_reads_the_environment_then_it_gets_the_same_lock_and_python() -> None:
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text("utf-8"))
    python, pip, nested = environment["dependencies"]

    assert pip == "pip"
    assert nested == {"pip": ["-r requirements.txt", "-e ."]}
    version = python.removeprefix("python=")
    assert SpecifierSet(PYPROJECT["project"]["requires-python"]).contains(f"{version}.0")
    assert sys.version_info[:2] in {(3, 11), (3, 12)}


def test_when_the_lock_is_read_then_it_names_no_registry_and_no_gpu_build() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "://" not in (PROJECT / name).read_text("utf-8")
    assert not [one.name for one in LOCK_OF_ALL if normal(one.name).startswith(("nvidia-", "triton"))]


def test_when_a_setting_exists_then_the_example_file_lists_it_with_default_and_unit() -> None:
    assert (PROJECT / ".env.example").read_text("utf-8") == env_example()


def test_when_a_setting_exists_then_its_first_name_has_our_prefix() -> None:
    for field in Settings.model_fields:
        assert names_of(field)[0] == f"WORKBENCH_{field.upper()}"
        assert Settings.model_fields[field].description
