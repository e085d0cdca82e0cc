"""Ports: free ones, taken ones, and who can reach them."""

from __future__ import annotations

from threading import Timer

import pytest

from marketplace.local.errors import LocalError
from marketplace.local.ports import free_port, is_loopback, listen


def test_it_says_that_a_port_is_taken_and_what_to_do() -> None:
    port = free_port()
    with listen("127.0.0.1", port), pytest.raises(LocalError, match=rf"{port} is taken.*PORT={port + 1}"):
        listen("127.0.0.1", port)


def test_it_waits_for_a_port_that_is_being_given_up() -> None:
    port = free_port()
    held = listen("127.0.0.1", port)
    giving_up = Timer(0.3, held.close)
    giving_up.start()
    with listen("127.0.0.1", port, patience_seconds=30.0):
        assert held.fileno() == -1


def test_it_says_that_an_address_is_not_of_this_machine() -> None:
    with pytest.raises(LocalError, match="not an address of this machine"):
        listen("192.0.2.1", free_port())


def test_it_says_that_a_host_name_is_not_known() -> None:
    with pytest.raises(LocalError, match="not an address of this machine"):
        listen("no.such.host.invalid", free_port())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_only_this_machine_reaches(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_others_may_reach(host: str) -> None:
    assert not is_loopback(host)
