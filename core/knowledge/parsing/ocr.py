"""The words of a scanned page, read by Tesseract where it is installed; it is a program of its own."""

from __future__ import annotations

import io
import shutil
import subprocess
from functools import cache
from typing import Any

PROGRAM = "tesseract"
DOTS_PER_INCH = 250
MOST_PIXELS = 40_000_000
WANTED = ("kor", "eng", "jpn")


def is_installed() -> bool:
    """Whether scanned pages can be read on this machine."""
    return shutil.which(PROGRAM) is not None


def read_page(page: Any, *, timeout_s: float) -> str:
    """The words on a page of pypdfium2; "" when the program failed or took longer than `timeout_s`."""
    program = shutil.which(PROGRAM)
    if program is None:
        return ""
    width, height = page.get_size()
    scale = DOTS_PER_INCH / 72
    scale *= min(1.0, (MOST_PIXELS / max(width * height * scale * scale, 1)) ** 0.5)
    picture = io.BytesIO()
    page.render(scale=scale, grayscale=True).to_pil().save(picture, "PNG")
    command = [program, "stdin", "stdout", "--dpi", str(DOTS_PER_INCH), *_languages(program)]
    try:
        done = subprocess.run(command, input=picture.getvalue(), capture_output=True, timeout=timeout_s, check=True)
    except (subprocess.SubprocessError, OSError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()


@cache
def _languages(program: str) -> tuple[str, ...]:
    """Which of the wanted languages are installed, as the program wants them named."""
    try:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, timeout=20, check=True)
    except (subprocess.SubprocessError, OSError):
        return ()
    known = [one for one in WANTED if one in listed.stdout.decode("utf-8", "replace").split()]
    return ("-l", "+".join(known)) if known else ()
