"""Behind PgBouncer in transaction mode: no state of a session, few connections for many."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from marketplace.accounts.services import create_api_key
from marketplace.local import privilege
from marketplace.local.ports import free_port
from marketplace.local.probe import database_trouble
from marketplace.local.run import ROOT
from tasks.answers.models import Answer
from tests.factories import Shape, make_live, make_worker
from tests.local.served import served, until
from workers.profiles.models import Worker

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
needs_pgbouncer = pytest.mark.skipif(
    PGBOUNCER is None, reason="pgbouncer is not installed here: what needs the real one is not tested"
)
SERVER_CONNECTIONS = 3
SHOW = (
    "import json; from django.conf import settings; found = settings.DATABASES['default'];"
    " print(json.dumps([found['DISABLE_SERVER_SIDE_CURSORS'], 'options' in found['OPTIONS'],"
    " found['OPTIONS']['prepare_threshold']]))"
)


@pytest.fixture
def bouncer(tmp_path: Path) -> Iterator[str]:
    """PgBouncer before the tests' PostgreSQL; the address of this test's database there."""
    given = urlsplit(os.environ["DATABASE_URL"])
    port, name = free_port(), connection.settings_dict["NAME"]
    (tmp_path / "users").write_text(f'"{given.username}" "{given.password}"\n')
    (tmp_path / "pgbouncer.ini").write_text(
        f"""
        [databases]
        * = host={given.hostname} port={given.port}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = plain
        auth_file = {tmp_path / "users"}
        pool_mode = transaction
        default_pool_size = {SERVER_CONNECTIONS}
        max_client_conn = 200
        """
    )
    way = privilege.choose(Path(str(PGBOUNCER)), tmp_path)  # like PostgreSQL it refuses to be root
    privilege.give(way, tmp_path)
    process = subprocess.Popen([*way.prefix, str(PGBOUNCER), "-q", str(tmp_path / "pgbouncer.ini")])
    try:
        url = f"postgres://{given.username}:{given.password}@127.0.0.1:{port}/{name}"
        until(lambda: database_trouble(url) is None)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def settings_with(**env: str) -> Any:
    """Server-side cursors off, options sent, and when statements are prepared, under these variables."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "marketplace.settings"} | env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_switch_leaves_nothing_in_a_session() -> None:
    assert settings_with() == "[false, true, null]"
    assert settings_with(ASSAY_PGBOUNCER="1") == "[true, false, null]"


def test_locks_are_held_by_transactions_only() -> None:
    of_a_session = [
        path
        for floor in ("marketplace", "workers", "tasks")
        for path in (ROOT / floor).rglob("*.*")
        if path.suffix in {".py", ".sql"}
        and any(word in path.read_text() for word in ("pg_advisory_lock", "pg_try_advisory_lock", "LISTEN "))
    ]
    assert of_a_session == []


@needs_pgbouncer
@pytest.mark.django_db(transaction=True)
def test_without_the_switch_it_is_refused(bouncer: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(bouncer, options="-c statement_timeout=1000")


@needs_pgbouncer
@pytest.mark.django_db(transaction=True)
def test_a_crowd_works_over_few_connections(bouncer: str) -> None:
    batch = make_live(shape=Shape(work=12, terms={"min_overlap": 2, "max_overlap": 2, "suite_size": 1}))
    people = [make_worker() for _ in range(6)]

    def work(web: Any, worker: Worker, secret: str) -> int:
        answered = 0
        while True:
            held = web.post("/api/v1/work/claims", {"batch": batch.public_id}, secret)
            if held.status == 409:
                return answered
            (assignment,) = held.json["assignments"]
            body = {"answer": {"animal": "dog"}, "fence": assignment["fence"]}
            reply = web.post(f"/api/v1/assignments/{assignment['id']}/submit", body, secret)
            assert reply.status in {200, 201}, reply.body
            answered += 1

    secrets = [create_api_key(user=each.user, name="app", scopes=["work"])[1] for each in people]
    with served(url=bouncer, ASSAY_PGBOUNCER="1") as web, ThreadPoolExecutor(6) as threads:
        answered = sum(threads.map(work, [web] * 6, people, secrets))
        ready = {check["name"]: check for check in web.get("/readyz").json["checks"]}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = %s",
                [web.name],
            )
            assert cursor.fetchall()[0][0] <= SERVER_CONNECTIONS
    assert answered == Answer.objects.count() == 24
    assert ready["database"] == {
        "name": "database",
        "ok": True,
        "detail": "answers, but lets a statement run for ever",
    }
