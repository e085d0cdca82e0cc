"""Who gets what of a reward."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.pay.rules import PPM, Shares, shares


def test_the_fee_comes_on_top_and_the_vendors_part_out_of_the_reward() -> None:
    assert shares(50_000, vendor_share_ppm=100_000, fee_ppm=200_000) == Shares(45_000, 5_000, 10_000)


@given(reward=st.integers(0, 10**15), vendor=st.integers(0, PPM), fee=st.integers(0, PPM))
def test_nothing_of_a_reward_is_lost_and_nobody_pays_in(reward: int, vendor: int, fee: int) -> None:
    parts = shares(reward, vendor_share_ppm=vendor, fee_ppm=fee)
    assert parts.worker + parts.vendor == reward
    assert min(parts) >= 0


@given(reward=st.integers(1, 10**12), vendor=st.integers(0, PPM // 2))
def test_a_worker_gets_at_least_half(reward: int, vendor: int) -> None:
    parts = shares(reward, vendor_share_ppm=vendor, fee_ppm=0)
    assert parts.worker >= parts.vendor


@pytest.mark.parametrize("vendor", [-1, PPM + 1])
def test_it_refuses_a_share_that_is_none(vendor: int) -> None:
    with pytest.raises(ValueError, match="weights"):
        shares(10, vendor_share_ppm=vendor, fee_ppm=0)
