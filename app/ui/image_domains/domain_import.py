"""Prototype files of an older image server as a domain: as a ZIP, or the files one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.ui import notices, state, uploading
from app.ui.navigation import IMAGE_DOMAINS, go_to
from app.ui.texts import say
from core.errors import BadInput, TooLarge
from core.images.archives import DEFAULT_LIMITS, open_zip, zip_entries
from core.images.domains import import_domain
from core.images.names import domain_name, nfc
from core.images.names_file import NAMES
from core.images.prototype_files import META, VECTORS
from core.security.policy import Principal
from core.settings.current import get_settings

UPLOAD = "prototype-upload"
PARTS = (VECTORS, META)


def draw(principal: Principal) -> None:
    """The files, the name, and whether a domain of that name is to be replaced."""
    files = st.file_uploader(
        say("domains.files"),
        type=["zip", "npz", "json"],
        accept_multiple_files=True,
        max_upload_size=uploading.limit_mb(),
        key=state.generation(UPLOAD),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        suggested = suggested_name([file.name for file in files])
        name = st.text_input(say("domains.name"), suggested, max_chars=80, key=f"import-name:{suggested}", width=360)
        replaces = st.checkbox(say("domains.replace"), help=say("domains.replace_help"), key="import-replaces")
        pressed = st.button(
            say("domains.import"), type="primary", icon=":material/input:", disabled=not files, key="domain-import"
        )
    if pressed and files:
        domain = domain_name(name or "")
        with tempfile.TemporaryDirectory() as folder:
            lay_out(files, Path(folder))
            taken = import_domain(Path(folder), domain, principal=principal, replaces=replaces)
        state.reset(UPLOAD)
        notices.flash(say("domains.imported", name=domain, classes=len(taken.classes)))
        go_to(IMAGE_DOMAINS, domain=domain)


def lay_out(files: Sequence[UploadedFile], folder: Path) -> None:
    """Write the files of a domain into `folder` under the names that are read there; all others are passed over.

    Raises BadInput when a ZIP holds two of the same, TooLarge for one that would unpack beyond the upload's limit.
    """
    for file in files:
        if file.name.lower().endswith(".zip"):
            _unpack(file, folder)
        elif (name := part_name(file.name)) is not None:
            (folder / name).write_bytes(file.getvalue())


def part_name(path: str) -> str | None:
    """Under which name a file belongs to a domain, or None where it does not."""
    name = nfc(PurePath(path.replace("\\", "/")).name)
    return name if name in PARTS or (name.endswith(NAMES) and not name.startswith(".")) else None


def suggested_name(files: Sequence[str]) -> str:
    """The name that the names file tells, else that of the ZIP."""
    names = [nfc(PurePath(file).name) for file in files]
    told = [name.removesuffix(NAMES) for name in names if name.endswith(NAMES)]
    return next(iter([*told, *(PurePath(name).stem for name in names if name.endswith(".zip"))]), "")


def _unpack(file: UploadedFile, folder: Path) -> None:
    limit = get_settings().upload_limit_bytes
    with uploading.on_disk(file) as path, open_zip(path, file.name) as archive:
        for entry in zip_entries(archive, path, file.name, DEFAULT_LIMITS):
            name = part_name("/".join(entry.parts)) if entry.size is not None else None
            if name is None or "__MACOSX" in entry.parts:
                continue
            if entry.problem:
                raise BadInput(entry.problem, name=name)
            if (folder / name).exists():
                raise BadInput("images.several_domains", name=file.name, file=name)
            content = entry.read(limit + 1)
            if len(content) > limit:
                raise TooLarge("images.entry_too_large", name=name, limit_mb=f"{limit / 2**20:g}")
            (folder / name).write_bytes(content)
