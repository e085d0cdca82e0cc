"""Callers of the HTTP API, and what may be said of the replies they get."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from marketplace.accounts.models import User
from marketplace.accounts.services import create_api_key
from marketplace.core.problems import PROBLEM


def as_user(user: User) -> APIClient:
    """Somebody signed in with a browser session, past the CSRF check."""
    caller = APIClient()
    caller.force_authenticate(user)
    return caller


def as_key(secret: str) -> APIClient:
    """A program with an API key."""
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return caller


def with_key(user: User, *scopes: str) -> APIClient:
    """A program of `user` with a new key of these scopes."""
    return as_key(create_api_key(user=user, name="a program", scopes=list(scopes))[1])


def ok(reply: Any, status: int = 200) -> Any:
    """The body of a reply that must have succeeded."""
    assert reply.status_code == status, reply.content
    return reply.json() if reply.content else None


def refused(reply: Any, status: int, code: str) -> Any:
    """The problem of a reply that must have been refused, in the one form that problems have."""
    assert reply.headers["Content-Type"] == PROBLEM, reply.content
    problem = reply.json()
    assert (reply.status_code, problem["code"]) == (status, code), problem
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    return problem


def faults_of(problem: dict[str, Any]) -> list[tuple[str, str]]:
    """Place and code of each fault a problem lists."""
    return [(fault["where"], fault["code"]) for fault in problem["errors"]]
