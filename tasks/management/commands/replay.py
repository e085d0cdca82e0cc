"""`manage.py replay DIR`: recorded workers against the running server, and one table of what it showed."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tasks.quality.promise import stopping
from tasks.replays.bar import Bar
from tasks.replays.http import ServerAway, ServerRefused
from tasks.replays.opening import Terms
from tasks.replays.recorded import Recording, RecordingUnreadable, read_recording
from tasks.replays.replay import Wishes
from tasks.replays.report import flat, table
from tasks.replays.run import run_replay, server_address


class Command(BaseCommand):
    """Arguments and printing; the replay itself is tasks.replays."""

    help = "Replay a folder of recorded answers through the running server and report what it bought."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where from, where to, and on what terms."""
        add = parser.add_argument
        add("folder", type=Path, metavar="DIR", help="labels.csv, gold.csv and perhaps items.csv")
        add("--server", default=server_address(), help="address of the server (default: %(default)s)")
        add("--json", type=Path, metavar="FILE", help="also write the table flat to this file")
        add("--gold-share", type=float, default=0.05, help="share of the tasks whose truth is given away")
        add("--target", type=float, default=stopping.TARGET, help="accuracy asked for (default: %(default)s)")
        add("--min-overlap", type=int, default=stopping.MIN_OVERLAP)
        add("--max-overlap", type=int, help="default: half the recorded answers per task, 3 to 7")
        add("--gold-max-overlap", type=int, help="answers bought of a gold task; default: the max overlap")
        add("--expert-error", type=float, default=0.02, help="how often a verdict is wrong")
        add("--seed", type=int, default=0)
        add("--concurrency", type=int, default=8, help="requests under way at once")
        add("--limit", type=int, metavar="N", help="replay only the first N recorded answers")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it; what stands in the way is one line and exit code 1."""
        try:
            recording = read_recording(options["folder"])
            recording = recording.first(options["limit"]) if options["limit"] else recording
            with Bar(total=len(recording.answers)) as bar:
                report = asyncio.run(
                    run_replay(recording, options["server"], wishes_of(options, recording), bar=bar)
                )
        except (RecordingUnreadable, ServerAway, ServerRefused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(table(report, name=recording.name, currency="USD"))
        if options["json"]:
            options["json"].write_text(json.dumps(flat(report), indent=1) + "\n", encoding="utf-8")
        if report.ledger_sum_micros:
            raise CommandError(f"the ledger sum is {report.ledger_sum_micros} micros, not 0")
        if report.acknowledged_answers != report.answers_bought:
            raise CommandError(
                f"the server acknowledged {report.acknowledged_answers:,} answers"
                f" but counts {report.answers_bought:,}"
            )


def wishes_of(options: dict[str, Any], recording: Recording) -> Wishes:
    """The command line's wishes, with what was left open filled in for this recording."""
    # a worker's second answer to a task is never bought, so it does not count as one a client would have had
    each = len({(answer.task, answer.worker) for answer in recording.answers}) / len(recording.tasks)
    most = options["max_overlap"] or stopping.max_overlap_instead_of(each)
    terms = Terms(
        min_overlap=min(options["min_overlap"], most),
        max_overlap=most,
        gold_max_overlap=options["gold_max_overlap"] or most,
        target=options["target"],
        gold_share=options["gold_share"],
    )
    return Wishes(terms, options["expert_error"], options["seed"], concurrency=options["concurrency"])
