"""Integer money: splitting loses nothing, fees never fall short, amounts can be read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.ledger.money import MICROS, MOST_MICROS, PPM, as_text, share_of, split_by_ratio

amounts = st.integers(0, MOST_MICROS)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=6).filter(any)


@given(amount=amounts, ratio=weights)
@example(amount=1, ratio=[1, 1])
@example(amount=MOST_MICROS, ratio=[1, 1, 1])
def test_the_parts_add_up_and_each_is_fair_to_a_micro(amount: int, ratio: list[int]) -> None:
    parts = split_by_ratio(amount, ratio)
    assert sum(parts) == amount
    assert all(
        abs(part * sum(ratio) - amount * weight) < sum(ratio)
        for part, weight in zip(parts, ratio, strict=True)
    )


@given(amount=amounts, ratio=weights)
def test_who_has_no_weight_gets_nothing(amount: int, ratio: list[int]) -> None:
    assert split_by_ratio(amount, [*ratio, 0])[-1] == 0


def test_a_tie_goes_to_the_earlier_part() -> None:
    assert split_by_ratio(3, [1, 1]) == [2, 1]
    assert split_by_ratio(2, [1, 1, 1]) == [1, 1, 0]


@pytest.mark.parametrize(("amount", "ratio"), [(-1, [1]), (1, [0, 0]), (1, [2, -1]), (1, [])])
def test_it_refuses_what_cannot_be_split(amount: int, ratio: list[int]) -> None:
    with pytest.raises(ValueError, match="needed"):
        split_by_ratio(amount, ratio)


@given(amount=amounts, ppm=st.integers(0, PPM))
def test_a_share_is_rounded_up_by_less_than_a_micro(amount: int, ppm: int) -> None:
    share = share_of(amount, ppm)
    assert amount * ppm <= share * PPM < amount * ppm + PPM


@given(parts=st.lists(st.integers(0, 10**12), max_size=8), ppm=st.integers(0, PPM))
def test_a_share_of_a_sum_is_never_above_the_sum_of_the_shares(parts: list[int], ppm: int) -> None:
    assert share_of(sum(parts), ppm) <= sum(share_of(part, ppm) for part in parts)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00 USD"),
        (1, "0.000001 USD"),
        (50_000, "0.05 USD"),
        (1_500_000, "1.50 USD"),
        (-1_234_567_890_000, "-1,234,567.89 USD"),
    ],
)
def test_an_amount_reads_as_people_write_it(amount: int, text: str) -> None:
    assert as_text(amount, "USD") == text


@given(amount=st.integers(-MOST_MICROS, MOST_MICROS))
def test_no_micro_is_lost_in_words(amount: int) -> None:
    number, currency = as_text(amount, "EUR").split()
    assert currency == "EUR"
    assert Decimal(number.replace(",", "")) * MICROS == amount
