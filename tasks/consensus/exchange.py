"""What travels between the process that refits and those that count for it: arrays under keys that expire."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import redis
from django.conf import settings

#: seconds anything is kept that nobody asks for any more
KEPT = 900
#: seconds after which a Valkey that does not answer is given up
UNANSWERED = 5.0

Arrays = dict[str, Any]


class Exchange:
    """One refit's place in Valkey, which holds nothing that must be kept.

    What is told is there for all to read; each answer is handed out once, in the order they came. All raise
    redis.RedisError when Valkey is not there.
    """

    def __init__(self, run: str) -> None:
        self._key = f"refit:{run}"
        self._line = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=UNANSWERED, socket_connect_timeout=UNANSWERED
        )

    def tell(self, name: str, arrays: Arrays) -> None:
        """Leave arrays under a name, in place of those that were there."""
        self._line.set(f"{self._key}:{name}", _packed(arrays), ex=KEPT)

    def told(self, name: str) -> Arrays | None:
        """The arrays under a name; None when the refit is over."""
        found = self._line.get(f"{self._key}:{name}")
        return _unpacked(found)

    def answer(self, arrays: Arrays) -> None:
        """Hand arrays to whoever refits."""
        key = f"{self._key}:answers"
        with self._line.pipeline() as both:
            both.rpush(key, _packed(arrays))
            both.expire(key, KEPT)
            both.execute()

    def next_answer(self, patience: float) -> Arrays | None:
        """The next answer; None when there is none within `patience` seconds."""
        key = f"{self._key}:answers"
        found, end = self._line.lpop(key), time.monotonic() + patience
        # In short waits: one longer than the line's own patience would look like a Valkey that is gone.
        while found is None and (left := end - time.monotonic()) > 0:
            _, found = self._line.blpop([key], timeout=min(left, UNANSWERED / 2)) or (key, None)
        return _unpacked(found)

    def end(self, names: list[str]) -> None:
        """Take away the answers and what was told under these names."""
        self._line.delete(*(f"{self._key}:{name}" for name in ["answers", *names]))

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def _packed(arrays: Arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _unpacked(packed: object) -> Arrays | None:
    if not isinstance(packed, bytes):
        return None
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        return dict(file)
