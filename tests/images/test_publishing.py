"""When a build serves, when it does not, and what is left of a build that was killed or came too late."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from core.errors import NotAllowed
from core.images.building import publishing
from core.images.decoding import decode
from core.images.domains import add_domain, domain_folder, open_domain
from core.images.feedback import stage, staged, withdraw
from core.images.pictures import list_pictures, remove_class, save_names
from core.images.prototypes import build_prototypes
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.images import coloured_domain as zoo

pytestmark = pytest.mark.usefixtures("home")
ANALYST = Principal("ann", Role.ANALYST)


def served() -> dict[str, str]:
    """Checksums of all that the domain serves from."""
    files = sorted(one for one in domain_folder(zoo.DOMAIN).iterdir() if one.is_file())
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def spoiled() -> publishing.Stored:
    """A good build serves; then half of each class gets pictures of another."""
    zoo.fill(10)
    before = zoo.published()
    for name, other in zip(zoo.NAMES, ("나비", "달", "곰"), strict=True):
        for number in range(200, 209):
            zoo.add(name, number, content=zoo.coloured(other, number))
    return before


def test_when_fewer_pictures_are_named_right_than_before_then_what_serves_stays() -> None:
    spoiled()
    before = served()

    found = zoo.published()

    assert ("worse_than_before", "blocking") in zoo.codes(found)
    assert not found.published and not found.report["published"]
    assert served() == before


def test_when_a_reason_is_given_then_a_blocked_build_serves_and_the_finding_is_kept() -> None:
    spoiled()

    made = zoo.build()
    found = zoo.stored(made, reason="the classes were redefined")

    assert found.published and ("worse_than_before", "blocking") in zoo.codes(found)
    assert open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).built_by == made.run_id


def test_when_a_role_that_may_not_publish_gives_a_reason_then_it_is_refused_and_nothing_changes() -> None:
    spoiled()
    before, made = served(), zoo.build()

    with pytest.raises(NotAllowed):
        zoo.stored(made, reason="please", principal=ANALYST)
    assert served() == before


def test_when_nothing_blocks_then_an_analyst_publishes() -> None:
    zoo.fill()

    assert zoo.stored(zoo.build(), principal=ANALYST).published


def test_when_another_build_was_published_meanwhile_then_the_later_one_says_so_and_replaces_nothing() -> None:
    zoo.fill()
    slow, quick = zoo.build(), zoo.build(with_space=False)
    zoo.stored(quick)
    before = served()

    found = zoo.stored(slow)

    assert zoo.codes(found)[0] == ("built_meanwhile", "blocking")
    assert quick.run_id in found.findings[0].text("en")
    assert not found.published and served() == before


def test_when_a_remark_is_withdrawn_while_a_build_runs_then_its_picture_does_not_serve() -> None:
    zoo.fill()
    remark = stage(
        zoo.coloured("곰", 77), file_name="a.png", domain=zoo.DOMAIN, kind="add", belongs_to="곰",
        principal=LOCAL_ANALYST,
    )  # fmt: skip
    made = zoo.build()
    withdraw(remark.id, principal=LOCAL_ANALYST)

    found = zoo.stored(made)

    assert not found.published and zoo.codes(found)[0] == ("remarks_withdrawn", "blocking")
    assert len(list_pictures(zoo.DOMAIN, principal=LOCAL_ANALYST)["곰"]) == 6


def test_when_a_build_is_killed_before_it_writes_then_the_domain_is_as_it_was_and_a_retry_publishes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zoo.fill()
    zoo.published()
    before = served()
    zoo.add("곰", 99)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            zoo.published()
    assert served() == before

    assert zoo.published().published
    assert open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).counts == (7, 6, 6)


def test_when_a_build_is_killed_before_its_remarks_are_settled_then_the_next_one_settles_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zoo.fill()
    stage(
        zoo.coloured("곰", 77), file_name="a.png", domain=zoo.DOMAIN, kind="add", belongs_to="곰",
        principal=LOCAL_ANALYST,
    )  # fmt: skip

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "mark_applied", killed)
        with pytest.raises(KeyboardInterrupt):
            zoo.published()

    assert zoo.published().published
    assert staged(zoo.DOMAIN, principal=LOCAL_ANALYST) == ()
    assert open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).counts == (7, 6, 6)


def test_when_imported_prototypes_would_lose_classes_then_that_blocks() -> None:
    rows = zoo.ColourEncoder().encode([zoo_image(name) for name in ("별", "해")])
    imported = build_prototypes(
        zoo.DOMAIN, {"별": rows[:1], "해": rows[1:]}, encoder=zoo.ColourEncoder(), with_space=False
    )
    add_domain(imported, principal=LOCAL_ANALYST)
    zoo.fill()

    found = zoo.published()

    assert ("classes_lost", "blocking") in zoo.codes(found)
    assert open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).classes == ("별", "해")


def zoo_image(name: str) -> Any:
    return decode(zoo.coloured(name, 0), name="a.png").image


def test_when_a_class_is_removed_after_a_build_then_the_next_one_is_not_blocked() -> None:
    zoo.fill()
    zoo.published()
    remove_class(zoo.DOMAIN, "달", principal=LOCAL_ANALYST)

    assert zoo.published().published
    assert open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).classes == ("곰", "나비")


def test_when_names_are_given_while_a_build_runs_then_they_stay() -> None:
    zoo.fill()
    made = zoo.build()
    save_names(zoo.DOMAIN, {"곰": "bear"}, principal=LOCAL_ANALYST)
    zoo.stored(made)

    assert open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).names == {"곰": "bear"}


def test_when_what_serves_is_damaged_then_a_build_replaces_it() -> None:
    zoo.fill()
    zoo.published()
    (domain_folder(zoo.DOMAIN) / "prototypes.npz").write_bytes(b"nothing")

    assert zoo.published().published
    assert open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).classes == zoo.NAMES


def test_when_a_file_names_a_run_that_leads_elsewhere_then_no_report_is_read() -> None:
    zoo.fill()
    made = zoo.build()
    zoo.stored(replace(made, prototypes=replace(made.prototypes, built_by="../../etc")))

    assert zoo.build().before.report is None


def test_when_a_result_is_told_then_it_holds_figures_and_the_place_of_the_artifact() -> None:
    zoo.fill(8, unknown=6)
    made = zoo.build()
    told = publishing.result_of(made, zoo.stored(made))

    assert (told["domain"], told["published"], told["verdict"]) == (zoo.DOMAIN, True, "calibrated")
    assert {"top_1", "auroc", "false_accept", "tau1", "tau2", "pictures"} <= told["metrics"].keys()
    assert told["artifact"]["path"] == f"models/images/{made.run_id}/build"
