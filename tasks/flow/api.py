"""The main loop over HTTP: judging, and the life of a batch. Answering: see `answer_api`."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint
from marketplace.core.errors import NotFound
from marketplace.projects.access import batch_for_user
from marketplace.projects.api import BatchTerms
from marketplace.projects.models import Batch
from tasks.flow.background import close_soon
from tasks.flow.prices import REASONS, prices_of
from tasks.flow.selectors import progress_of, promise_of, roster_of
from tasks.flow.services import decide_dispute, launch_batch, pause_batch, resume_batch
from workers.profiles.access import expert_for_user
from workers.teams.access import vendor_for_user

ACTIONS = {"launch": launch_batch, "pause": pause_batch, "resume": resume_batch, "close": close_soon}


class DecideIn(serializers.Serializer[Batch]):
    """A verdict: `decided` with an answer, or `undecidable` without."""

    outcome = serializers.CharField(default="decided")
    answer = serializers.JSONField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(default="clear")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    fence = serializers.IntegerField(required=False)


class DecideOut(serializers.Serializer[Batch]):
    """The verdict stands."""

    state = serializers.CharField()


class ProgressOut(serializers.Serializer[Batch]):
    """How a batch is going."""

    tasks = serializers.IntegerField()
    open = serializers.IntegerField()
    resolved = serializers.IntegerField()
    disputed = serializers.IntegerField()
    closed = serializers.IntegerField()
    answers = serializers.IntegerField()
    gold_answers = serializers.IntegerField()
    gold_right = serializers.IntegerField()
    in_work = serializers.IntegerField()
    live_leases = serializers.IntegerField()
    unpaid = serializers.IntegerField()
    disputes = serializers.IntegerField()
    disputes_open = serializers.IntegerField()
    mean_confidence = serializers.FloatField(allow_null=True)
    held_micros = serializers.IntegerField()
    escrow_micros = serializers.IntegerField()
    paid_micros = serializers.IntegerField()
    expert_micros = serializers.IntegerField()
    fee_micros = serializers.IntegerField()
    refunded_micros = serializers.IntegerField()


class PromiseOut(serializers.Serializer[Batch]):
    """What known rows say of the target for one question, one and a half standard errors down in `_low`.

    When not `feasible`, the evidence so far does not carry the target; experts are then asked more often.
    """

    question = serializers.CharField()
    feasible = serializers.BooleanField()
    threshold = serializers.FloatField()
    overlap = serializers.IntegerField()
    expected_accuracy = serializers.FloatField(allow_null=True)
    expected_low = serializers.FloatField(allow_null=True)
    crowd_accuracy = serializers.FloatField()
    crowd_low = serializers.FloatField()
    gold_tasks = serializers.IntegerField()


class PriceOut(serializers.Serializer[Batch]):
    """What one target would take, fees included, for the rows of the batch; known rows come on top.

    `experts_micros` is the experts' part of `cost_micros`; `left_micros` is what rows that are not settled
    yet are expected to cost from now on. `settled` is the share settled without an expert. No more than
    `tried_overlap` answers were tried out on known rows: what further ones do is not reckoned with. When
    not `feasible`, the evidence so far does not carry the target, and nothing else is said of it.
    """

    target = serializers.FloatField()
    asked_for = serializers.BooleanField()
    feasible = serializers.BooleanField()
    cost_micros = serializers.IntegerField(allow_null=True)
    experts_micros = serializers.IntegerField(allow_null=True)
    left_micros = serializers.IntegerField(allow_null=True)
    answers_per_task = serializers.FloatField(allow_null=True)
    settled = serializers.FloatField(allow_null=True)
    expected_accuracy = serializers.FloatField(allow_null=True)
    expected_low = serializers.FloatField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    overlap = serializers.IntegerField(allow_null=True)
    tried_overlap = serializers.IntegerField(allow_null=True)


class PricesOut(serializers.Serializer[Batch]):
    """What each target would take for one question, or the reason why that cannot be told.

    Reasons: `no_classes`, an answer is not one choice out of a list; `no_gold`, there are no known rows;
    `little_gold`, only `gold_tasks` of `gold_needed` known rows have enough answers; `not_yet`, with the next
    refit.
    """

    question = serializers.CharField()
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True)
    gold_tasks = serializers.IntegerField()
    gold_needed = serializers.IntegerField()
    targets = PriceOut(many=True)


class QualityOut(serializers.Serializer[Batch]):
    """What may be promised of a batch, where enough known rows tell, and what other targets would cost."""

    promise = PromiseOut(many=True)
    prices = PricesOut(many=True)


class BatchOut(BatchTerms):
    """A batch, its terms and how it is going."""

    progress = serializers.SerializerMethodField()
    quality = serializers.SerializerMethodField()

    @extend_schema_field(ProgressOut)
    def get_progress(self, batch: Batch) -> dict[str, Any]:
        """Counts, money and confidence as of now."""
        return progress_of(batch)

    @extend_schema_field(QualityOut)
    def get_quality(self, batch: Batch) -> dict[str, Any]:
        """What may be promised as of the last refit, and at what price."""
        return {"promise": promise_of(batch), "prices": prices_of(batch)}


class MemberOut(serializers.Serializer[Batch]):
    """A worker of a vendor's team."""

    worker = serializers.CharField()
    name = serializers.CharField()
    team = serializers.CharField()
    answers = serializers.IntegerField()
    last_seen = serializers.DateTimeField(allow_null=True)
    gold_right = serializers.IntegerField()
    gold_answers = serializers.IntegerField()
    earned_micros = serializers.IntegerField()


class RosterOut(serializers.Serializer[Batch]):
    """A vendor's people."""

    id = serializers.CharField()
    name = serializers.CharField()
    members = MemberOut(many=True)


class Decide(Endpoint):
    """Judging."""

    scope = Scope.REVIEW
    repeatable = False  # the stored verdict itself is what makes a repeat harmless

    @extend_schema(request=DecideIn, responses=DecideOut, operation_id="disputes_decide")
    def post(self, request: Request, dispute: str) -> Response:
        """End a dispute you hold with your verdict; it resolves the task and is paid."""
        data = DecideIn(data=request.data)
        data.is_valid(raise_exception=True)
        expert = expert_for_user(cast(User, request.user))
        decide_dispute(expert=expert, dispute=dispute, **data.validated_data)
        return Response({"state": "decided"})


class BatchDetail(Endpoint):
    """One batch."""

    scope = Scope.CLIENT

    @extend_schema(responses=BatchOut, operation_id="batches_read")
    def get(self, request: Request, batch: str) -> Response:
        """The batch, its terms and how it is going."""
        return Response(BatchOut(batch_for_user(cast(User, request.user), batch)).data)


class BatchAct(Endpoint):
    """The life of a batch."""

    scope = Scope.CLIENT

    @extend_schema(request=None, responses=BatchOut, operation_id="batches_act")
    def post(self, request: Request, batch: str, action: str) -> Response:
        """launch (holds the escrow), pause, resume, close (returns what is left of it)."""
        if action not in ACTIONS:
            raise NotFound
        found = batch_for_user(cast(User, request.user), batch, write=True)
        ACTIONS[action](batch=found)
        return Response(BatchOut(batch_for_user(cast(User, request.user), batch)).data)


class VendorRoster(Endpoint):
    """A vendor's people."""

    scope = Scope.VENDOR

    @extend_schema(responses=RosterOut, operation_id="vendors_roster")
    def get(self, request: Request, vendor: str) -> Response:
        """Who works for the vendor, how much and how well."""
        found = vendor_for_user(cast(User, request.user), vendor)
        return Response({"id": found.public_id, "name": found.name, "members": roster_of(found)})
