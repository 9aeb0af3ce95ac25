"""The files of a domain with their checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core.errors import NotAllowed
from core.images.domain_files import list_files
from core.images.domains import domain_folder
from core.security.policy import GUEST, LOCAL_ANALYST


@pytest.fixture
def folder(home: Path) -> Path:
    made = domain_folder("shapes")
    (made / "pictures" / "star").mkdir(parents=True)
    (made / "pictures" / "star" / "a.png").write_bytes(b"a picture")
    (made / "prototypes.npz").write_bytes(b"vectors")
    (made / ".half-written").write_bytes(b"no")
    return made


def test_when_files_are_listed_then_each_has_its_checksum_and_pictures_are_left_out(folder: Path) -> None:
    [found] = list_files("shapes", principal=LOCAL_ANALYST)
    assert (found.name, found.size, found.sha256) == ("prototypes.npz", 7, hashlib.sha256(b"vectors").hexdigest())


def test_when_the_domain_is_only_a_name_then_it_has_no_files(home: Path) -> None:
    assert list_files("shapes", principal=LOCAL_ANALYST) == ()


def test_when_a_guest_asks_for_files_then_it_is_refused(folder: Path) -> None:
    with pytest.raises(NotAllowed):
        list_files("shapes", principal=GUEST)
