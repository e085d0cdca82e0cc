"""Pages that show the whole loop: the client's, the vendor's, the operator's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from marketplace.accounts.access import require_operator
from marketplace.accounts.pages import listed, tell, user_of
from marketplace.clients.access import client_for_user
from marketplace.clients.models import Client
from marketplace.clients.services import deposit_funds, funds_of
from marketplace.clients.views import AmountForm
from marketplace.core import health
from marketplace.core.errors import DomainError, NotFound
from marketplace.datasets.api import DatasetOut
from marketplace.datasets.models import DatasetState
from marketplace.ledger.checks import ledger_checks, ledger_sum_micros
from marketplace.ledger.selectors import balance_micros
from marketplace.projects.access import batch_for_user, project_for_user
from marketplace.projects.models import Batch, BatchState, Project
from marketplace.projects.selectors import guidelines_html, schema_of
from marketplace.projects.services import escrow_of, launch_faults, quote_batch
from marketplace.projects.words import in_words
from tasks.exports.api import export_response
from tasks.exports.selectors import result_of, result_tasks
from tasks.flow.api import ACTIONS
from tasks.flow.report import disputes_of, forecast_of, quality_of, workers_of
from tasks.flow.selectors import counts_of, progress_of, roster_of
from workers.pay.models import Payout, PayoutState
from workers.pay.selectors import payouts_waiting
from workers.pay.services import PAYOUT_MOVES
from workers.teams.access import vendor_for_user

OPEN_ACTIONS = {
    BatchState.DRAFT: ["launch"],
    BatchState.LIVE: ["pause", "close"],
    BatchState.PAUSED: ["resume", "close"],
}
PAYOUT_ACTS = {PayoutState.REQUESTED: ["send", "fail"], PayoutState.SENT: ["settle", "fail"]}
ROSTER_SORTS = {
    "name": "name",
    "answers": "answers",
    "gold": "gold_right",
    "earned": "earned_micros",
    "last_seen": "last_seen",
}


class DepositForm(AmountForm):
    """Money that has arrived from a client."""

    client = forms.CharField(label=gettext_lazy("Client (its id)"), max_length=16)
    reference = forms.CharField(label=gettext_lazy("Reference of the transfer"), max_length=40)
    field_order = ("client", "amount", "reference")


@login_required
@require_safe
def client_home(request: HttpRequest, client: str) -> HttpResponse:
    """A client's projects, data and money."""
    found = client_for_user(user_of(request), client)
    projects = found.projects.prefetch_related("batches").order_by("-id")[:50]
    batches = [batch for project in projects for batch in project.batches.all()]
    context = {
        "client": found,
        "funds_micros": balance_micros(funds_of(found)),
        "escrow_micros": sum(balance_micros(escrow_of(batch)) for batch in batches),
        "projects": [_project_line(project) for project in projects],
        "datasets": [
            DatasetOut(dataset).data | {"public_id": dataset.public_id}
            for dataset in found.datasets.order_by("-id")[:50]
        ],
        "demo": settings.DEMO,
    }
    return render(request, "client/home.html", context)


@login_required
@require_safe
def project_page(request: HttpRequest, project: str) -> HttpResponse:
    """One project: question, guidelines, batches."""
    found = project_for_user(user_of(request), project)
    newest = found.guidelines.order_by("-version").first()
    usable = found.client.datasets.filter(state__in=(DatasetState.READY, DatasetState.FROZEN))
    context = {
        "client": found.client,
        "project": found,
        "guidelines_html": guidelines_html(found.pk),
        "guideline_version": newest.version if newest else 0,
        "batches": _project_line(found)["batches"],
        "can_run": usable.exists(),
    }
    return render(request, "client/project.html", context)


@login_required
@require_safe
def batch_page(request: HttpRequest, batch: str) -> HttpResponse:
    """One batch as one long report."""
    found = batch_for_user(user_of(request), batch)
    progress = progress_of(found)
    faults = launch_faults(found) if found.state == BatchState.DRAFT else []
    context: dict[str, Any] = {
        "client": found.project.client,
        "batch": found,
        "project": found.project,
        "dataset": found.dataset,
        "quote": quote_batch(found),
        "progress": progress,
        "quality": quality_of(found, progress),
        "forecast": forecast_of(found, progress),
        "disputes": disputes_of(found),
        "workers": workers_of(found),
        "rows": _rows(request, found),
        "actions": OPEN_ACTIONS.get(BatchState(found.state), []),
        "launch_problems": [fault.detail for fault in faults],
    }
    return render(request, "client/batch.html", context)


@login_required
@require_POST
def batch_act(request: HttpRequest, batch: str, action: str) -> HttpResponse:
    """launch, pause, resume or close."""
    if action not in ACTIONS:
        raise NotFound
    found = batch_for_user(user_of(request), batch, write=True)
    try:
        ACTIONS[action](batch=found)
    except DomainError as error:
        tell(request, error)
    return redirect("batch", found.public_id)


@login_required
@require_safe
def batch_export(request: HttpRequest, batch: str, fmt: str) -> StreamingHttpResponse:
    """The results as a file."""
    return export_response(batch_for_user(user_of(request), batch), fmt)


@login_required
@require_safe
def vendor_roster(request: HttpRequest, vendor: str) -> HttpResponse:
    """A vendor's people."""
    found = vendor_for_user(user_of(request), vendor)
    members = roster_of(found)
    sort = request.GET.get("sort", "-answers")
    column = ROSTER_SORTS.get(sort.lstrip("-"), "answers")
    members.sort(key=lambda m: (m[column] is not None, m[column]), reverse=sort.startswith("-"))
    totals = {key: sum(member[key] for member in members) for key in ("answers", "earned_micros")}
    context = {"vendor": found, "members": members, "currency": "USD", "sort": sort, "totals": totals}
    return render(request, "vendor/roster.html", context)


@login_required
@require_safe
def operator_home(request: HttpRequest) -> HttpResponse:
    """How the house stands."""
    require_operator(user_of(request))
    context = {
        "health": health.checks(),
        "ledger": {"sum_micros": ledger_sum_micros(), "checks": ledger_checks()},
        "payouts": [_payout_line(payout) for payout in payouts_waiting()[:100]],
        "form": DepositForm(),
    }
    return render(request, "operator/home.html", context)


@login_required
@require_POST
def operator_deposit(request: HttpRequest) -> HttpResponse:
    """Book money that has arrived."""
    require_operator(user_of(request))
    form = DepositForm(request.POST)
    client = Client.objects.filter(public_id=request.POST.get("client", "")).first()
    if not form.is_valid() or client is None:
        messages.error(request, _("Give a client's id, an amount and the transfer's reference."))
        return redirect("operator-home")
    try:
        booked = deposit_funds(
            client=client, amount_micros=form.micros(), reference=form.cleaned_data["reference"]
        )
    except DomainError as error:
        tell(request, error)
    else:
        messages.success(request, _("Booked.") if booked else _("That transfer was booked before."))
    return redirect("operator-home")


@login_required
@require_POST
def operator_payout(request: HttpRequest, payout: str, action: str) -> HttpResponse:
    """Move a payout along: send, settle or fail."""
    require_operator(user_of(request))
    if action not in PAYOUT_MOVES:
        raise NotFound
    try:
        PAYOUT_MOVES[action](public_id=payout)
    except DomainError as error:
        tell(request, error)
    return redirect("operator-home")


def _project_line(project: Project) -> dict[str, Any]:
    return {
        "public_id": project.public_id,
        "name": project.name,
        "batches": [
            {
                "public_id": batch.public_id,
                "name": batch.name,
                "state": batch.state,
                "reward_micros": batch.reward_micros,
                "currency": batch.currency,
                "progress": counts_of(batch),
            }
            for batch in sorted(project.batches.all(), key=lambda each: -each.pk)
        ],
    }


def _rows(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    rows = listed(request, result_tasks(batch), "id")
    rows["results"] = [result_of(task) for task in rows["results"]]
    schema = schema_of(batch.project_id)
    for row in rows["results"]:
        row["value"] = in_words(schema, row["value"]) or None
    return rows


def _payout_line(payout: Payout) -> dict[str, Any]:
    return {
        "public_id": payout.public_id,
        "worker": payout.owner,
        "amount_micros": payout.amount_micros,
        "currency": payout.currency,
        "state": payout.state,
        "requested_at": payout.created_at,
        "acts": PAYOUT_ACTS[PayoutState(payout.state)],
    }
