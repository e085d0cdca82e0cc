"""Paying for work, and paying out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from marketplace.core.clock import now
from marketplace.core.errors import Conflict, Fault, Invalid, NotFound
from marketplace.ledger.pots import AccountKind, Pot, fees, outside
from marketplace.ledger.services import post_entry
from marketplace.projects.models import Batch
from marketplace.projects.services import escrow_of
from workers.pay.models import Payout, PayoutState
from workers.pay.rules import MIN_PAYOUT_MICROS, shares
from workers.profiles.models import Worker
from workers.teams.models import TeamMember

if TYPE_CHECKING:
    from marketplace.ledger.models import JournalEntry


class PayoutMoved(Conflict):
    """This payout is not in the state you think; look again."""

    code = "payout_moved"


def earnings_of(owner: str, currency: str) -> Pot:
    """What is owed to a worker, expert or vendor."""
    return Pot(AccountKind.EARNINGS, owner, currency)


def pay_work(
    *, batch: Batch, worker: Worker, reward_micros: int, source: str, memo: str
) -> JournalEntry | None:
    """Move a worker's accepted rewards from escrow to earnings, the vendor's share to the vendor, the
    fee to the platform. `source` names what is paid; the same source is paid once (then None).
    """
    member = TeamMember.objects.select_related("vendor").filter(worker=worker).first()
    part = shares(
        reward_micros, vendor_share_ppm=member.vendor.share_ppm if member else 0, fee_ppm=batch.fee_ppm
    )
    moves = {
        escrow_of(batch): -(reward_micros + part.fee),
        earnings_of(worker.public_id, batch.currency): part.worker,
        fees(batch.currency): part.fee,
    }
    if member and part.vendor:
        moves[earnings_of(member.vendor.public_id, batch.currency)] = part.vendor
    return post_entry(kind="work", source=source, moves=moves, memo=memo)


def pay_expert(*, batch: Batch, expert: str, source: str, memo: str) -> JournalEntry | None:
    """Move the reward of one verdict from escrow to the expert (public id), the fee to the platform."""
    if not batch.expert_reward_micros:
        return None
    part = shares(batch.expert_reward_micros, vendor_share_ppm=0, fee_ppm=batch.fee_ppm)
    moves = {
        escrow_of(batch): -(batch.expert_reward_micros + part.fee),
        earnings_of(expert, batch.currency): part.worker,
        fees(batch.currency): part.fee,
    }
    return post_entry(kind="verdict", source=source, moves=moves, memo=memo)


@transaction.atomic
def request_payout(*, owner: str, currency: str, amount_micros: int) -> Payout:
    """Set earnings aside for a transfer. Raises Invalid below the threshold, NotEnoughMoney above
    what is earned.
    """
    if amount_micros < MIN_PAYOUT_MICROS:
        detail = f"The smallest payout is {MIN_PAYOUT_MICROS // 1_000_000} {currency}."
        raise Invalid(faults=[Fault("amount_micros", "payout_too_small", detail)])
    payout = Payout(owner=owner, currency=currency, amount_micros=amount_micros)
    moves = {earnings_of(owner, currency): -amount_micros, _transit(payout): amount_micros}
    post_entry(kind="payout_requested", source=f"payout:{payout.public_id}", moves=moves)
    payout.save()
    return payout


def send_payout(*, public_id: str) -> Payout:
    """Mark a requested payout as handed to the bank. Raises NotFound, PayoutMoved."""
    return _move(public_id, (PayoutState.REQUESTED,), PayoutState.SENT)


@transaction.atomic
def settle_payout(*, public_id: str) -> Payout:
    """Book a sent payout as arrived: the money leaves the books. Raises NotFound, PayoutMoved."""
    payout = _move(public_id, (PayoutState.SENT,), PayoutState.SETTLED)
    moves = {_transit(payout): -payout.amount_micros, outside(payout.currency): payout.amount_micros}
    post_entry(kind="payout_settled", source=f"payout:{payout.public_id}", moves=moves)
    return payout


@transaction.atomic
def fail_payout(*, public_id: str) -> Payout:
    """Book a payout that did not arrive: the money is back in earnings. Raises NotFound, PayoutMoved."""
    payout = _move(public_id, (PayoutState.REQUESTED, PayoutState.SENT), PayoutState.FAILED)
    back = earnings_of(payout.owner, payout.currency)
    moves = {_transit(payout): -payout.amount_micros, back: payout.amount_micros}
    post_entry(kind="payout_failed", source=f"payout:{payout.public_id}", moves=moves)
    return payout


#: What an operator can do with a payout, by the word in the address.
PAYOUT_MOVES = {"send": send_payout, "settle": settle_payout, "fail": fail_payout}


def _transit(payout: Payout) -> Pot:
    return Pot(AccountKind.TRANSIT, payout.owner, payout.currency)


def _move(public_id: str, origins: tuple[PayoutState, ...], state: PayoutState) -> Payout:
    changed = Payout.objects.filter(public_id=public_id, state__in=origins).update(
        state=state, changed_at=now()
    )
    payout = Payout.objects.filter(public_id=public_id).first()
    if payout is None:
        raise NotFound
    if not changed:
        raise PayoutMoved
    return payout
