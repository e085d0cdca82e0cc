"""A batch with everything that hangs on it, by the hundred thousand: made by the database, triggers off."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from marketplace.accounts.models import User
from marketplace.clients.services import create_client, deposit_funds
from marketplace.core.ids import public_id
from marketplace.datasets.services import create_dataset, import_dataset
from marketplace.projects.models import Batch
from marketplace.projects.services import create_project, draft_batch
from tasks.flow.services import launch_batch
from workers.profiles.models import Worker

SCHEMA = {"questions": [{"name": "animal", "kind": "choice", "title": "Which?", "options": ["cat", "dog"]}]}
TERMS = {"min_overlap": 2, "max_overlap": 3, "acceptance_seconds": 0, "no_gold_reason": "a benchmark"}
WORDS = "A sentence of a news wire, as long as such sentences are, with a number at its end that makes it one"

# Names are made of md5, as random as ours are. Everything is answered, paid and settled in two halves, with a
# vacuum between, so that rows and indexes lie about as they do in an installation that has run for a while.
_ROWS = """
INSERT INTO marketplace_row (dataset_id, position, external_id, data)
SELECT %(dataset)s, n, 'row-' || n, jsonb_build_object(
         'text', %(words)s || n, 'source', 'https://example.org/items/' || md5(n::text))
  FROM generate_series(1000, 999 + %(tasks)s) AS n
"""
_TASKS = """
INSERT INTO tasks_task (public_id, batch_id, row_id, is_gold, state, lane, place, overlap, max_overlap,
                        answers_count, live_count)
SELECT upper(substr(md5('t' || id), 1, 16)), %(batch)s, id, position %% 20 = 0, 'open', 0, position, 3, 5,
       0, 0
  FROM marketplace_row WHERE dataset_id = %(dataset)s AND position >= 1000
"""
_CLAIMED = """
INSERT INTO tasks_assignment (public_id, task_id, batch_id, worker_id, suite, state, skipped, fence,
                              claimed_at, lease_expires_at)
SELECT upper(substr(md5(t.id || '.' || k), 1, 16)), t.id, t.batch_id,
       %(worker)s + (t.id * 7 + k * 613) %% %(people)s, upper(substr(md5('s' || t.id / 5 || k), 1, 16)),
       'claimed', false, 1, now(), now()
  FROM tasks_task t, generate_series(1, %(answers)s) AS k WHERE t.place >= 1000 ORDER BY k, random()
"""
_ANSWERED = """
INSERT INTO tasks_answer (assignment_id, task_id, batch_id, worker_id, value, labels, seconds, submitted_at)
SELECT id, task_id, batch_id, worker_id, '{"animal": "dog"}', '{1}', 7.5, now()
  FROM tasks_assignment ORDER BY id
"""
_CONSENSUS = """
INSERT INTO tasks_consensus (task_id, question, value, confidence, posterior, answers_used, method, version,
                             updated_at)
SELECT id, 'animal', '"dog"', 0.97, '[0.03, 0.97]', 3, 'blend', '1', now() FROM tasks_task WHERE NOT is_gold
"""
_GRADES = """
INSERT INTO tasks_grade (answer_id, score, passed)
SELECT a.id, 1, true FROM tasks_answer a JOIN tasks_task t ON t.id = a.task_id WHERE t.is_gold
"""
_ENTRIES = """
INSERT INTO marketplace_journalentry (public_id, kind, source, memo, at)
SELECT upper(substr(md5('j' || n), 1, 16)), 'bench', 'answers:' || upper(substr(md5('q' || n), 1, 16)),
       '4 x A sentence of a news wire', now() FROM generate_series(1, %(entries)s) AS n
"""
_POSTINGS = """
INSERT INTO marketplace_posting (entry_id, account_id, amount_micros)
SELECT e.id, (SELECT min(id) FROM marketplace_account) + k, 40000
  FROM marketplace_journalentry e, generate_series(0, 2) AS k WHERE e.kind = 'bench'
"""
_EVENTS = """
INSERT INTO marketplace_event (public_id, stream_id, seq, kind, payload, created_at, published_at)
SELECT upper(substr(md5('e' || n), 1, 16)), 'bench', n, 'opened',
       jsonb_build_object('dispute', upper(substr(md5('d' || n), 1, 16))), now(), now()
  FROM generate_series(1, %(tasks)s / 4) AS n
"""
_REPLIES = """
INSERT INTO marketplace_storedreply (actor_id, key, request_hash, status, body, created_at)
SELECT %(user)s, gen_random_uuid()::text, md5(n::text) || md5(n::text), 201, %(reply)s::jsonb, now()
  FROM generate_series(1, %(tasks)s / 5) AS n
"""
# of each half in turn: every other row by its id
_SUBMIT = """
UPDATE tasks_assignment SET state = 'submitted', submitted_at = now(), accept_due_at = now()
 WHERE id %% 2 = %(half)s
"""
_PAY = """
UPDATE tasks_assignment SET state = 'accepted',
       payment_id = (SELECT min(id) FROM marketplace_journalentry WHERE kind = 'bench') + id %% %(entries)s
 WHERE id %% 2 = %(half)s
"""
_SETTLE = """
UPDATE tasks_task SET state = 'resolved', answers_count = 3, lane = 1
 WHERE place >= 1000 AND id %% 2 = %(half)s
"""


def open_batch(*, rows: int, people: int) -> Batch:
    """A live batch of so many rows, and so many workers who have just joined."""
    owner = User.objects.create_user(f"{public_id().lower()}@example.org", name="Ada")
    client = create_client(user=owner, name="Ada's")
    deposit_funds(client=client, amount_micros=10**12, reference="opening")
    lines = "".join(json.dumps({"id": f"w{n}", "text": f"{WORDS} {n}"}) + "\n" for n in range(rows))
    upload = SimpleUploadedFile("rows.jsonl", lines.encode())
    dataset = create_dataset(client=client, name="Rows", upload=upload)
    import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    project = create_project(client=client, name="Bench", schema=SCHEMA, guidelines="Look.")
    batch = draft_batch(project=project, dataset=dataset, name="Bench", terms=TERMS)
    launch_batch(batch=batch)
    users = User.objects.bulk_create(
        [User(email=f"{public_id().lower()}@example.org", name="Ben") for _ in range(people)]
    )
    Worker.objects.bulk_create([Worker(user=user, display_name="Ben") for user in users])
    return batch


def fill(batch: Batch, *, tasks: int, answers: int, per_entry: int) -> None:
    """So many tasks answered, paid and settled, with rows, consensus, books, events and stored replies."""
    entries = tasks * answers // per_entry
    first = Worker.objects.order_by("pk")[0]
    terms: dict[str, Any] = {"batch": batch.pk, "dataset": batch.dataset_id, "words": f"{WORDS} "}
    terms |= {"tasks": tasks, "answers": answers, "entries": entries}
    terms |= {"worker": first.pk, "people": Worker.objects.count()}
    terms |= {"user": first.user_id, "reply": json.dumps(_a_claim())}
    do("SET session_replication_role = replica")  # no triggers
    for statement in (_ROWS, _TASKS, _CLAIMED, _ANSWERED, _ENTRIES, _POSTINGS):
        do(statement, terms)
    for move in (_SUBMIT, _PAY, _SETTLE):
        for half in (0, 1):
            do(move, terms | {"half": half})
            do("VACUUM tasks_assignment, tasks_task")
    do("INSERT INTO marketplace_stream (name, last_seq) VALUES ('bench', 1)")
    for statement in (_CONSENSUS, _GRADES, _EVENTS, _REPLIES):
        do(statement, terms)
    do("SET session_replication_role = origin")
    do("VACUUM ANALYZE")


def do(sql: str, terms: dict[str, Any] | None = None) -> None:
    """Run a statement on its own."""
    with connection.cursor() as cursor:
        cursor.execute(sql, terms)


def _a_claim() -> dict[str, Any]:
    """A reply to a claim of five, about as large as they are."""
    data = {"text": f"{WORDS} 12345", "source": f"https://example.org/items/{'a' * 32}"}
    held = {"id": "A" * 16, "fence": 1, "lease_expires_at": "2026-11-21T00:00:00Z", "task": {"id": "B" * 16}}
    asked = {
        "id": "A" * 16,
        "project_name": "Bench",
        "schema": SCHEMA,
        "guidelines_html": "<p>Look.</p>" * 30,
    }
    suite = [held | {"task": {"id": "B" * 16, "data": data}}] * 5
    return {"suite": "A" * 16, "batch": asked, "assignments": suite}
