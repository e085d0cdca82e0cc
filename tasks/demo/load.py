"""Loading the demo: its people, its client's money, its projects with live batches. Twice is once."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from marketplace.accounts.models import User
from marketplace.clients.models import Client
from marketplace.clients.services import create_client, deposit_funds
from marketplace.core.ids import public_id
from marketplace.datasets.models import Dataset
from marketplace.datasets.services import create_dataset, import_dataset
from marketplace.projects.models import Batch, BatchState, Project
from marketplace.projects.services import create_project, draft_batch
from tasks.demo.content import DemoProject
from tasks.demo.people import DEMO_PEOPLE
from tasks.demo.projects import COMMON_TERMS, demo_projects
from tasks.flow.services import launch_batch
from workers.profiles.services import appoint_expert, join_as_worker
from workers.teams.models import Vendor
from workers.teams.services import create_vendor

CLIENT_NAME = "Northlight"
VENDOR_NAME = "Harbour"
VENDOR_SHARE_PPM = 150_000
FUNDS_MICROS = 2_000_000_000


@transaction.atomic
def load_people() -> Client:
    """The five people one can sign in as, the client Northlight and the vendor Harbour; the client.

    None of them has a password: the demo's one-click door is their only way in.
    """
    people = {person.key: person_of(person.email, person.name) for person in DEMO_PEOPLE}
    join_as_worker(user=people["worker"], display_name=people["worker"].name)
    appoint_expert(user=people["expert"])
    if not Vendor.objects.filter(managers=people["vendor"]).exists():
        create_vendor(manager=people["vendor"], name=VENDOR_NAME, share_ppm=VENDOR_SHARE_PPM)
    User.objects.filter(pk=people["operator"].pk, is_staff=False).update(is_staff=True)
    client = Client.objects.filter(members=people["client"]).first() or create_client(
        user=people["client"], name=CLIENT_NAME
    )
    deposit_funds(client=client, amount_micros=FUNDS_MICROS, reference="demo opening")
    return client


def load_demo(*, again: bool = False) -> list[Batch]:
    """Everything a demo needs; returns the batches launched by this call.

    What is there already is left alone. With `again`, projects whose batches are all closed get a new one,
    and the client money for it.
    """
    client = load_people()
    return [batch for project in demo_projects() if (batch := _load_project(client, project, again))]


def person_of(email: str, name: str) -> User:
    """The user with this address, made without a password where there is none yet."""
    return User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)


@transaction.atomic
def _load_project(client: Client, wanted: DemoProject, again: bool) -> Batch | None:
    """One project with its dataset and a live batch, all or nothing; None where nothing was to be done."""
    project = Project.objects.filter(client=client, name=wanted.name).first() or create_project(
        client=client, name=wanted.name, schema=wanted.schema, guidelines=wanted.guidelines.strip()
    )
    rounds = project.batches.count()
    if rounds and not (again and not project.batches.exclude(state=BatchState.CLOSED).exists()):
        return None
    terms = COMMON_TERMS | dict(wanted.terms)
    batch = draft_batch(
        project=project,
        dataset=_dataset(client, wanted),
        name=wanted.name if not rounds else f"{wanted.name}, round {rounds + 1}",
        terms=terms,
    )
    if rounds:
        deposit_funds(client=client, amount_micros=FUNDS_MICROS // 4, reference=f"demo {public_id()}")
    launch_batch(batch=batch)
    batch.refresh_from_db()
    return batch


def _dataset(client: Client, wanted: DemoProject) -> Dataset:
    found = Dataset.objects.filter(client=client, name=wanted.name).first()
    if found is None:
        upload = SimpleUploadedFile(f"{wanted.key}.jsonl", wanted.jsonl())
        found = create_dataset(client=client, name=wanted.name, upload=upload)
        import_dataset(dataset_id=found.pk)
        found.refresh_from_db()
    return found
