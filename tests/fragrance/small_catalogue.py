"""A catalogue of thirteen materials by hand, so that tests need no files; the prices are nobody's."""

from __future__ import annotations

from datetime import date

from core.fragrance.catalogue.materials import Catalogue, Constituent, Kind, Material, Position, Price

ENTERED = date(2025, 1, 1)
# id, English, Korean, kind, CAS, family, position, odour, strength, Pa at 25 °C, usual %, highest %, price per kg
ROWS: tuple[tuple[str, str, str, Kind, str | None, str, Position, str, int, float, float, float, float], ...] = (
    ("bergamot_oil", "Bergamot oil", "베르가못 오일", "natural", "8007-75-8", "citrus", "top",
     "bergamot citrus fresh", 2, 150.0, 8.0, 25.0, 120_000),
    ("limonene", "d-Limonene", "리모넨", "molecule", "5989-27-5", "citrus", "top",
     "orange citrus", 2, 200.0, 5.0, 20.0, 20_000),
    ("dihydromyrcenol", "Dihydromyrcenol", "디하이드로머세놀", "molecule", "18479-58-8", "aromatic", "top",
     "lime fresh clean", 2, 20.0, 5.0, 20.0, 30_000),
    ("linalool", "Linalool", "리날룰", "molecule", "78-70-6", "floral", "top",
     "floral lavender fresh", 2, 21.0, 8.0, 30.0, 25_000),
    ("phenethyl_alcohol", "Phenethyl alcohol", "페네틸 알코올", "molecule", "60-12-8", "floral", "heart",
     "rose floral", 2, 10.0, 10.0, 30.0, 20_000),
    ("geraniol", "Geraniol", "제라니올", "molecule", "106-24-1", "floral", "heart",
     "rose geranium floral", 2, 4.0, 5.0, 15.0, 40_000),
    ("methyl_dihydrojasmonate", "Methyl dihydrojasmonate", "메틸 디하이드로자스모네이트", "molecule", "24851-98-7",
     "floral", "heart", "jasmine floral fresh", 1, 0.09, 15.0, 40.0, 45_000),
    ("rose_base", "Rose base", "로즈 베이스", "base", None, "floral", "heart",
     "rose floral", 3, 5.0, 3.0, 10.0, 300_000),
    ("vetiver_oil", "Vetiver oil", "베티버 오일", "natural", "8016-96-4", "woody", "base",
     "vetiver woody earthy", 3, 0.05, 3.0, 12.0, 250_000),
    ("cedar_ketone", "Methyl cedryl ketone", "메틸 세드릴 케톤", "molecule", "32388-55-9", "woody", "base",
     "cedar woody musk", 2, 0.03, 10.0, 30.0, 40_000),
    ("vanillin", "Vanillin", "바닐린", "molecule", "121-33-5", "gourmand", "base",
     "vanilla sweet", 3, 0.02, 2.0, 10.0, 35_000),
    ("galaxolide", "Galaxolide", "갈락솔라이드", "molecule", "1222-05-5", "musky", "base",
     "musk clean", 2, 0.07, 10.0, 30.0, 30_000),
    ("dipropylene_glycol", "Dipropylene glycol", "디프로필렌 글리콜", "solvent", "25265-71-8", "solvent", "base",
     "", 0, 2.0, 20.0, 60.0, 5_000),
)  # fmt: skip
CONSTITUENTS = {
    "bergamot_oil": (
        Constituent("5989-27-5", "Limonene", 45.0, "sample"),
        Constituent("78-70-6", "Linalool", 15.0, "sample"),
    ),
    "vetiver_oil": (),
    "rose_base": None,  # what it holds is not known
}


def small_catalogue() -> Catalogue:
    """Five materials of the top, heart and base each or nearly; `rose_base` holds nobody knows what."""
    materials = {row[0]: _material(*row) for row in ROWS}
    return Catalogue(1, materials)


def _material(
    material_id: str, name_en: str, name_ko: str, kind: Kind, cas: str | None, family: str, position: Position,
    odour: str, strength: int, vapour_pressure_pa: float, usual: float, highest: float, price: float,
) -> Material:  # fmt: skip
    return Material(
        id=material_id,
        name_en=name_en,
        name_ko=name_ko,
        kind=kind,
        cas=cas,
        family=family,
        position=position,
        odour=tuple(odour.split()),
        strength=strength,
        vapour_pressure_pa=vapour_pressure_pa,
        usual_share=usual,
        highest_share=highest,
        price=Price(price, "KRW", ENTERED, "sample"),
        constituents=CONSTITUENTS.get(material_id, ()),
        sources={"odour": "sample", "use": "sample", "volatility": "sample"},
        is_sample=True,
    )
