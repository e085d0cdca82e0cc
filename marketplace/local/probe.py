"""Can a server be reached? Asked before anything is started, and answered in one line."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

import psycopg

PATIENCE = 5.0  # seconds


def database_trouble(url: str) -> str | None:
    """Why nobody can sign in to a postgres:// address; None when that works.

    The way to the host is tried first, for its failure can be told in plainer words. An address without a
    host means a socket file.
    """
    if not url.startswith(("postgres://", "postgresql://")):
        return "it must begin with postgres://"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 5432
    except ValueError as error:
        return str(error)
    if host and not unquote(host).startswith("/"):
        try:
            socket.create_connection((host, port), PATIENCE).close()
        except OSError as error:
            return f"{host} port {port}: {_reason(error)}"
    return _sign_in_trouble(url)


def redis_trouble(url: str) -> str | None:
    """Why a redis:// or rediss:// server does not answer PING with these credentials; None when it does."""
    if not url.startswith(("redis://", "rediss://")):
        return "it must begin with redis://"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "127.0.0.1", parts.port or 6379
    except ValueError as error:
        return str(error)
    try:
        with _connect(parts.scheme, host, port) as line:
            replies = _ask(line, parts)
    except OSError as error:
        return f"{host} port {port}: {_reason(error)}"
    if replies.endswith("+PONG\r\n"):
        return None
    refusal = next(
        (reply[1:] for reply in replies.splitlines() if reply.startswith("-")), "no answer to PING"
    )
    return f"{host} port {port}: {refusal}"


def status(address: str, path: str) -> tuple[int, object]:
    """HTTP status of a GET and its JSON body (None if it is not JSON); (0, None) when nobody answers."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=PATIENCE)
    try:
        line.request("GET", path, headers={"Accept": "application/json"})
        reply = line.getresponse()
        body = reply.read()
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        line.close()
    try:
        return reply.status, json.loads(body)
    except ValueError:
        return reply.status, None


def _sign_in_trouble(url: str) -> str | None:
    try:
        psycopg.connect(url, connect_timeout=int(PATIENCE)).close()
    except psycopg.ProgrammingError:
        return None  # options in the address that only Django knows; the migrations will tell
    except psycopg.OperationalError as error:
        lines = str(error).strip().splitlines()
        refused = [line for line in lines if "FATAL:" in line]
        return (refused or lines)[0].rpartition("FATAL:")[2].strip()
    return None


def _connect(scheme: str, host: str, port: int) -> socket.socket:
    line = socket.create_connection((host, port), PATIENCE)
    if scheme == "rediss":
        return ssl.create_default_context().wrap_socket(line, server_hostname=host)
    return line


def _ask(line: socket.socket, parts: SplitResult) -> str:
    """AUTH if a password is given, then PING, both in one write; the replies as they came."""
    commands = [["PING"]]
    if parts.password:
        user = [unquote(parts.username)] if parts.username else []
        commands.insert(0, ["AUTH", *user, unquote(parts.password)])
    line.sendall(b"".join(_spelled(command) for command in commands))
    replies = ""
    while replies.count("\r\n") < len(commands):
        part = line.recv(4096)
        if not part:
            break
        replies += part.decode(errors="replace")
    return replies


def _spelled(command: list[str]) -> bytes:
    words = [word.encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {PATIENCE:.0f} seconds"
    if isinstance(error, socket.gaierror):
        return "this host name is not known"
    return (error.strerror or str(error)).lower()
