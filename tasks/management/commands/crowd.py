"""`manage.py crowd`: simulated people work on the demo's batches, so that one can watch them live."""

from __future__ import annotations

import asyncio
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.ledger.money import as_text
from tasks.demo.cast import Cast, NoDemo, call_cast
from tasks.demo.crowd import Crowd, Status
from tasks.replays.http import Api, ServerAway, ServerRefused
from tasks.replays.run import require_server, server_address

QUIET_EVERY = 10.0


class Command(BaseCommand):
    """Arguments and printing; the people are tasks.demo."""

    help = "Let simulated workers of known skill and an expert work on the demo's live batches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many, how fast, for how long."""
        add = parser.add_argument
        add("--workers", type=int, default=40, help="how many workers (default: %(default)s)")
        add("--server", default=server_address(), help="address of the server (default: %(default)s)")
        add("--minutes", type=float, help="stop after so many minutes; default: when nothing is left")
        add(
            "--speed",
            type=float,
            default=3.0,
            help="times faster than people (default: %(default)s)",
        )
        add("--seed", type=int, default=0)
        add("--no-expert", action="store_true", help="leave the disputes to you")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until nothing is left or Ctrl-C; what stands in the way is one line and exit code 1."""
        if options["workers"] < 1 or options["speed"] <= 0:
            raise CommandError("give at least one worker and a speed above 0")
        try:
            asyncio.run(require_server(options["server"]))
            cast = call_cast(workers=options["workers"])
            last = asyncio.run(self._run(cast, options))
        except (NoDemo, ServerAway, ServerRefused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("" if sys.stdout.isatty() else line(last))
        if not last.batches:
            self.stdout.write("Every demo batch is done. New ones: ASSAY_DEMO=1 manage.py demo --again")

    async def _run(self, cast: Cast, options: dict[str, Any]) -> Status:
        async with Api(options["server"], connections=32) as api:
            crowd = Crowd(
                api,
                cast,
                speed=options["speed"],
                seed=options["seed"],
                with_expert=not options["no_expert"],
            )
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, crowd.stop)
            return await crowd.work(self._show(), minutes=options["minutes"])

    def _show(self) -> Any:
        told = -QUIET_EVERY

        def show(status: Status) -> None:
            nonlocal told
            if sys.stdout.isatty():
                self.stdout.write(f"\r\x1b[K{line(status)}", ending="")
            elif status.seconds - told >= QUIET_EVERY:
                told = status.seconds
                self.stdout.write(line(status))
            self.stdout.flush()

        return show


def line(status: Status) -> str:
    """How it goes, in one calm line."""
    minutes, seconds = divmod(int(status.seconds), 60)
    return (
        f"{minutes:3}:{seconds:02}  {status.answers:,} answers"
        f" · {status.settled:,} of {status.tasks:,} tasks settled"
        f" · disputes: {status.disputes_open:,} open, {status.disputes_decided:,} decided"
        f" · {as_text(status.paid_micros, 'USD')} paid"
    )
