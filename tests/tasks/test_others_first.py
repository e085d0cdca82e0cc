"""Those who tell enough are asked first; the others while none of them is there."""

from __future__ import annotations

import datetime as dt

import pytest

from marketplace.accounts.models import Scope
from marketplace.core.clock import now
from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from tasks.assignment import claim
from tasks.assignment.models import Assignment, Bookmark
from tasks.assignment.services import OthersFirst
from tasks.flow.refits import refit_batch
from tasks.pool.models import Task
from tests.factories import Shape, make_live, make_worker
from tests.marketplace.callers import with_key
from tests.tasks.acts import answer, take, task_of
from workers.profiles.models import Worker
from workers.reliability.models import Reliability

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    return make_live(
        shape=Shape(work=30, gold=6, terms={"min_overlap": 5, "max_overlap": 8, "suite_size": 3})
    )


def told(worker: Worker, batch: Batch, tells: float | None, question: str = "animal") -> None:
    """Let a refit have found that a worker tells so much."""
    Reliability.objects.update_or_create(
        worker=worker, project_id=batch.project_id, question=question, defaults={"tells": tells}
    )


def knowing(batch: Batch, tells: float | None) -> Worker:
    worker = make_worker()
    told(worker, batch, tells)
    return worker


def there(batch: Batch, tells: float | None, row: str = "w0") -> Worker:
    """Somebody who has just answered."""
    worker = make_worker()
    answer(worker, task_of(batch, row), "dog")
    told(worker, batch, tells)
    return worker


def test_it_asks_others_first_while_they_are_there(batch: Batch) -> None:
    there(batch, 1.2)
    ben = knowing(batch, 0.3)
    with pytest.raises(OthersFirst):
        take(ben, batch)
    assert not Assignment.objects.filter(worker=ben).exists()
    assert not Bookmark.objects.filter(worker=ben).exists()


@pytest.mark.parametrize("tells", [0.75, 1.0, 3.0, None])
def test_it_asks_whoever_tells_enough_or_is_not_known(batch: Batch, tells: float | None) -> None:
    there(batch, 1.2)
    assert len(take(knowing(batch, tells), batch)) == 3


def test_it_asks_whoever_tells_enough_on_one_question(batch: Batch) -> None:
    there(batch, 1.2)
    ben = knowing(batch, 0.1)
    told(ben, batch, 0.9, question="size")
    assert len(take(ben, batch)) == 3


def test_it_asks_anybody_while_nobody_has_answered_yet(batch: Batch) -> None:
    assert len(take(knowing(batch, 0.1), batch)) == 3


def test_ones_own_answers_do_not_make_one_wait(batch: Batch) -> None:
    ben = there(batch, 0.1)
    assert len(take(ben, batch)) == 3


def test_those_who_tell_little_do_not_wait_for_one_another(batch: Batch) -> None:
    there(batch, 0.2)
    assert len(take(knowing(batch, 0.1), batch)) == 3


def test_a_newcomer_is_somebody_to_wait_for(batch: Batch) -> None:
    there(batch, None)
    with pytest.raises(OthersFirst):
        take(knowing(batch, 0.1), batch)


def test_it_is_their_turn_when_the_others_have_left(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    there(batch, 1.2)
    ben = knowing(batch, 0.3)
    for minutes, asked in ((9, False), (11, True)):
        later = now() + dt.timedelta(minutes=minutes)
        monkeypatch.setattr(claim, "now", lambda later=later: later)
        if asked:
            assert len(take(ben, batch)) == 3
        else:
            with pytest.raises(OthersFirst):
                take(ben, batch)


def test_other_projects_are_not_touched(batch: Batch) -> None:
    other = make_live(shape=Shape(work=3, terms={"suite_size": 3}))
    there(other, 1.2)
    ben = knowing(batch, 0.1)
    assert len(take(ben, other)) == 3


def test_over_http_it_is_said(batch: Batch) -> None:
    there(batch, 1.2)
    client = with_key(knowing(batch, 0.3).user, Scope.WORK)
    reply = client.post("/api/v1/work/claims", {"batch": batch.public_id}, format="json")
    assert (reply.status_code, reply.json()["code"]) == (409, "others_first")
    assert "asked first" in reply.json()["detail"]


def test_a_refit_finds_who_tells_little(batch: Batch) -> None:
    good, guesser = [make_worker() for _ in range(4)], make_worker()
    rows = [*(f"w{n}" for n in range(30)), *(f"g{n}" for n in range(6))]
    for number, row in enumerate(rows):
        task = task_of(batch, row)
        truth = "dog" if task.is_gold or number % 2 else "cat"
        for place, worker in enumerate(good):
            slip = (number + 7 * place) % 9 == 0 and not task.is_gold
            answer(worker, task, ({"dog": "cat", "cat": "dog"}[truth]) if slip else truth)
        answer(guesser, task, "dog" if (number // 2) % 2 else "cat")
    Task.objects.filter(batch=batch).update(state="open")
    refit_batch(batch=batch, schema=schema_of(batch.project_id))
    tells = {each.worker_id: each.tells or 0.0 for each in Reliability.objects.all()}
    assert tells[guesser.pk] < 0.3
    assert all(tells[worker.pk] > 0.7 for worker in good)
    assert sum(tells.values()) / len(tells) == pytest.approx(1.0, abs=0.01)
    with pytest.raises(OthersFirst):
        take(guesser, batch)
