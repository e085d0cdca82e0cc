"""The edge of the HTTP API: errors become problem+json, lists get cursors, POSTs can be repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core import errors
from marketplace.core.problems import PROBLEM, body_of, details, headers_of, status_of
from marketplace.core.repeats import KEY_HEADER, once

log = logging.getLogger(__name__)


class Page(CursorPagination):
    """Lists by cursor: they never jump while rows come in."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = "-id"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """The rows of one page. Raises NotFound for a cursor that points into no such list."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except ValueError as error:
            raise errors.NotFound(str(self.invalid_cursor_message)) from error


@cache
def page_of(item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """For the API's description: a page of `item`."""
    name = item.__name__.removesuffix("Out") + "Page"
    return inline_serializer(
        name,
        {
            "next": serializers.CharField(allow_null=True),
            "previous": serializers.CharField(allow_null=True),
            "results": item(many=True),
        },
    )


class OnlyJson(BaseContentNegotiation):
    """The API speaks JSON to everybody, whatever they would rather have."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of what was sent, None where there is none for it."""
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """JSON."""
        return renderers[0], renderers[0].media_type


class Endpoint(APIView):
    """Base of every view of the API.

    `scope` names who may call it (a scope of an API key, or "anyone"); there is no default,
    so a forgotten one fails at start-up. `repeatable` is False where the act itself is
    already idempotent and the stored reply would only cost time.
    """

    scope: ClassVar[str]
    repeatable: ClassVar[bool] = True
    pagination_class = Page
    content_negotiation_class = OnlyJson

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """As usual, for a view that says who may call it; TypeError (at start-up) for one that does not."""
        if not getattr(cls, "scope", None):
            raise TypeError(f"{cls.__name__} names no scope: say who may call it")
        return super().as_view(**initkwargs)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As in DRF, but a POST that carries a key is done once."""
        self.args, self.kwargs = args, kwargs
        self.request = request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(request, *args, **kwargs)
            method = request.method.lower()
            known = method in self.http_method_names
            handler = getattr(self, method, None) if known else None
            act = partial(handler or self.http_method_not_allowed, request, *args, **kwargs)
            response = once(request, act) if self._is_repeatable(request) else act()
        except Exception as error:  # noqa: BLE001  (the edge: all of them become replies, or are raised again)
            response = self.handle_exception(error)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        return self.response

    def is_repeatable(self, request: Request) -> bool:
        """Whether this POST is done once under its key, and its reply kept."""
        return self.repeatable

    def _is_repeatable(self, request: Request) -> bool:
        known = request.method == "POST" and KEY_HEADER in request.headers and request.user.is_authenticated
        return bool(known and request.headers[KEY_HEADER] and self.is_repeatable(request))

    def listed(
        self, request: Request, rows: Any, shown: Callable[..., Any], ordering: str = "-id"
    ) -> Response:
        """One page of the queryset `rows` in `ordering`, each row as `shown` (a serializer) has it."""
        pager = Page()
        pager.ordering = ordering
        found: list[Any] = pager.paginate_queryset(rows, request, view=self) or []
        return pager.get_paginated_response(shown(found, many=True).data)


def problem(error: errors.DomainError) -> Response:
    """A domain error as problem details."""
    status, headers = status_of(error), headers_of(error)
    return Response(body_of(error), status=status, headers=headers, content_type=PROBLEM)


def handle_api_exception(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception hook: every refusal leaves as problem+json with a stable code."""
    if isinstance(exc, errors.DomainError):
        return problem(exc)
    if isinstance(exc, Http404):
        return problem(errors.NotFound())
    if isinstance(exc, PermissionDenied):
        return problem(errors.Forbidden())
    if isinstance(exc, exceptions.ValidationError):
        return problem(errors.Invalid(faults=_faults(exc.detail)))
    if isinstance(exc, exceptions.APIException):
        return _framework_problem(exc)
    if isinstance(exc, OperationalError):
        # no lock, no connection or no time: nothing was done, so trying again is safe
        log.error("the database could not serve a request: %s", exc)
        return problem(errors.Unavailable())
    if isinstance(exc, DataError | RecursionError):
        # such as a NUL in the address or lists ten thousand deep; most is refused by name before
        log.error("the database could not take in a request", exc_info=exc)
        return problem(errors.Invalid("Something in this request cannot be read or stored."))
    return None


def _framework_problem(exc: exceptions.APIException) -> Response:
    codes = exc.get_codes()
    code = codes if isinstance(codes, str) else "refused"
    body = details(str(code), exc.status_code, str(exc.detail))
    headers: dict[str, str] = {}
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = "Bearer"
    wait = getattr(exc, "wait", None)
    if wait:
        headers["Retry-After"] = str(int(wait) + 1)
    return Response(body, status=exc.status_code, headers=headers, content_type=PROBLEM)


def _faults(detail: Any, where: str = "") -> list[errors.Fault]:
    """DRF's nested error detail as a flat list of places."""
    if isinstance(detail, dict):
        return [
            fault
            for field, inner in detail.items()
            for fault in _faults(inner, f"{where}.{field}" if where else str(field))
        ]
    if isinstance(detail, list):
        return [fault for inner in detail for fault in _faults(inner, where)]
    return [errors.Fault(where, getattr(detail, "code", "invalid"), str(detail))]
