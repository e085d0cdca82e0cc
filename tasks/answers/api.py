"""The crowd's page over HTTP: what work fits me."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint
from tasks.answers.selectors import median_seconds
from tasks.assignment.models import Assignment
from tasks.assignment.selectors import offers_for
from workers.profiles.access import worker_for_user


class OfferOut(serializers.Serializer[Assignment]):
    """A batch that has work for you."""

    batch = serializers.CharField()
    project_name = serializers.CharField()
    title = serializers.CharField()
    reward_micros = serializers.IntegerField()
    currency = serializers.CharField()
    tasks_left = serializers.IntegerField()
    seconds_per_task = serializers.IntegerField()
    hourly_micros = serializers.IntegerField()
    measured = serializers.BooleanField()


class WorkOut(serializers.Serializer[Assignment]):
    """All work that fits you."""

    results = OfferOut(many=True)


class Work(Endpoint):
    """The crowd's page."""

    scope = Scope.WORK

    @extend_schema(responses=WorkOut, operation_id="work_list")
    def get(self, request: Request) -> Response:
        """Live batches with work for you, best paid first."""
        worker = worker_for_user(cast(User, request.user))
        return Response({"results": [offer._asdict() for offer in offers_for(worker, median_seconds())]})
