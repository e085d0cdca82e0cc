"""Secrets made once on this machine and kept in files only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret(path: Path) -> str:
    """The secret kept in `path`; the first call makes it (50 random bytes, URL-safe text, mode 0600).

    Two processes may ask at once: both get the same, for it appears under its name complete or not at all.
    """
    if not path.exists():
        _create(path)
    return path.read_text().strip()


def django_key(var: Path) -> str:
    """Django's SECRET_KEY for this machine."""
    return secret(var / "secret.key")


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_urlsafe(50))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was first; its secret holds
    finally:
        fresh.unlink()
