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
from tasks.assignment.api import ClaimIn, SuiteOut, claim, read_claim
from tasks.flow.services import submit_answer
from tasks.flow.submit import Given, Receipt, take_answers
from workers.profiles.access import worker_for_user
from workers.profiles.models import Worker

MOST_SECONDS = 86_400
MOST_ANSWERS = 50  # as many as a suite may have
SUBMITTED = "submitted"
NAME = re.compile(rf"[{ALPHABET}]{{1,{LENGTH}}}")


class AnswerIn(serializers.Serializer[Batch]):
    """An answer: question name to value; `fence` as it came with the claim; time taken in seconds."""

    answer = serializers.JSONField()
    fence = serializers.IntegerField(required=False)
    seconds = serializers.FloatField(required=False, min_value=0, max_value=MOST_SECONDS)


class SubmitIn(AnswerIn):
    """An answer, and in `next` what to claim once it is stored."""

    next = ClaimIn(required=False, allow_null=True)


class SuiteAnswerIn(AnswerIn):
    """The answer to one assignment of a suite."""

    assignment = serializers.CharField()


class SuiteAnswersIn(serializers.Serializer[Batch]):
    """Answers to assignments of one suite, each named once; at most 50, and not all need to be there. In
    `next`, what to claim once they are stored.
    """

    answers = SuiteAnswerIn(many=True)
    next = ClaimIn(required=False, allow_null=True)


class ProblemOut(serializers.Serializer[Batch]):
    """Why an answer was refused, in the words of a refusal of that answer alone."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.ListField(child=serializers.DictField(), required=False)  # type: ignore[assignment]


class NextOut(serializers.Serializer[Batch]):
    """What came of the claim: either the suite or the problem, in the words of a claim alone."""

    suite = SuiteOut(required=False)
    problem = ProblemOut(required=False)


class SubmitOut(serializers.Serializer[Batch]):
    """The answer is stored."""

    assignment = serializers.CharField()
    state = serializers.CharField()
    next = NextOut(required=False)


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
    next = NextOut(required=False)


class Answering(Endpoint):
    """Answers in; with `next`, a claim after them."""

    scope = Scope.WORK

    def is_repeatable(self, request: Request) -> bool:
        """Where something is claimed: of answers alone, the stored answer makes a repeat harmless."""
        return isinstance(request.data, dict) and request.data.get("next") is not None


class Submit(Answering):
    """Answering."""

    @extend_schema(
        request=SubmitIn, responses={201: SubmitOut, 200: SubmitOut}, operation_id="assignments_submit"
    )
    def post(self, request: Request, assignment: str) -> Response:
        """Send an answer. The same answer again is answered 200 and stored once. What `next` asks for is
        claimed once the answer is stored, whatever becomes of the claim.
        """
        worker, given, wanted = _caller(request), _read(assignment, request.data), _wanted(request.data)
        receipt = submit_answer(worker=worker, **given._asdict())
        reply = {"assignment": assignment, "state": SUBMITTED, **_next(worker, wanted)}
        return Response(reply, status=201 if receipt.new else 200)


class SuiteAnswers(Answering):
    """Answering a suite."""

    @extend_schema(request=SuiteAnswersIn, responses=SuiteResultsOut, operation_id="suites_answer")
    def post(self, request: Request, suite: str) -> Response:
        """Send answers to tasks you claimed together. Each is taken or refused by itself; to send again what
        was taken changes nothing. 404 when none of them is yours. What `next` asks for is claimed after them.
        """
        named, wanted = _named(request.data), _wanted(request.data)
        worker = _caller(request)
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
        return Response({"results": [results[name] for name in named], **_next(worker, wanted)})


def _caller(request: Request) -> Worker:
    return worker_for_user(cast(User, request.user))


def _wanted(body: Any) -> dict[str, Any] | None:
    """What to claim next, None where nothing is asked for. Raises as `read_claim`, with the place."""
    if not isinstance(body, dict) or body.get("next") is None:
        return None
    try:
        return read_claim(body["next"])
    except ValidationError as refusal:
        raise ValidationError({"next": refusal.detail}) from refusal
    except Invalid as refusal:
        raise Invalid(
            faults=[fault._replace(where=f"next.{fault.where}") for fault in refusal.faults]
        ) from refusal


def _next(worker: Worker, wanted: dict[str, Any] | None) -> dict[str, Any]:
    """What a reply tells of the claim; a refusal is told, not raised: the answers are stored."""
    if wanted is None:
        return {}
    try:
        return {"next": {"suite": claim(worker, wanted)}}
    except DomainError as refusal:
        return {"next": {"problem": _problem(refusal)}}


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
    """An answer as sent. Raises ValidationError for what `AnswerIn` refuses."""
    if not _is_plain(raw):
        checked = AnswerIn(data=raw)
        checked.is_valid(raise_exception=True)
        raw = checked.validated_data
    return Given(assignment, raw["answer"], raw.get("fence"), raw.get("seconds"))


def _is_plain(raw: Any) -> bool:
    """Whether `AnswerIn` would let it pass as it is; asking the serializer itself costs ten times as much."""
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
    problem = _problem(refusal)
    return {"assignment": assignment, "state": "refused", "status": problem["status"], "problem": problem}


def _problem(refusal: DomainError | ValidationError) -> dict[str, Any]:
    return cast(dict[str, Any], cast(Response, handle_api_exception(refusal, {})).data)
