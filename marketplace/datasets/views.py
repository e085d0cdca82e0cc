"""Pages to upload a dataset and to look at it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.pages import blame, listed, user_of
from marketplace.clients.access import client_for_user
from marketplace.core.errors import DomainError
from marketplace.datasets.access import dataset_for_user
from marketplace.datasets.api import DatasetOut
from marketplace.datasets.background import import_soon
from marketplace.datasets.models import Dataset, Row, RowGold
from marketplace.datasets.services import create_dataset

MOST_COLUMNS = 8


class DatasetForm(forms.Form):
    """A file of rows."""

    name = forms.CharField(label=_("Name"), max_length=120)
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, TSV or JSON Lines in UTF-8. The first line of a CSV names the columns."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.jsonl,.ndjson"}),
    )


@login_required
@require_http_methods(["GET", "POST"])
def dataset_new(request: HttpRequest, client: str) -> HttpResponse:
    """Upload a file; the import runs in the background."""
    found = client_for_user(user_of(request), client, write=True)
    form = DatasetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                dataset = create_dataset(
                    client=found, name=form.cleaned_data["name"], upload=form.cleaned_data["file"]
                )
                import_soon(dataset)
        except DomainError as error:
            blame(form, error)
        else:
            return redirect("dataset", dataset.public_id)
    return render(request, "client/dataset_new.html", {"client": found, "form": form})


@login_required
@require_safe
def dataset_page(request: HttpRequest, dataset: str) -> HttpResponse:
    """The state of the import, the rows and the refused lines."""
    found = dataset_for_user(user_of(request), dataset)
    rows = listed(request, found.rows.all(), "position")
    columns = _columns(found)
    known = set(
        RowGold.objects.filter(row__in=[row.pk for row in rows["results"]]).values_list("row_id", flat=True)
    )
    rows["results"] = [_shown(row, columns, row.pk in known) for row in rows["results"]]
    errors = listed(request, found.errors.all(), "line", parameter="errors")
    errors["results"] = [
        {"line": each.line, "code": each.code, "message": each.detail} for each in errors["results"]
    ]
    context = {
        "client": found.client,
        "dataset": DatasetOut(found).data | {"public_id": found.public_id},
        "columns": columns,
        "rows": rows,
        "errors": errors,
    }
    return render(request, "client/dataset.html", context)


def _columns(dataset: Dataset) -> list[str]:
    first = dataset.rows.order_by("position").values_list("data", flat=True).first()
    return list(first or {})[:MOST_COLUMNS]


def _shown(row: Row, columns: list[str], gold: bool) -> dict[str, Any]:
    return {
        "position": row.position + 1,
        "external_id": row.external_id,
        "cells": [row.data.get(name, "") for name in columns],
        "gold": gold,
    }
