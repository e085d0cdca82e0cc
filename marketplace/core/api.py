"""The edge of the HTTP API: errors become problem+json, lists get cursors, POSTs can be repeated."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError, transaction
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import inline_serializer
from rest_framework import exceptions, serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core import errors
from marketplace.core.clock import now
from marketplace.core.models import StoredReply

PROBLEM = "application/problem+json"
KEY_HEADER = "Idempotency-Key"
log = logging.getLogger(__name__)
STATUS: dict[type[errors.DomainError], int] = {
    errors.NotFound: status.HTTP_404_NOT_FOUND,
    errors.Forbidden: status.HTTP_403_FORBIDDEN,
    errors.Invalid: status.HTTP_422_UNPROCESSABLE_ENTITY,
    errors.Conflict: status.HTTP_409_CONFLICT,
    errors.Unavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
}


class IdempotencyKeyReused(errors.Invalid):
    """This Idempotency-Key was already used for another request."""

    code = "idempotency_key_reused"


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


class Endpoint(APIView):
    """Base of every view of the API.

    `scope` names who may call it (a scope of an API key, or "anyone"); there is no default,
    so a forgotten one fails at start-up. `repeatable` is False where the act itself is
    already idempotent and the stored reply would only cost time.
    """

    scope: ClassVar[str]
    repeatable: ClassVar[bool] = True
    pagination_class = Page
    _reserved: StoredReply | None = None
    _replay: Response | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """As usual, for a view that says who may call it; TypeError (at start-up) for one that does not."""
        if not getattr(cls, "scope", None):
            raise TypeError(f"{cls.__name__} names no scope: say who may call it")
        return super().as_view(**initkwargs)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Run a POST that carries a key in one transaction with its stored reply."""
        if request.method != "POST" or not self.repeatable or KEY_HEADER not in request.headers:
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= status.HTTP_400_BAD_REQUEST:
                transaction.set_rollback(True)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the caller is known: reserve the key, or find what was answered last time."""
        super().initial(request, *args, **kwargs)
        key = request.headers.get(KEY_HEADER)
        if request.method == "POST" and key and self.repeatable and request.user.is_authenticated:
            self._reserve(request, key)

    def handle_exception(self, exc: Exception) -> Response:
        """A known key is answered with the stored reply, everything else as usual."""
        if isinstance(exc, _Replayed) and self._replay is not None:
            return self._replay
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Store the reply beside the change it reports."""
        final = super().finalize_response(request, response, *args, **kwargs)
        reserved = self._reserved
        if reserved is not None and final.status_code < status.HTTP_400_BAD_REQUEST:
            reserved.status, reserved.body = final.status_code, getattr(final, "data", None)
            reserved.save(update_fields=["status", "body"])
        return final

    def listed(
        self, request: Request, rows: Any, shown: Callable[..., Any], ordering: str = "-id"
    ) -> Response:
        """One page of the queryset `rows` in `ordering`, each row as `shown` (a serializer) has it."""
        pager = Page()
        pager.ordering = ordering
        found: list[Any] = pager.paginate_queryset(rows, request, view=self) or []
        return pager.get_paginated_response(shown(found, many=True).data)

    def _reserve(self, request: Request, key: str) -> None:
        digest = _fingerprint(request)
        # A twin still in flight holds the unique row; this insert waits for it and then finds it.
        StoredReply.objects.bulk_create(
            [
                StoredReply(
                    actor=cast(Any, request.user), key=key[:255], request_hash=digest, created_at=now()
                )
            ],
            ignore_conflicts=True,
        )
        stored = StoredReply.objects.get(actor_id=request.user.pk, key=key[:255])
        if stored.request_hash != digest:
            raise IdempotencyKeyReused
        if stored.status is None:
            self._reserved = stored
            return
        self._replay = Response(stored.body, status=stored.status)
        raise _Replayed


class _Replayed(Exception):
    """Leaves the handler early: the reply is already known."""


def problem(error: errors.DomainError) -> Response:
    """A domain error as RFC 9457 problem details."""
    code = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), status.HTTP_400_BAD_REQUEST)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.code.replace("_", " ").capitalize(),
        "status": code,
        "code": error.code,
        "detail": error.message,
    }
    if error.faults:
        body["errors"] = [fault._asdict() for fault in error.faults]
    if error.data:
        body["where"] = error.data
    headers = {"Retry-After": "2"} if code == status.HTTP_503_SERVICE_UNAVAILABLE else None
    return Response(body, status=code, headers=headers, content_type=PROBLEM)


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
        log.error("the database could not serve a request", exc_info=exc)
        return problem(errors.Unavailable())
    if isinstance(exc, DataError | RecursionError):
        # such as a NUL in the address or lists ten thousand deep; most is refused by name before
        log.error("the database could not take in a request", exc_info=exc)
        return problem(errors.Invalid("Something in this request cannot be read or stored."))
    return None


def _framework_problem(exc: exceptions.APIException) -> Response:
    codes = exc.get_codes()
    code = codes if isinstance(codes, str) else "refused"
    body = {
        "type": "about:blank",
        "title": str(code).replace("_", " ").capitalize(),
        "status": exc.status_code,
        "code": code,
        "detail": str(exc.detail),
    }
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


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: path and content (for uploads name and size, not bytes)."""
    digest = hashlib.sha256(request.get_full_path().encode())
    if request.content_type.startswith("multipart/"):
        for name in sorted(request.data):
            value = request.data[name]
            digest.update(f"{name}={getattr(value, 'name', value)}:{getattr(value, 'size', '')};".encode())
    else:
        digest.update(request.body)
    return digest.hexdigest()
