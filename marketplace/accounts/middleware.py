"""What stands between the server and the views: domain errors as pages, and no more of it than is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from marketplace.accounts.rules import bearer_of
from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.core.views import not_now

API = "/api/v1/"
# a reply of the API is data: a browser that shows it loads, runs and frames nothing
DATA_ONLY = "default-src 'none'; frame-ancestors 'none'"


class NotByKey(MiddlewareMixin):
    """Passed by where the API is called with a key: that has no session, and nothing else lets it in."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, or do to it what is usual."""
        if request.path_info.startswith(API) and bearer_of(request.META.get("HTTP_AUTHORIZATION", "")):
            return cast(HttpResponseBase, self.get_response(request))
        return cast(HttpResponseBase, super().__call__(request))


class Sessions(NotByKey, SessionMiddleware):
    """Sessions for browsers."""


class Forgeries(NotByKey, CsrfViewMiddleware):
    """Forged requests are those that a browser sends with a session it has."""


class SignedIn(NotByKey, AuthenticationMiddleware):
    """Whose session it is."""


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


class Languages(LocaleMiddleware):
    """The language a browser asks for. None of our addresses names one, so none is looked for there."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak it while this request is served."""
        translation.activate(translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which it was."""
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
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
