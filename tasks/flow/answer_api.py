"""Answering over HTTP: one assignment, or a whole suite at once."""

from __future__ import annotations

import re
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope, User
from marketplace.core.api import Endpoint, handle_api_exception
from marketplace.core.errors import DomainError, Fault, Invalid, NotFound
from marketplace.core.ids import ALPHABET, LENGTH
from marketplace.projects.models import Batch
from tasks.flow.services import submit_answer
from tasks.flow.submit import Given, Receipt, take_answers
from workers.profiles.access import worker_for_user

MOST_SECONDS = 86_400
MOST_ANSWERS = 50  # as many as a suite may have
SUBMITTED = "submitted"
NAME = re.compile(rf"[{ALPHABET}]{{1,{LENGTH}}}")


class SubmitIn(serializers.Serializer[Batch]):
    """An answer: question name to value; `fence` as it came with the claim; time taken in seconds."""

    answer = serializers.JSONField()
    fence = serializers.IntegerField(required=False)
    seconds = serializers.FloatField(required=False, min_value=0, max_value=MOST_SECONDS)


class SubmitOut(serializers.Serializer[Batch]):
    """The answer is stored."""

    assignment = serializers.CharField()
    state = serializers.CharField()


class SuiteAnswerIn(SubmitIn):
    """The answer to one assignment of a suite."""

    assignment = serializers.CharField()


class SuiteAnswersIn(serializers.Serializer[Batch]):
    """Answers to assignments of one suite, each named once; at most 50, and not all need to be there."""

    answers = SuiteAnswerIn(many=True)


class ProblemOut(serializers.Serializer[Batch]):
    """Why an answer was refused, in the words of a refusal of that answer alone."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.ListField(child=serializers.DictField(), required=False)  # type: ignore[assignment]


class SuiteResultOut(serializers.Serializer[Batch]):
    """What became of one answer: `submitted` or `refused`, and the status it would have had alone:
    201 stored now, 200 stored before, else that of `problem`.
    """

    assignment = serializers.CharField()
    state = serializers.CharField()
    status = serializers.IntegerField()
    problem = ProblemOut(required=False)


class SuiteResultsOut(serializers.Serializer[Batch]):
    """What became of each answer, in the order sent."""

    results = SuiteResultOut(many=True)


class Submit(Endpoint):
    """Answering."""

    scope = Scope.WORK
    repeatable = False  # the stored answer itself is what makes a repeat harmless

    @extend_schema(
        request=SubmitIn, responses={201: SubmitOut, 200: SubmitOut}, operation_id="assignments_submit"
    )
    def post(self, request: Request, assignment: str) -> Response:
        """Send an answer. The same answer again is answered 200 and stored once."""
        worker = worker_for_user(cast(User, request.user))
        receipt = submit_answer(worker=worker, **_read(assignment, request.data)._asdict())
        return Response({"assignment": assignment, "state": SUBMITTED}, status=201 if receipt.new else 200)


class SuiteAnswers(Endpoint):
    """Answering a suite."""

    scope = Scope.WORK
    repeatable = False  # the stored answers themselves are what makes a repeat harmless

    @extend_schema(request=SuiteAnswersIn, responses=SuiteResultsOut, operation_id="suites_answer")
    def post(self, request: Request, suite: str) -> Response:
        """Send answers to tasks you claimed together. Each is taken or refused by itself; to send again what
        was taken changes nothing. 404 when none of them is yours.
        """
        named = _named(request.data)
        worker = worker_for_user(cast(User, request.user))
        results: dict[str, dict[str, Any]] = {}
        given = []
        for name, raw in named.items():
            try:
                given.append(_read(name, raw))
            except ValidationError as refusal:
                results[name] = _refused(name, refusal)
        receipts = take_answers(worker_id=worker.pk, given=given, suite=suite)
        if receipts and all(isinstance(receipt.refusal, NotFound) for receipt in receipts):
            raise NotFound
        results |= {receipt.assignment: _told(receipt) for receipt in receipts}
        return Response({"results": [results[name] for name in named]})


def _named(body: Any) -> dict[str, Any]:
    """The answers of a suite by the names of their assignments. Raises Invalid for what is no such list."""
    answers = body.get("answers") if isinstance(body, dict) else None
    if not isinstance(answers, list) or not 1 <= len(answers) <= MOST_ANSWERS:
        detail = f"Send a list of 1 to {MOST_ANSWERS} answers."
        raise Invalid(faults=[Fault("answers", "answers_missing", detail)])
    named: dict[str, Any] = {}
    faults = []
    for place, each in enumerate(answers):
        name = each.get("assignment") if isinstance(each, dict) else None
        where = f"answers.{place}.assignment"
        if not isinstance(name, str) or not NAME.fullmatch(name):
            faults.append(Fault(where, "assignment_missing", "Name the assignment this answers."))
        elif name in named:
            faults.append(Fault(where, "assignment_twice", "Answer each assignment once."))
        else:
            named[name] = each
    if faults:
        raise Invalid(faults=faults)
    return named


def _read(assignment: str, raw: Any) -> Given:
    """An answer as sent. Raises ValidationError for what `SubmitIn` refuses."""
    if not _is_plain(raw):
        checked = SubmitIn(data=raw)
        checked.is_valid(raise_exception=True)
        raw = checked.validated_data
    return Given(assignment, raw["answer"], raw.get("fence"), raw.get("seconds"))


def _is_plain(raw: Any) -> bool:
    """Whether `SubmitIn` would let it pass as it is; asking the serializer itself costs ten times as much."""
    if type(raw) is not dict or raw.get("answer") is None:
        return False
    fence, seconds = raw.get("fence", 0), raw.get("seconds", 0)
    return type(fence) is int and type(seconds) in (int, float) and 0 <= seconds <= MOST_SECONDS


def _told(receipt: Receipt) -> dict[str, Any]:
    if receipt.refusal is not None:
        return _refused(receipt.assignment, receipt.refusal)
    status = 201 if receipt.new else 200
    return {"assignment": receipt.assignment, "state": SUBMITTED, "status": status}


def _refused(assignment: str, refusal: DomainError | ValidationError) -> dict[str, Any]:
    reply = cast(Response, handle_api_exception(refusal, {}))
    return {"assignment": assignment, "state": "refused", "status": reply.status_code, "problem": reply.data}
