"""What stands between the server and the views: domain errors as pages, and less of it before the API."""

from __future__ import annotations

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.core.views import not_now

API = "/api/v1/"
# a reply of the API is data: a browser that shows it loads, runs and frames nothing
DATA_ONLY = "default-src 'none'; frame-ancestors 'none'"


class ContentSecurityPolicy(CSPMiddleware):
    """The policy of the settings for pages; for the API the strictest, which needs no putting together."""

    def process_request(self, request: HttpRequest) -> None:
        """Make a nonce ready for pages."""
        if not request.path_info.startswith(API):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header."""
        if not request.path_info.startswith(API):
            return super().process_response(request, response)
        response.headers["Content-Security-Policy"] = DATA_ONLY
        return response


class Messages(MessageMiddleware):
    """Messages from page to page; the API has none."""

    def process_request(self, request: HttpRequest) -> None:
        """Make the storage ready for pages."""
        if not request.path_info.startswith(API):
            super().process_request(request)


class DomainErrorPages:
    """404 for what is not there or not yours, 403 for what you may not do, 503 for later, else 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render the page that fits; anything but a DomainError is left to Django."""
        if not isinstance(exception, DomainError):
            return None
        if exception.retry_after:
            return not_now(request, exception)
        status = {NotFound: 404, Forbidden: 403}
        code = next((status[kind] for kind in type(exception).__mro__ if kind in status), 400)
        return render(request, f"{code}.html", {"exception": exception.message}, status=code)
