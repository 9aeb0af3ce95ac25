"""Small pictures side by side, numbered, for notebooks: what a list of file names cannot show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, NotFound
from core.images.decoding import decode
from core.images.pictures import find_picture
from core.security.policy import Principal

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE, COLUMNS, GAP = 112, 6, 6  # pixels, pictures in a row, pixels
MOST = 24
GROUND, INK = (255, 255, 255), (17, 24, 39)


def contact_sheet(pictures: Sequence[Image | None]) -> Image:
    """The pictures in rows, numbered from 1; an empty frame for None."""
    from PIL import Image as pillow
    from PIL import ImageDraw, ImageOps

    rows = max(1, -(-len(pictures) // COLUMNS))
    step = EDGE + GAP
    sheet = pillow.new("RGB", (COLUMNS * step + GAP, rows * step + GAP), GROUND)
    pen = ImageDraw.Draw(sheet)
    for number, picture in enumerate(pictures):
        left, top = GAP + number % COLUMNS * step, GAP + number // COLUMNS * step
        if picture is None:
            pen.rectangle((left, top, left + EDGE - 1, top + EDGE - 1), outline=INK)
        else:
            sheet.paste(ImageOps.pad(picture, (EDGE, EDGE), color=GROUND), (left, top))
        pen.rectangle((left, top, left + 22, top + 14), fill=GROUND)
        pen.text((left + 3, top + 2), str(number + 1), fill=INK)
    return sheet


def outlier_sheet(report: Mapping[str, Any], *, principal: Principal) -> Image:
    """The outliers of a build report, in its order."""
    return _sheet(report["domain"], report["outliers"][:MOST], principal)


def duplicate_sheet(report: Mapping[str, Any], *, principal: Principal) -> Image:
    """The pairs of copies of a build report, each pair side by side."""
    pairs = [one[side] for one in report["duplicates"][: MOST // 2] for side in ("first", "second")]
    return _sheet(report["domain"], pairs, principal)


def duplicate_rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same pairs as rows of a table."""
    return [
        {
            "first": f"{one['first']['class_name']}/{one['first']['file_name']}",
            "second": f"{one['second']['class_name']}/{one['second']['file_name']}",
            "similarity": one["similarity"],
            "identical": one["identical"],
        }
        for one in report["duplicates"]
    ]


def _sheet(domain: str, listed: Sequence[Mapping[str, Any]], principal: Principal) -> Image:
    return contact_sheet([_thumbnail(domain, one, principal) for one in listed])


def _thumbnail(domain: str, one: Mapping[str, Any], principal: Principal) -> Image | None:
    """None for a picture that is not in the domain's folder: removed meanwhile, or staged and not published yet."""
    try:
        found = find_picture(domain, one["class_name"], one["file_name"], principal=principal)
        return decode(found.content(), name=found.file_name, target_edge=EDGE).image
    except (NotFound, BadInput):
        return None
