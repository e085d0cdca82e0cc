"""Hosts on one machine: network namespaces with a bridge between them, or ports where that is not allowed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from marketplace.local.ports import free_port

FORBIDDEN = (
    "no network namespaces here (that takes root and `ip`): hosts are ports, and no cable can be pulled"
)


@dataclass(frozen=True)
class Host:
    """A place to run programs: where they listen, and what to put before a command."""

    name: str
    address: str
    port: int
    prefix: tuple[str, ...] = ()


class Network(Protocol):
    """What hosts are on."""

    gateway: str  # where all hosts find what runs beside them

    def host(self, number: int) -> Host:
        """A host of its own."""

    def pull(self, host: Host) -> None:
        """Pull its cable: what is sent is gone, and nobody is told."""

    def plug(self, host: Host) -> None:
        """Put it back in."""


class Ports:
    """Hosts that are told apart by their ports alone."""

    gateway = "127.0.0.1"

    def host(self, number: int) -> Host:
        """Another port."""
        return Host(f"host{number}", self.gateway, free_port())

    def pull(self, host: Host) -> None:
        """There is no cable."""
        raise NotImplementedError(FORBIDDEN)

    plug = pull


class Namespaces:
    """Hosts with an address and a cable each."""

    def __init__(self) -> None:
        self._name = f"as{os.getpid() % 100_000}"
        self._subnet = f"10.213.{os.getpid() % 250}"
        self.gateway = f"{self._subnet}.1"
        self._hosts: list[Host] = []
        ip(f"link add {self._name} type bridge")
        ip(f"addr add {self.gateway}/24 dev {self._name}")
        ip(f"link set {self._name} up")

    def host(self, number: int) -> Host:
        """A namespace with an end of a cable whose other end is in the bridge."""
        space, address = f"{self._name}-{number}", f"{self._subnet}.{number + 1}"
        made = Host(space, address, 8000, ("ip", "netns", "exec", space))
        ip(f"netns add {space}")
        self._hosts.append(made)
        ip(f"link add {cable(made)} type veth peer name eth0 netns {space}")
        ip(f"link set {cable(made)} master {self._name} up")
        for words in ("link set lo up", "link set eth0 up", f"addr add {address}/24 dev eth0"):
            ip(f"-n {space} {words}")
        return made

    def pull(self, host: Host) -> None:
        """The end in the bridge goes down; the host's own routes stay."""
        ip(f"link set {cable(host)} nomaster")

    def plug(self, host: Host) -> None:
        """Back into the bridge."""
        ip(f"link set {cable(host)} master {self._name}")

    def remove(self) -> None:
        """Nothing of it stays."""
        for host in self._hosts:
            ip(f"netns del {host.name}")
        ip(f"link del {self._name}")


def cable(host: Host) -> str:
    """The name of the end of its cable that is in the bridge (at most 15 characters)."""
    return host.name.replace("-", "c")


def ip(words: str) -> None:
    """One command of `ip`."""
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


@contextmanager
def network() -> Iterator[Network]:
    """The best there is, gone at the end of the block."""
    try:
        made = Namespaces()
    except (OSError, subprocess.CalledProcessError):
        yield Ports()
        return
    try:
        yield made
    finally:
        made.remove()
