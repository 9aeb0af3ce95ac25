"""Files for the journey with pictures: drawn ones packed as a visitor would, and one that is broken."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.images.samples.drawing import SAMPLE_SEED, Group, draw_samples

DOMAIN = "shapes"
EDGE = 96  # [px] small ones are drawn quickly
KNOWN = ("Star", "Heart", "Arrow", "Stripes", "Checks")
UNKNOWN = ("Bricks", "Leaf", "Fish")
PER_KNOWN, PER_UNKNOWN = 8, 7
ASKED = 8  # the number of the first picture that no ZIP holds
BROKEN = b"\x89PNG\r\n\x1a\n and nothing else"


@dataclass(frozen=True)
class Drawn:
    """known, unknown: ZIPs of class folders, the first with the broken file. batch: a ZIP of what is asked.

    right: of a class. wrong, new: of classes that the domain does not have yet. stranger: of none, and far from all.
    """

    known: Path
    unknown: Path
    batch: Path
    right: Path
    wrong: Path
    new: Path
    stranger: Path
    broken: Path
    class_of: Mapping[str, str]  # file name -> class, in Korean
    known_classes: int = len(KNOWN)
    known_pictures: int = len(KNOWN) * PER_KNOWN
    unknown_classes: int = len(UNKNOWN)
    unknown_pictures: int = len(UNKNOWN) * PER_UNKNOWN

    @property
    def asked(self) -> tuple[Path, ...]:
        """In the order of the list on the page; the broken one last."""
        return (self.right, self.wrong, self.new, self.stranger, self.broken)


def draw(folder: Path) -> Drawn:
    """Write everything into `folder`."""
    roles = {"Star": "right", "Cross": "wrong", "Mug": "new", "Waves": "stranger"}
    known, asked, class_of = [], {}, {}
    for one in draw_samples("known", per_class=ASKED + 1, edge=EDGE):
        name, content = f"{one.english_name.lower()}_{one.number}.png", io.BytesIO()
        one.image.save(content, "PNG")
        if one.number < PER_KNOWN and one.english_name in KNOWN:
            known.append((f"{one.class_name}/{name}", content.getvalue()))
        elif one.number == ASKED and one.english_name in roles:
            asked[roles[one.english_name]] = folder / name
            class_of[name] = one.class_name
            (folder / name).write_bytes(content.getvalue())
    broken = folder / "torn.png"
    broken.write_bytes(BROKEN)
    class_of[broken.name] = class_of[asked["right"].name]
    known.append((f"{class_of[broken.name]}/{broken.name}", BROKEN))
    files = [*asked.values(), broken]
    return Drawn(
        known=_packed(folder / f"{DOMAIN}.zip", known),
        unknown=_packed(folder / "unknown.zip", _unknown()),
        batch=_packed(folder / "batch.zip", [(f"{class_of[one.name]}/{one.name}", one.read_bytes()) for one in files]),
        right=asked["right"],
        wrong=asked["wrong"],
        new=asked["new"],
        stranger=asked["stranger"],
        broken=broken,
        class_of=class_of,
    )


def known_unknown_broken(folder: Path) -> tuple[Path, Path, Path]:
    """Three files for the sample domain: none of them is among the pictures it was built from."""
    chosen: tuple[tuple[Group, str], ...] = (("known", "Umbrella"), ("unknown", "Leaf"))
    found = []
    for group, name in chosen:
        one = next(one for one in draw_samples(group, per_class=1, seed=SAMPLE_SEED + 1) if one.english_name == name)
        found.append(folder / f"{name.lower()}.png")
        one.image.save(found[-1])
    broken = folder / "torn.png"
    broken.write_bytes(BROKEN)
    return found[0], found[1], broken


def _unknown() -> Iterable[tuple[str, bytes]]:
    for one in draw_samples("unknown", per_class=PER_UNKNOWN, edge=EDGE):
        if one.english_name in UNKNOWN:
            content = io.BytesIO()
            one.image.save(content, "PNG")
            yield f"{one.class_name}/{one.number}.png", content.getvalue()


def _packed(place: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(place, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return place
