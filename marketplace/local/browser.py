"""The browser of the story tests: a Chromium of the system, installed where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess

PLACES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Path of the browser to use: $CHROMIUM, or the first known name on the PATH; None when there is none."""
    asked = os.environ.get("CHROMIUM")
    if asked:
        return shutil.which(asked)
    return next((path for name in PLACES if (path := shutil.which(name))), None)


def ensure() -> int:
    """Install Chromium if none is found and we may (root on Debian or Ubuntu); one line, exit code 0.

    A missing browser is no failure: the story tests are skipped, and say so.
    """
    found = find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("browser: installing Chromium (apt-get) for the story tests", flush=True)
        found = _install()
    print(f"browser: {found}" if found else MISSING)
    return 0


MISSING = (
    "browser: no Chromium here; the story tests are skipped (install chromium, or set CHROMIUM to its path)"
)


def _install() -> str | None:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run(
            ["apt-get", "-qq", *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    return find()
