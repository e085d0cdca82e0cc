"""The cast of the simulated crowd: accounts in the database and a key for each, made anew every time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from marketplace.accounts.models import Scope, User
from marketplace.accounts.services import create_api_key, revoke_api_key
from tasks.demo.load import person_of
from tasks.demo.people import DEMO_PEOPLE
from tasks.demo.skills import Skill, skills
from workers.profiles.services import appoint_expert, join_as_worker
from workers.teams.models import Vendor
from workers.teams.services import add_member

NAMES = (
    "Alma Arlo Bea Bo Cara Dag Dina Eli Emma Finn Flo Gil Gwen Hugo Ida Ivo Jana Jon Kai Kira Lars Lea Lio"
    " Mara Max Mina Nils Nora Olaf Pia Quinn Rafa Rosa Sam Siri Taro Tess Uma Vito Wanda Yara Zeno"
)
EVERY_TEAM = 4


class NoDemo(Exception):
    """There is no demo here: start Assay with ASSAY_DEMO=1 first."""


@dataclass(frozen=True)
class Player:
    """A simulated worker: a name, an API key, a skill."""

    name: str
    key: str
    skill: Skill


@dataclass(frozen=True)
class Cast:
    """Everybody in a simulated crowd; `client` is the key that reads how the batches go."""

    players: tuple[Player, ...]
    expert: str
    client: str


@transaction.atomic
def call_cast(*, workers: int) -> Cast:
    """Accounts for so many workers, every fourth in the vendor's team, an expert, and fresh keys for all.

    Raises NoDemo before the demo was loaded.
    """
    emails = {person.key: person.email for person in DEMO_PEOPLE}
    owner = User.objects.filter(email=emails["client"]).first()
    vendor = Vendor.objects.filter(managers__email=emails["vendor"]).first()
    if owner is None or vendor is None:
        raise NoDemo(str(NoDemo.__doc__))
    players, names = [], NAMES.split()
    for number, skill in enumerate(skills(workers), start=1):
        name = names[(number - 1) % len(names)]
        user = person_of(f"crowd-{number:03}@demo.assay", name)
        worker = join_as_worker(user=user, display_name=name)
        if number % EVERY_TEAM == 0:
            add_member(vendor=vendor, worker=worker)
        players.append(Player(name, _key(user, Scope.WORK), skill))
    judge = person_of("crowd-expert@demo.assay", "Edda")
    appoint_expert(user=judge)
    return Cast(tuple(players), _key(judge, Scope.REVIEW), _key(owner, Scope.CLIENT))


def _key(user: User, scope: Scope) -> str:
    for old in user.api_keys.filter(name="crowd", revoked_at=None):
        revoke_api_key(user=user, public_id=old.public_id)
    return create_api_key(user=user, name="crowd", scopes=[scope])[1]
