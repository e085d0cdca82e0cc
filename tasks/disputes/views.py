"""The expert's desk."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from marketplace.accounts.pages import user_of
from marketplace.core.events import last_seq
from tasks.disputes.services import STREAM
from workers.profiles.access import expert_for_user

REASON_WORDS = [
    ("clear", _("The row is clear")),
    ("guidelines", _("The guidelines say so")),
    ("best_guess", _("Best reading of an unclear row")),
    ("broken_row", _("The row is broken")),
    ("other", _("Another reason")),
]


@login_required
@require_safe
def expert_desk(request: HttpRequest) -> HttpResponse:
    """The live queue; static/js/expert runs it over the API and the websocket."""
    expert_for_user(user_of(request))
    return render(request, "expert/desk.html", {"desk": {"seq": last_seq(STREAM)}, "reasons": REASON_WORDS})
