"""Whether a server can be reached, in one line."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from marketplace.local import postgres, probe
from marketplace.local.ports import free_port
from tests.local.conftest import Bench

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """A server on this machine that says `reply` to its first visitor; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                line.recv(4096)
                line.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield door.getsockname()[1]
        thread.join()


def test_it_says_that_nobody_listens() -> None:
    port = free_port()
    assert probe.database_trouble(f"postgres://a:b@127.0.0.1:{port}/c") == (
        f"127.0.0.1 port {port}: connection refused"
    )
    assert probe.redis_trouble(f"redis://127.0.0.1:{port}/0") == f"127.0.0.1 port {port}: connection refused"


def test_it_says_that_a_host_is_not_known() -> None:
    trouble = probe.database_trouble("postgres://a:b@no.such.host.invalid/c")
    assert trouble is not None
    assert "not known" in trouble


@pytest.mark.parametrize("url", ["mysql://a@b/c", "nonsense", "postgres://a@b:port/c"])
def test_it_says_that_a_database_address_makes_no_sense(url: str) -> None:
    assert probe.database_trouble(url)


def test_it_says_that_there_is_no_socket_file() -> None:
    trouble = probe.database_trouble("postgres://a@%2Fno%2Fsuch%2Fdirectory/c")
    assert trouble is not None
    assert "No such file" in trouble


def test_it_says_that_a_database_does_not_let_us_in(bench: Bench) -> None:
    server = postgres.prepare(bench.var)
    bench.supervisor.start(server.program())
    assert probe.database_trouble(server.url("postgres")) is None
    assert probe.database_trouble(server.url("missing")) == 'database "missing" does not exist'
    wrong = server.url("postgres").replace(server.password, "wrong")
    assert probe.database_trouble(wrong) == 'password authentication failed for user "assay"'


def test_it_hears_redis_answer() -> None:
    with answering(b"+OK\r\n+PONG\r\n") as port:
        assert probe.redis_trouble(f"redis://:secret@127.0.0.1:{port}/0") is None


def test_it_hears_redis_refuse() -> None:
    with answering(b"-WRONGPASS invalid password\r\n-NOAUTH\r\n") as port:
        assert probe.redis_trouble(f"redis://:wrong@127.0.0.1:{port}/0") == (
            f"127.0.0.1 port {port}: WRONGPASS invalid password"
        )


def test_it_says_that_a_stranger_answers_for_redis() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n") as port:
        assert probe.redis_trouble(f"redis://127.0.0.1:{port}") == (
            f"127.0.0.1 port {port}: no answer to PING"
        )


def test_it_reads_status_and_json() -> None:
    with answering(b'HTTP/1.1 503 Busy\r\nContent-Length: 8\r\n\r\n{"a": 1}') as port:
        assert probe.status(f"http://127.0.0.1:{port}", "/readyz") == (503, {"a": 1})


def test_it_says_that_nobody_answers() -> None:
    assert probe.status(f"http://127.0.0.1:{free_port()}", "/healthz") == (0, None)
