"""The crowd's page over HTTP: what work fits me."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint
from tasks.offers.models import Offer
from tasks.offers.selectors import SIZE, offers_for
from workers.profiles.access import worker_for_user

MOST = 100


class OfferOut(serializers.Serializer[Offer]):
    """A batch that has work for you.

    `tasks_left` is rough: at least so many, of 1, 10, 20, 50, 100, 200, 500 or 1000. With `waiting` it stands
    here because it has waited for answers, not for its pay. `hourly_micros` is `measured` from answers really
    given, or else the client's estimate.
    """

    batch = serializers.CharField()
    project_name = serializers.CharField()
    title = serializers.CharField()
    reward_micros = serializers.IntegerField()
    currency = serializers.CharField()
    tasks_left = serializers.IntegerField()
    seconds_per_task = serializers.IntegerField()
    hourly_micros = serializers.IntegerField()
    measured = serializers.BooleanField()
    waiting = serializers.BooleanField()


class WorkOut(serializers.Serializer[Offer]):
    """Some of the work that fits you; `next` leads on, null at the end."""

    next = serializers.CharField(allow_null=True)
    results = OfferOut(many=True)


class Asked(serializers.Serializer[Offer]):
    """Where to go on, and how many at once."""

    cursor = serializers.CharField(required=False, max_length=100)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST, default=SIZE)


class Work(Endpoint):
    """The crowd's page."""

    scope = Scope.WORK

    @extend_schema(
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses=WorkOut,
        operation_id="work_list",
    )
    def get(self, request: Request) -> Response:
        """Live batches with work for you, best paid an hour first; every fifth place of the first page is
        kept for work that has waited for answers.
        """
        asked = Asked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        worker = worker_for_user(cast(User, request.user))
        terms = asked.validated_data
        page = offers_for(worker, cursor=terms.get("cursor"), size=terms["limit"])
        return Response(
            {
                "next": _address(request, page.next),
                "results": [offer._asdict() for offer in page.offers],
            }
        )


def _address(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
