"""The batch tab of the matching page: a ZIP in, a table out; progress, a stop, and nothing lost when a file is bad."""

from __future__ import annotations

import csv
import gc
import io
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.image_matching import batch, batch_table, batch_work
from app.ui.image_matching.batch_table import Row
from app.ui.resources import rows_as_csv
from core.images import matching, seen_pictures
from core.images.names import UNKNOWN
from core.images.prototypes import Prototypes
from core.security.policy import LOCAL_ANALYST
from tests.images.small_domain import add_small_domain
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.image_pages import BUILT_FROM, CLASSES, PICTURES, press
from tests.zips import zipped


@pytest.fixture
def shapes(home: Path) -> Prototypes:
    seen_pictures.forget_all()
    return add_small_domain(pictures=BUILT_FROM)


def run_batch(app: AppTest, files: dict[str, bytes]) -> None:
    turn_to(app, "image-tabs", 1)
    app.file_uploader[0].upload("many.zip", zipped(files))
    app.run()
    press(app, "image-batch-start")
    assert app.session_state[f"kept:{batch.BATCH}"].progress.finished.wait(60)
    app.run()
    assert not app.exception


def test_when_a_zip_with_folders_is_worked_through_then_the_share_right_and_the_problems_are_counted(
    open_page: Opener, shapes: Prototypes
) -> None:
    app = open_page("image_matching")
    right, wrong = PICTURES[CLASSES[0]][3], PICTURES[CLASSES[1]][3]
    run_batch(
        app,
        {
            f"{CLASSES[0]}/a.png": right,
            f"{shapes.names[CLASSES[0]]}/b.png": wrong,
            "elsewhere/c.png": right,
            "loose.png": right,
            f"{CLASSES[0]}/broken.png": b"no picture",
        },
    )
    rows = app.session_state[f"kept:{batch.BATCH}"].progress.rows
    assert {row.file: row.truth for row in rows} == {
        "a.png": CLASSES[0], "b.png": CLASSES[0], "c.png": UNKNOWN, "loose.png": None, "broken.png": CLASSES[0],
    }  # fmt: skip
    counts = batch_table.counts_of(rows)
    assert (counts.files, counts.known, counts.problems) == (5, 4, 1)
    assert (counts.named, counts.kept_out) == ((1, 2), (0, 1))
    assert "50.0%" in visible_text(app)


def test_when_the_table_is_filtered_then_only_such_rows_are_left(open_page: Opener, shapes: Prototypes) -> None:
    app = open_page("image_matching")
    run_batch(app, {"a.png": PICTURES[CLASSES[0]][3], "broken.png": b"no picture"})
    app.segmented_control(key="image-batch-filter").set_value("problem").run()
    assert list(app.dataframe[0].value["file"]) == ["broken.png"]


def test_when_a_batch_is_downloaded_then_no_cell_is_a_formula() -> None:
    row = Row("=1+1.png", "+cmd", None, "-x", None, 0.5, 0.1, None)
    content = rows_as_csv([batch_table.plain(row, "en")]).decode("utf-8-sig")
    cells = next(csv.DictReader(io.StringIO(content)))
    assert (cells["file"], cells["folder"], cells["verdict"]) == ("'=1+1.png", "'+cmd", "'-x")


def test_when_a_batch_is_stopped_then_what_was_done_is_kept_and_the_page_says_how_far_it_came(
    open_page: Opener, shapes: Prototypes, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("image_matching")
    held = threading.Event()

    def slowly(*given: object, **more: object):
        for one in matching.recognise_archive(*given, **more):  # type: ignore[arg-type]
            yield one
            held.wait(60)

    monkeypatch.setattr(batch_work, "recognise_archive", slowly)
    turn_to(app, "image-tabs", 1)
    app.file_uploader[0].upload("many.zip", zipped({f"{place}.png": PICTURES[CLASSES[0]][3] for place in range(3)}))
    app.run()
    press(app, "image-batch-start")
    press(app, "image-batch-stop")
    held.set()
    progress = app.session_state[f"kept:{batch.BATCH}"].progress
    assert progress.finished.wait(60)
    app.run()
    assert 0 < len(progress.rows) < 3
    assert f"Stopped after {len(progress.rows)} of 3 files" in visible_text(app)


def test_when_the_visit_ends_then_its_batch_stops(shapes: Prototypes, tmp_path: Path) -> None:
    place = tmp_path / "many.zip"
    place.write_bytes(zipped({"a.png": PICTURES[CLASSES[0]][3]}))
    held = batch_work.start(place, name="many.zip", domain="shapes", principal=LOCAL_ANALYST)
    progress = held.progress
    assert progress.finished.wait(60)
    del held
    gc.collect()
    assert progress.stop.is_set()
    assert not place.exists()


def test_when_a_file_is_no_zip_then_one_sentence_says_so(open_page: Opener, shapes: Prototypes) -> None:
    app = open_page("image_matching", "ko")
    turn_to(app, "image-tabs", 1)
    app.file_uploader[0].upload("many.zip", b"no archive")
    app.run()
    press(app, "image-batch-start")
    assert app.session_state[f"kept:{batch.BATCH}"].progress.finished.wait(60)
    app.run()
    assert "many.zip" in app.error[0].value
