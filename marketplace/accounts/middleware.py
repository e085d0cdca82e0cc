"""Domain errors that reach a page's edge become the designed error pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from marketplace.core.errors import DomainError, Forbidden, NotFound


class DomainErrorPages:
    """404 for what is not there or not yours, 403 for what you may not do, 400 for the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render the page that fits; anything but a DomainError is left to Django."""
        if not isinstance(exception, DomainError):
            return None
        status = {NotFound: 404, Forbidden: 403}
        code = next((status[kind] for kind in type(exception).__mro__ if kind in status), 400)
        return render(request, f"{code}.html", {"exception": exception.message}, status=code)
