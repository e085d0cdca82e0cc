"""Asking for a payout on the earnings page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace.accounts.pages import tell, user_of
from marketplace.clients.views import AmountForm
from marketplace.core.errors import DomainError
from workers.pay.selectors import earnings
from workers.pay.services import request_payout
from workers.profiles.access import worker_for_user


@login_required
@require_POST
def payout_request(request: HttpRequest) -> HttpResponse:
    """Set earnings aside for a transfer."""
    worker = worker_for_user(user_of(request))
    form = AmountForm(request.POST)
    lines = earnings(worker.public_id)
    if not form.is_valid() or not lines:
        messages.error(request, _("Give an amount of what you have earned."))
        return redirect("earnings")
    try:
        request_payout(owner=worker.public_id, currency=lines[0].currency, amount_micros=form.micros())
    except DomainError as error:
        tell(request, error)
    else:
        messages.success(request, _("The payout is on its way to the operator."))
    return redirect("earnings")
