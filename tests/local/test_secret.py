"""Secrets are made once and kept private."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from marketplace.local.secret import django_key, secret


def test_it_is_made_once(tmp_path: Path) -> None:
    first = django_key(tmp_path)
    assert len(first) > 60
    assert django_key(tmp_path) == first


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    django_key(tmp_path)
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_all_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        got = set(pool.map(lambda _: secret(tmp_path / "a.key"), range(64)))
    assert len(got) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]
