"""Refusals as RFC 9457 problem details: what the API, the pages for machines and the bridge all say alike."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from marketplace.core import errors

PROBLEM = "application/problem+json"
STATUS: dict[type[errors.DomainError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: errors.DomainError) -> int:
    """The HTTP status of a domain error."""
    return next(
        (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), HTTPStatus.BAD_REQUEST
    ).value


def headers_of(error: errors.DomainError) -> dict[str, str]:
    """What else to say in headers: when it may be worth trying again, where that is known."""
    return {"Retry-After": str(error.retry_after)} if error.retry_after else {}


def body_of(error: errors.DomainError) -> dict[str, Any]:
    """The problem details of a domain error."""
    body = details(error.code, status_of(error), error.message)
    if error.faults:
        body["errors"] = [fault._asdict() for fault in error.faults]
    if error.data:
        body["where"] = error.data
    return body


def details(code: str, status: int, detail: str) -> dict[str, Any]:
    """Problem details with a stable code and a sentence for a person."""
    title = code.replace("_", " ").capitalize()
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
