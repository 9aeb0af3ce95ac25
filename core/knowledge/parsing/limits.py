"""How much work one file may cause; every limit counts work that the file asks for, none counts seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ParsingLimits:
    """max_chars: of the text of one file, its attachments included. max_cells counts empty cells before filled ones.

    max_unpacked_bytes, max_ratio: of the ZIP that a DOCX or XLSX is; the ratio counts from `free_bytes` on.
    max_ruled_pages: of a PDF, those looked through for table lines, which takes longest. max_ocr_pages likewise.
    ocr_timeout_s: for one scanned page, after which the other program is ended.
    """

    max_bytes: int = 50 * 2**20
    max_pages: int = 1_000
    max_chars: int = 5_000_000
    max_cells: int = 2_000_000
    max_unpacked_bytes: int = 256 * 2**20
    max_ratio: float = 200.0
    free_bytes: int = 2 * 2**20
    max_parts: int = 5_000
    max_attachments: int = 50
    max_depth: int = 3
    max_ruled_pages: int = 100
    max_objects_per_page: int = 20_000
    max_ocr_pages: int = 50
    ocr_timeout_s: float = 60.0


DEFAULT_LIMITS = ParsingLimits()
