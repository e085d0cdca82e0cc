"""From ids to the codes 0..n-1 of a `VoteTable`, a million in a few hundredths of a second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.quality.votes import IntArray, narrowest

Ids = Sequence[Hashable] | npt.NDArray[Any]
Keys = npt.NDArray[np.uint64]

#: longest id, in bytes, that is compared in words of eight
MAX_BYTES = 64
#: odd numbers without pattern: a product with one spreads a key's bits upwards
MIXERS = tuple(
    np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
)
#: the lowest n bytes of a word, for n = 0..8
KEEP = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype=np.uint64)


def encode(ids: Ids) -> tuple[IntArray, npt.NDArray[Any]]:
    """Codes 0..n-1 for ids, and the ids in the order of their codes: ``distinct[codes]`` are the ids.

    Integers get codes in ascending order, anything else in order of appearance. The codes are as narrow as
    they may be and read-only, so that a `VoteTable` takes them without a copy. ValueError unless `ids` is
    one-dimensional.
    """
    if isinstance(ids, np.ndarray) and ids.ndim != 1:
        raise ValueError(f"ids must be one-dimensional, not {ids.shape}")
    if isinstance(ids, np.ndarray) and np.issubdtype(ids.dtype, np.integer):
        code, distinct = _of_integers(ids)
    else:
        code, distinct = _of_objects(ids.tolist() if isinstance(ids, np.ndarray) else ids)
    code = code.astype(narrowest(np.dtype(np.int8), len(distinct)))
    code.flags.writeable = False
    return code, distinct


def _of_integers(ids: npt.NDArray[np.integer]) -> tuple[IntArray, npt.NDArray[Any]]:
    if not ids.size:
        return ids.astype(np.int32), ids
    low = ids.min()
    span = int(ids.max()) - int(low)
    if span < 8 * ids.size + 1024:
        # The difference fits where its two sides may not.
        place = np.subtract(ids, low, dtype=np.int64, casting="unsafe")
        seen = np.zeros(span + 1, dtype=bool)
        seen[place] = True
        code_of = np.cumsum(seen, dtype=np.int32) - np.int32(1)
        return code_of[place], np.flatnonzero(seen).astype(ids.dtype) + low
    first, code = _first_seen(ids.astype(np.uint64))
    distinct = ids[first]
    order = np.argsort(distinct)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[code], distinct[order]


def _of_objects(ids: Sequence[Hashable]) -> tuple[IntArray, npt.NDArray[Any]]:
    words = _words(ids)
    if words is not None:
        key = words[0]
        for word, mixer in zip(words[1:], MIXERS[1:] * len(words), strict=False):
            key = (key ^ (key >> np.uint64(29))) * MIXERS[0] + word * mixer
        first, code = _first_seen(key)
        same = len(words) == 1 or all(np.array_equal(word[first][code], word) for word in words)
        if same:
            return code, np.fromiter(map(ids.__getitem__, first.tolist()), dtype=object, count=len(first))
    code_of: defaultdict[Hashable, int] = defaultdict(count().__next__)
    code = np.fromiter(map(code_of.__getitem__, ids), dtype=np.int32, count=len(ids))
    return code, np.fromiter(code_of, dtype=object, count=len(code_of))


def _words(ids: Sequence[Hashable]) -> list[Keys] | None:
    """The UTF-8 bytes of each id in words of eight, zeros behind; None for long strings and other ids."""
    try:
        joined = "\0".join(ids).encode("utf-8", "surrogatepass")  # type: ignore[arg-type]
    except TypeError:
        return None
    end = np.append(np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == 0), len(joined))
    start = np.concatenate([[0], end[:-1] + 1])
    length = end - start
    if len(end) != len(ids) or length.max() > MAX_BYTES:
        return None
    # Every place of the bytes read as a number of eight bytes, of which those past the id's end are cut off.
    at: Keys = np.ndarray(len(joined) + 1, dtype="<u8", buffer=joined + bytes(8), strides=(1,))
    words = []
    for done in range(0, max(int(length.max()), 1), 8):
        word = at[np.minimum(start + done, len(joined))]
        word &= KEEP.take(length - done, mode="clip")
        words.append(word)
    return words


def _first_seen(key: Keys) -> tuple[IntArray, IntArray]:
    """Where each distinct key comes first, ascending, and for every key which of these it equals.

    A hash table filled and read as a whole: all keys are written to their slots, from the last to the first,
    and who does not find its equal there goes to the next round, with another table.
    """
    n = len(key)
    origin = np.empty(n, dtype=np.int32)
    place, turn = np.arange(n, dtype=np.int32), 0
    mine = key
    while len(place):
        bits = max(len(place).bit_length() + 1, 4)
        mixed = (mine + np.uint64(turn)) * MIXERS[turn % len(MIXERS)]
        slot = ((mixed ^ (mixed >> np.uint64(32))) * MIXERS[0] >> np.uint64(64 - bits)).astype(np.int64)
        table = np.empty(1 << bits, dtype=np.int32)
        table[slot[::-1]] = place[::-1]
        found = table[slot]
        same = key[found] == mine
        origin[place[same]] = found[same]
        place, mine, turn = place[~same], mine[~same], turn + 1
    first = np.flatnonzero(origin == np.arange(n, dtype=np.int32))
    code_of = np.empty(n, dtype=np.int32)
    code_of[first] = np.arange(len(first), dtype=np.int32)
    return first, code_of[origin]
