"""What an API key's secret looks like and how it is kept. Pure."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "assay_"


def new_secret() -> str:
    """A fresh secret of 192 random bits, with a prefix that secret scanners can find."""
    return PREFIX + secrets.token_urlsafe(24)


def hash_secret(secret: str) -> str:
    """SHA-256 of a secret. It has 192 random bits, so a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_of(header: str) -> str:
    """The secret in an Authorization header, empty where it holds none."""
    words = header.split()
    return words[1] if len(words) == 2 and words[0].lower() == "bearer" else ""
