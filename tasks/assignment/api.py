"""Work over HTTP: what fits me, claim, give back, what I have."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint, page_of
from marketplace.core.errors import Fault, Invalid
from tasks.assignment.models import Assignment
from tasks.assignment.selectors import suite_as_shown
from tasks.assignment.services import claim_suite, claim_task, return_assignment
from workers.profiles.access import worker_for_user
from workers.profiles.models import Worker

MOST_AT_ONCE = 50


class ClaimIn(serializers.Serializer[Assignment]):
    """Either the next suite of a batch, or one task by name."""

    batch = serializers.CharField(required=False)
    size = serializers.IntegerField(required=False, min_value=1, max_value=MOST_AT_ONCE)
    task = serializers.CharField(required=False)


class TaskShown(serializers.Serializer[Assignment]):
    """A task: the content to judge."""

    id = serializers.CharField()
    data = serializers.JSONField()  # type: ignore[assignment]


class BatchShown(serializers.Serializer[Assignment]):
    """What is asked, how, and for how much."""

    id = serializers.CharField()
    project_name = serializers.CharField()
    schema = serializers.JSONField()
    guidelines_html = serializers.CharField()
    lease_seconds = serializers.IntegerField()
    reward_micros = serializers.IntegerField()
    currency = serializers.CharField()


class AssignmentShown(serializers.Serializer[Assignment]):
    """One leased task; send `fence` along with the answer."""

    id = serializers.CharField()
    fence = serializers.IntegerField()
    lease_expires_at = serializers.DateTimeField()
    task = TaskShown()


class ReturnIn(serializers.Serializer[Assignment]):
    """Why it comes back: `skipped` (seen and passed on: not offered to you again) or only held."""

    skipped = serializers.BooleanField(default=True)


class SuiteOut(serializers.Serializer[Assignment]):
    """A claimed suite."""

    suite = serializers.CharField()
    batch = BatchShown()
    assignments = AssignmentShown(many=True)


class MineOut(serializers.Serializer[Assignment]):
    """One of your assignments."""

    id = serializers.CharField(source="public_id")
    task = serializers.CharField(source="task.public_id")
    fence = serializers.IntegerField()
    state = serializers.CharField()
    claimed_at = serializers.DateTimeField()
    lease_expires_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)


class Claims(Endpoint):
    """Claiming work."""

    scope = Scope.WORK

    @extend_schema(request=ClaimIn, responses={201: SuiteOut}, operation_id="work_claim")
    def post(self, request: Request) -> Response:
        """Lease the next suite of a batch, or one named task."""
        wanted = read_claim(request.data)
        return Response(claim(worker_for_user(cast(User, request.user)), wanted), status=201)


def read_claim(raw: Any) -> dict[str, Any]:
    """What is wanted. Raises ValidationError for what `ClaimIn` refuses, and Invalid unless it names either a
    batch or a task.
    """
    wanted = cast(dict[str, Any], raw)
    if not _is_plain(raw):
        checked = ClaimIn(data=raw)
        checked.is_valid(raise_exception=True)
        wanted = checked.validated_data
    if ("batch" in wanted) == ("task" in wanted):
        raise Invalid(faults=[Fault("batch", "one_of", "Name either a batch or a task.")])
    return wanted


def claim(worker: Worker, wanted: dict[str, Any]) -> dict[str, Any]:
    """Claim what is wanted (see `read_claim`); the suite as its worker is shown it. Raises what `claim_suite`
    and `claim_task` raise.
    """
    if "task" in wanted:
        suite = claim_task(worker=worker, task=wanted["task"])
    else:
        suite = claim_suite(worker=worker, batch=wanted["batch"], size=wanted.get("size"))
    return suite_as_shown(suite)


def _is_plain(raw: Any) -> bool:
    """Whether `ClaimIn` would let it pass as it is; asking the serializer itself costs ten times as much."""
    if type(raw) is not dict or not raw.keys() <= {"batch", "size", "task"}:
        return False
    names = [raw[field] for field in ("batch", "task") if field in raw]
    size = raw.get("size", 1)
    return all(type(name) is str and name.isalnum() for name in names) and (
        type(size) is int and 1 <= size <= MOST_AT_ONCE
    )


class Return(Endpoint):
    """Giving a task back."""

    scope = Scope.WORK
    repeatable = False  # giving back twice is giving back once

    @extend_schema(request=ReturnIn, responses=MineOut, operation_id="assignments_return")
    def post(self, request: Request, assignment: str) -> Response:
        """Give a task back unanswered; it costs you nothing."""
        data = ReturnIn(data=request.data)
        data.is_valid(raise_exception=True)
        worker = worker_for_user(cast(User, request.user))
        returned = return_assignment(worker=worker, assignment=assignment, **data.validated_data)
        return Response(MineOut(returned).data)


class Mine(Endpoint):
    """What you hold and held."""

    scope = Scope.WORK

    @extend_schema(responses=page_of(MineOut), operation_id="assignments_list")
    def get(self, request: Request) -> Response:
        """Your assignments, newest first."""
        worker = worker_for_user(cast(User, request.user))
        return self.listed(request, Assignment.objects.filter(worker=worker).select_related("task"), MineOut)
