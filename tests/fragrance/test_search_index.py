"""The index in files: rebuilt when what it rests on changes, the same for every process, and never half of one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.fragrance.catalogue.stored import save_perfumes
from core.fragrance.search import index as serving
from core.fragrance.search.index import bring_up_to_date, current_index
from core.fragrance.search.index_building import current_mark
from tests.fragrance.search_home import ADMIN, DIM, PERFUMES, encoder, fill, use


@pytest.fixture
def filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, encoder())
    fill()


def test_when_nothing_changed_then_the_same_index_serves(filled: None) -> None:
    first, second = (current_index("shared-words", DIM) for _ in range(2))
    assert first.columns is second.columns
    assert not first.is_behind


def test_when_the_catalogue_changes_then_the_index_rises_with_it(filled: None) -> None:
    before = current_index("shared-words", DIM)
    save_perfumes(PERFUMES[:1], reason="the same", principal=ADMIN)
    after = bring_up_to_date("shared-words", DIM)
    assert after.generation == current_mark().generation > before.generation


def test_when_this_process_changes_the_catalogue_then_the_next_search_holds_it(filled: None) -> None:
    current_index("shared-words", DIM)
    save_perfumes(PERFUMES[:1], reason="the same", principal=ADMIN)
    after = current_index("shared-words", DIM)
    assert (after.generation, after.is_behind) == (current_mark().generation, False)


def test_when_files_of_an_index_are_gone_then_it_is_built_again(filled: None) -> None:
    index = current_index("shared-words", DIM)
    folder = serving._folder("shared-words")
    (folder / str(index.generation) / "columns.price.npy").unlink()
    serving._serving.cache_clear()
    again = current_index("shared-words", DIM)
    assert again.size == index.size
    assert (folder / str(index.generation) / "columns.price.npy").exists()


def test_when_the_folder_is_deleted_then_what_is_mapped_serves_on(filled: None) -> None:
    index = current_index("shared-words", DIM)
    shutil.rmtree(serving._folder("shared-words"))
    assert index.lexical.scores("rose").max() > 0


def test_when_several_processes_build_at_once_then_all_serve_the_same(filled: None, home: Path) -> None:
    code = (
        "from core.fragrance.search.index import bring_up_to_date as up;"
        f"found = up('shared-words', {DIM}); print(found.generation, found.size, found.dense.size)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = {process.communicate(timeout=100)[0] for process in running}
    assert len(told) == 1
    assert told.pop().split()[0] == str(current_mark().generation)
