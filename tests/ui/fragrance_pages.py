"""A formula on the desk and a few perfumes for the tests of the pages of fragrance."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from app.ui.fragrance_studio.desk import DRAFT
from app.ui.fragrance_studio.drafts import Draft, Row
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.shipped import ensure_samples, shipped_catalogue
from core.fragrance.catalogue.stored import save_perfumes
from core.fragrance.formulas.entering import Entry, formula_of
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.stored import StoredFormula, save_formula
from core.security.policy import LOCAL_ANALYST

LINES = {"bergamot-oil-fcf": 20.0, "linalool": 20.0, "methyl-dihydrojasmonate": 25.0, "iso-e-super": 25.0,
         "isopropyl-myristate": 10.0}  # fmt: skip
OVER = {**LINES, "citral": 8.0, "isopropyl-myristate": 2.0}  # citral is 1.2 % of the product, the sample limit 0.6 %
STUDIO_TABS = "studio-tabs"
BRIEF, FORMULA, BATCH, VERSIONS, TALK, SHELF = range(6)
PERFUMES = (
    Perfume("cedar-rain", "Cedar Rain", "House A", "Calm woods after rain.", "woody", "unisex", ("autumn",), ("calm",),
            ("bergamot",), ("iris",), ("cedar", "vetiver"), price=80_000, price_ml=50, currency="KRW", is_sample=True),
    Perfume("vanilla-night", "Vanilla Night", "House B", "Warm and sweet.", "gourmand", "feminine", ("winter",), (),
            (), ("rose",), ("vanilla", "tonka")),
    Perfume("lemon-morning", "Lemon Morning", "House A", "Bright citrus.", "citrus", None, ("summer",), ("energetic",),
            ("lemon", "bergamot"), (), ("cedar",), price=30_000, price_ml=30, currency="KRW"),
)  # fmt: skip


def formula(lines: dict[str, float] = LINES) -> Formula:
    entries = [Entry(name, str(share)) for name, share in lines.items()]
    return formula_of(entries, catalogue=shipped_catalogue(), accords={})


def store_formula(name: str = "Test accord", lines: dict[str, float] = LINES) -> StoredFormula:
    ensure_samples()
    return save_formula(name, formula(lines), reason="first", principal=LOCAL_ANALYST)


def store_perfumes() -> None:
    save_perfumes(PERFUMES, principal=LOCAL_ANALYST)


def lay(app: AppTest, lines: dict[str, float]) -> None:
    """Put these lines on the desk of a visit, as typing them would."""
    rows = tuple(Row(name, share) for name, share in lines.items())
    app.session_state[f"kept:{DRAFT}"] = Draft(rows, "Test")


def on_desk(app: AppTest) -> Draft:
    found: Draft = app.session_state[f"kept:{DRAFT}"]
    return found


def desk(
    open_page: Callable[..., AppTest], lines: dict[str, float], tab: int = FORMULA, language: str = "en"
) -> AppTest:
    """The studio with these lines on the desk, at one of its tabs."""
    app = open_page("fragrance_studio", language)
    lay(app, lines)
    app.session_state[STUDIO_TABS] = [one.label for one in app.tabs][tab]
    app.run()
    assert not app.exception
    return app


def field(app: AppTest, start: str) -> TextInput:
    """The text field whose key begins so."""
    return next(one for one in app.text_input if (one.key or "").startswith(start))
