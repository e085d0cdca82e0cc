"""The floor of a web framework: one Django REST view to claim, one to submit, nothing around them.

No session, no key, no permission, no middleware: what is left is the price of HTTP, Django and a statement.
Its own settings are made here; `FLOOR_DATABASE_URL` names its database.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

_parts = urlsplit(os.environ["FLOOR_DATABASE_URL"])
settings.configure(
    SECRET_KEY="of a floor that signs nothing",  # noqa: S106
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LOGGING_CONFIG=None,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=[],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _parts.path[1:],
            "USER": _parts.username,
            "PASSWORD": unquote(_parts.password or ""),
            "HOST": _parts.hostname,
            "PORT": _parts.port,
            "OPTIONS": {"pool": {"min_size": 4, "max_size": 8, "timeout": 10}},
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    },
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from benchmarks.serving.floor import CLAIM, REWIND, SUBMIT  # noqa: E402


class Claimed(serializers.Serializer[object]):
    """A claimed item."""

    claim = serializers.IntegerField()
    item = serializers.IntegerField()
    number = serializers.IntegerField()
    content = serializers.CharField()


class Claims(APIView):
    """Claiming."""

    def post(self, request: Request) -> Response:
        """The next item, or 204."""
        asked: dict[str, Any] = request.data  # type: ignore[assignment]
        me = {"worker": int(asked["worker"]), "project": int(asked["project"])}
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, me)
            row = cursor.fetchone()
            if row is None:
                cursor.execute(REWIND, me)
                if cursor.rowcount:
                    cursor.execute(CLAIM, me)
                    row = cursor.fetchone()
        if row is None:
            return Response(status=204)
        shown = dict(zip(("claim", "item", "number", "content"), row, strict=True))
        return Response(Claimed(shown).data, status=201)


class Answers(APIView):
    """Submitting."""

    def post(self, request: Request) -> Response:
        """201 when the answer was taken, 409 when it was not."""
        asked: dict[str, Any] = request.data  # type: ignore[assignment]
        given = {"claim": int(asked["claim"]), "worker": int(asked["worker"])}
        with connection.cursor() as cursor:
            cursor.execute(SUBMIT, {**given, "value": json.dumps({"tree": asked["tree"]})})
            taken = cursor.fetchone()
        return Response({"taken": bool(taken)}, status=201 if taken else 409)


class Health(APIView):
    """Whether it runs."""

    def get(self, request: Request) -> Response:
        """Always."""
        return Response({"ok": True})


urlpatterns = [
    path("claims", Claims.as_view()),
    path("answers", Answers.as_view()),
    path("healthz", Health.as_view()),
]
application = WSGIHandler()
