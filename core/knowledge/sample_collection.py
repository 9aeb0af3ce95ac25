"""The collection that a first start brings along: a guide to this workbench, and made-up aptitude results."""

from __future__ import annotations

from pathlib import Path

from core.knowledge.aptitude.documents import aptitude_mapping
from core.knowledge.aptitude.samples import sample_records
from core.knowledge.ingestion.typed_documents import records
from core.knowledge.shipped_collections import ShippedCollection, Together, texts_in

SAMPLE_COLLECTION = "5a3b1c0e-0000-4000-8000-00000000005a"
NAME = "안내서와 예제 · Workbench guide and samples"
DESCRIPTION = (
    "워크벤치 안내서(한국어, 영어)와 생성한 적성 검사 표본입니다. 실존 인물의 정보가 아닙니다.\n\n"
    "A guide to this workbench in Korean and English, and generated aptitude results that describe nobody."
)
GUIDE = Path(__file__).with_name("guide")
SAMPLE_RECORDS = 3


def sample_source() -> Together:
    """The guide and the records, as they are shipped."""
    made = records(sample_records(count=SAMPLE_RECORDS), aptitude_mapping(), name="samples")
    return Together(NAME, (texts_in(GUIDE, "guide"), made))


SAMPLES = ShippedCollection(SAMPLE_COLLECTION, NAME, DESCRIPTION, sample_source)
