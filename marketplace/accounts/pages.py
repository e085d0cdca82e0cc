"""What pages share: the signed-in user by type, domain errors as form errors, cursor lists."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from marketplace.accounts.models import User
from marketplace.core.api import Page
from marketplace.core.errors import DomainError


def user_of(request: HttpRequest) -> User:
    """The signed-in user; only behind `login_required`."""
    return cast(User, request.user)


def blame(form: forms.Form, error: DomainError, names: dict[str, str] | None = None) -> None:
    """Show what the domain refused beside the fields it is about.

    `names` maps places in the error to field names where they differ; what fits no field stands
    above the form.
    """
    if not error.faults:
        form.add_error(None, error.message)
    for fault in error.faults:
        place = (names or {}).get(fault.where, fault.where.split(".")[0])
        known = place in form.fields
        form.add_error(place if known else None, fault.detail if known else f"{fault.where}: {fault.detail}")


def tell(request: HttpRequest, error: DomainError) -> None:
    """Say on the next page what the domain refused."""
    messages.error(request, " ".join([error.message, *(fault.detail for fault in error.faults)]))


def listed(
    request: HttpRequest,
    rows: QuerySet[Any],
    ordering: str = "-id",
    *,
    parameter: str = "cursor",
    size: int = 25,
) -> dict[str, Any]:
    """One page of `rows` by cursor: {"results", "next", "previous"} with links for this page."""
    pager = Page()
    pager.ordering, pager.page_size, pager.cursor_query_param = ordering, size, parameter
    found = pager.paginate_queryset(rows, Request(request))
    return {
        "results": list(found or []),
        "next": pager.get_next_link(),
        "previous": pager.get_previous_link(),
    }
