"""Who gets what of a reward. Pure."""

from __future__ import annotations

from typing import NamedTuple

from marketplace.ledger.money import share_of, split_by_ratio

PPM = 1_000_000
MIN_PAYOUT_MICROS = 1_000_000  # one unit of the currency: earnings are never held hostage


class Shares(NamedTuple):
    """A payment in micros: the worker's part, the vendor's part, the platform's fee on top."""

    worker: int
    vendor: int
    fee: int


def shares(reward_micros: int, *, vendor_share_ppm: int, fee_ppm: int) -> Shares:
    """Split a reward between worker and vendor; the fee comes on top, paid by the client."""
    worker, vendor = split_by_ratio(reward_micros, [PPM - vendor_share_ppm, vendor_share_ppm])
    return Shares(worker, vendor, share_of(reward_micros, fee_ppm))
