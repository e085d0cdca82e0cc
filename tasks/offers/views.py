"""The crowd's page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from marketplace.accounts.pages import user_of
from tasks.answers.views import worker_or_none
from tasks.offers.selectors import SIZE, offers_for
from workers.pay.selectors import earnings
from workers.profiles.models import Worker


@login_required
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """What work fits me."""
    worker = worker_or_none(user_of(request))
    if worker is None:
        return redirect("worker-join")
    cursor = request.GET.get("cursor") or None
    page = offers_for(worker, cursor=cursor, size=SIZE)
    context = {
        "work": page.offers,
        "waits": any(offer.waiting for offer in page.offers),
        "next": f"?cursor={page.next}" if page.next else None,
        "first": cursor is None,
        "earnings": _earned(worker),
    }
    return render(request, "worker/work.html", context)


def _earned(worker: Worker) -> dict[str, Any] | None:
    """What a worker has earned so far in their first currency, from balances: no line is added up."""
    for line in earnings(worker.public_id):
        return {
            "currency": line.currency,
            "earned_micros": line.available_micros + line.in_transit_micros + line.paid_out_micros,
        }
    return None
