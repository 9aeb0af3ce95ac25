"""The sheet a perfumer weighs by, as a PDF: lines with boxes to tick, dilutions, limits, label, lines to sign on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.fragrance.amounts import percent
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.batches import Batch, Weighing
from core.fragrance.formulas.finishing import FinishedProduct
from core.fragrance.formulas.formula import ACCORD, Formula
from core.fragrance.formulas.judged import Judged
from core.fragrance.formulas.naming import shown
from core.fragrance.formulas.sheet_judgement import judgement
from core.fragrance.formulas.sheet_layout import Sheet, digits
from core.fragrance.formulas.sheet_printing import printed
from core.fragrance.vocabulary import label
from core.messages import say

WEIGHING_WIDTHS = (18.0, 26.0, 148.0, 46.0, 62.0, 46.0, 48.0, 50.0, 71.2)  # points, together the page's
DILUTION_WIDTHS = (205.0, 60.0, 130.2, 60.0, 60.0)


@dataclass(frozen=True)
class SheetContent:
    """Everything the sheet tells. on, author: as to be printed. report: None where limits were not checked.

    finished: None where only the concentrate is made. accord_names: by id.
    """

    name: str
    version: int
    on: date
    author: str
    formula: Formula
    batch: Batch
    report: Judged | None = None
    finished: FinishedProduct | None = None
    accord_names: Mapping[str, str] = field(default_factory=dict)


def compounding_sheet(content: SheetContent, *, catalogue: Catalogue, language: str) -> bytes:
    """The PDF; the same content gives the same bytes. Raises Unavailable when no font with Hangul can be embedded."""
    pages = _Pages(content, catalogue, language)
    title = say("fragrance_formulas.sheet_title", language)
    running = f"{title} · {content.name} · {pages.version}"
    return printed(
        pages.compose, running=running, foot=say("fragrance.advice", language), title=running, language=language
    )


@dataclass(frozen=True)
class _Pages:
    content: SheetContent
    catalogue: Catalogue
    language: str

    @property
    def version(self) -> str:
        return say("fragrance_formulas.sheet_version", self.language, number=self.content.version)

    def compose(self, sheet: Sheet) -> None:
        self._head(sheet)
        self._weighings(sheet)
        self._dilutions(sheet)
        self._finished(sheet)
        judgement(sheet, self.content.report, self._name, self.language)
        sheet.kept_together(self._end)

    def _head(self, sheet: Sheet) -> None:
        content, batch = self.content, self.content.batch
        sheet.text(say("fragrance_formulas.sheet_title", self.language), "title")
        rows = [
            (say("fragrance_formulas.sheet_formula", self.language), content.name),
            (say("fragrance_formulas.sheet_version_name", self.language), str(content.version)),
            (say("fragrance_formulas.sheet_date", self.language), content.on.isoformat()),
            (say("fragrance_formulas.sheet_author", self.language), content.author),
            (say("fragrance_formulas.sheet_batch", self.language), self._grams(batch.batch_g)),
            (say("fragrance_formulas.sheet_balance", self.language), f"{batch.step_g:g} g"),
        ]
        product = content.report.product if content.report else content.finished and content.finished.product
        if product:
            rows += [
                (say("fragrance_formulas.sheet_category", self.language), product.category),
                (say("fragrance_formulas.sheet_dosage", self.language), f"{product.dosage:g} %"),
            ]
        sheet.pairs(rows)

    def _weighings(self, sheet: Sheet) -> None:
        shares = {line.ingredient: percent(line.amount_mg) for line in self.content.formula.lines}
        sum_g = Decimal(0)
        rows = []
        for place, one in enumerate(self.content.batch.weighings, 1):
            sum_g += Decimal(str(one.grams))
            rows.append(
                [
                    "", str(place), self._ingredient(one), self._position(one), self._cas(one),
                    f"{shares[one.ingredient]:.3f}", self._figure(one.grams), self._figure(float(sum_g)), "",
                ]
            )  # fmt: skip
        head = [
            "",
            say("fragrance_formulas.sheet_number", self.language),
            say("fragrance_formulas.sheet_ingredient", self.language),
            say("fragrance_formulas.sheet_position", self.language),
            "CAS",
            "%",
            "g",
            "Σ g",
            say("fragrance_formulas.sheet_lot", self.language),
        ]
        total = ["", "", say("fragrance_formulas.sheet_total", self.language), "", "", f"{sum(shares.values()):.3f}",
                 self._figure(self.content.batch.total_g), "", ""]  # fmt: skip
        sheet.table(head, rows, WEIGHING_WIDTHS, figures=(1, 5, 6, 7), total=total, boxes=True)
        sheet.text(say("fragrance_formulas.sheet_order", self.language), "note")
        for notice in self.content.batch.notices:
            sheet.text(notice.text(self.language), "warning")

    def _dilutions(self, sheet: Sheet) -> None:
        found = [one for one in self.content.batch.weighings if one.strength < 100]
        accords = [one for one in self.content.batch.weighings if one.ingredient.startswith(ACCORD)]
        if accords:
            names = ", ".join(f"{self._name(one.ingredient)} ({self._grams(one.grams)})" for one in accords)
            sheet.text(say("fragrance_formulas.sheet_accords", self.language, names=names))
        if not found:
            return
        sheet.text(say("fragrance_formulas.sheet_dilutions", self.language), "heading")
        head = [
            say("fragrance_formulas.sheet_ingredient", self.language),
            say("fragrance_formulas.sheet_strength", self.language),
            say("fragrance_formulas.sheet_solvent", self.language),
            say("fragrance_formulas.sheet_of_dilution", self.language),
            say("fragrance_formulas.sheet_of_ingredient", self.language),
        ]
        rows = [
            [
                self._name(one.ingredient), f"{one.strength} %", self._name(one.solvent or ""),
                self._grams(one.grams), f"{digits(one.exact_g)} g",
            ]
            for one in found
        ]  # fmt: skip
        sheet.table(head, rows, DILUTION_WIDTHS, figures=(1, 3, 4))

    def _finished(self, sheet: Sheet) -> None:
        made = self.content.finished
        if made is None:
            return
        sheet.text(say("fragrance_formulas.sheet_finished", self.language, size=f"{made.bottle_ml:g}"), "heading")
        rows = [(say("fragrance_formulas.sheet_concentrate", self.language), f"{made.concentrate_g:.2f} g")]
        if made.ethanol_g is not None and made.water_g is not None:
            rows += [
                (say("fragrance_formulas.sheet_ethanol", self.language), f"{made.ethanol_g:.2f} g"),
                (say("fragrance_formulas.sheet_water", self.language), f"{made.water_g:.2f} g"),
                (say("fragrance_formulas.sheet_total", self.language), f"{made.grams:.2f} g"),
            ]
        sheet.pairs(rows)
        for notice in made.assumptions:
            sheet.text(notice.text(self.language), "note")

    def _end(self, sheet: Sheet) -> None:
        sheet.text(say("fragrance.advice", self.language), "warning")
        sheet.signatures(
            [
                say("fragrance_formulas.sheet_weighed_by", self.language),
                say("fragrance_formulas.sheet_checked_by", self.language),
                say("fragrance_formulas.sheet_signed_on", self.language),
            ]
        )

    def _name(self, ingredient: str) -> str:
        return shown(ingredient, self.catalogue, self.language, self.content.accord_names)

    def _ingredient(self, one: Weighing) -> str:
        name = self._name(one.ingredient)
        if one.strength == 100:
            return name
        return say("fragrance_formulas.sheet_diluted", self.language, name=name, strength=one.strength)

    def _position(self, one: Weighing) -> str:
        if one.ingredient.startswith(ACCORD):
            return say("fragrance_formulas.sheet_accord", self.language)
        material = self.catalogue.get(one.ingredient)
        if material.kind == "solvent":
            return label("material_family", "solvent", self.language)
        return label("layer", material.position, self.language)

    def _cas(self, one: Weighing) -> str:
        material = self.catalogue.materials.get(one.ingredient)
        return material.cas or "–" if material else "–"

    def _figure(self, grams: float) -> str:
        decimals = max(-Decimal(str(self.content.batch.step_g)).normalize().as_tuple().exponent, 0)  # type: ignore[operator]
        return f"{grams:.{decimals}f}"

    def _grams(self, grams: float) -> str:
        return f"{self._figure(grams)} g"
