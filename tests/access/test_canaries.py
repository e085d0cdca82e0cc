"""Marked words are planted where they must stay; every byte sent to others is searched for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from marketplace.accounts.models import Scope, User
from marketplace.accounts.services import create_api_key
from marketplace.clients.services import create_client, deposit_funds
from marketplace.core.ids import ALPHABET, LENGTH
from marketplace.projects.models import Batch
from marketplace.projects.services import create_project, draft_batch
from tasks.assignment.services import claim_task
from tasks.disputes.models import Dispute
from tasks.flow.services import launch_batch, submit_answer
from tasks.flow.settlement import settle_due
from tasks.pool.models import Task
from tests.access.addresses import every_address
from tests.factories import make_dataset, make_expert, make_user, make_worker
from workers.profiles.models import Worker
from workers.teams.services import add_member, create_vendor

pytestmark = pytest.mark.django_db

GOLD = ("canary-gold-answer", "canary-gold-reason")
OTHERS = ("canary-other-answer",)
ROW = ("canary-row-name",)
OWNER = ("canary-client-name", "canary-client-person", "canary-client-mail")
CROWD = ("canary-worker-name", "canary-worker-person", "canary-worker-mail")
SCHEMA = {"questions": [{"name": "note", "kind": "text", "title": "What is it?"}]}
TERMS = {
    "suite_size": 10,
    "gold_share": 0.5,
    "gold_max_overlap": 5,
    "min_overlap": 2,
    "max_overlap": 2,
    "acceptance_seconds": 0,
}


class Stage:
    """A running batch full of canaries, one worker with eyes, and the rest of the house."""

    def __init__(self) -> None:
        self.owner = User.objects.create_user(f"{OWNER[2]}@example.org", name=OWNER[1])
        client = create_client(user=self.owner, name=OWNER[0])
        deposit_funds(client=client, amount_micros=10**9, reference="opening")
        rows = [{"id": f"{ROW[0]}-{n}", "text": f"plain {n}"} for n in range(8)]
        known = {"gold": GOLD[0], "gold_reason": GOLD[1]}
        rows += [{"id": f"{ROW[0]}-g{n}", "text": f"plain {n + 8}"} | known for n in range(6)]
        project = create_project(client=client, name="Notes", schema=SCHEMA, guidelines="Look.")
        dataset = make_dataset(client, rows)
        self.batch: Batch = draft_batch(project=project, dataset=dataset, name="Notes", terms=TERMS)
        launch_batch(batch=self.batch)
        self.others = [self.other(n) for n in range(2)]
        self.vendor_manager = make_user("Vera")
        vendor = create_vendor(manager=self.vendor_manager, name="Vera's")
        self.ben = make_worker("Ben")
        add_member(vendor=vendor, worker=self.ben)
        self.vendor = vendor.public_id

    def other(self, number: int) -> Worker:
        """Somebody else who has answered every known row and some work."""
        worker = make_worker(f"{CROWD[0]} {number}")
        User.objects.filter(pk=worker.user_id).update(name=CROWD[1], email=f"{CROWD[2]}-{number}@example.org")
        for place, task in enumerate(Task.objects.filter(batch=self.batch).order_by("-is_gold", "id")[:8]):
            held = claim_task(worker=worker, task=task.public_id).assignments[0]
            said = {"note": f"{OTHERS[0]} {number} {place}"}
            submit_answer(worker=worker, assignment=held.public_id, answer=said)
        return worker


@pytest.fixture
def stage() -> Stage:
    found = Stage()
    settle_due()
    return found


def sent(response: Any) -> bytes:
    """Every byte of a response: status, headers, cookies and body."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    return f"{response.status_code}\n{headers}{response.cookies}".encode() + bytes(body)


class Eyes:
    """A browser that remembers every byte it was sent, and at which route."""

    def __init__(self, user: User) -> None:
        self.browser = Client(raise_request_exception=False)
        self.browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.seen: list[tuple[str, bytes]] = []

    def get(self, path: str) -> Any:
        """Look."""
        return self._note(path, self.browser.get(path))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Act."""
        return self._note(path, self.browser.post(path, body or {}, content_type="application/json"))

    def _note(self, path: str, response: Any) -> Any:
        self.seen.append((path, sent(response)))
        return response

    def found(self, *canaries: str) -> list[tuple[str, str]]:
        """Where a canary was seen."""
        return [(path, word) for path, bytes_ in self.seen for word in canaries if word.encode() in bytes_]


def answers_to(suite: dict[str, Any], said: str = "a plain word") -> list[dict[str, Any]]:
    """The same answer to every task of a suite."""
    return [
        {"assignment": held["id"], "fence": held["fence"], "answer": {"note": said}}
        for held in suite["assignments"]
    ]


def work_through(eyes: Eyes, batch: Batch) -> list[dict[str, Any]]:
    """Claim all there is, answer it in every way, give one back; returns what was shown."""
    shown: list[dict[str, Any]] = []
    suites: list[dict[str, Any]] = []
    for _ in range(8):
        reply = eyes.post("/api/v1/work/claims", {"batch": batch.public_id})
        if reply.status_code != 201:
            break
        suites.append(reply.json())
        shown += suites[-1]["assignments"]
    for place, held in enumerate(shown):
        path = f"/api/v1/assignments/{held['id']}"
        if place == 0:
            eyes.post(f"{path}/return")
        eyes.post(f"{path}/submit", {"answer": {"note": ""}, "fence": held["fence"]})
        for said in ("a plain word", "a plain word", "another"):
            eyes.post(f"{path}/submit", {"answer": {"note": said}, "fence": held["fence"]})
        eyes.post("/api/v1/work/claims", {"task": held["task"]["id"]})
    for suite in suites:
        eyes.post(f"/api/v1/suites/{suite['suite']}/answers", {"answers": answers_to(suite)})
    eyes.post(f"/api/v1/assignments/{shown[0]['id']}/return")
    settle_due()
    return shown


def look_everywhere(eyes: Eyes, batch: Batch) -> None:
    """Every page and every address of the API that a worker may open."""
    for path in ("me", "work", "assignments", "earnings", "earnings/statement", "payouts"):
        assert eyes.get(f"/api/v1/{path}").status_code == 200
    eyes.post("/api/v1/worker", {"display_name": "Ben"})
    eyes.post("/api/v1/payouts", {"amount_micros": 1_000_000})
    for path in ("/", "/work", f"/work/{batch.public_id}", "/earnings", "/worker/join", "/account/keys"):
        assert eyes.get(path).status_code == 200
    for path in ("/expert", "/operator", f"/batches/{batch.public_id}", f"/clients/{'A' * 16}"):
        assert eyes.get(path).status_code in (403, 404)


def not_walked(eyes: Eyes) -> list[str]:
    """The addresses of the API that are for workers and that nobody has looked at."""
    walked = {path.removeprefix("/") for path, _ in eyes.seen}
    for_workers = [each for each in every_address() if each.in_api and each.endpoint.scope == Scope.WORK]
    ends = {each.route: (each.route.split("<")[0], each.route.split(">")[-1]) for each in for_workers}
    return [
        route
        for route, (start, end) in ends.items()
        if not any(path.startswith(start) and path.endswith(end) for path in walked)
    ]


def test_it_sends_a_worker_no_known_answer_no_other_answer_and_nobody_s_name(stage: Stage) -> None:
    eyes = Eyes(stage.ben.user)
    look_everywhere(eyes, stage.batch)
    shown = work_through(eyes, stage.batch)
    look_everywhere(eyes, stage.batch)
    tasks = Task.objects.filter(public_id__in=[held["task"]["id"] for held in shown])
    assert set(tasks.values_list("is_gold", flat=True)) == {True, False}
    assert eyes.found(*GOLD, *OTHERS, *ROW, *OWNER, *CROWD) == []
    assert eyes.found("is_gold", "max_overlap", "answers_count", "posterior", "confidence") == []
    assert not_walked(eyes) == []


def shape_of(value: Any) -> Any:
    """What a value looks like, without what it says: keys, types, the look of ids."""
    if isinstance(value, dict):
        return {key: shape_of(each) for key, each in sorted(value.items())}
    if isinstance(value, str) and len(value) == LENGTH and set(value) <= set(ALPHABET):
        return "an id"
    return type(value).__name__


def kinds_of(shown: list[dict[str, Any]], look: Callable[[dict[str, Any]], Any]) -> dict[bool, set[str]]:
    """How gold (True) and work (False) look, each as a set."""
    gold = dict(Task.objects.values_list("public_id", "is_gold"))
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for held in shown:
        found[gold[held["task"]["id"]]].add(json.dumps(look(held)))
    return found


def test_it_shows_gold_and_work_alike(stage: Stage) -> None:
    eyes = Eyes(stage.ben.user)
    shown = work_through(eyes, stage.batch)
    looks = kinds_of(shown, shape_of)
    assert looks[True] == looks[False]
    assert len(looks[True]) == 1
    assert "an id" in looks[True].pop()
    mine = {each["id"]: each for each in eyes.get("/api/v1/assignments?limit=100").json()["results"]}
    answered = [held | {"mine": mine[held["id"]]} for held in shown[1:]]
    rows = kinds_of(answered, lambda held: shape_of(held["mine"]))
    assert rows[True] == rows[False]
    assert {each["state"] for each in mine.values()} == {"returned", "accepted"}


def replies_to(eyes: Eyes, held: dict[str, Any]) -> Iterator[tuple[int, Any, list[str]]]:
    """What every way of dealing with a task is answered: status, shape, names of headers."""
    path = f"/api/v1/assignments/{held['id']}"
    bodies = [{"note": ""}, {"note": "a plain word"}, {"note": "a plain word"}, {"note": "another"}]
    for body in bodies:
        reply = eyes.post(f"{path}/submit", {"answer": body, "fence": held["fence"]})
        words = {key: value for key, value in reply.json().items() if key != "assignment"}
        yield reply.status_code, words, sorted(reply.headers)


def test_it_answers_alike_whatever_is_done_with_gold_or_work(stage: Stage) -> None:
    eyes = Eyes(stage.ben.user)
    shown = eyes.post("/api/v1/work/claims", {"batch": stage.batch.public_id}).json()["assignments"]
    answered = kinds_of(shown, lambda held: list(replies_to(eyes, held)))
    assert answered[True] == answered[False]
    assert len(answered[True]) == 1


def test_it_answers_alike_for_gold_and_work_of_one_suite(stage: Stage) -> None:
    eyes = Eyes(stage.ben.user)
    suite = eyes.post("/api/v1/work/claims", {"batch": stage.batch.public_id}).json()
    replies: dict[str, list[Any]] = {held["id"]: [] for held in suite["assignments"]}
    for said in ("", "a plain word", "a plain word", "another"):
        body = {"answers": answers_to(suite, said)}
        for told in eyes.post(f"/api/v1/suites/{suite['suite']}/answers", body).json()["results"]:
            replies[told.pop("assignment")].append(told)
    answered = kinds_of(suite["assignments"], lambda held: replies[held["id"]])
    assert answered[True] == answered[False]
    assert len(answered[True]) == 1


def test_it_sends_an_expert_no_known_answer_and_nobody_s_name(stage: Stage) -> None:
    expert = make_expert()
    eyes = Eyes(expert.user)
    dispute = Dispute.objects.filter(batch=stage.batch).first()
    assert dispute is not None
    path = f"/api/v1/disputes/{dispute.public_id}"
    case = eyes.post(f"{path}/claim")
    assert case.status_code == 201
    for address in ("/expert", "/", "/api/v1/me", "/api/v1/disputes", "/api/v1/disputes?state=mine"):
        assert eyes.get(address).status_code == 200
    eyes.get("/api/v1/disputes/events?since=0")
    eyes.post(f"{path}/decide", {"answer": {"note": "x"}, "reason": "clear", "fence": case.json()["fence"]})
    assert eyes.found(*GOLD, *OWNER, *CROWD, *ROW) == []
    assert eyes.found(OTHERS[0]) == [(f"{path}/claim", OTHERS[0])]


def test_it_sends_a_client_no_worker_s_name_and_no_worker_s_id(stage: Stage) -> None:
    eyes = Eyes(stage.owner)
    batch = stage.batch.public_id
    api = ("", "/results", "/export?format=csv", "/export?format=jsonl")
    for path in [f"/api/v1/batches/{batch}{end}" for end in api] + [f"/batches/{batch}", "/api/v1/me"]:
        assert eyes.get(path).status_code == 200
    client = stage.batch.project.client.public_id
    eyes.get(f"/clients/{client}")
    eyes.get(f"/api/v1/clients/{client}/statement")
    ids = [worker.public_id for worker in (*stage.others, stage.ben)]
    assert eyes.found(*CROWD, *ids) == []


def test_it_sends_a_vendor_s_manager_nobody_else_s_people_and_nothing_of_the_work(stage: Stage) -> None:
    eyes = Eyes(stage.vendor_manager)
    for path in (f"/api/v1/vendors/{stage.vendor}", f"/vendors/{stage.vendor}", "/", "/api/v1/me"):
        assert eyes.get(path).status_code == 200
    assert eyes.found("Ben")
    assert eyes.found(*CROWD, *OWNER, *GOLD, *OTHERS, *ROW, stage.ben.user.email) == []


def test_it_sends_a_script_no_more_than_a_browser(stage: Stage) -> None:
    _, secret = create_api_key(user=stage.ben.user, name="script", scopes=["work"])
    bearer = {"Authorization": f"Bearer {secret}"}
    reply = Client().post(
        "/api/v1/work/claims",
        {"batch": stage.batch.public_id},
        content_type="application/json",
        headers=bearer,
    )
    assert reply.status_code == 201
    assert not [word for word in (*GOLD, *OTHERS, *ROW, *OWNER, *CROWD) if word.encode() in sent(reply)]
