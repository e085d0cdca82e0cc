"""Two sides of one house: the people to whom everything belongs, and the outsiders to whom nothing does."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from marketplace.accounts.models import User
from marketplace.accounts.services import create_api_key
from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.disputes.models import Dispute
from tasks.flow.settlement import settle_due
from tests.factories import make_client, make_expert, make_user, make_worker
from tests.tasks.acts import answer, claim, pair_batch, task_of
from workers.pay.services import request_payout
from workers.profiles.models import Worker
from workers.profiles.services import appoint_expert
from workers.teams.models import Vendor
from workers.teams.services import add_member, create_vendor

REWARD = 2_000_000
HELD = "HELD" * 4  # what Ben holds, by a name that the body of a request can give


@dataclass
class World:
    """Whose things they are, who else is there, and how the things are called in addresses."""

    ada: User  # the client's owner
    ben: Worker  # holds w1, has answered w2 and g0
    cho: User  # an expert
    vera: User  # manages Ben's vendor
    otto: User  # operates the installation
    outsiders: dict[str, User | None]
    batch: Batch
    vendor: Vendor
    held: Assignment
    dispute: Dispute
    names: dict[str, list[str]]


def make_world() -> World:
    """A batch in full swing with something of every kind in it."""
    ada, vera, otto = make_user("Ada"), make_user("Vera"), make_user("Otto", is_staff=True)
    client = make_client(ada)
    batch = pair_batch(client, work=4, gold=2, reward_micros=REWARD)
    vendor = create_vendor(manager=vera, name="Vera's")
    ben, finn = make_worker("Ben"), make_worker("Finn")
    add_member(vendor=vendor, worker=ben)
    held = claim(ben, task_of(batch, "w1"))
    held.public_id = HELD
    held.save(update_fields=["public_id"])
    answer(ben, task_of(batch, "w2"))
    answer(ben, task_of(batch, "g0"))
    answer(finn, task_of(batch, "w0"), "cat")
    answer(make_worker("Gil"), task_of(batch, "w0"), "dog")
    settle_due()
    payout = request_payout(owner=ben.public_id, currency="USD", amount_micros=REWARD)
    key, _ = create_api_key(user=ada, name="script", scopes=["client"])
    dispute = Dispute.objects.get(batch=batch)
    return World(
        ada=ada,
        ben=ben,
        cho=make_expert("Cho").user,
        vera=vera,
        otto=otto,
        outsiders=make_outsiders(finn),
        batch=batch,
        vendor=vendor,
        held=held,
        dispute=dispute,
        names={
            "client": [client.public_id],
            "project": [batch.project.public_id],
            "dataset": [batch.dataset.public_id],
            "batch": [batch.public_id],
            "vendor": [vendor.public_id],
            "assignment": [held.public_id],
            "suite": [held.suite],
            "dispute": [dispute.public_id],
            "payout": [payout.public_id],
            "key": [key.public_id],
            "fmt": ["csv"],
            "action": ["close", "send"],
        },
    )


def make_outsiders(finn: Worker) -> dict[str, User | None]:
    """People with roles of their own elsewhere; Finn is an expert who has answered the disputed row."""
    eve, mallory = make_user("Eve"), make_user("Mallory")
    make_client(eve)
    create_vendor(manager=mallory, name="Mallory's")
    appoint_expert(user=finn.user)
    return {
        "anonymous": None,
        "nobody": make_user("Nobody"),
        "another client's owner": eve,
        "another worker": make_worker("Dan").user,
        "another vendor's manager": mallory,
        "an expert who answered the row": finn.user,
    }


def fingerprint() -> dict[str, tuple[int, str]]:
    """Every table of the database: how many rows, and a digest of all they hold."""
    tables = [name for name in connection.introspection.table_names() if name != "django_session"]
    one = "SELECT '{0}', count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {0} t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(name) for name in tables))
        return {name: (count, digest) for name, count, digest in cursor.fetchall()}
