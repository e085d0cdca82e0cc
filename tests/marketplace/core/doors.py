"""Endpoints made for tests of the API's edge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from marketplace.accounts.models import User
from marketplace.accounts.permissions import ANYONE
from marketplace.core.api import Endpoint


def door(act: Callable[[Request], Any], **attributes: Any) -> Callable[..., Any]:
    """A view that answers GET and POST with what `act` returns, or with the problem it raises."""

    class Door(Endpoint):
        """Open to anyone."""

        scope: ClassVar[str] = ANYONE

        def get(self, request: Request) -> Response:
            """Act."""
            return Response(act(request))

        def post(self, request: Request) -> Response:
            """Act."""
            return Response(act(request), status=201)

    view: Callable[..., Any] = Door.as_view(**attributes)
    return view


def get(view: Callable[..., Any], path: str = "/", user: User | None = None) -> Any:
    """The rendered reply of a view to a GET."""
    return _answer(view, APIRequestFactory().get(path), user)


def post(
    view: Callable[..., Any],
    body: Any = None,
    *,
    user: User | None = None,
    key: str = "",
    path: str = "/",
    form: str = "json",
) -> Any:
    """The rendered reply of a view to a POST, with an Idempotency-Key if one is given."""
    headers = {"Idempotency-Key": key} if key else {}
    request = APIRequestFactory().post(path, body, format=form, headers=headers)
    return _answer(view, request, user)


def _answer(view: Callable[..., Any], request: Any, user: User | None) -> Any:
    force_authenticate(request, user)
    reply = view(request).render()
    reply.json = lambda: json.loads(reply.content)
    return reply
