"""The tables: each has a referee of its own or a reason, and none looks upwards."""

from __future__ import annotations

from collections import Counter

import pytest
from django.apps import apps
from django.db.models import Model

from tests.house.source import FLOORS

MODELS = [model for model in apps.get_models() if model._meta.app_label in FLOORS]
# Tables whose rules are all in their keys and columns, and why that is enough.
WITHOUT_A_NAMED_CONSTRAINT = {
    "Expert": "one per person: the key of the one-to-one link",
    "GoldAnswer": "one per task: the primary key; its form is checked against the schema at launch",
    "Heartbeat": "one per name: the primary key",
    "Project": "any name and any schema that the parser takes",
    "RowGold": "one per row: the primary key; whatever the client says it knows",
    "TeamMember": "one vendor per worker: the key of the one-to-one link",
    "Worker": "one per person: the key of the one-to-one link",
}


def test_it_has_a_referee_for_every_table_or_says_why_not() -> None:
    without = {model.__name__ for model in MODELS if not model._meta.constraints}
    assert without == set(WITHOUT_A_NAMED_CONSTRAINT)


def test_it_calls_no_two_referees_by_one_name() -> None:
    names = Counter(constraint.name for model in MODELS for constraint in model._meta.constraints)
    assert [name for name, times in names.items() if times > 1] == []


def relations(model: type[Model]) -> list[tuple[str, str]]:
    """The labels of the apps that a model's own relations lead to, with the name of each."""
    return [
        (field.name, field.related_model._meta.app_label)
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and isinstance(field.related_model, type)
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_it_relates_only_downwards(model: type[Model]) -> None:
    below = {*FLOORS[: FLOORS.index(model._meta.app_label) + 1], "auth", "contenttypes"}
    assert [(name, label) for name, label in relations(model) if label not in below] == []


def test_it_shows_the_outside_nothing_but_random_names() -> None:
    """What has an address of its own has a public id; a counting id would tell order and number."""
    assert {model.__name__ for model in MODELS if hasattr(model, "public_id")} >= {
        "ApiKey",
        "Assignment",
        "Batch",
        "Client",
        "Dataset",
        "Dispute",
        "Payout",
        "Project",
        "Task",
        "Vendor",
        "Worker",
    }
