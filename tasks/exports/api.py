"""Results and exports over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint, page_of
from marketplace.core.errors import Fault, Invalid
from marketplace.projects.access import batch_for_user
from marketplace.projects.models import Batch
from tasks.exports.selectors import COLUMNS, flat_results_of, result_of, result_tasks, results_of
from tasks.exports.writers import as_csv, as_jsonl
from tasks.pool.models import Task

TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


class ResultOut(serializers.Serializer[Task]):
    """One row's result and where it came from."""

    task = serializers.CharField()
    row = serializers.CharField()
    state = serializers.CharField()
    value = serializers.JSONField()
    confidence = serializers.FloatField(allow_null=True)
    confidences = serializers.DictField(child=serializers.FloatField())
    answers = serializers.IntegerField()
    method = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    verdict = serializers.JSONField(allow_null=True)

    def to_representation(self, instance: Task) -> dict[str, Any]:
        """As the export has it."""
        return result_of(instance)


class Results(Endpoint):
    """A batch's results, page by page."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(ResultOut), operation_id="batches_results")
    def get(self, request: Request, batch: str) -> Response:
        """Results so far; settled or not is in `state`."""
        found = batch_for_user(cast(User, request.user), batch)
        return self.listed(request, result_tasks(found), ResultOut, "id")


class Export(Endpoint):
    """A batch's results as a file."""

    scope = Scope.CLIENT

    @extend_schema(
        parameters=[OpenApiParameter("format", str, enum=list(TYPES))],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/jsonl"): OpenApiTypes.STR},
        operation_id="batches_export",
    )
    def get(self, request: Request, batch: str) -> StreamingHttpResponse:
        """All results, streamed. JSON Lines keeps everything; CSV has one line per question."""
        found = batch_for_user(cast(User, request.user), batch)
        return export_response(found, request.query_params.get("format", "csv"))


def export_response(batch: Batch, file_format: str) -> StreamingHttpResponse:
    """The download of a batch's results. Raises Invalid for an unknown format."""
    if file_format not in TYPES:
        detail = f"Use one of: {', '.join(TYPES)}."
        raise Invalid(faults=[Fault("format", "format_unknown", detail)])
    lines: Iterator[str] = (
        as_csv(flat_results_of(batch), COLUMNS) if file_format == "csv" else as_jsonl(results_of(batch))
    )
    headers = {"Content-Disposition": f'attachment; filename="assay-{batch.public_id}.{file_format}"'}
    return StreamingHttpResponse(_encoded(lines), content_type=TYPES[file_format], headers=headers)


def _encoded(lines: Iterator[Any]) -> Iterator[bytes]:
    for line in lines:
        yield line.encode()
