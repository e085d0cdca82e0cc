"""Being appointed an expert."""

from __future__ import annotations

import pytest

from tests.factories import make_expert, make_user, make_worker
from tests.marketplace.callers import as_user, ok, refused
from workers.profiles.access import NotAnExpert, expert_for_user
from workers.profiles.models import Expert
from workers.profiles.services import appoint_expert

pytestmark = pytest.mark.django_db


def test_being_appointed_twice_is_being_appointed_once() -> None:
    user = make_user("Cho")
    assert appoint_expert(user=user) == appoint_expert(user=user) == expert_for_user(user)


def test_a_worker_is_no_expert() -> None:
    ben = make_worker("Ben")
    with pytest.raises(NotAnExpert):
        expert_for_user(ben.user)
    refused(as_user(ben.user).get("/api/v1/disputes"), 403, "not_an_expert")


def test_an_expert_who_left_judges_no_more() -> None:
    cho = make_expert("Cho")
    ok(as_user(cho.user).get("/api/v1/disputes"))
    Expert.objects.update(active=False)
    refused(as_user(cho.user).get("/api/v1/disputes"), 403, "not_an_expert")
