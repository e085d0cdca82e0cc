"""API keys over HTTP."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import ApiKey, Scope, User
from marketplace.accounts.permissions import SIGNED_IN
from marketplace.accounts.services import create_api_key, revoke_api_key
from marketplace.core.api import Endpoint
from marketplace.core.errors import Forbidden


class KeyIn(serializers.Serializer[ApiKey]):
    """What a new key is called and may do."""

    name = serializers.CharField(max_length=120)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), allow_empty=False)


class KeyOut(serializers.Serializer[ApiKey]):
    """A key without its secret."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class KeyMade(KeyOut):
    """A new key; `key` is shown this once."""

    key = serializers.CharField()


class KeyPage(serializers.Serializer[ApiKey]):
    """Your living keys."""

    results = KeyOut(many=True)


class Keys(Endpoint):
    """Your API keys. A key cannot make keys: sign in for that."""

    scope = SIGNED_IN
    repeatable = False  # the secret must not be stored with the reply

    @extend_schema(responses=KeyPage, operation_id="keys_list")
    def get(self, request: Request) -> Response:
        """List your keys."""
        keys = ApiKey.objects.filter(user=cast(User, request.user), revoked_at=None).order_by("-id")
        return Response({"results": [KeyOut(key).data for key in keys]})

    @extend_schema(request=KeyIn, responses={201: KeyMade}, operation_id="keys_create")
    def post(self, request: Request) -> Response:
        """Make a key; the secret is in the reply and nowhere else."""
        if request.auth is not None:
            raise Forbidden("A key cannot make keys; sign in to make one.")
        data = KeyIn(data=request.data)
        data.is_valid(raise_exception=True)
        key, secret = create_api_key(user=cast(User, request.user), **data.validated_data)
        return Response(KeyOut(key).data | {"key": secret}, status=201)


class Key(Endpoint):
    """One of your API keys."""

    scope = SIGNED_IN

    @extend_schema(responses={204: None}, operation_id="keys_revoke")
    def delete(self, request: Request, key: str) -> Response:
        """Revoke a key; it stops working at once."""
        revoke_api_key(user=cast(User, request.user), public_id=key)
        return Response(status=204)
