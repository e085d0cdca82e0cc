"""The experts' queue over HTTP. Deciding is in tasks.flow: it moves the task and the money."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint, page_of
from marketplace.core.errors import Fault, Invalid
from marketplace.core.events import events_after, last_seq
from tasks.assignment.selectors import batch_as_shown
from tasks.disputes.models import Dispute
from tasks.disputes.selectors import anonymous_answers, disputes_for
from tasks.disputes.services import STREAM, claim_dispute, release_dispute
from tasks.pool.selectors import shown_rows
from workers.profiles.access import expert_for_user

STATES = ("open", "mine", "decided")


class DisputeOut(serializers.Serializer[Dispute]):
    """A dispute in the queue."""

    id = serializers.CharField(source="public_id")
    batch = serializers.CharField(source="batch.public_id")
    project_name = serializers.CharField(source="batch.project.name")
    reason = serializers.CharField()
    state = serializers.CharField()
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()


class AnonymousAnswer(serializers.Serializer[Dispute]):
    """An answer without its author."""

    who = serializers.CharField()
    value = serializers.JSONField()


class CaseOut(serializers.Serializer[Dispute]):
    """A claimed dispute with everything needed to judge it."""

    id = serializers.CharField()
    fence = serializers.IntegerField()
    lease_expires_at = serializers.DateTimeField()
    reason = serializers.CharField()
    task = serializers.JSONField()
    batch = serializers.JSONField()
    answers = AnonymousAnswer(many=True)


class EventOut(serializers.Serializer[Dispute]):
    """Something that happened to a dispute."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    dispute = serializers.CharField()


class EventsOut(serializers.Serializer[Dispute]):
    """What happened after a cursor; `seq` is the new cursor.

    With `missed` the cursor is so old that some of what came after it is no longer kept: read the queue anew.
    """

    seq = serializers.IntegerField()
    missed = serializers.BooleanField()
    events = EventOut(many=True)


class Disputes(Endpoint):
    """The queue."""

    scope = Scope.REVIEW

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=STATES)],
        responses=page_of(DisputeOut),
        operation_id="disputes_list",
    )
    def get(self, request: Request) -> Response:
        """Disputes to be claimed (open), held by you (mine) or decided by you (decided)."""
        state = request.query_params.get("state", "open")
        if state not in STATES:
            raise Invalid(faults=[Fault("state", "state_unknown", f"Use one of: {', '.join(STATES)}.")])
        expert = expert_for_user(cast(User, request.user))
        return self.listed(request, disputes_for(expert, state), DisputeOut, "due_at")


class DisputeEvents(Endpoint):
    """The stream behind the websocket."""

    scope = Scope.REVIEW

    @extend_schema(
        parameters=[OpenApiParameter("since", int)], responses=EventsOut, operation_id="disputes_events"
    )
    def get(self, request: Request) -> Response:
        """What happened after number `since`; without it only the present number."""
        expert_for_user(cast(User, request.user))
        since = request.query_params.get("since")
        if since is None:
            return Response({"seq": last_seq(STREAM), "missed": False, "events": []})
        if not since.isdigit():
            raise Invalid(faults=[Fault("since", "not_a_number", "Give the number of the last event seen.")])
        events = events_after(STREAM, int(since))
        return Response(
            {
                "seq": events[-1].seq if events else int(since),
                "missed": bool(events) and events[0].seq != int(since) + 1,  # numbers have no gaps
                "events": [{"seq": e.seq, "kind": e.kind, **e.payload} for e in events],
            }
        )


class DisputeClaim(Endpoint):
    """Taking a dispute."""

    scope = Scope.REVIEW
    repeatable = False  # claiming what one holds renews the lease

    @extend_schema(request=None, responses={201: CaseOut}, operation_id="disputes_claim")
    def post(self, request: Request, dispute: str) -> Response:
        """Lease a dispute; of many who try, one gets it."""
        expert = expert_for_user(cast(User, request.user))
        return Response(case_as_shown(claim_dispute(expert=expert, dispute=dispute)), status=201)


class DisputeRelease(Endpoint):
    """Handing a dispute back."""

    scope = Scope.REVIEW

    @extend_schema(request=None, responses={204: None}, operation_id="disputes_release")
    def post(self, request: Request, dispute: str) -> Response:
        """Put the dispute back into the queue."""
        release_dispute(expert=expert_for_user(cast(User, request.user)), dispute=dispute)
        return Response(status=204)


def case_as_shown(dispute: Dispute) -> dict[str, Any]:
    """A case exactly as its expert gets it: no names, no reliabilities, no posterior (they anchor)."""
    return {
        "id": dispute.public_id,
        "fence": dispute.fence,
        "lease_expires_at": dispute.lease_expires_at,
        "reason": dispute.reason,
        "task": shown_rows([dispute.task_id])[dispute.task_id],
        "batch": batch_as_shown(dispute.batch),
        "answers": anonymous_answers(dispute),
    }
