"""The books against a model of them: whatever happens, in whatever order, no money comes or goes."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from marketplace.ledger.checks import ledger_checks, ledger_sum_micros
from marketplace.ledger.money import share_of, split_by_ratio
from marketplace.ledger.pots import AccountKind, Pot, fees, outside
from marketplace.ledger.selectors import balance_micros
from marketplace.ledger.services import NotEnoughMoney, post_entry
from tests.marketplace.ledger.pots import pot

FEE_PPM = 200_001  # a fee that never comes out even
amounts = st.one_of(st.integers(1, 50), st.integers(1, 2_000_000))
who = st.integers(0, 1)


class Books(RuleBasedStateMachine):
    """Two clients, two batches, two workers and a vendor; the model is a dictionary of balances."""

    @initialize()
    def open(self) -> None:
        """A transaction that is undone at the end of the run."""
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.expected: Counter[Pot] = Counter()
        self.entries: list[tuple[str, dict[Pot, int]]] = []
        self.funds = [pot(AccountKind.FUNDS) for _ in range(2)]
        self.escrow = [pot(AccountKind.ESCROW) for _ in range(2)]
        self.earnings = [pot(AccountKind.EARNINGS) for _ in range(2)]
        self.transit = [Pot(AccountKind.TRANSIT, each.owner, "USD") for each in self.earnings]
        self.vendor = pot(AccountKind.EARNINGS)

    @rule(amount=amounts, client=who)
    def deposit(self, amount: int, client: int) -> None:
        """Money comes in."""
        self.book({outside("USD"): -amount, self.funds[client]: amount})

    @rule(amount=amounts, client=who)
    def hold(self, amount: int, client: int) -> None:
        """A batch is funded."""
        self.book({self.funds[client]: -amount, self.escrow[client]: amount})

    @rule(reward=amounts, batch=who, worker=who, vendor_ppm=st.sampled_from([0, 1, 333_333, 500_000]))
    def pay(self, reward: int, batch: int, worker: int, vendor_ppm: int) -> None:
        """An answer is paid: worker, vendor and platform each get their part."""
        own, share = split_by_ratio(reward, [1_000_000 - vendor_ppm, vendor_ppm])
        fee = share_of(reward, FEE_PPM)
        moves = {self.escrow[batch]: -(reward + fee), self.earnings[worker]: own, fees("USD"): fee}
        self.book(moves | {self.vendor: share})

    @rule(batch=who)
    def refund(self, batch: int) -> None:
        """What is left in escrow goes back."""
        left = self.expected[self.escrow[batch]]
        self.book({self.escrow[batch]: -left, self.funds[batch]: left})

    @rule(amount=amounts, worker=who)
    def ask_for_payout(self, amount: int, worker: int) -> None:
        """Earnings are set aside."""
        self.book({self.earnings[worker]: -amount, self.transit[worker]: amount})

    @rule(amount=amounts, worker=who, arrived=st.booleans())
    def end_payout(self, amount: int, worker: int, arrived: bool) -> None:
        """A transfer arrives, or comes back."""
        self.book(
            {self.transit[worker]: -amount, outside("USD") if arrived else self.earnings[worker]: amount}
        )

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """An earlier entry is sent again: nothing moves."""
        if self.entries:
            source, moves = data.draw(st.sampled_from(self.entries))
            assert post_entry(kind="any", source=source, moves=moves) is None

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        """Every balance is as expected and every check of the ledger holds."""
        for each, amount in self.expected.items():
            assert balance_micros(each) == amount
        assert ledger_sum_micros() == 0
        assert [check for check in ledger_checks() if not check.ok] == []

    def book(self, moves: dict[Pot, int]) -> None:
        """Post an entry; it is refused exactly when the model says that a pot would go below zero."""
        source = str(len(self.entries))
        after = Counter({key: self.expected[key] + moves.get(key, 0) for key in {*self.expected, *moves}})
        if any(amount < 0 for key, amount in after.items() if key.kind is not AccountKind.OUTSIDE):
            with pytest.raises(NotEnoughMoney):
                post_entry(kind="any", source=source, moves=moves)
            return
        assert post_entry(kind="any", source=source, moves=moves) is not None
        self.entries.append((source, moves))
        self.expected = after

    def teardown(self) -> None:
        """The deferred referee speaks, then all is undone."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)


@pytest.mark.django_db
def test_no_money_comes_or_goes() -> None:
    run_state_machine_as_test(
        Books, settings=settings(max_examples=12, stateful_step_count=12, deadline=None)
    )
