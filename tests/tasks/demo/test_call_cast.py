"""The cast of the simulated crowd."""

from __future__ import annotations

import pytest

from marketplace.accounts.models import ApiKey
from tasks.demo.cast import NoDemo, call_cast
from tasks.demo.load import load_people
from workers.profiles.models import Worker
from workers.teams.models import TeamMember

pytestmark = pytest.mark.django_db


def test_it_is_refused_where_no_demo_was_loaded() -> None:
    with pytest.raises(NoDemo, match="ASSAY_DEMO=1"):
        call_cast(workers=3)


def test_every_fourth_worker_belongs_to_the_vendor() -> None:
    load_people()
    cast = call_cast(workers=8)
    assert len({player.key for player in cast.players}) == 8
    assert list(TeamMember.objects.values_list("worker__display_name", flat=True)) == [
        cast.players[3].name,
        cast.players[7].name,
    ]


def test_the_same_people_come_back_with_new_keys() -> None:
    load_people()
    first, second = call_cast(workers=4), call_cast(workers=4)
    assert Worker.objects.count() == 4 + 1  # Ben is one too
    assert {player.key for player in first.players}.isdisjoint(player.key for player in second.players)
    assert ApiKey.objects.filter(name="crowd", revoked_at=None).count() == 4 + 2
