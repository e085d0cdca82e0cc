"""The lock of the environment: every package by version and hash, from nowhere in particular."""

from __future__ import annotations

import re

from tests.house.source import ROOT

LOCK = (ROOT / "requirements.lock").read_text()


def test_it_names_no_address() -> None:
    address = r"\w+://\S*|--(?:extra-)?index-url.*|--find-links.*|^-[if] .*"
    assert re.findall(address, LOCK, re.MULTILINE) == []


def test_it_pins_every_package_by_version_and_hash() -> None:
    entries = [entry for entry in re.split(r"\n(?=[a-zA-Z0-9])", LOCK) if re.match(r"[a-zA-Z0-9]", entry)]
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "==" not in entry.split()[0]] == []
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
