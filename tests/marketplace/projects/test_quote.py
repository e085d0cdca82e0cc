"""The quote: at worst it costs this much, whatever is answered and however it is paid."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.projects.pricing import Quote, Terms, hourly_micros, quote
from workers.pay.rules import PPM, shares

TERMS = st.builds(
    Terms,
    reward_micros=st.integers(1, 10**9),
    expert_reward_micros=st.integers(0, 10**10),
    fee_ppm=st.integers(0, PPM),
    max_overlap=st.integers(1, 6),
    gold_max_overlap=st.integers(1, 6),
    seconds_per_task=st.integers(1, 7200),
)


def test_it_holds_every_answer_every_verdict_and_the_fee_on_each() -> None:
    terms = Terms(50_000, 500_000, 200_000, max_overlap=5, gold_max_overlap=20, seconds_per_task=15)
    assert quote(terms, tasks=10, gold_tasks=2) == Quote(
        tasks=10,
        gold_tasks=2,
        worst_case_micros=90 * 60_000 + 10 * 600_000,
        fee_micros=90 * 10_000 + 10 * 100_000,
        hourly_micros=12_000_000,
    )


def test_a_batch_over_nothing_costs_nothing() -> None:
    terms = Terms(50_000, 500_000, 200_000, 5, 20, 15)
    assert quote(terms, tasks=0, gold_tasks=0).worst_case_micros == 0


@given(terms=TERMS, tasks=st.integers(0, 3), gold=st.integers(0, 3), data=st.data())
@example(terms=Terms(1, 1, 1, 2, 2, 1), tasks=2, gold=1, data=None)
def test_no_way_of_paying_costs_more_than_the_worst_case(
    terms: Terms, tasks: int, gold: int, data: st.DataObject | None
) -> None:
    """Answers are paid in lumps of any size, each with its own rounded fee and split with a vendor."""
    most = tasks * terms.max_overlap + gold * terms.gold_max_overlap
    left = data.draw(st.integers(0, most)) if data else most
    spent = 0
    while left:
        lump = data.draw(st.integers(1, left)) if data else 1
        vendor = data.draw(st.integers(0, PPM // 2)) if data else 0
        paid = shares(lump * terms.reward_micros, vendor_share_ppm=vendor, fee_ppm=terms.fee_ppm)
        assert paid.worker + paid.vendor == lump * terms.reward_micros
        spent += sum(paid)
        left -= lump
    for _ in range(data.draw(st.integers(0, tasks)) if data else tasks):
        spent += sum(shares(terms.expert_reward_micros, vendor_share_ppm=0, fee_ppm=terms.fee_ppm))
    assert spent <= quote(terms, tasks=tasks, gold_tasks=gold).worst_case_micros


@given(terms=TERMS, tasks=st.integers(0, 1000), gold=st.integers(0, 1000))
def test_paying_each_answer_by_itself_costs_exactly_the_worst_case(
    terms: Terms, tasks: int, gold: int
) -> None:
    answer = shares(terms.reward_micros, vendor_share_ppm=0, fee_ppm=terms.fee_ppm)
    verdict = shares(terms.expert_reward_micros, vendor_share_ppm=0, fee_ppm=terms.fee_ppm)
    answers = tasks * terms.max_overlap + gold * terms.gold_max_overlap
    found = quote(terms, tasks=tasks, gold_tasks=gold)
    assert found.worst_case_micros == answers * sum(answer) + tasks * sum(verdict)
    assert found.fee_micros == answers * answer.fee + tasks * verdict.fee


@given(reward=st.integers(0, 10**12), seconds=st.integers(1, 86_400))
def test_an_hours_pay_is_never_promised_too_high(reward: int, seconds: int) -> None:
    assert hourly_micros(reward, seconds) * seconds <= reward * 3600
