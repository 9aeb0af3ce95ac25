"""The 119 columns of an impression file, their blocks, and which of them go missing together.

Source: the public notes on the Toss NEXT 2025 click challenge (column list, blocks, cardinalities, null blocks).
A partial file is welcome: only the target is required, every other column is used where it is there.
"""

from __future__ import annotations

from core.datasets.schemas import ExpectedColumn, Schema

ROOM = "ctr"  # of datasets, jobs and published models
TARGET = "clicked"
SEQUENCE = "seq"
GENDER, AGE_GROUP, INVENTORY = "gender", "age_group", "inventory_id"
DAY_OF_WEEK, HOUR = "day_of_week", "hour"


def _numbered(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}_{number}" for number in range(1, count + 1))


NAMED = (GENDER, AGE_GROUP, INVENTORY, DAY_OF_WEEK, HOUR)
BLOCKS: dict[str, tuple[str, ...]] = {
    "l_feat": _numbered("l_feat", 27),
    "feat_e": _numbered("feat_e", 10),
    "feat_d": _numbered("feat_d", 6),
    "feat_c": _numbered("feat_c", 8),
    "feat_b": _numbered("feat_b", 6),
    "feat_a": _numbered("feat_a", 18),
    "history_a": _numbered("history_a", 7),
    "history_b": _numbered("history_b", 30),
}  # in file order; 112 float32 columns together
NUMBERS = tuple(name for names in BLOCKS.values() for name in names)
COLUMNS = (*NAMED, SEQUENCE, *NUMBERS, TARGET)  # the 119, in file order

# Missing on the same rows. The public counts nest: rows without the second block miss the first, and so on.
NULL_BLOCKS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("feat_e_3",), 0.1014),
    (BLOCKS["feat_a"], 0.0017),
    (
        (
            GENDER, AGE_GROUP, "l_feat_2", "l_feat_8", *_numbered("l_feat", 24)[17:],
            *(name for name in BLOCKS["feat_e"] if name != "feat_e_3"),
            *BLOCKS["feat_b"], *BLOCKS["feat_c"], *BLOCKS["feat_d"], *BLOCKS["history_a"], *BLOCKS["history_b"],
        ),
        0.0016,
    ),
)  # fmt: skip

CTR_SCHEMA = Schema(
    ROOM,
    (
        # "1.0" and "08" are whole numbers written by other programs; as integers they compare equal to 1 and 8.
        ExpectedColumn(GENDER, "integer", required=False, minimum=1, maximum=2, aliases=("sex", "성별")),
        ExpectedColumn(AGE_GROUP, "integer", required=False, minimum=1, maximum=8, aliases=("age band", "연령대")),
        ExpectedColumn(INVENTORY, "integer", required=False, minimum=0, aliases=("inventory", "지면")),
        ExpectedColumn(DAY_OF_WEEK, "integer", required=False, minimum=1, maximum=7, aliases=("weekday", "요일")),
        ExpectedColumn(HOUR, "integer", required=False, minimum=0, maximum=23, aliases=("시간",)),
        ExpectedColumn(SEQUENCE, "text", required=False, aliases=("seq_list", "sequence", "행동 순서", "시퀀스")),
        *(ExpectedColumn(name, "number", required=False) for name in NUMBERS),
        ExpectedColumn(
            TARGET, "integer", minimum=0, maximum=1, aliases=("click", "is_click", "label", "클릭", "클릭 여부")
        ),
    ),
)  # fmt: skip


def missing_and_extra(found: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the 119 that `found` lacks, and names in `found` that are not among them."""
    return tuple(name for name in COLUMNS if name not in found), tuple(name for name in found if name not in COLUMNS)
