"""Files as image domains keep them: JSON, and npz without pickles, each of them written whole or not at all."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_json(value: Any) -> bytes:
    """JSON that people can read too."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises BadInput naming it when it cannot be read."""
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise BadInput("images.unreadable_file", file=f"{path.parent.name}/{path.name}") from error


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The arrays as an npz whose bytes depend on nothing else; np.savez cannot take a name such as "file"."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.lib.format.write_array(one, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), one.getvalue())
    return buffer.getvalue()


def unpacked(content: bytes, *, file: str) -> dict[str, NDArray[Any]]:
    """The arrays of an npz. Raises BadInput naming the `file` when it is none, or holds objects."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, TypeError, AttributeError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise BadInput("images.unreadable_file", file=file) from error
