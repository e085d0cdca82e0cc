"""Joining as a worker over HTTP."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint
from workers.profiles.models import Worker
from workers.profiles.services import join_as_worker


class WorkerIn(serializers.Serializer[Worker]):
    """How you want to be called at work."""

    display_name = serializers.CharField(max_length=60)
    country = serializers.CharField(max_length=2, required=False, default="", allow_blank=True)


class WorkerOut(serializers.Serializer[Worker]):
    """You as a worker."""

    id = serializers.CharField(source="public_id")
    display_name = serializers.CharField()
    country = serializers.CharField()


class Join(Endpoint):
    """Become a worker."""

    scope = Scope.WORK

    @extend_schema(request=WorkerIn, responses={201: WorkerOut}, operation_id="worker_join")
    def post(self, request: Request) -> Response:
        """Join the crowd; joining twice is joining once."""
        data = WorkerIn(data=request.data)
        data.is_valid(raise_exception=True)
        worker = join_as_worker(user=cast(User, request.user), **data.validated_data)
        return Response(WorkerOut(worker).data, status=201)
