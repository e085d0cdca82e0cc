"""The people of a replay: a client's owner, the recorded workers and an expert, each with an API key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from marketplace.accounts.models import Scope, User
from marketplace.accounts.services import create_api_key
from marketplace.clients.models import Client
from marketplace.clients.services import MAX_DEPOSIT_MICROS, deposit_funds
from workers.profiles.services import appoint_expert, join_as_worker

CHUNK = 100
DOMAIN = "replay.assay"


@dataclass(frozen=True)
class People:
    """API keys of everybody in a replay; `workers` maps recorded worker to key."""

    owner: str
    expert: str
    workers: dict[str, str]


def make_people(*, run: str, workers: Sequence[str]) -> People:
    """Open the accounts of one replay, in chunks that commit on their own.

    An operator's act: it needs the database, not only the API. `run` sets the accounts apart from those of
    other replays. Nobody can sign in to them; their keys live as long as this process remembers them.
    """
    with transaction.atomic():
        owner = _person(f"client.{run}", "Replay")
        judge = _person(f"expert.{run}", "Replayed expert")
        appoint_expert(user=judge)
        keys = [_key(owner, Scope.CLIENT), _key(judge, Scope.REVIEW)]
    by_worker: dict[str, str] = {}
    for start in range(0, len(workers), CHUNK):
        with transaction.atomic():
            for number, worker in enumerate(workers[start : start + CHUNK], start=start + 1):
                user = _person(f"w{number:05d}.{run}", worker[:60])
                join_as_worker(user=user, display_name=worker)
                by_worker[worker] = _key(user, Scope.WORK)
    return People(keys[0], keys[1], by_worker)


def deposit_as_operator(*, client: str, amount_micros: int, reference: str) -> None:
    """Book money for a client (public id), however much, where the server does not let it do so itself."""
    account = Client.objects.get(public_id=client)
    for number, start in enumerate(range(0, amount_micros, MAX_DEPOSIT_MICROS)):
        part = min(MAX_DEPOSIT_MICROS, amount_micros - start)
        deposit_funds(client=account, amount_micros=part, reference=f"{reference} {number}")


def _person(local_part: str, name: str) -> User:
    return User.objects.create_user(f"{local_part}@{DOMAIN}".lower(), name=name)


def _key(user: User, scope: Scope) -> str:
    return create_api_key(user=user, name="replay", scopes=[scope])[1]
