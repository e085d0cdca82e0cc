"""`python -m tests.faults.kept NAME WORD...`: one program, started again whenever it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from marketplace.local.processes import Stopped, Supervisor
from marketplace.local.program import Program
from marketplace.local.run import ROOT
from marketplace.local.terminal import Terminal


def main(name: str, *words: str) -> None:
    """Run it until SIGTERM; its words go to a log of that name in ASSAY_VAR."""
    logs = Path(os.environ["ASSAY_VAR"]) / "log"
    supervisor = Supervisor(
        logs=logs, home=ROOT, terminal=Terminal(sys.stderr), on_change=lambda children: None
    )
    supervisor.listen_for_signals()
    try:
        supervisor.start(Program(name, words))
        while True:
            supervisor.watch()
    except Stopped:
        supervisor.stop_all()


if __name__ == "__main__":
    main(*sys.argv[1:])
