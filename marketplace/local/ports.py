"""Ports on this machine: a free one for a server, and the socket the web processes share."""

from __future__ import annotations

import errno
import ipaddress
import secrets
import socket
import time

from marketplace.local.errors import LocalError

# Below the range from which systems take ports for outgoing connections: a server that is started
# again must find its old port still free.
FIRST, LAST = 20_000, 32_000


def free_port() -> int:
    """A port on 127.0.0.1 (20000 to 32000) nobody listens on now; raises LocalError when none is found."""
    for _ in range(200):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise LocalError(f"No free port found on 127.0.0.1 between {FIRST} and {LAST}.")


def listen(host: str, port: int, *, patience_seconds: float = 0.0) -> socket.socket:
    """Take `host`:`port` for the web processes, or raise LocalError with what to do.

    The parent holds this socket while web processes come and go, so that a visitor waits for a
    restart instead of being refused. A process of many threads that was ended holds its port until the last
    of them is gone, a moment longer than it can be seen: hence `patience_seconds`.
    """
    deadline = time.monotonic() + patience_seconds
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise LocalError(f"HOST={host} is not an address of this machine.") from None
    taken = socket.socket(family, kind, protocol)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # accepted sockets inherit it; a socket handed over by number gets it from nobody else, and without it
    # each reply of a kept connection waits some 40 ms
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        try:
            taken.bind(address)
            taken.listen(2048)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            taken.close()
            raise LocalError(_why_not(error, host, port)) from None
        return taken


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server at `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program; choose another: PORT={port + 1} make run"
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this user has; choose one above 1023: PORT=8000 make run"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is not an address of this machine."
    return f"Cannot listen on {host} port {port}: {error.strerror}"
