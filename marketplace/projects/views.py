"""Pages to open a project and to draft a batch, with its quote."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.pages import blame, user_of
from marketplace.clients.access import client_for_user
from marketplace.clients.services import funds_of
from marketplace.core.errors import DomainError
from marketplace.datasets.access import dataset_for_user
from marketplace.ledger.selectors import balance_micros
from marketplace.projects.access import project_for_user
from marketplace.projects.forms import FIELD_OF_TERM, BatchForm, ProjectForm
from marketplace.projects.services import create_project, draft_batch, quote_for


@login_required
@require_http_methods(["GET", "POST"])
def project_new(request: HttpRequest, client: str) -> HttpResponse:
    """Open a project: question, options, guidelines."""
    found = client_for_user(user_of(request), client, write=True)
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = create_project(client=found, **form.cleaned_data)
        except DomainError as error:
            blame(form, error)
        else:
            return redirect("project", project.public_id)
    return render(request, "client/project_new.html", {"client": found, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def batch_new(request: HttpRequest, project: str) -> HttpResponse:
    """Draft a batch; nothing is spent before it is launched."""
    found = project_for_user(user_of(request), project, write=True)
    form = BatchForm(found.client, request.POST or None, initial=BatchForm.defaults())
    if request.method == "POST" and form.is_valid():
        try:
            batch = draft_batch(
                project=found,
                dataset=dataset_for_user(user_of(request), form.cleaned_data["dataset"]),
                name=form.cleaned_data["name"],
                terms=form.terms(),
            )
        except DomainError as error:
            blame(form, error, FIELD_OF_TERM)
        else:
            return redirect("batch", batch.public_id)
    return render(request, "client/batch_new.html", {"client": found.client, "project": found, "form": form})


@login_required
@require_safe
def batch_quote(request: HttpRequest, project: str) -> JsonResponse:
    """What the batch in the form would cost at most, while it is being filled in."""
    found = project_for_user(user_of(request), project)
    form = BatchForm(found.client, request.GET)
    form.is_valid()
    tasks = gold = 0
    chosen = form.cleaned_data.get("dataset")
    if chosen:
        dataset = dataset_for_user(user_of(request), chosen)
        tasks, gold = dataset.rows_count - dataset.gold_count, dataset.gold_count
    body: dict[str, Any] = quote_for(tasks=tasks, gold_tasks=gold, values=form.terms())._asdict()
    body |= {
        "currency": found.client.currency,
        "funds_micros": balance_micros(funds_of(found.client)),
        "floor_hourly_micros": settings.WAGE_FLOOR_HOURLY_MICROS,
        "errors": {name: str(faults[0]) for name, faults in form.errors.items()},
    }
    return JsonResponse(body)
