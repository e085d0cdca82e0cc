"""The pure parts are pure: importing them loads no framework and opens no connection."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from tests.house.source import ROOT

WALK = """
import importlib, pkgutil, sys
module = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(getattr(module, "__path__", []), module.__name__ + "."):
    importlib.import_module(found.name)
loaded = {name.split(".")[0] for name in sys.modules}
print(*sorted(loaded & set(sys.argv[2:])))
"""


def contract() -> dict[str, list[str]]:
    """The import contract "pure" of pyproject.toml: its source modules and what they must not import."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return next(each for each in settings["tool"]["importlinter"]["contracts"] if each["id"] == "pure")


def test_it_knows_the_pure_parts() -> None:
    pure = set(contract()["source_modules"])
    assert pure >= {"tasks.quality", "marketplace.kinds", "tasks.assignment.policy"}


@pytest.mark.parametrize("module", contract()["source_modules"])
def test_it_loads_no_framework(module: str) -> None:
    command = [sys.executable, "-c", WALK, module, *contract()["forbidden_modules"]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
