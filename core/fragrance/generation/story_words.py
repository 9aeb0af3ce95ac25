"""Words that names of formulas end in, in both languages; own writing."""

from __future__ import annotations

PLACES = (
    ("Morning", "아침"), ("Garden", "정원"), ("Veranda", "툇마루"), ("Courtyard", "안마당"), ("Hill", "언덕"),
    ("Letter", "편지"), ("Window", "창"), ("Path", "오솔길"), ("Dusk", "해질녘"), ("Lantern", "등불"),
    ("Tide", "물결"), ("Paper", "한지"), ("Drizzle", "이슬비"), ("Silk", "비단"), ("Shade", "그늘"),
    ("Bridge", "다리"), ("Song", "노래"), ("Field", "들녘"), ("Dew", "이슬"), ("Harbour", "포구"),
    ("Breeze", "산들바람"), ("Ribbon", "리본"), ("Moonrise", "달맞이"), ("Stone", "돌담"),
)  # fmt: skip


def place_of(digest: bytes, language: str) -> str:
    """The same word for the same formula. digest: at least two bytes."""
    english, korean = PLACES[int.from_bytes(digest[:2], "big") % len(PLACES)]
    return korean if language == "ko" else english
