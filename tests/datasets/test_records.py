"""A dataset is stored whole or not at all, once per content and owner, and only its owner sees it."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from core.datasets import records as datasets
from core.datasets import table_files
from core.datasets.mapping import ExpectedColumn, Schema
from core.datasets.records import (
    Dataset,
    accept_finding,
    delete_dataset,
    get_dataset,
    get_profile,
    list_datasets,
    load_frame,
    open_findings,
    require_trainable,
    save_dataset,
)
from core.datasets.uploads import uploaded_from_frame
from core.errors import BadInput, Conflict, NotAllowed, NotFound, StorageFull, Unavailable
from core.security.policy import Principal, Role

ANN, BEN = Principal("ann", Role.ANALYST), Principal("ben", Role.ANALYST)
ADMIN = Principal("root", Role.ADMIN)
FRAME = pl.DataFrame({"나이": ["31", "44", "x"], "note": ["a", "b", "b"]})
SCHEMA = Schema("customers", (ExpectedColumn("Age", "integer", maximum=120, aliases=("나이",)),))


def save(principal: Principal = ANN, frame: pl.DataFrame = FRAME, **options: object) -> Dataset:
    return save_dataset(
        uploaded_from_frame(frame, format="csv"), name="a.csv", room="customers", principal=principal, **options
    )


def files(home: Path) -> list[Path]:
    return sorted((home / "data" / "datasets").iterdir())


def test_when_a_table_is_saved_then_it_lies_under_its_checksum_and_loads_mapped(home: Path) -> None:
    dataset = save(schema=SCHEMA)

    assert files(home) == [dataset.path]
    assert dataset.path == home / "data" / "datasets" / f"{table_files.checksum(dataset.path)}.parquet"
    assert dataset.bytes == dataset.path.stat().st_size
    assert load_frame(dataset).rows() == [(31, "a"), (44, "b"), (None, "b")]
    assert (dataset.rows, dataset.columns, dataset.mapping) == (3, ("Age", "note"), {"Age": "나이"})


def test_when_a_dataset_is_saved_then_its_profile_is_kept_with_it(home: Path) -> None:
    profile = get_profile(save(schema=SCHEMA).id, principal=ANN)

    assert (profile.column("Age").mean, profile.column("Age").nulls) == (37.5, 1)


def test_when_the_path_is_stored_then_it_is_relative_to_home(home: Path) -> None:
    from sqlalchemy import select

    from core.storage import tables
    from core.storage.database import reading

    save()
    with reading() as connection:
        assert not Path(connection.execute(select(tables.datasets.c.path)).scalar_one()).is_absolute()


def test_when_a_mapping_comes_without_a_schema_then_it_only_renames(home: Path) -> None:
    assert load_frame(save(mapping={"Age": "나이"})).columns == ["Age", "note"]


def test_when_the_same_content_comes_twice_then_it_is_the_same_dataset(home: Path) -> None:
    first, second = save(), save()

    assert first == second
    assert len(list_datasets(principal=ANN)) == len(files(home)) == 1


def test_when_the_same_content_comes_twice_at_once_then_it_is_the_same_dataset(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = {dataset.id for dataset in pool.map(lambda _: save(), range(4))}

    assert len(ids) == 1
    assert len(files(home)) == 1


def test_when_the_same_content_gets_another_target_then_its_findings_follow(home: Path) -> None:
    frame = pl.DataFrame({"y": [0, 1] * 20, "copy": ["n", "y"] * 20})

    before, after = save(frame=frame), save(frame=frame, target="y")

    assert before.id == after.id
    assert [finding.code for finding in open_findings(after)] == ["quality.target_copy"]


def test_when_someone_else_asks_then_the_dataset_is_not_found_but_an_admin_sees_it(home: Path) -> None:
    dataset = save()

    for refused in (lambda: get_dataset(dataset.id, principal=BEN), lambda: delete_dataset(dataset.id, principal=BEN)):
        with pytest.raises(NotFound):
            refused()
    assert list_datasets(principal=BEN) == ()
    assert get_dataset(dataset.id, principal=ADMIN) == dataset
    assert list_datasets(principal=ADMIN, room="customers") == (dataset,)
    assert list_datasets(principal=ADMIN, room="ctr") == ()


def test_when_a_guest_saves_then_it_is_not_allowed_and_nothing_is_stored(home: Path) -> None:
    with pytest.raises(NotAllowed):
        save(Principal("guest", Role.GUEST))

    assert not (home / "data" / "datasets").exists()


def test_when_two_owners_hold_the_same_content_then_deleting_one_keeps_the_others_file(home: Path) -> None:
    mine, theirs = save(ANN), save(BEN)
    assert (mine.id, mine.path) != (theirs.id, None)
    assert mine.path == theirs.path

    delete_dataset(mine.id, principal=ANN)
    assert load_frame(get_dataset(theirs.id, principal=BEN)).equals(FRAME)

    delete_dataset(theirs.id, principal=BEN)
    assert files(home) == []


def test_when_a_blocking_finding_is_open_then_training_is_refused_until_it_is_accepted_with_a_reason(
    home: Path,
) -> None:
    dataset = save(schema=SCHEMA)
    with pytest.raises(Conflict, match="1 unresolved blocking findings"):
        require_trainable(dataset.id, principal=ANN)

    with pytest.raises(BadInput):
        accept_finding(dataset.id, "quality.not_integer", "Age", "  ", principal=ANN)
    accept_finding(dataset.id, "quality.not_integer", "Age", "one typing error", principal=ANN)
    require_trainable(dataset.id, principal=ANN)

    accepted = get_dataset(dataset.id, principal=ANN)
    assert open_findings(accepted) == ()
    assert [(one.code, one.reason, one.owner) for one in accepted.accepted] == [
        ("quality.not_integer", "one typing error", "ann")
    ]


def test_when_a_finding_does_not_exist_then_it_cannot_be_accepted(home: Path) -> None:
    with pytest.raises(NotFound):
        accept_finding(save().id, "quality.constant_column", "note", "fine", principal=ANN)


def test_when_the_stored_file_is_gone_or_changed_then_loading_says_so(home: Path) -> None:
    dataset = save()

    dataset.path.write_bytes(dataset.path.read_bytes() + b"x")
    with pytest.raises(Unavailable, match="checksum"):
        load_frame(dataset)
    dataset.path.unlink()
    with pytest.raises(Unavailable, match="gone"):
        load_frame(dataset)


def test_when_the_mapping_or_target_does_not_fit_then_nothing_is_stored(home: Path) -> None:
    for options in ({"mapping": {"Age": "years"}}, {"target": "clicked"}):
        with pytest.raises(BadInput):
            save(**options)

    assert not (home / "data" / "datasets").exists()
    assert list_datasets(principal=ANN) == ()


def test_when_the_write_meets_a_full_disk_then_it_is_said_and_nothing_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: object, _data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(table_files._HashingFile, "write", full)

    with pytest.raises(StorageFull) as caught:
        save()

    assert caught.value.key == "datasets.disk_full"
    assert files(home) == []
    assert list_datasets(principal=ANN) == ()


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """data/datasets on a real file system of 256 KiB; needs the right to mount one."""
    folder = home / "data" / "datasets"
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if mount is None or subprocess.run([mount, *options], capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system is not permitted here")
    yield folder
    subprocess.run([str(shutil.which("umount")), str(folder)], check=True)


def test_when_a_real_disk_is_full_then_it_is_said_and_smaller_tables_still_fit(small_disk: Path, home: Path) -> None:
    import numpy as np

    large = pl.DataFrame({"x": np.random.default_rng(0).random(100_000)})

    with pytest.raises(StorageFull):
        save(frame=large)
    assert files(home) == []

    assert load_frame(save()).equals(FRAME)


def test_when_the_database_refuses_the_row_then_the_file_is_taken_away_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    from core.storage import database

    @contextmanager
    def failing_commit() -> Iterator[object]:
        with database.writing() as connection:
            yield connection
            raise StorageFull("storage.disk_full")

    monkeypatch.setattr(datasets, "writing", failing_commit)
    with pytest.raises(StorageFull):
        save()

    assert files(home) == []
    assert list_datasets(principal=ANN) == ()
