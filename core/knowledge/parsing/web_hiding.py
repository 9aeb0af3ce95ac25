"""By which styles a web page hides words from its readers."""

from __future__ import annotations

import re
from typing import Any

STYLE_CHARS = 1 << 17  # of the style sheets inside the page
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden"
    r"|font-size\s*:\s*0*(?:\.\d+|[01](?:\.\d+)?)?(?:px|pt|%)?\s*(?:;|!|$)|font-size\s*:\s*0*(?:\.0\d*)?r?em"
    r"|opacity\s*:\s*0*(?:\.0\d*)?\s*(?:;|!|$)"
    r"|(?:text-indent|left|top)\s*:\s*-\d{3,}"
    r"|(?<![-\w])(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)"
    r"|clip(?:-path)?\s*:\s*(?:rect\(\s*0|inset\(\s*(?:50|100)%)",
    re.IGNORECASE,
)
_WHITE = re.compile(
    r"(?<![-\w])color\s*:\s*(?:white\b|#fff(?:fff)?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255|transparent\b)", re.IGNORECASE
)
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
_SIMPLE = re.compile(r"[.#][\w-]+")


def hides(style: str) -> bool:
    """Whether these declarations leave nothing to see; white counts where no background is named."""
    return bool(_HIDDEN.search(style)) or bool(_WHITE.search(style) and "background" not in style.lower())


def hidden_selectors(root: Any) -> frozenset[str]:
    """Classes (".name") and ids ("#name") that the page's own style sheets hide."""
    found = set()
    sheets = "".join(sheet.text or "" for sheet in root.iter("style"))[:STYLE_CHARS]
    for selectors, body in _RULE.findall(sheets):
        if hides(body):
            found |= {one.strip() for one in selectors.split(",") if _SIMPLE.fullmatch(one.strip())}
    return frozenset(found)
