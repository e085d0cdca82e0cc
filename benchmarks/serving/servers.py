"""One load on the product behind several servers, in one run: python -m benchmarks.serving.servers."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.serving import summary, tables
from benchmarks.serving.assay import Assay, Filler
from benchmarks.serving.rounds import Plan, Rounds
from benchmarks.serving.running import ROOT, CannotRun, Running, end_in_order

OF_PEERS = str(ROOT / ".venv-peers" / "bin" / "python")
#: {port} is filled in; a first word without a slash is a module
SETUPS: dict[str, str] = {
    "uvicorn asgi 2": "uvicorn benchmarks.serving.entries:asgi --host 127.0.0.1 --port {port} --workers 2 "
    "--no-access-log --no-server-header --log-level warning --timeout-keep-alive 60",
    "uvicorn a2wsgi 2x4": "uvicorn --factory benchmarks.serving.entries:bridged --host 127.0.0.1 "
    "--port {port} --workers 2 --no-access-log --no-server-header --log-level warning "
    "--timeout-keep-alive 60",
    "granian wsgi 2x4": "granian --interface wsgi --host 127.0.0.1 --port {port} --workers 2 "
    "--blocking-threads 4 --log-level warning benchmarks.serving.entries:wsgi",
    "granian asgi 2": "granian --interface asgi --host 127.0.0.1 --port {port} --workers 2 "
    "--log-level warning benchmarks.serving.entries:asgi",
    "gunicorn gthread 2x4": "gunicorn --bind 127.0.0.1:{port} --workers 2 --worker-class gthread --threads 4 "
    "--keep-alive 60 --log-level warning benchmarks.serving.entries:wsgi",
}


def main() -> None:
    """Start the house once, each set-up beside it on a port of its own, and measure them in turns."""
    args = _arguments()
    wanted = dict(one.split("=", 1) for one in args.command) if args.command else SETUPS
    chosen = {name: words for name, words in wanted.items() if not args.only or name in args.only}
    end_in_order()
    running = Running(port=args.port, web_processes=args.web_processes, var=args.var)
    filler = Filler(running)
    try:
        asyncio.run(_measure(args, running, filler, chosen))
    finally:
        filler.close()
        running.stop()


async def _measure(
    args: argparse.Namespace, running: Running, filler: Filler, chosen: dict[str, str]
) -> None:
    systems = [Assay(running, filler, gold_share=args.gold, name="make run")] if args.house else []
    for number, (name, words) in enumerate(chosen.items(), 1):
        port = args.port + number
        try:
            pid = running.start_beside(
                name.replace(" ", "-"), command(words, port), port=port, environment={}
            )
        except (CannotRun, FileNotFoundError) as error:
            print(f"  {name} is left out: {error}")
            continue
        systems.append(Assay(running, filler, gold_share=args.gold, port=port, web=pid, name=name))
    plan = Plan(args.items, args.workers, (1,), args.seconds, args.rounds)
    rounds = Rounds(systems, plan)
    await rounds.run()
    await rounds.judge()
    tables.show(rounds.cells, rounds.verdicts)
    if args.json:
        args.json.write_text(json.dumps([cell.flat() for cell in rounds.cells], indent=1) + "\n")
    print(summary.of_servers(rounds.cells))


def command(words: str, port: int) -> list[str]:
    """A set-up's words as a command: a module runs in the peers' Python where that has it, else in ours."""
    first, *rest = shlex.split(words.format(port=port))
    if "/" in first:
        return [first, *rest]
    for python in (OF_PEERS, sys.executable):
        if not Path(python).exists():
            continue
        found = subprocess.run([python, "-c", f"import {first}"], capture_output=True, check=False)
        if not found.returncode:
            return [python, "-m", first, *rest]
    raise FileNotFoundError(f"{first} is not installed")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=numbers, default=[10_000])
    parser.add_argument("--workers", type=numbers, default=[8, 32])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gold", type=float, default=0.05, help="known rows besides, as a share")
    parser.add_argument("--only", action="append", choices=list(SETUPS), help="one of the set-ups; repeat")
    parser.add_argument("--command", action="append", help="NAME=WORDS with {port}: another set-up; repeat")
    parser.add_argument("--no-house", dest="house", action="store_false", help="leave `make run` itself out")
    parser.add_argument("--web-processes", type=int, default=2, help="of the house")
    parser.add_argument("--port", type=int, default=8400, help="of the house; the others follow")
    parser.add_argument("--var", type=Path, help="a directory to keep the data in; otherwise a temporary one")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def numbers(text: str) -> Sequence[int]:
    """Whole numbers with commas between them."""
    return [int(part) for part in text.split(",") if part]


if __name__ == "__main__":
    main()
