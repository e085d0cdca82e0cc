"""Gives the test session its servers, before Django reads its settings.

Fixtures that need Django stay out of this file (an import of a model here would read the settings too soon):
they live in tests/fixtures/, loaded below.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

import django
import hypothesis
import pytest

from marketplace.local.servers import Given
from marketplace.local.testing import throwaway_servers

servers = ExitStack()

# No test may fail because the machine is busy. At a desk every run tries other cases; before a landing the
# same ones, so that what fails there was broken by what is to land.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


def provide_servers() -> None:
    """Throw-away servers, unless DATABASE_URL and REDIS_URL name some.

    Parallel test processes share the cluster of the first (each has a database of its own in it), but
    messages in Redis reach whoever listens, so each of them gets a Redis of its own.
    """
    given = Given(os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", ""))
    own_redis = not given.redis_url or os.environ.get("ASSAY_TEST_REDIS") == "own"
    if own_redis and "PYTEST_XDIST_WORKER" in os.environ:
        given = Given(given.database_url)
    addresses = servers.enter_context(throwaway_servers(given))
    os.environ["DATABASE_URL"] = addresses.database_url
    os.environ["REDIS_URL"] = addresses.redis_url
    if own_redis:
        os.environ["ASSAY_TEST_REDIS"] = "own"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers (they stop by themselves too, should this process be killed)."""
    servers.close()


# In this order: servers, settings, apps, then the fixtures, which import models. An ini line for Django's
# settings would be read before there are servers.
provide_servers()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
django.setup()
# Parallel test processes inherit this environment. Told where the settings are, they would read them before
# this file has given them servers of their own.
del os.environ["DJANGO_SETTINGS_MODULE"]
pytest_plugins = ["tests.fixtures.books"]
