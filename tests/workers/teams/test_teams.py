"""Vendors and who belongs to them."""

from __future__ import annotations

import pytest

from marketplace.core.errors import NotFound
from tests.factories import make_user, make_worker
from tests.marketplace.callers import as_user, ok, refused, with_key
from workers.teams.access import vendor_for_user
from workers.teams.services import add_member, create_vendor

pytestmark = pytest.mark.django_db


def test_whoever_opens_a_vendor_manages_it() -> None:
    vera = make_user("Vera")
    vendor = create_vendor(manager=vera, name="Team", share_ppm=200_000)
    assert (vendor.name, vendor.share_ppm) == ("Team", 200_000)
    assert vendor_for_user(vera, vendor.public_id) == vendor


def test_nobody_else_sees_a_vendor() -> None:
    vendor, ben = create_vendor(manager=make_user("Vera"), name="Team"), make_worker("Ben")
    add_member(vendor=vendor, worker=ben)
    for user in (ben.user, make_user("Dan"), make_user("Op", is_staff=True)):
        with pytest.raises(NotFound):
            vendor_for_user(user, vendor.public_id)
        refused(as_user(user).get(f"/api/v1/vendors/{vendor.public_id}"), 404, "not_found")


def test_a_worker_joins_a_team_once() -> None:
    vendor, ben = create_vendor(manager=make_user("Vera"), name="Team"), make_worker("Ben")
    members = [add_member(vendor=vendor, worker=ben, team=team) for team in "AB"]
    assert members[0] == members[1]
    assert [member.team for member in vendor.members.all()] == ["A"]


def test_a_worker_stays_with_one_vendor_at_a_time() -> None:
    first, second = (create_vendor(manager=make_user(), name=name) for name in ("One", "Two"))
    ben = make_worker("Ben")
    add_member(vendor=first, worker=ben)
    assert add_member(vendor=second, worker=ben).vendor == first
    assert not second.members.exists()


def test_a_manager_sees_the_team_with_the_vendors_scope() -> None:
    vera = make_user("Vera")
    vendor, ben = create_vendor(manager=vera, name="Team"), make_worker("Ben")
    add_member(vendor=vendor, worker=ben)
    path = f"/api/v1/vendors/{vendor.public_id}"
    roster = ok(with_key(vera, "vendor").get(path))
    assert [(each["worker"], each["name"], each["team"]) for each in roster["members"]] == [
        (ben.public_id, "Ben", "A")
    ]
    refused(with_key(vera, "client").get(path), 403, "scope_missing")
