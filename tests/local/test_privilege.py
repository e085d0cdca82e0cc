"""Running what refuses to be root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from marketplace.local import postgres, privilege

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give it up")


def test_an_ordinary_user_needs_no_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert privilege.choose(postgres.binaries() / "postgres", tmp_path) == privilege.AS_WE_ARE


@root_only
def test_each_way_that_works_makes_a_cluster_in_a_closed_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    password = tmp_path / "key"
    password.write_text("secret")
    tried = 0
    for number, way in enumerate((privilege.IN_A_NAMESPACE, privilege.as_nobody())):
        if not privilege.works(way, ["true"]):
            continue  # this system forbids it
        data = tmp_path / str(number)
        data.mkdir(mode=0o700)
        privilege.give(way, data)
        initdb = [str(postgres.binaries() / "initdb"), "-D", str(data), f"--pwfile={password}", "--no-sync"]
        done = subprocess.run([*way.prefix, *initdb], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert data.stat().st_uid == way.owner
        tried += 1
    assert tried


@root_only
def test_data_made_in_one_way_is_handed_over_to_another(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "1").write_text("")
    nobody = privilege.as_nobody()
    privilege.give(nobody, tmp_path)
    assert {path.stat().st_uid for path in [tmp_path, *tmp_path.rglob("*")]} == {nobody.owner}
