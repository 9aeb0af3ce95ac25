"""Sources list what they have, hostile or not; plans make documents of it through the same path."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import BadInput, NotAllowed, NotFound, TooLarge
from core.knowledge.collections import create_collection
from core.knowledge.documents import list_documents
from core.knowledge.ingestion import sources
from core.knowledge.ingestion.archives import ArchiveLimits, packed_files
from core.knowledge.ingestion.database_source import connection_names, query
from core.knowledge.ingestion.plans import list_items, plan
from core.knowledge.ingestion.sources import Finding, SourceItem, files, folder, named_folder, web_page, workbench
from core.knowledge.ingestion.typed_documents import table_rows
from core.knowledge.parsing.limits import ParsingLimits
from tests.knowledge.collections_home import ANA, RES, ingest
from tests.knowledge.files import docx, paragraph
from tests.security.internet import PUBLIC, Internet, sends, serving_site
from tests.zips import zipped


def listed(source: sources.Listed) -> dict[str, SourceItem]:
    return {one.key: one for one in source.items()}


def test_when_files_are_brought_then_a_zip_stands_for_its_files_and_an_office_file_for_itself() -> None:
    contents = {"a.txt": b"a", "all.zip": zipped({"하위/b.txt": "b"}), "c.docx": docx(paragraph("c"))}

    found = listed(files(contents))

    assert list(found) == ["a.txt", "하위/b.txt", "c.docx"]
    assert found["하위/b.txt"].read() == b"b"


def test_when_a_zip_comes_from_a_korean_windows_then_its_names_are_read() -> None:
    name = "규정/환불.txt"
    packed = zipped({name.encode("cp949").decode("cp437"): "text"})

    assert list(listed(files({"a.zip": packed}))) == [name]


def test_when_a_zip_holds_what_programs_leave_then_it_is_passed_over() -> None:
    packed = zipped({"__MACOSX/._a.txt": "x", ".hidden/b.txt": "x", "~$c.docx": "x", "d/Thumbs.db": "x", "e.txt": "e"})

    assert list(listed(files({"a.zip": packed}))) == ["e.txt"]


@pytest.mark.parametrize("path", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "C:\\out.txt", "..\\out.txt"])
def test_when_a_path_leads_out_of_the_zip_then_that_file_is_refused_and_the_others_are_read(path: str) -> None:
    found = list(files({"a.zip": zipped({path: "x", "good.txt": "g"})}).items())

    bad, good = sorted(found, key=lambda one: one.name == "good.txt")
    assert good.read() == b"g"
    with pytest.raises(BadInput, match="leads out"):
        bad.read()


def test_when_a_zip_would_unpack_without_end_then_it_is_refused_before_anything_is_unpacked() -> None:
    with pytest.raises(TooLarge, match="far beyond"):
        list(files({"a.zip": zipped({"bomb.txt": b"\0" * 10_000_000})}).items())


def test_when_a_zip_holds_too_many_files_then_it_is_refused() -> None:
    with pytest.raises(TooLarge, match="limit of 2"):
        list(packed_files(zipped(dict.fromkeys("abc", "x")), "a.zip", ArchiveLimits(max_files=2)))


def test_when_the_list_of_a_zip_alone_is_endless_then_it_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge, match="limit of 1"):
        list(packed_files(zipped({f"{'a' * 900}.txt": "x"}), "a.zip", ArchiveLimits(max_files=1)))


def test_when_one_file_is_over_the_limit_then_it_is_refused_unread_and_the_others_are_taken(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DEFAULT_LIMITS", ParsingLimits(max_bytes=100))
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "large.txt").write_bytes(b"x" * 101)
    collection_id = create_collection("c", principal=ANA).id
    packed = {"a.zip": zipped({"large.txt": "x" * 101, "good.txt": "good"}), "large.md": b"x" * 101}

    plans = (
        plan(collection_id, files(packed), principal=ANA),
        plan(collection_id, folder(tmp_path / "box", name="box"), principal=ANA),
    )

    assert [dict(one.actions) for one in plans] == [{"refuse": 2, "add": 1}, {"refuse": 1}]
    items = [item for one in plans for item in list_items(one.id, principal=ANA) if item.error]
    assert {item.error["key"] for item in items if item.error} == {"knowledge.too_large"}


def test_when_one_file_of_a_zip_is_damaged_then_it_alone_says_so(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.txt": "a" * 500 + "b" * 300, "good.txt": "good"}))
    with zipfile.ZipFile(io.BytesIO(bytes(packed))) as archive:
        at = archive.getinfo("a.txt").header_offset + 30 + len("a.txt") + 2
    packed[at] ^= 0xFF

    found = listed(files({"a.zip": bytes(packed)}))

    assert found["good.txt"].read() == b"good"
    with pytest.raises(BadInput, match="damaged"):
        found["a.txt"].read()


def test_when_a_folder_is_followed_then_links_are_left_out_and_what_is_gone_is_removed(
    database: Path, tmp_path: Path
) -> None:
    place = tmp_path / "inbox"
    (place / "sub").mkdir(parents=True)
    (place / "a.txt").write_text("The first text of all.")
    (place / "sub" / "b.txt").write_text("Another text of all.")
    (place / "link.txt").symlink_to("/etc/hostname")
    collection = create_collection("c", principal=ANA)
    ingest(collection.id, {"uploaded.txt": b"Something uploaded by hand."})

    ingest(collection.id, folder(place, name="box"))
    (place / "a.txt").unlink()
    ended = ingest(collection.id, folder(place, name="box"))

    assert dict(ended.actions) == {"unchanged": 1, "remove": 1}
    assert {one.source_key for one in list_documents(principal=ANA).documents} == {"uploaded.txt", "box/sub/b.txt"}


def test_when_a_followed_folder_is_not_there_then_nothing_is_removed(database: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no folder"):
        plan(create_collection("c", principal=ANA).id, folder(tmp_path / "gone", name="box"), principal=ANA)


def test_when_a_folder_is_named_then_only_those_of_the_settings_are_opened(
    tmp_path: Path, settings_from: Callable[..., object]
) -> None:
    (tmp_path / "a.txt").write_text("text")
    settings_from(WORKBENCH_KNOWLEDGE_FOLDERS=f"box={tmp_path}")

    assert list(listed(named_folder("box"))) == ["box/a.txt"]
    with pytest.raises(NotFound, match="known: box"):
        named_folder("/etc")


def test_when_a_page_is_fetched_then_its_address_is_the_key_of_the_document(database: Path) -> None:
    page = "<html><head><title>반품</title></head><body><p>반품은 한 달 안에 받습니다.</p></body></html>"
    collection = create_collection("c", principal=ANA)

    with serving_site() as site:
        site.answers["/rules?x=1"] = sends(page.encode(), Content_Type="text/html; charset=utf-8")
        internet = Internet(site, {"rules.example": [PUBLIC]})
        ingest(collection.id, web_page("HTTP://Rules.example/rules?x=1#part", reach=internet.reach))

    (document,) = list_documents(principal=ANA).documents
    assert (document.title, document.origin) == ("반품", "web")
    assert document.metadata["url"] == document.source_key == "http://rules.example/rules?x=1"


def test_when_a_page_is_inside_our_own_network_then_the_plan_shows_the_refusal(database: Path) -> None:
    made = plan(create_collection("c", principal=ANA).id, web_page("http://127.0.0.1/secret"), principal=ANA)

    (item,) = list_items(made.id, principal=ANA)
    assert (item.action, item.sha256) == ("refuse", None)
    assert item.error is not None and item.error["key"].startswith("security.outbound_")


class Clusters:
    """What a domain would tell."""

    name = "customers.clusters"

    def __init__(self, *words: str) -> None:
        self.words = words

    def findings(self, language: str) -> Iterable[Finding]:
        for number, word in enumerate(self.words):
            yield Finding(str(number), f"Cluster {number}", f"# Cluster {number}\n\n{word}\n", {"run_id": "r1"})


def test_when_the_workbench_tells_its_results_then_they_follow_what_is_published(database: Path) -> None:
    collection = create_collection("c", principal=ANA)
    ingest(collection.id, workbench(Clusters("Large and loyal.", "Small and new."), language="en"))

    ended = ingest(collection.id, workbench(Clusters("Large and loyal indeed."), language="en"))

    assert dict(ended.actions) == {"change": 1, "remove": 1}
    (document,) = list_documents(principal=ANA).documents
    assert (document.title, document.origin, document.metadata) == ("Cluster 0", "workbench", {"run_id": "r1"})


@pytest.fixture
def staff(tmp_path: Path, settings_from: Callable[..., object]) -> Path:
    path = tmp_path / "staff.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE staff (id INTEGER, 이름 TEXT, note TEXT)")
        connection.executemany("INSERT INTO staff VALUES (?, ?, ?)", [(1, "하나", "첫째 줄\n# 둘째"), (2, "둘", None)])
    settings_from(WORKBENCH_KNOWLEDGE_DATABASES=f"hr=sqlite:///{path}")
    return path


def test_when_rows_are_queried_then_each_becomes_a_document_with_a_line_for_each_column(
    database: Path, staff: Path
) -> None:
    collection = create_collection("c", principal=RES)
    rows = query("hr", 'SELECT id, 이름, note AS "비고 {a.b}" FROM staff -- all\n ORDER BY id;', principal=RES)

    ingest(collection.id, table_rows(rows, key="id", title="이름", name="hr"), principal=RES)

    first, second = sorted(list_documents(principal=RES).documents, key=lambda one: one.source_key)
    assert (first.title, second.title, first.origin) == ("하나", "둘", "database")
    (item, _) = table_rows(rows, key="id", title="이름", name="hr").items()
    assert item.read().decode() == "# 하나\n\n- id: 1\n- 이름: 하나\n- 비고 {a.b}: 첫째 줄 # 둘째\n"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM staff",
        "SELECT 1; DROP TABLE staff",
        "PRAGMA table_info(staff)",
        "ATTACH 'x.db' AS x",
        "WITH x AS (SELECT 1) DELETE FROM staff",
        "",
        "SELECT load_extension('x')",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM nowhere",
    ],
)
def test_when_a_statement_does_anything_but_read_then_it_is_refused(staff: Path, statement: str) -> None:
    with pytest.raises(BadInput):
        query("hr", statement, principal=RES)
    assert len(query("hr", "SELECT id FROM staff", principal=RES)) == 2


def test_when_a_query_runs_or_grows_without_end_then_it_is_stopped(staff: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "

    with pytest.raises(TooLarge, match="more than 10 rows"):
        query("hr", endless + "i FROM n", principal=RES, most_rows=10)
    with pytest.raises(BadInput, match="longer than"):
        query("hr", endless + "count(*) FROM n", principal=RES, timeout_s=0.05)


def test_when_an_analyst_or_an_unknown_name_asks_a_database_then_it_is_refused(staff: Path) -> None:
    assert connection_names(principal=RES) == ("hr",)
    with pytest.raises(NotAllowed):
        query("hr", "SELECT 1", principal=ANA)
    with pytest.raises(NotFound, match="known: hr"):
        query("other", "SELECT 1", principal=RES)


def test_when_a_connection_is_written_wrongly_then_the_message_does_not_show_it(
    settings_from: Callable[..., object],
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_from(WORKBENCH_KNOWLEDGE_DATABASES="hr=mysql://user:hunter2@host/db")
    assert "hunter2" not in str(caught.value)
