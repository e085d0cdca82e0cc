"""What stands between the server and the views: domain errors as pages, and no more of it than is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from csp.middleware import CSPMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from marketplace.accounts.rules import bearer_of
from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.core.views import not_now

API = "/api/v1/"
# a reply of the API is data: a browser that shows it loads, runs and frames nothing
DATA_ONLY = "default-src 'none'; frame-ancestors 'none'"


class _Views(BaseHandler):
    """The views with nothing around them."""

    _view_middleware: ClassVar[list[Any]] = []
    _template_response_middleware: ClassVar[list[Any]] = []
    _exception_middleware: ClassVar[list[Any]] = []


class ByKey:
    """Straight to the view where the API is called with a key. What else stands around views is for pages and
    sessions: it says nothing of such a caller, and took longer than most of these views.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._usual = get_response
        # Django has no public name for it
        self._view = convert_exception_to_response(_Views()._get_response)  # type: ignore[attr-defined]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a call with a key, or pass the request on."""
        if not (request.path_info.startswith(API) and bearer_of(request.META.get("HTTP_AUTHORIZATION", ""))):
            return self._usual(request)
        speak(request)
        response = cast(HttpResponseBase, self._view(request))
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        response.headers["Content-Security-Policy"] = DATA_ONLY
        response.headers["X-Frame-Options"] = "DENY"
        return told_of_language(response)


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


def speak(request: HttpRequest) -> None:
    """Speak the caller's language while this request is served. None of our addresses names one."""
    translation.activate(translation.get_language_from_request(request))


def told_of_language(response: HttpResponseBase) -> HttpResponseBase:
    """The response, with which language it is in and that callers of others get others."""
    patch_vary_headers(response, ("Accept-Language",))
    response.headers.setdefault("Content-Language", translation.get_language())
    return response


class Languages(LocaleMiddleware):
    """The language a browser asks for."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak it."""
        speak(request)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which it was."""
        return told_of_language(response)


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
