"""Files that machines share: a folder, or a server that speaks S3, each asked over what is really used."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.datasets.records import delete_dataset, get_dataset, load_frame, save_dataset
from core.datasets.uploads import read_upload
from core.errors import StorageFull, Unavailable
from core.jobs import run_files
from core.security.policy import LOCAL_ANALYST
from core.storage import shared_files
from core.storage.artifacts import open_artifact, save_artifact
from tests.cluster.s3_server import S3Server, s3_server
from tests.workers import free_port

Settings = Callable[..., object]


@dataclass
class Shared:
    """`names()`: of all files in the place, below its folder."""

    names: Callable[[], set[str]]
    change: Callable[[str, bytes], None]
    go_away: Callable[[], None]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as served:
        yield served


@pytest.fixture(params=["folder", "s3"])
def shared(
    request: pytest.FixtureRequest, home: Path, settings_from: Settings, server: S3Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Shared:  # fmt: skip
    shared_files._rest_until.clear()
    if request.param == "folder":
        folder = tmp_path_factory.mktemp("shared place")
        settings_from(WORKBENCH_FILES_URL=folder.as_uri())

        def go_away() -> None:
            shutil.rmtree(folder)
            folder.touch()  # a mount that is gone: nothing can be made below it

        def names() -> set[str]:
            return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}

        return Shared(names, lambda name, content: (folder / name).write_bytes(content) and None, go_away)  # type: ignore[func-returns-value]
    server.objects.clear()
    settings_from(**server.settings("bucket"), WORKBENCH_OUTSIDE_RETRIES="0")

    def s3_names() -> set[str]:
        found = {one.removeprefix("bucket/shared/") for one in server.objects if not one.endswith("/")}
        return found

    def change(name: str, content: bytes) -> None:
        server.objects[f"bucket/shared/{name}"] = content

    def away() -> None:
        settings_from(WORKBENCH_S3_ENDPOINT=f"http://127.0.0.1:{free_port()}")

    return Shared(s3_names, change, away)


def written(home: Path, name: str, content: bytes) -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def left_behind(home: Path) -> list[str]:
    return [one.name for one in home.rglob(".writing-*")]


@pytest.mark.parametrize("size", [0, 5, 12_000_000])
def test_when_a_file_is_kept_and_goes_missing_then_the_same_bytes_come_back(
    shared: Shared, home: Path, size: int
) -> None:
    content = os.urandom(size)
    path = written(home, "data/a b/ä.bin", content)

    shared_files.keep(path)
    path.unlink()

    assert shared.names() == {"data/a b/ä.bin"}
    assert shared_files.here(path, sha256=hashlib.sha256(content).hexdigest())
    assert path.read_bytes() == content
    assert left_behind(home) == []


def test_when_a_file_is_nowhere_then_that_is_told_without_an_error(shared: Shared, home: Path) -> None:
    assert not shared_files.here(home / "data" / "none.bin")
    assert not (home / "data" / "none.bin").exists()


def test_when_the_shared_file_is_another_then_it_is_not_taken(shared: Shared, home: Path) -> None:
    path = written(home, "data/one.bin", b"one")
    shared_files.keep(path)
    path.unlink()
    shared.change("data/one.bin", b"two")

    with pytest.raises(Unavailable) as told:
        shared_files.here(path, sha256=hashlib.sha256(b"one").hexdigest())

    assert told.value.key == "storage.shared_file_changed"
    assert not path.exists()
    assert left_behind(home) == []


def test_when_the_place_is_away_then_one_sentence_tells_and_nothing_half_is_kept(shared: Shared, home: Path) -> None:
    kept = written(home, "data/kept.bin", b"kept")
    shared_files.keep(kept)
    kept.unlink()
    shared.go_away()

    with pytest.raises(Unavailable) as pushed:
        save_artifact("demo", "run", {"one.json": b"{}"}, {"seed": 0})
    with pytest.raises(Unavailable) as fetched:
        shared_files.here(kept)

    assert {pushed.value.key, fetched.value.key} == {"storage.shared_files_away"}
    assert not (home / "models" / "demo" / "run" / "champion").exists()
    assert not kept.exists()


def test_when_an_artifact_was_saved_elsewhere_then_all_of_it_is_fetched_and_verified(
    shared: Shared, home: Path
) -> None:
    saved = save_artifact("demo", "run", {"one.json": b"[1]", "two.npz": b"2"}, {"seed": 0})
    shutil.rmtree(home / "models")

    artifact = open_artifact(saved.path, saved.sha256, room="demo")

    assert (artifact.json("one.json"), artifact.read("two.npz")) == ([1], b"2")
    assert shared.names() == {f"{saved.path}/{name}" for name in ("one.json", "two.npz", "metadata.json")}


def test_when_a_dataset_was_stored_elsewhere_then_it_is_read_here_and_deleted_everywhere(
    shared: Shared, home: Path, tmp_path: Path
) -> None:
    source = written(home, "rows.csv", b"a,b\n1,2\n3,4\n")
    table = read_upload(source, "rows.csv", limit_bytes=1000)
    dataset = save_dataset(table, name="rows", room="customers", principal=LOCAL_ANALYST)
    dataset.path.unlink()

    assert load_frame(get_dataset(dataset.id, principal=LOCAL_ANALYST)).height == 2

    delete_dataset(dataset.id, principal=LOCAL_ANALYST)
    assert shared.names() == set()


def test_when_a_run_left_files_elsewhere_then_they_are_fetched_and_an_absent_one_is_not_asked_for_again(
    shared: Shared, home: Path, server: S3Server
) -> None:
    notebook = written(home, "data/runs/one/notebook.ipynb", b"{}")
    run_files.share("one")
    shutil.rmtree(home / "data" / "runs")

    assert run_files.fetched("one", "notebook.ipynb") == notebook
    assert notebook.read_bytes() == b"{}"
    run_files.fetched("one", "notebook.html")
    asked = len(server.requests)
    assert not run_files.fetched("one", "notebook.html").exists()
    assert len(server.requests) == asked


def test_when_the_disk_is_full_while_fetching_then_it_is_said_and_nothing_is_left(
    shared: Shared, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(home, "data/one.bin", b"one")
    shared_files.keep(path)
    path.unlink()
    opened = Path.open

    def full(self: Path, mode: str = "r", *more: object, **others: object) -> object:
        if mode == "wb" and self.name.startswith(shared_files.UNFINISHED):
            raise OSError(28, "No space left on device")
        return opened(self, mode, *more, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", full)

    with pytest.raises(StorageFull):
        shared_files.here(path)

    assert not path.exists()


def test_when_no_place_is_set_up_then_nothing_is_loaded_and_nothing_happens(home: Path) -> None:
    path = written(home, "data/one.bin", b"one")

    shared_files.keep(path)

    assert shared_files.here(path)
    assert not shared_files.here(home / "data" / "two.bin")


def test_when_the_server_refuses_the_key_then_it_is_told(home: Path, settings_from: Settings, server: S3Server) -> None:
    settings_from(**{**server.settings("bucket"), "WORKBENCH_S3_KEY": "another"})

    with pytest.raises(Unavailable) as told:
        shared_files.probe()

    assert told.value.key == "storage.shared_files_away"


def test_when_the_place_answers_then_the_probe_leaves_nothing(shared: Shared) -> None:
    shared_files.probe()

    assert shared.names() == set()
