"""`python -m tests.faults.stage`: a live batch and people with keys, in the database of the environment."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from marketplace.accounts.services import create_api_key  # noqa: E402
from tests.factories import Shape, make_client, make_live, make_worker  # noqa: E402

FUNDS_MICROS = 9_000_000_000


def main() -> None:
    """Read what is wanted as a JSON line, print what was made as one."""
    wanted = json.loads(sys.stdin.readline())
    client = make_client(funds_micros=FUNDS_MICROS)
    shape = Shape(work=wanted["work"], gold=wanted["gold"], terms=wanted["terms"])
    people = [make_worker(f"Ben {number}") for number in range(wanted["workers"])]
    made = {
        "batch": make_live(client, shape).public_id,
        "keys": [create_api_key(user=each.user, name="app", scopes=["work"])[1] for each in people],
    }
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
