"""From a recording to its report: accounts in the database, everything else over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from channels.db import database_sync_to_async
from django.conf import settings

from marketplace.core.ids import public_id
from marketplace.ledger.checks import ledger_sum_micros
from marketplace.local import state
from tasks.replays.bar import Bar
from tasks.replays.http import Api, ServerAway, ServerRefused
from tasks.replays.opening import QUESTION
from tasks.replays.people import make_people
from tasks.replays.recorded import Recording, choose_gold
from tasks.replays.replay import Played, Replay, Wishes
from tasks.replays.report import Facts, Report, make_report

TICK = 0.5
FALLBACK = "http://127.0.0.1:8000"


def server_address() -> str:
    """Where Assay runs on this machine, as `make run` wrote it down."""
    running = state.read(settings.VAR_DIR)
    return running.web if running and running.web else FALLBACK


async def require_server(server: str) -> None:
    """Raises ServerAway unless a server answers there within two seconds."""
    async with Api(server, connections=1, patience=2.0) as api:
        if (await api.send("", "GET", "/healthz")).status != 200:
            raise ServerAway(f"{server} answers, but it is not Assay")


async def run_replay(recording: Recording, server: str, wishes: Wishes, *, bar: Bar) -> Report:
    """Play a recording through a server and score it.

    Raises ServerAway when nobody answers, ServerRefused when the server uses another database than this
    process or refuses what it should not.
    """
    await require_server(server)
    bar.step("opening accounts")
    gold = choose_gold(recording, share=wishes.terms.gold_share, seed=wishes.seed)
    people = await database_sync_to_async(make_people)(run=public_id(), workers=recording.workers)
    async with Api(server, connections=wishes.concurrency + 6, on_away=bar.away) as api:
        if (await api.send(people.owner, "GET", "/me")).status == 401:
            raise ServerRefused(
                f"{server} uses another database than this command; give both the same ASSAY_VAR"
            )
        replay = Replay(api, people, recording, wishes, gold=gold)
        ticking = asyncio.create_task(_tick(replay, bar))
        try:
            played = await replay.play(bar.step)
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
            _show(replay, bar)
        return await database_sync_to_async(_report)(recording, gold, wishes, played, api.faults)


def _report(
    recording: Recording, gold: frozenset[str], wishes: Wishes, played: Played, faults: int
) -> Report:
    facts = Facts(
        ledger_sum_micros=ledger_sum_micros(),
        wall_seconds=played.wall_seconds,
        expert_error=wishes.expert_error,
        dispute_undecidable=played.undecidable,
        acknowledged_answers=played.tally.bought,
        repeated_answers=played.tally.repeated,
        recovered_claims=played.tally.recovered,
        server_faults=faults,
    )
    return make_report(
        recording,
        gold=gold,
        results=played.results,
        progress=played.progress,
        question=QUESTION,
        facts=facts,
    )


async def _tick(replay: Replay, bar: Bar) -> None:
    while True:
        await asyncio.sleep(TICK)
        _show(replay, bar)


def _show(replay: Replay, bar: Bar) -> None:
    tally = replay.tally
    bar.show(done=tally.done, bought=tally.bought, saved=tally.saved, disputes=replay.disputes_decided)
