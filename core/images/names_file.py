"""The names file of a domain, DOMAIN.names.json: Korean class name -> English, which people may change at any time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.images.names import nfc
from core.images.plain_files import as_json, read_json
from core.storage.whole_files import replace_file

NAMES = ".names.json"


def read_names(folder: Path, domain: str) -> dict[str, str] | None:
    """The names in `folder`, in NFC; None without a names file. Raises BadInput for one that holds anything else.

    It is the domain's own, else the only one there is: folders from other systems may bear another name.
    """
    found = sorted(folder.glob(f"*{NAMES}"))
    own = [one for one in found if nfc(one.name) == f"{domain}{NAMES}"] or (found if len(found) == 1 else [])
    return checked_names(read_json(own[0]), file=own[0].name) if own else None


def replace_names(folder: Path, domain: str, names: Mapping[str, str]) -> None:
    """Write the names file of a domain."""
    file = f"{domain}{NAMES}"
    replace_file(folder / file, as_json(dict(names)))
    for other in folder.glob(f"*{NAMES}"):
        if other.name != file and nfc(other.name) == file:  # the same name, copied from a system that decomposes
            other.unlink()


def checked_names(content: Any, *, file: str) -> dict[str, str]:
    """Names in NFC. Raises BadInput, naming the file, for anything but texts by text."""
    if not isinstance(content, dict) or not all(isinstance(one, str) for one in content.values()):
        raise BadInput("images.names_file", file=file)
    return {nfc(korean): nfc(english) for korean, english in content.items()}
