"""Opening the batch of a replay over the HTTP API: client, project, dataset, money, launch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async

from tasks.replays.http import Api, ServerRefused, accepted
from tasks.replays.people import deposit_as_operator
from tasks.replays.recorded import Recording

QUESTION = "label"
IMPORT_PAUSE = 0.5


@dataclass(frozen=True)
class Terms:
    """What a batch is run on; the rest is left to the server's defaults."""

    min_overlap: int
    max_overlap: int
    gold_max_overlap: int
    target: float
    gold_share: float


async def open_batch(
    api: Api, owner: str, recording: Recording, *, gold: frozenset[str], terms: Terms
) -> str:
    """Make and launch a batch over the recording's tasks with the `gold` among them; its public id.

    `owner` is the API key that will own it. Raises ServerRefused, ServerAway.
    """
    client = (await api.post(owner, "/clients", {"name": f"Replay of {recording.name}"[:120]}))["id"]
    project = await api.post(
        owner,
        f"/clients/{client}/projects",
        {
            "name": recording.name[:120],
            "schema": schema_of(recording),
            "guidelines": f"Recorded answers of **{recording.name}**, replayed. Nobody is asked anew.",
        },
    )
    dataset = await _upload(api, owner, client, recording, gold)
    wanted = {
        "name": f"Replay of {recording.name}"[:120],
        "dataset": dataset,
        "min_overlap": terms.min_overlap,
        "max_overlap": terms.max_overlap,
        "gold_max_overlap": terms.gold_max_overlap,
        "target_accuracy": terms.target,
        "gold_share": min(terms.gold_share, 0.5),
        "no_gold_reason": "" if gold else "The recording holds too few known answers.",
    }
    batch: dict[str, Any] = await api.post(owner, f"/projects/{project['id']}/batches", wanted)
    await _deposit(api, owner, client, batch["quote"]["worst_case_micros"])
    await api.post(owner, f"/batches/{batch['id']}/launch")
    return str(batch["id"])


def schema_of(recording: Recording) -> dict[str, Any]:
    """One choice out of the recorded classes."""
    question = {
        "name": QUESTION,
        "kind": "choice",
        "title": "Which class is it?",
        "options": list(recording.classes),
    }
    return {"questions": [question]}


def rows_of(recording: Recording, gold: frozenset[str]) -> Iterator[dict[str, str]]:
    """The tasks as rows of a dataset: the content where it was recorded, the truth where it is gold."""
    for task in recording.tasks:
        content = {name: text for name, text in recording.items.get(task, {}).items() if text}
        row = {"id": task, **(content or {"text": f"task {task}"})}
        yield row | ({"gold": recording.truth[task]} if task in gold else {})


async def _upload(api: Api, owner: str, client: str, recording: Recording, gold: frozenset[str]) -> str:
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows_of(recording, gold)).encode()
    dataset = await api.upload(
        owner,
        f"/clients/{client}/datasets",
        name=recording.name[:120],
        file_name="recording.jsonl",
        content=content,
    )
    while dataset["state"] == "importing":
        await asyncio.sleep(IMPORT_PAUSE)
        dataset = await api.get(owner, f"/datasets/{dataset['id']}")
    if dataset["state"] == "failed" or dataset["bad_rows"]:
        raise ServerRefused(f"the import refused {dataset['bad_rows']} rows {dataset['failure']}".strip())
    return str(dataset["id"])


async def _deposit(api: Api, owner: str, client: str, amount_micros: int) -> None:
    """Pay in the worst case: the client itself where the server is a demo, else by the operator's right."""
    body = {"amount_micros": amount_micros, "reference": "replay"}
    reply = await api.send(owner, "POST", f"/clients/{client}/deposits", body)
    if reply.status in (403, 422):
        await database_sync_to_async(deposit_as_operator)(
            client=client, amount_micros=amount_micros, reference="replay"
        )
    else:
        accepted(reply)
