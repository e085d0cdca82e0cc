"""The worker's pages: the answering screen, my earnings. What fits me is in tasks.offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.accounts.models import User
from marketplace.accounts.pages import listed, user_of
from marketplace.clients.views import AmountForm
from marketplace.ledger.selectors import earned_by_owner, statement
from tasks.answers.selectors import sitting_of
from tasks.assignment.access import batch_for_worker
from workers.pay.rules import MIN_PAYOUT_MICROS
from workers.pay.selectors import earnings, payouts_of
from workers.profiles.access import NotAWorker, worker_for_user
from workers.profiles.models import Worker

if TYPE_CHECKING:
    from marketplace.ledger.models import Posting


@login_required
@require_safe
def worker_screen(request: HttpRequest, batch: str) -> HttpResponse:
    """The answering screen of one batch."""
    worker_for_user(user_of(request))
    found = batch_for_worker(batch)
    settings = {"user": user_of(request).public_id, "batch": found.public_id, "size": found.suite_size}
    context = {"batch": found, "project_name": found.project.name, "screen": settings}
    return render(request, "worker/screen.html", context)


@login_required
@require_safe
def earnings_page(request: HttpRequest) -> HttpResponse:
    """What I earned, where it is, and every line of it."""
    worker = worker_or_none(user_of(request))
    if worker is None:
        return redirect("worker-join")
    lines = listed(request, statement(owner=worker.public_id))
    lines["results"] = [_line(posting) for posting in lines["results"]]
    payouts = [
        {
            "public_id": payout.public_id,
            "amount_micros": payout.amount_micros,
            "state": payout.state,
            "requested_at": payout.created_at,
        }
        for payout in payouts_of(worker.public_id)[:20]
    ]
    context = {
        "earnings": _earnings(worker),
        "statement": lines,
        "payouts": payouts,
        "form": AmountForm(),
        "least_payout_micros": MIN_PAYOUT_MICROS,
    }
    return render(request, "worker/earnings.html", context)


def worker_or_none(user: User) -> Worker | None:
    """The worker that a user is; None for somebody who has yet to join."""
    try:
        return worker_for_user(user)
    except NotAWorker:
        return None


def _earnings(worker: Worker) -> dict[str, Any]:
    """Earnings in the currency the worker earns in; other currencies stand in the statement."""
    lines = earnings(worker.public_id)
    sitting = sitting_of(worker)
    currency = lines[0].currency if lines else next(iter(sitting.pending_micros), "USD")
    return {
        "currency": currency,
        "available_micros": lines[0].available_micros if lines else 0,
        "paid_out_micros": lines[0].paid_out_micros if lines else 0,
        "earned_micros": earned_by_owner([worker.public_id]).get(worker.public_id, 0),
        "pending_micros": sitting.pending_micros.get(currency, 0),
        "answers": sitting.answers,
    }


def _line(posting: Posting) -> dict[str, Any]:
    words = {
        "work": _("Answers: %(what)s"),
        "payout_requested": _("Payout asked for"),
        "payout_settled": _("Payout arrived"),
        "payout_failed": _("Payout did not arrive; the money is back"),
    }
    what = words.get(posting.entry.kind, posting.entry.kind) % {"what": posting.entry.memo}
    return {"at": posting.entry.at, "what": what, "amount_micros": posting.amount_micros}
