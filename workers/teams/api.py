"""Who am I, over HTTP."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import User
from marketplace.accounts.permissions import SIGNED_IN
from marketplace.core.api import Endpoint
from workers.teams.selectors import describe


class NamedId(serializers.Serializer[User]):
    """Something of yours by id and name."""

    id = serializers.CharField()
    name = serializers.CharField(required=False)


class ClientRole(NamedId):
    """A client you act for, and as what."""

    role = serializers.CharField()


class MeOut(serializers.Serializer[User]):
    """You and every role you hold."""

    id = serializers.CharField()
    email = serializers.EmailField()
    name = serializers.CharField()
    clients = ClientRole(many=True)
    worker = NamedId(allow_null=True)
    expert = NamedId(allow_null=True)
    vendors = NamedId(many=True)
    operator = serializers.BooleanField()


class Me(Endpoint):
    """The person behind the key or the session."""

    scope = SIGNED_IN

    @extend_schema(responses=MeOut, operation_id="me")
    def get(self, request: Request) -> Response:
        """You and your roles."""
        return Response(describe(cast(User, request.user)))
