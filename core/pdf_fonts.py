"""The TrueType fonts every PDF embeds: the file named by the setting, else NanumGothic of koreanize-matplotlib.

NanumGothic is under the SIL Open Font License; its notice stands in the README.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from core.errors import Unavailable
from core.settings.current import get_settings

SETTING = "WORKBENCH_PDF_FONT"
one_at_a_time = Lock()  # held while a PDF is built: ReportLab keeps what it knows of fonts in module variables
PACKAGE, REGULAR, BOLD = "koreanize_matplotlib", "NanumGothic.ttf", "NanumGothicBold.ttf"


@dataclass(frozen=True)
class Fonts:
    """Names under which ReportLab knows the regular and the bold weight."""

    regular: str
    bold: str


def pdf_fonts() -> Fonts:
    """Registered once per process and file. Raises Unavailable naming the setting when there is no usable font."""
    regular, bold = find_fonts()
    return Fonts(_registered(regular), _registered(bold))


def find_fonts() -> tuple[Path, Path]:
    """Files of the regular and bold weight; a font of one's own serves as both unless "...Bold.ttf" lies beside it."""
    own = get_settings().pdf_font
    if own:
        regular = Path(own).expanduser()
        if not regular.is_file():
            raise Unavailable("reports.font_unreadable", file=regular.name, setting=SETTING)
        bold = regular.with_name(f"{regular.stem}Bold{regular.suffix}")
        return regular, bold if bold.is_file() else regular
    # Importing the package would load matplotlib; its folder is all that is wanted.
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Unavailable("reports.no_font", setting=SETTING)
    folder = Path(spec.origin).parent / "fonts"
    if not (folder / REGULAR).is_file() or not (folder / BOLD).is_file():
        raise Unavailable("reports.no_font", setting=SETTING)
    return folder / REGULAR, folder / BOLD


@cache
def _registered(file: Path) -> str:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        pdfmetrics.registerFont(TTFont(file.stem, str(file)))
    except TTFError as error:
        raise Unavailable("reports.font_unreadable", file=file.name, setting=SETTING) from error
    return file.stem
