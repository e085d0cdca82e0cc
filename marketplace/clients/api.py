"""Clients and their money over HTTP."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.clients.access import client_for_user, clients_of
from marketplace.clients.models import Client
from marketplace.clients.services import create_client, deposit_funds, funds_of
from marketplace.core.api import Endpoint, page_of
from marketplace.core.errors import Forbidden, NotFound
from marketplace.ledger.selectors import balance_micros, statement


class ClientIn(serializers.Serializer[Client]):
    """A new organisation."""

    name = serializers.CharField(max_length=120)
    currency = serializers.CharField(max_length=3, default="USD")


class ClientOut(serializers.Serializer[Client]):
    """An organisation and what it has to spend."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    currency = serializers.CharField()
    funds_micros = serializers.SerializerMethodField()

    def get_funds_micros(self, client: Client) -> int:
        """Money not yet promised to a batch."""
        return balance_micros(funds_of(client))


class DepositIn(serializers.Serializer[Client]):
    """Money received; `reference` names the transfer and is booked once."""

    amount_micros = serializers.IntegerField(min_value=1)
    reference = serializers.CharField(max_length=40)


class PostingOut(serializers.Serializer[Any]):
    """One line of a statement."""

    at = serializers.DateTimeField(source="entry.at")
    kind = serializers.CharField(source="entry.kind")
    account = serializers.CharField(source="account.kind")
    amount_micros = serializers.IntegerField()
    currency = serializers.CharField(source="account.currency")
    memo = serializers.CharField(source="entry.memo")


class Clients(Endpoint):
    """The clients you act for."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(ClientOut), operation_id="clients_list")
    def get(self, request: Request) -> Response:
        """List your clients."""
        return self.listed(request, clients_of(cast(User, request.user)), ClientOut)

    @extend_schema(request=ClientIn, responses={201: ClientOut}, operation_id="clients_create")
    def post(self, request: Request) -> Response:
        """Open a client; you become its owner."""
        data = ClientIn(data=request.data)
        data.is_valid(raise_exception=True)
        client = create_client(user=cast(User, request.user), **data.validated_data)
        return Response(ClientOut(client).data, status=201)


class ClientDetail(Endpoint):
    """One client."""

    scope = Scope.CLIENT

    @extend_schema(responses=ClientOut, operation_id="clients_read")
    def get(self, request: Request, client: str) -> Response:
        """The client and its funds."""
        return Response(ClientOut(client_for_user(cast(User, request.user), client)).data)


class Deposits(Endpoint):
    """Money coming in: booked by operators; in a demo by the client itself."""

    scope = Scope.CLIENT

    @extend_schema(request=DepositIn, responses={201: ClientOut}, operation_id="deposits_create")
    def post(self, request: Request, client: str) -> Response:
        """Book a deposit; the same reference twice is booked once."""
        user = cast(User, request.user)
        if user.is_staff:
            found = Client.objects.filter(public_id=client).first()
            if found is None:
                raise NotFound
        elif settings.DEMO:
            found = client_for_user(user, client, write=True)
        else:
            raise Forbidden("Deposits are booked by an operator when the money has arrived.")
        data = DepositIn(data=request.data)
        data.is_valid(raise_exception=True)
        deposit_funds(client=found, **data.validated_data)
        return Response(ClientOut(found).data, status=201)


class Statement(Endpoint):
    """A client's statement."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(PostingOut), operation_id="clients_statement")
    def get(self, request: Request, client: str) -> Response:
        """Every posting on the client's funds, newest first."""
        found = client_for_user(cast(User, request.user), client)
        return self.listed(request, statement(owner=found.public_id), PostingOut)
