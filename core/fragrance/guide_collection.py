"""The guide to perfumery that a first start brings into the documents: history, technique, notes, accords, craft."""

from __future__ import annotations

from pathlib import Path

from core.knowledge.shipped_collections import ShippedCollection, Together, texts_in

GUIDE_COLLECTION = "5a3b1c0e-0000-4000-8000-0000000000f7"
NAME = "조향 안내서 · Guide to perfumery"
DESCRIPTION = (
    "조향의 역사, 기법, 노트, 어코드, 조향사의 일을 설명하는 자체 안내서입니다(한국어, 영어).\n\n"
    "Our own guide to perfumery in Korean and English: history, technique, notes, accords and the perfumer's craft."
)
TEXTS = Path(__file__).with_name("guide")
CATEGORIES = ("history", "technique", "note", "accord", "perfumer")  # one text for each and language


def guide_source() -> Together:
    """The texts as they are shipped."""
    return Together(NAME, (texts_in(TEXTS, "perfumery"),))


GUIDE = ShippedCollection(GUIDE_COLLECTION, NAME, DESCRIPTION, guide_source)
