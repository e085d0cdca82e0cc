"""`python -m tests.faults.servers`: PostgreSQL and Valkey in ASSAY_VAR, started again whenever they end."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from marketplace.local import state
from marketplace.local.processes import Stopped, Supervisor
from marketplace.local.run import ROOT
from marketplace.local.servers import Given, start_servers
from marketplace.local.terminal import Terminal


def main() -> None:
    """Run them until SIGTERM. Unlike the tests' throw-away servers they keep what they acknowledged."""
    var = Path(os.environ["ASSAY_VAR"])
    children: list[state.Child] = []
    addresses = state.Addresses("", "")

    def write_down(running: tuple[state.Child, ...]) -> None:
        children[:] = running
        with suppress(OSError):  # the disk may be full, and they are to run all the same
            state.write(var, state.State(addresses=addresses, children=running))

    supervisor = Supervisor(logs=var / "log", home=ROOT, terminal=Terminal(sys.stderr), on_change=write_down)
    supervisor.listen_for_signals()
    try:
        addresses = start_servers(supervisor, var, Given())
        write_down(tuple(children))
        while True:
            supervisor.watch()
    except Stopped:
        supervisor.stop_all()


if __name__ == "__main__":
    main()
