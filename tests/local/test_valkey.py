"""The embedded Valkey, for real."""

from __future__ import annotations

import stat

import pytest
import redis

from marketplace.local import valkey
from marketplace.local.probe import redis_trouble
from tests.local.conftest import Bench

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def test_it_keeps_its_queues_through_a_stop(bench: Bench) -> None:
    server = valkey.prepare(bench.var)
    bench.supervisor.start(server.program())
    with redis.Redis.from_url(server.url()) as line:
        line.lpush("queue", "kept")
    bench.supervisor.stop_all()

    server = valkey.prepare(bench.var)
    bench.supervisor.start(server.program())
    with redis.Redis.from_url(server.url()) as line:
        assert line.lrange("queue", 0, -1) == [b"kept"]
        assert line.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_it_is_closed_to_others(bench: Bench) -> None:
    server = valkey.prepare(bench.var)
    bench.supervisor.start(server.program())
    assert "NOAUTH" in (redis_trouble(f"redis://127.0.0.1:{server.port}") or "")
    assert stat.S_IMODE(server.config.stat().st_mode) == 0o600
