"""A seeded, synthetic customer file: planted groups that can be found, or none at all.

Values are our own and describe nobody; the columns are those of the retail file analysts bring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.customers.profiles import ProfileColumns, read_profiles
from core.customers.vocabulary import AGE, AMOUNT, FIELDS, FREQUENCY, SUBSCRIPTION

if TYPE_CHECKING:
    import polars

SAMPLE_NAME = "sample_customers.csv"
SAMPLE_ROWS = 3000

ITEMS = {
    "Clothing": ("Cardigan", "Chinos", "Hanbok Jacket", "Linen Shirt", "Pleated Skirt", "Polo", "Tunic"),
    "Footwear": ("Ankle Boots", "Canvas Shoes", "Loafers", "Rain Boots", "Slippers", "Trail Runners"),
    "Accessories": ("Beanie", "Card Wallet", "Ear Cuffs", "Silk Scarf", "Tote Bag", "Umbrella"),
    "Outerwear": ("Down Vest", "Parka", "Raincoat", "Trench Coat", "Windbreaker"),
}
LOCATIONS = ("Seoul", "Busan", "Daegu", "Incheon", "Gwangju", "Daejeon", "Ulsan", "Sejong", "Suwon", "Jeju")
CHOICES = {
    "Size": ("S", "M", "L", "XL"),
    "Color": ("Ivory", "Navy", "Khaki", "Charcoal", "Mint", "Coral"),
    "Season": ("Spring", "Summer", "Fall", "Winter"),
    "Payment Method": ("Card", "Mobile Pay", "Bank Transfer", "Cash", "Gift Card", "Points"),
    "Shipping Type": ("Standard", "Express", "Next Morning", "Store Pickup"),
}


@dataclass(frozen=True)
class PlantedGroup:
    """One group of customers hidden in the sample; spreads are standard deviations."""

    share: float
    age: tuple[float, float]  # mean, spread in years
    amount: tuple[float, float]  # mean, spread in USD
    subscribed: float  # share of subscribers
    frequencies: tuple[str, ...]  # drawn with equal chance
    category: str  # bought more often than the others


PLANTED_GROUPS = (
    PlantedGroup(0.24, (26, 3.5), (34, 6), 0.97, ("Weekly", "Bi-Weekly"), "Accessories"),
    PlantedGroup(0.20, (41, 4.0), (86, 5), 0.98, ("Weekly", "Fortnightly"), "Clothing"),
    PlantedGroup(0.18, (54, 4.0), (84, 6), 0.02, ("Quarterly", "Every 3 Months", "Annually"), "Outerwear"),
    PlantedGroup(0.22, (37, 4.0), (52, 6), 0.03, ("Monthly", "Fortnightly"), "Clothing"),
    PlantedGroup(0.16, (63, 3.5), (31, 6), 0.03, ("Annually", "Quarterly"), "Footwear"),
)


def make_customers(
    *, rows: int = SAMPLE_ROWS, seed: int = 20, structure: bool = True
) -> tuple[polars.DataFrame, np.ndarray]:
    """A sample table in the 19-column schema and the planted group of each row.

    structure=False shuffles each profile column by itself: the same values, and no groups left to find.
    """
    import polars

    random = np.random.default_rng(seed)
    group = random.choice(len(PLANTED_GROUPS), rows, p=[planted.share for planted in PLANTED_GROUPS])
    profile = _profile_columns(group, random)
    if not structure:
        profile = {name: random.permutation(values) for name, values in profile.items()}
    columns = profile | _other_columns(group if structure else random.permutation(group), random)
    columns["Customer ID"] = np.arange(1, rows + 1)
    return polars.DataFrame({name: columns[name] for name in COLUMN_ORDER}), group


COLUMN_ORDER = (
    "Customer ID", AGE, "Gender", "Item Purchased", "Category", AMOUNT, "Location", "Size", "Color", "Season",
    "Review Rating", SUBSCRIPTION, "Payment Method", "Shipping Type", "Discount Applied", "Promo Code Used",
    "Previous Purchases", "Preferred Payment Method", FREQUENCY,
)  # fmt: skip


def _profile_columns(group: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    ages, amounts = (np.array([getattr(planted, field) for planted in PLANTED_GROUPS]) for field in ("age", "amount"))
    subscribed = np.array([planted.subscribed for planted in PLANTED_GROUPS])
    pick = random.random(len(group))
    frequencies = [PLANTED_GROUPS[g].frequencies for g in group]
    return {
        AGE: np.clip(np.rint(random.normal(*ages[group].T)), 18, 79).astype(int),
        AMOUNT: np.clip(np.rint(random.normal(*amounts[group].T)), 12, 110).astype(int),
        SUBSCRIPTION: np.where(random.random(len(group)) < subscribed[group], "Yes", "No"),
        FREQUENCY: np.array([labels[int(p * len(labels))] for labels, p in zip(frequencies, pick, strict=True)]),
    }


def _other_columns(group: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    rows = len(group)
    categories = np.array(tuple(ITEMS))
    favourite = np.array([planted.category for planted in PLANTED_GROUPS])[group]
    category = np.where(random.random(rows) < 0.35, favourite, random.choice(categories, rows))
    place = random.random(rows)
    item = [ITEMS[name][int(p * len(ITEMS[name]))] for name, p in zip(category, place, strict=True)]
    discount = np.where(random.random(rows) < 0.4, "Yes", "No")
    promo = np.where((discount == "Yes") & (random.random(rows) < 0.7), "Yes", "No")
    drawn = {name: random.choice(np.array(values), rows) for name, values in CHOICES.items()}
    return drawn | {
        "Gender": random.choice(np.array(["Female", "Male"]), rows),
        "Item Purchased": np.array(item),
        "Category": category,
        "Location": random.choice(np.array(LOCATIONS), rows),
        "Review Rating": np.round(random.uniform(2.5, 5.0, rows), 1),
        "Discount Applied": discount,
        "Promo Code Used": promo,
        "Previous Purchases": random.integers(0, 51, rows),
        "Preferred Payment Method": random.choice(np.array(CHOICES["Payment Method"]), rows),
    }


def sample_csv(*, rows: int = SAMPLE_ROWS, seed: int = 20) -> bytes:
    """The sample table as UTF-8 CSV; the same arguments always give the same bytes."""
    return make_customers(rows=rows, seed=seed)[0].write_csv().encode()


def is_sample(columns: ProfileColumns) -> bool:
    """Whether these are the sample's customers, under whatever name they were stored."""
    sample = read_profiles(make_customers()[0])
    return all(np.array_equal(getattr(columns, name), getattr(sample, name)) for name in FIELDS)
