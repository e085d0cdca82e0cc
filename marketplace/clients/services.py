"""Opening a client and taking in its money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.clients.models import Client, Membership, Role
from marketplace.core.errors import Conflict, Fault, Invalid
from marketplace.ledger.pots import AccountKind, Pot, outside
from marketplace.ledger.selectors import deposited_micros
from marketplace.ledger.services import post_entry

if TYPE_CHECKING:
    from marketplace.ledger.models import JournalEntry

MAX_DEPOSIT_MICROS = 10_000_000 * 1_000_000
MAX_REFERENCE = 40
MAX_PRIORITY = 100.0


def funds_of(client: Client) -> Pot:
    """The pot of money that a client has not yet promised to a batch."""
    return Pot(AccountKind.FUNDS, client.public_id, client.currency)


class ReferenceTaken(Conflict):
    """Another amount was booked under this reference; nothing was booked now."""

    code = "reference_taken"


@transaction.atomic
def create_client(*, user: User, name: str, currency: str = "USD") -> Client:
    """Open a client; `user` becomes its owner. Raises Invalid for a bad name or currency."""
    faults = []
    if not name.strip():
        faults.append(Fault("name", "required", "Give the organisation a name."))
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        faults.append(Fault("currency", "currency_unknown", "Use a three-letter currency code such as USD."))
    if faults:
        raise Invalid(faults=faults)
    client = Client.objects.create(name=name.strip(), currency=currency)
    Membership.objects.create(client=client, user=user, role=Role.OWNER)
    return client


@transaction.atomic
def deposit_funds(*, client: Client, amount_micros: int, reference: str) -> JournalEntry | None:
    """Book money received from a client; the same reference twice is booked once (None).

    Who may call it: an operator, on evidence of the transfer; anyone of the client in a demo.
    Raises Invalid for an amount out of range, and for a reference too long to tell from another;
    ReferenceTaken when the reference stands for another amount.
    """
    faults = []
    if not 0 < amount_micros <= MAX_DEPOSIT_MICROS:
        detail = "A deposit is more than nothing and at most 10 million."
        faults.append(Fault("amount_micros", "amount_out_of_range", detail))
    if not 0 < len(reference) <= MAX_REFERENCE:
        detail = f"Name the transfer in 1 to {MAX_REFERENCE} characters."
        faults.append(Fault("reference", "reference_length", detail))
    if faults:
        raise Invalid(faults=faults)
    moves = {funds_of(client): amount_micros, outside(client.currency): -amount_micros}
    source = f"client:{client.public_id}:{reference}"
    entry = post_entry(kind="deposit", source=source, moves=moves, memo=reference)
    if entry is None and deposited_micros(source) != amount_micros:
        raise ReferenceTaken
    return entry


def limit_client(
    *, client: Client, most_live_batches: int | None = None, priority: float | None = None
) -> None:
    """Say how many batches of a client may run at once, and how much its work counts where places on the
    crowd's page are drawn (1 is usual). Only operators call this. Raises Invalid for what is out of bounds.
    """
    given = {"most_live_batches": most_live_batches, "priority": priority}
    chosen = {name: value for name, value in given.items() if value is not None}
    faults = []
    if most_live_batches is not None and most_live_batches < 0:
        faults.append(Fault("most_live_batches", "out_of_bounds", "Give a number of batches."))
    if priority is not None and not 0 < priority <= MAX_PRIORITY:
        faults.append(
            Fault("priority", "out_of_bounds", f"Must be more than 0 and at most {MAX_PRIORITY:g}.")
        )
    if faults:
        raise Invalid(faults=faults)
    Client.objects.filter(pk=client.pk).update(**chosen)
