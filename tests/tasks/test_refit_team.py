"""The refit of a large project: celery processes count shards of it, and without them it ends as well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import pytest
from celery import current_app
from django.db import connection
from pytest_django import Settings

from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from tasks.consensus import team
from tasks.consensus.background import count_shard
from tasks.consensus.counting import Asked, Range, answer_of, sums_of
from tasks.consensus.exchange import Exchange
from tasks.consensus.fits import Refit, refit_question
from tasks.consensus.team import Team
from tasks.consensus.votes import project_votes
from tasks.quality.promise.engine import Learned
from tasks.quality.trust.hearing import hear
from tasks.quality.truth.hierarchy import Hierarchy
from tasks.quality.truth.members import Held
from tasks.quality.truth.rounds import Statistics, Truths
from tests.factories import Shape, make_live, make_worker
from tests.tasks.acts import answer, task_of

ROOT = Path(__file__).resolve().parents[2]
MODEL = Hierarchy()


@pytest.fixture(autouse=True)
def _every_project_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team, "LARGE", 1)
    monkeypatch.setattr(team, "SHARD", 6)


def answered() -> Batch:
    """Five people answer six rows and two known ones: "dog", the last one the contrary, now and then."""
    batch = make_live(shape=Shape(work=6, gold=2, terms={"min_overlap": 5, "max_overlap": 5}))
    people = [make_worker() for _ in range(5)]
    for number, row in enumerate([*(f"w{n}" for n in range(6)), "g0", "g1"]):
        for place, worker in enumerate(people):
            odd = place == 4 or (place + number) % 7 == 0
            answer(worker, task_of(batch, row), "cat" if odd else "dog")
    return batch


def learn(batch: Batch) -> Learned:
    found = refit_question(batch=batch, schema=schema_of(batch.project_id), index=0, verdicts={})
    assert isinstance(found, Refit)
    return found.learned


def learn_alone(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> Learned:
    with monkeypatch.context() as alone:
        alone.setattr(team, "LARGE", 10**9)
        return learn(batch)


def assert_same(one: Learned, other: Learned) -> None:
    assert one.log_weights_wkl == pytest.approx(other.log_weights_wkl, abs=1e-9)
    assert np.exp(one.log_post_tk) == pytest.approx(np.exp(other.log_post_tk), abs=1e-9)
    assert one.held_out_m == pytest.approx(other.held_out_m, abs=1e-9)


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[Team]:
    """Every team of the test."""
    found: list[Team] = []
    gather = Team.gather

    def remember(self: Team, *args: object, **more: object) -> None:
        found.append(self)
        partial(gather, self)(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Team, "gather", remember)
    return found


@contextmanager
def celery_process() -> Iterator[None]:
    """A celery process of its own on the test's database and Valkey."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    command = [sys.executable, "-m", "celery", "-A", "marketplace.celery", "worker", "--pool", "solo"]
    command += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    env, quiet = os.environ | {"DATABASE_URL": url}, subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.django_db(transaction=True)
def test_a_celery_process_counts_and_it_comes_to_the_same(
    monkeypatch: pytest.MonkeyPatch, gathered: list[Team]
) -> None:
    monkeypatch.setattr(team, "PATIENCE", 60.0)  # it has to start first
    batch = answered()
    current_app.control.purge()  # what other tests sent and nobody has done stands before it in the line
    with celery_process():
        found = learn(batch)
    (crew,) = gathered
    assert crew.by_others > crew.counted / 10
    assert_same(found, learn_alone(batch, monkeypatch))


@pytest.mark.django_db
def test_with_nobody_there_it_is_counted_here(monkeypatch: pytest.MonkeyPatch, gathered: list[Team]) -> None:
    monkeypatch.setattr(team, "PATIENCE", 0.01)
    batch = answered()
    found = learn(batch)
    (crew,) = gathered
    assert crew.by_others == 0
    assert crew.counted > 50
    assert_same(found, learn_alone(batch, monkeypatch))


@pytest.mark.django_db
def test_without_valkey_it_is_counted_here(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, gathered: list[Team]
) -> None:
    batch = answered()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = learn(batch)
    assert gathered[0].by_others == 0
    assert_same(found, learn_alone(batch, monkeypatch))


class Table:
    """One team about a batch, and what its members say, each when the test lets them."""

    def __init__(self, batch: Batch) -> None:
        votes = project_votes(batch.project_id, 0, 2)
        assert votes is not None
        heard = hear(votes.table, np.full(votes.table.n_tasks, -1))
        self.team = Team(heard, Truths(np.full(votes.table.n_tasks, -1)), np.array([0, 3, 6, 8]))
        self.team.gather(votes, project_id=batch.project_id, index=0)
        self.run = self.team._run
        self.whole = self.team.passes(None)
        self.expected = self.whole.begin(MODEL)


@pytest.mark.django_db
def test_members_count_what_the_pass_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team, "PATIENCE", 0.0)
    table = Table(answered())
    for number in range(3):  # the first pass gave the last two away; the first is always counted here
        count_shard(table.run, number)
    with closing(Exchange(table.run)) as exchange:
        answers = [exchange.next_answer(0.0) for _ in range(4)]
    sums = [sums_of(each) for each in answers if each]
    assert [int(each["shard"]) for each in answers if each] == [0, 1, 2]
    assert sum(each.counts_wkl for each in sums) == pytest.approx(table.expected.counts_wkl)
    assert sum(each.n_free for each in sums) == table.expected.n_free


@pytest.mark.django_db
def test_an_answer_to_an_earlier_pass_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team, "PATIENCE", 0.0)
    table = Table(answered())
    wrong = Statistics(np.full_like(table.expected.counts_wkl, 1e6), np.full(2, 1e6), 1e6, 0.0)
    with closing(Exchange(table.run)) as exchange:
        for number in (1, 2, 2):
            exchange.answer(answer_of(number, 1, wrong))
    again = table.whole.begin(MODEL)
    assert again.counts_wkl == pytest.approx(table.expected.counts_wkl)
    assert again.class_k == pytest.approx(table.expected.class_k)


@pytest.mark.django_db
def test_a_shard_that_did_not_come_back_is_not_given_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team, "PATIENCE", 0.0)
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **more: sent.append(args))
    table = Table(answered())
    assert sent == [(table.run, 1), (table.run, 2)]
    table.whole.begin(MODEL)
    assert len(sent) == 2
    with closing(Exchange(table.run)) as exchange:
        exchange.answer(answer_of(2, 1, table.expected))
    table.whole.begin(MODEL)
    assert sent[2:] == [(table.run, 2)]


@pytest.mark.django_db
def test_a_member_with_other_votes_keeps_silent() -> None:
    table = Table(answered())
    with closing(Exchange(table.run)) as exchange:
        told = exchange.told("shard:1")
        assert told is not None
        other = Range(*told["range"].tolist())
        # as if an answer had been stored late
        other._replace(n_votes=other.n_votes - 1).tell(exchange, 1, Truths(told["gold"], told["error"]))
        count_shard(table.run, 1)
        assert exchange.next_answer(0.0) is None


@pytest.mark.django_db
def test_a_member_holds_out_the_same_answers() -> None:
    table = Table(answered())
    for held in (Held(0, 5), Held(1, 5)):
        expected = table.team.passes(held).begin(MODEL)
        with closing(Exchange(table.run)) as exchange:
            while exchange.next_answer(0.0):
                pass
            exchange.tell("pass", Asked(7, held, MODEL, None).arrays())
            for number in range(3):
                count_shard(table.run, number)
            sums = [sums_of(each) for each in iter(partial(exchange.next_answer, 0.0), None)]
        assert sum(each.counts_wkl for each in sums) == pytest.approx(expected.counts_wkl)


@pytest.mark.django_db
def test_once_a_refit_is_over_its_messages_do_nothing() -> None:
    table = Table(answered())
    table.team.disband()
    count_shard(table.run, 1)
    with closing(Exchange(table.run)) as exchange:
        assert exchange.told("pass") is None
        assert exchange.next_answer(0.0) is None
