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
from marketplace.core.api import Endpoint
from marketplace.datasets.access import dataset_for_user
from marketplace.datasets.background import run_import
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


class DatasetPage(serializers.Serializer[Dataset]):
    """A page of datasets."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = DatasetOut(many=True)


class RowOut(serializers.Serializer[Row]):
    """A row's content, as its owner sees it."""

    position = serializers.IntegerField()
    id = serializers.CharField(source="external_id", allow_null=True)
    data = serializers.JSONField()


class RowPage(serializers.Serializer[Row]):
    """A page of rows."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RowOut(many=True)


class RowErrorOut(serializers.Serializer[RowError]):
    """A line that did not become a row."""

    line = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class RowErrorPage(serializers.Serializer[RowError]):
    """A page of refused lines."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RowErrorOut(many=True)


class Datasets(Endpoint):
    """A client's datasets."""

    scope = Scope.CLIENT

    @extend_schema(responses=DatasetPage, operation_id="datasets_list")
    def get(self, request: Request, client: str) -> Response:
        """List the datasets, newest first."""
        found = client_for_user(cast(User, request.user), client)
        pager, page = self.paginate(request, found.datasets.all())
        return pager.get_paginated_response(DatasetOut(page, many=True).data)

    @extend_schema(
        request={"multipart/form-data": DatasetIn}, responses={202: DatasetOut}, operation_id="datasets_create"
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
            run_import.delay_on_commit(dataset.pk)
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

    @extend_schema(responses=RowPage, operation_id="datasets_rows")
    def get(self, request: Request, dataset: str) -> Response:
        """The rows in file order."""
        found = dataset_for_user(cast(User, request.user), dataset)
        pager, page = self.paginate(request, found.rows.all(), "position")
        return pager.get_paginated_response(RowOut(page, many=True).data)


class DatasetErrors(Endpoint):
    """What was wrong with the other lines."""

    scope = Scope.CLIENT

    @extend_schema(responses=RowErrorPage, operation_id="datasets_errors")
    def get(self, request: Request, dataset: str) -> Response:
        """The refused lines in file order (the first thousand are kept)."""
        found = dataset_for_user(cast(User, request.user), dataset)
        pager, page = self.paginate(request, found.errors.all(), "line")
        return pager.get_paginated_response(RowErrorOut(page, many=True).data)
