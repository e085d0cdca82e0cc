"""Earnings and payouts over HTTP, and the operator's view of the books."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.access import require_operator
from marketplace.accounts.models import Scope, User
from marketplace.clients.api import PostingOut
from marketplace.core.api import Endpoint, page_of
from marketplace.core.errors import NotFound
from marketplace.ledger.checks import ledger_checks, ledger_sum_micros
from marketplace.ledger.selectors import statement
from workers.pay.models import Payout
from workers.pay.selectors import earnings, payouts_of
from workers.pay.services import PAYOUT_MOVES, request_payout
from workers.profiles.access import worker_for_user


class EarningsLine(serializers.Serializer[Payout]):
    """Earnings in one currency."""

    currency = serializers.CharField()
    available_micros = serializers.IntegerField()
    in_transit_micros = serializers.IntegerField()
    paid_out_micros = serializers.IntegerField()


class EarningsOut(serializers.Serializer[Payout]):
    """Your earnings, one line per currency."""

    results = EarningsLine(many=True)


class PayoutIn(serializers.Serializer[Payout]):
    """How much you want paid out."""

    amount_micros = serializers.IntegerField(min_value=1)
    currency = serializers.CharField(max_length=3, default="USD")


class PayoutOut(serializers.Serializer[Payout]):
    """A payout and where it is."""

    id = serializers.CharField(source="public_id")
    amount_micros = serializers.IntegerField()
    currency = serializers.CharField()
    state = serializers.CharField()
    created_at = serializers.DateTimeField()


class CheckOut(serializers.Serializer[Payout]):
    """One invariant of the books."""

    name = serializers.CharField()
    ok = serializers.BooleanField()
    detail = serializers.CharField()


class LedgerOut(serializers.Serializer[Payout]):
    """The state of the books: the sum must be 0."""

    sum_micros = serializers.IntegerField()
    checks = CheckOut(many=True)


class EarningsView(Endpoint):
    """A worker's earnings."""

    scope = Scope.WORK

    @extend_schema(responses=EarningsOut, operation_id="earnings")
    def get(self, request: Request) -> Response:
        """What you have earned, what is on its way, what was paid out."""
        worker = worker_for_user(cast(User, request.user))
        return Response({"results": [line._asdict() for line in earnings(worker.public_id)]})


class EarningsStatement(Endpoint):
    """A worker's statement."""

    scope = Scope.WORK

    @extend_schema(responses=page_of(PostingOut), operation_id="earnings_statement")
    def get(self, request: Request) -> Response:
        """Every posting on your earnings, newest first."""
        worker = worker_for_user(cast(User, request.user))
        return self.listed(request, statement(owner=worker.public_id), PostingOut)


class Payouts(Endpoint):
    """A worker's payouts."""

    scope = Scope.WORK

    @extend_schema(responses=page_of(PayoutOut), operation_id="payouts_list")
    def get(self, request: Request) -> Response:
        """List your payouts, newest first."""
        worker = worker_for_user(cast(User, request.user))
        return self.listed(request, payouts_of(worker.public_id), PayoutOut)

    @extend_schema(request=PayoutIn, responses={201: PayoutOut}, operation_id="payouts_create")
    def post(self, request: Request) -> Response:
        """Ask for a payout at any time, above a low threshold."""
        data = PayoutIn(data=request.data)
        data.is_valid(raise_exception=True)
        worker = worker_for_user(cast(User, request.user))
        payout = request_payout(owner=worker.public_id, **data.validated_data)
        return Response(PayoutOut(payout).data, status=201)


class PayoutMove(Endpoint):
    """An operator moves a payout along."""

    scope = Scope.OPERATE

    @extend_schema(request=None, responses=PayoutOut, operation_id="operations_payout")
    def post(self, request: Request, payout: str, action: str) -> Response:
        """send: handed to the bank; settle: arrived; fail: did not arrive, back in earnings."""
        require_operator(cast(User, request.user))
        if action not in PAYOUT_MOVES:
            raise NotFound
        return Response(PayoutOut(PAYOUT_MOVES[action](public_id=payout)).data)


class Ledger(Endpoint):
    """The operator's look into the books."""

    scope = Scope.OPERATE

    @extend_schema(responses=LedgerOut, operation_id="operations_ledger")
    def get(self, request: Request) -> Response:
        """Every invariant of the books with its verdict."""
        require_operator(cast(User, request.user))
        checks = [check._asdict() for check in ledger_checks()]
        return Response({"sum_micros": ledger_sum_micros(), "checks": checks})
