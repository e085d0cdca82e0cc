"""The two pages for machines that watch us: is the process alive, is everything ready."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from marketplace.core import health


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
