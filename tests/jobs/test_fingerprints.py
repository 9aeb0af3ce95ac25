"""What a step's fingerprint stands for: it changes with whatever could change the result, and with nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.datasets.records import delete_dataset, save_dataset
from core.datasets.uploads import uploaded_from_frame
from core.jobs.chains.fingerprints import fingerprint_of
from core.jobs.chains.references import reference_in
from core.jobs.notebooks import code_checksums
from core.jobs.notebooks.code_checksums import checksum_of_notebook
from core.security.policy import LOCAL_ANALYST
from tests.jobs.conftest import write_notebook

NEEDED = {"first": "f" * 64}


def of_data(**parameters: Any) -> str | None:
    return fingerprint_of("demo_data", parameters, references={}, needed={}, principal=LOCAL_ANALYST)


def of_after(run_id: str = "a-run", needed: dict[str, str | None] = NEEDED, **parameters: Any) -> str | None:
    reference = reference_in("{first.run_id}")
    assert reference is not None
    return fingerprint_of(
        "demo_after", {"run_id": run_id, **parameters}, references={"run_id": reference}, needed=needed,
        principal=LOCAL_ANALYST,
    )  # fmt: skip


def stored(*values: int) -> str:
    table = uploaded_from_frame(pl.DataFrame({"a": values}))
    return save_dataset(table, name="numbers", room="customers", principal=LOCAL_ANALYST).id


def change_cell(notebooks: Path, before: str, after: str) -> None:
    path = notebooks / "demo_data.ipynb"
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")


def test_when_nothing_changes_then_the_fingerprint_stays(chained: Path) -> None:
    before = of_data()
    change_cell(chained, "# demo_data", "# Another title")

    assert before is not None
    assert of_data() == before
    assert of_data(word="done") == before  # a default that is said is the same value


def test_when_a_value_or_a_cell_changes_then_the_fingerprint_does(chained: Path) -> None:
    before = of_data()

    assert of_data(word="else") != before
    change_cell(chained, "finish({", 'finish({\\"more\\": 1, ')
    assert of_data() not in (before, None)


def test_when_the_data_changes_then_the_fingerprint_does_and_the_same_data_under_another_name_is_the_same(
    chained: Path,
) -> None:
    one, other = stored(1, 2), stored(1, 3)

    assert len({of_data(), of_data(dataset_id=one), of_data(dataset_id=other)}) == 3
    delete_dataset(one, principal=LOCAL_ANALYST)
    assert of_data(dataset_id=one) is None


def test_when_a_step_refers_to_another_then_that_ones_fingerprint_stands_for_its_run(chained: Path) -> None:
    assert of_after("a-run") == of_after("another-run")
    assert of_after(needed={"first": "e" * 64}) != of_after()
    assert of_after(needed={**NEEDED, "beside": "e" * 64}) != of_after()


def test_when_something_cannot_be_told_then_there_is_no_fingerprint(chained: Path) -> None:
    write_notebook(chained, "demo_unknown", parameters='domain: str = ""  # pictures')
    write_notebook(chained, "demo_domain", parameters='domain: str = ""  # pictures', reads={"domain": "domain"})

    assert of_after(needed={"first": None}) is None
    for name, parameters in (
        ("demo_unknown", {}),
        ("demo_domain", {"domain": "shapes"}),
        ("demo_after", {"run_id": "latest"}),
        ("demo_after", {"run_id": "of-nobody"}),
        ("demo_gone", {}),
    ):
        found = fingerprint_of(name, parameters, references={}, needed={}, principal=LOCAL_ANALYST)
        assert found is None, name


def test_when_the_settings_choose_another_encoder_or_brand_then_the_fingerprint_changes(
    chained: Path, settings_from: Callable[..., object]
) -> None:
    before = of_data()
    settings_from(WORKBENCH_BRAND_NAME="Another house")

    assert of_data() not in (before, None)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose core is three modules and a file of data."""
    core = tmp_path / "core"
    (core / "deep").mkdir(parents=True)
    (core / "__init__.py").write_text("")
    (core / "near.py").write_text("def f():\n    from core.deep import far\n    return far.VALUE\n")
    (core / "deep" / "__init__.py").write_text("")
    (core / "deep" / "far.py").write_text("VALUE = 1\n")
    (core / "deep" / "words.toml").write_text("a = 1\n")
    (core / "unused.py").write_text("VALUE = 1\n")
    cell = {"cell_type": "code", "source": ["from core.near import f\n", "f()"]}
    (tmp_path / "demo.ipynb").write_text(json.dumps({"cells": [cell]}))
    monkeypatch.setattr(code_checksums, "PROJECT", tmp_path)
    yield tmp_path


@pytest.mark.parametrize("changed", ["core/near.py", "core/deep/far.py", "core/deep/words.toml", "core/__init__.py"])
def test_when_a_module_behind_a_notebook_changes_then_its_checksum_does(project: Path, changed: str) -> None:
    before = checksum_of_notebook(project / "demo.ipynb")
    with (project / changed).open("a") as file:
        file.write("\n# changed")

    assert checksum_of_notebook(project / "demo.ipynb") != before


def test_when_a_module_changes_that_nothing_imports_then_the_checksum_stays(project: Path) -> None:
    before = checksum_of_notebook(project / "demo.ipynb")
    (project / "core" / "unused.py").write_text("VALUE = 2\n")

    assert checksum_of_notebook(project / "demo.ipynb") == before
