"""Brings a Chromium for the browser tests where it can: `python -m tests.browser.install` (make browser).

Debian's package first (with a font that has Hangul), otherwise Playwright's own download. Where neither works
it says so in one line and succeeds: the browser tests then skip themselves by name, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

DEBIAN = ["chromium", "fonts-nanum"]


def find_chromium() -> str | None:
    """The path of a Chromium that Playwright can drive, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> bool:
    """Try to install one; whether there is one now."""
    if apt := shutil.which("apt-get"):
        prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ([apt, "update", "-qq"], [apt, "install", "-y", "-qq", *DEBIAN]):
            try:
                subprocess.run([*prefix, *command], check=False, capture_output=True, env=environment, timeout=600)
            except (OSError, subprocess.TimeoutExpired):
                break
    if find_chromium() is None:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=300)
        except subprocess.TimeoutExpired:
            return False
    return find_chromium() is not None


if __name__ == "__main__":
    if find_chromium() is None and not install():
        print("No Chromium could be installed here; the browser tests will be skipped.")
