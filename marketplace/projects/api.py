"""Projects and drafted batches over HTTP."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.clients.access import client_for_user
from marketplace.core.api import Endpoint, page_of
from marketplace.datasets.access import dataset_for_user
from marketplace.projects.access import project_for_user
from marketplace.projects.models import Batch, Project
from marketplace.projects.pricing import Quote
from marketplace.projects.services import (
    DEFAULTS,
    create_project,
    draft_batch,
    quote_batch,
    write_guidelines,
)


class ProjectIn(serializers.Serializer[Project]):
    """What is asked of each row, and how."""

    name = serializers.CharField(max_length=120)
    schema = serializers.JSONField()
    guidelines = serializers.CharField(allow_blank=True, default="", max_length=100_000)


class ProjectOut(serializers.Serializer[Project]):
    """A project."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    schema = serializers.JSONField()
    created_at = serializers.DateTimeField()


class GuidelinesIn(serializers.Serializer[Project]):
    """Guidelines in Markdown."""

    body = serializers.CharField(max_length=100_000)


class BatchIn(serializers.Serializer[Batch]):
    """A drafted run over a dataset; what is left out takes its default."""

    name = serializers.CharField(max_length=120, default="", allow_blank=True)
    dataset = serializers.CharField()
    reward_micros = serializers.IntegerField(required=False)
    expert_reward_micros = serializers.IntegerField(required=False)
    min_overlap = serializers.IntegerField(required=False)
    max_overlap = serializers.IntegerField(required=False)
    target_accuracy = serializers.FloatField(required=False)
    gold_share = serializers.FloatField(required=False)
    gold_max_overlap = serializers.IntegerField(required=False)
    suite_size = serializers.IntegerField(required=False)
    lease_seconds = serializers.IntegerField(required=False)
    acceptance_seconds = serializers.IntegerField(required=False)
    seconds_per_task = serializers.IntegerField(required=False)
    no_gold_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    most_per_worker = serializers.IntegerField(required=False, allow_null=True)


class QuoteOut(serializers.Serializer[Quote]):
    """What a batch can cost at most, and pays an hour, in micros."""

    tasks = serializers.IntegerField()
    gold_tasks = serializers.IntegerField()
    worst_case_micros = serializers.IntegerField()
    fee_micros = serializers.IntegerField()
    hourly_micros = serializers.IntegerField()


class BatchTerms(serializers.Serializer[Batch]):
    """A batch and its terms."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    state = serializers.CharField()
    closing_step = serializers.CharField(help_text="waiting, estimating, clearing or paying; else empty")
    project = serializers.CharField(source="project.public_id")
    dataset = serializers.CharField(source="dataset.public_id")
    currency = serializers.CharField()
    fee_ppm = serializers.IntegerField()
    reward_micros = serializers.IntegerField()
    expert_reward_micros = serializers.IntegerField()
    min_overlap = serializers.IntegerField()
    max_overlap = serializers.IntegerField()
    target_accuracy = serializers.FloatField()
    gold_share = serializers.FloatField()
    gold_max_overlap = serializers.IntegerField()
    suite_size = serializers.IntegerField()
    lease_seconds = serializers.IntegerField()
    acceptance_seconds = serializers.IntegerField()
    seconds_per_task = serializers.IntegerField()
    no_gold_reason = serializers.CharField()
    most_per_worker = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    launched_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    quote = serializers.SerializerMethodField()

    @extend_schema_field(QuoteOut)
    def get_quote(self, batch: Batch) -> dict[str, Any]:
        """The worst case over the whole dataset."""
        return quote_batch(batch)._asdict()


class Projects(Endpoint):
    """A client's projects."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(ProjectOut), operation_id="projects_list")
    def get(self, request: Request, client: str) -> Response:
        """List the projects, newest first."""
        found = client_for_user(cast(User, request.user), client)
        return self.listed(request, found.projects.all(), ProjectOut)

    @extend_schema(request=ProjectIn, responses={201: ProjectOut}, operation_id="projects_create")
    def post(self, request: Request, client: str) -> Response:
        """Open a project: its schema never changes afterwards, its guidelines may."""
        found = client_for_user(cast(User, request.user), client, write=True)
        data = ProjectIn(data=request.data)
        data.is_valid(raise_exception=True)
        project = create_project(client=found, **data.validated_data)
        return Response(ProjectOut(project).data, status=201)


class ProjectDetail(Endpoint):
    """One project."""

    scope = Scope.CLIENT

    @extend_schema(responses=ProjectOut, operation_id="projects_read")
    def get(self, request: Request, project: str) -> Response:
        """The project with its schema."""
        return Response(ProjectOut(project_for_user(cast(User, request.user), project)).data)


class Guidelines(Endpoint):
    """A project's guidelines."""

    scope = Scope.CLIENT

    @extend_schema(request=GuidelinesIn, responses={201: GuidelinesIn}, operation_id="guidelines_create")
    def post(self, request: Request, project: str) -> Response:
        """Write a new version; workers see it from their next suite on."""
        found = project_for_user(cast(User, request.user), project, write=True)
        data = GuidelinesIn(data=request.data)
        data.is_valid(raise_exception=True)
        guideline = write_guidelines(project=found, body=data.validated_data["body"])
        return Response({"body": guideline.body}, status=201)


class Batches(Endpoint):
    """A project's batches."""

    scope = Scope.CLIENT

    @extend_schema(responses=page_of(BatchTerms), operation_id="batches_list")
    def get(self, request: Request, project: str) -> Response:
        """List the project's batches, newest first."""
        found = project_for_user(cast(User, request.user), project)
        return self.listed(request, found.batches.select_related("project", "dataset"), BatchTerms)

    @extend_schema(request=BatchIn, responses={201: BatchTerms}, operation_id="batches_create")
    def post(self, request: Request, project: str) -> Response:
        """Draft a batch; nothing is spent before it is launched."""
        user = cast(User, request.user)
        found = project_for_user(user, project, write=True)
        data = BatchIn(data=request.data)
        data.is_valid(raise_exception=True)
        terms = {key: value for key, value in data.validated_data.items() if key in DEFAULTS}
        batch = draft_batch(
            project=found,
            dataset=dataset_for_user(user, data.validated_data["dataset"]),
            name=data.validated_data["name"],
            terms=terms,
        )
        return Response(BatchTerms(batch).data, status=201)
