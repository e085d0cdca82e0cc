"""Datasets over HTTP: upload, watch the import, look at rows and errors."""

from __future__ import annotations

from typing import cast

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.clients.access import client_for_user
from marketplace.core.api import Endpoint, page_of
from marketplace.datasets.access import dataset_for_user
from marketplace.datasets.background import import_soon
from marketplace.datasets.models import Dataset, Row, RowError
from marketplace.datasets.services import create_dataset


class DatasetIn(serializers.Serializer[Dataset]):
    """A file of rows. Columns `id`, `gold` and `gold_reason` are reserved, all others are content."""

    name = serializers.CharField(max_length=120)
    file = serializers.FileField()


class DatasetOut(serializers.Serializer[Dataset]):
    """A dataset and how far its import is."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    state = serializers.CharField()
    rows = serializers.IntegerField(source="rows_count")
    bad_rows = serializers.IntegerField(source="errors_count")
    gold_rows = serializers.IntegerField(source="gold_count")
    bytes_done = serializers.IntegerField()
    bytes_total = serializers.IntegerField()
    failure = serializers.CharField()
    created_at = serializers.DateTimeField()


class RowOut(serializers.Serializer[Row]):
    """A row's content, as its owner sees it."""

    position = serializers.IntegerField()
    id = serializers.CharField(source="external_id", allow_null=True)
    data = serializers.JSONField()  # type: ignore[assignment]


class RowErrorOut(serializers.Serializer[RowError]):
    """A line that did not become a row."""

    line = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class Datasets(Endpoint):
    """A client's datasets."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(DatasetOut), operation_id="datasets_list")
    def get(self, request: Request, client: str) -> Response:
        """List the datasets, newest first."""
        found = client_for_user(cast(User, request.user), client)
        return self.listed(request, found.datasets.all(), DatasetOut)

    @extend_schema(
        request={"multipart/form-data": DatasetIn},
        responses={202: DatasetOut},
        operation_id="datasets_create",
    )
    def post(self, request: Request, client: str) -> Response:
        """Upload a file; it is imported in the background. Watch `state` and `bytes_done`."""
        found = client_for_user(cast(User, request.user), client, write=True)
        data = DatasetIn(data=request.data)
        data.is_valid(raise_exception=True)
        with transaction.atomic():
            dataset = create_dataset(
                client=found, name=data.validated_data["name"], upload=data.validated_data["file"]
            )
            import_soon(dataset)
        return Response(DatasetOut(dataset).data, status=202)


class DatasetDetail(Endpoint):
    """One dataset."""

    scope = Scope.CLIENT

    @extend_schema(responses=DatasetOut, operation_id="datasets_read")
    def get(self, request: Request, dataset: str) -> Response:
        """The dataset and how far its import is."""
        return Response(DatasetOut(dataset_for_user(cast(User, request.user), dataset)).data)


class DatasetRows(Endpoint):
    """A dataset's rows."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(RowOut), operation_id="datasets_rows")
    def get(self, request: Request, dataset: str) -> Response:
        """The rows in file order."""
        found = dataset_for_user(cast(User, request.user), dataset)
        return self.listed(request, found.rows.all(), RowOut, "position")


class DatasetErrors(Endpoint):
    """What was wrong with the other lines."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(RowErrorOut), operation_id="datasets_errors")
    def get(self, request: Request, dataset: str) -> Response:
        """The refused lines in file order (the first thousand are kept)."""
        found = dataset_for_user(cast(User, request.user), dataset)
        return self.listed(request, found.errors.all(), RowErrorOut, "line")
