"""The sample domain: drawn pictures put into data/domains/samples where there are none, and nowhere else."""

from __future__ import annotations

import hashlib
import io
import shutil
from pathlib import Path
from uuid import uuid4

from core.images.domains import domain_folder, domains_dir
from core.images.names_file import read_names, replace_names
from core.images.pictures import GROUPS, Group, list_pictures
from core.images.samples.drawing import PER_CLASS, SAMPLE_DOMAIN, draw_samples, sample_names
from core.security.policy import Permission, Principal, require


def keep_sample_domain(*, principal: Principal, per_class: int = PER_CLASS) -> bool:
    """Draw the sample pictures and keep them with their English names; False where the domain has pictures already.

    They are drawn aside and moved there whole, unknown ones first: a domain with known pictures is complete.
    """
    require(principal, Permission.DATASETS_WRITE)
    if any(list_pictures(SAMPLE_DOMAIN, principal=principal).values()):
        return False
    folder = domain_folder(SAMPLE_DOMAIN)
    aside = domains_dir() / f".drawing-{uuid4().hex}"
    try:
        for group in GROUPS:
            _draw(aside / group, group, per_class)
        folder.mkdir(parents=True, exist_ok=True)
        if read_names(folder, SAMPLE_DOMAIN) is None:
            replace_names(folder, SAMPLE_DOMAIN, sample_names())
        for group in reversed(GROUPS):
            _move(aside / group, folder / group)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return True


def _draw(folder: Path, group: Group, per_class: int) -> None:
    for one in draw_samples("known" if group == "pictures" else "unknown", per_class=per_class):
        buffer = io.BytesIO()
        one.image.save(buffer, "PNG", compress_level=1)  # noise does not shrink, however long one tries
        content = buffer.getvalue()
        place = folder / one.class_name / f"{hashlib.sha256(content).hexdigest()[:16]}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _move(drawn: Path, place: Path) -> None:
    """In one step where nothing is in the way, else class by class."""
    if not place.exists():
        drawn.rename(place)
        return
    for folder in drawn.iterdir():
        if not any(file.is_file() for file in (place / folder.name).glob("*")):
            shutil.rmtree(place / folder.name, ignore_errors=True)
            folder.rename(place / folder.name)
