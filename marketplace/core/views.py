"""The pages for machines: is the process alive, is everything ready; and what programs see of an accident."""

from __future__ import annotations

import sys
from dataclasses import asdict
from http import HTTPStatus

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from marketplace.core import health
from marketplace.core.errors import DomainError, Unavailable
from marketplace.core.problems import PROBLEM, body_of, details, headers_of, status_of


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all; it asks nobody else."""
    return JsonResponse({"status": "ok"})


@transaction.non_atomic_requests
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, Redis, celery, beat and outbox are well, else 503; each part is named."""
    checks = health.checks()
    ready = all(check.ok for check in checks)
    body = {"status": "ok" if ready else "degraded", "checks": [asdict(check) for check in checks]}
    response = JsonResponse(body, status=200 if ready else 503)
    # a 503 here is an answer, not an accident: Django is told that there is nothing left to log
    setattr(response, "_has_been_logged", True)  # noqa: B010
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django itself refuses, such as one that is too large."""
    return _problem(request, HTTPStatus.BAD_REQUEST) or defaults.bad_request(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address at which there is nothing."""
    return _problem(request, HTTPStatus.NOT_FOUND) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """An accident of ours; or of the database, which had no connection, lock or time for us, and soon may."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return not_now(request, Unavailable())
    return _problem(request, HTTPStatus.INTERNAL_SERVER_ERROR) or defaults.server_error(request)


def not_now(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Nothing was done, and when to come again."""
    status, headers = status_of(error), headers_of(error)
    if request.path.startswith("/api/"):
        return JsonResponse(body_of(error), status=status, headers=headers, content_type=PROBLEM)
    return HttpResponse(render_to_string("503.html"), status=status, headers=headers)


def _problem(request: HttpRequest, status: HTTPStatus) -> JsonResponse | None:
    """Problem details for callers of the API; None for people, who get the designed page."""
    if not request.path.startswith("/api/"):
        return None
    body = details(status.name.lower(), status.value, f"{status.description}.")
    return JsonResponse(body, status=status.value, content_type=PROBLEM)
