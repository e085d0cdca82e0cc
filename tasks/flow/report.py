"""The client's report on a batch: quality, forecast, workers, rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Avg, Count, Q

from marketplace.core.clock import now
from marketplace.projects.models import Batch
from tasks.answers.models import Answer
from tasks.disputes.models import Dispute
from tasks.flow.prices import prices_of
from tasks.flow.selectors import promise_of
from tasks.quality.trust.reliability import of_gold
from workers.reliability.models import Reliability

MOST_WORKERS = 50
MOST_DISPUTES = 20
#: units of `parts/price_bars.svg.html`: from one bar to the next, where they begin, and the dearest's length
BAR_STEP, BARS_X, LONGEST_BAR = 26, 72, 240
RATE_WINDOW = dt.timedelta(minutes=2)

# Of all pairs of answers to the same row, how many say the same.
_AGREEMENT = """
WITH said AS (
  SELECT a.task_id, count(*) AS n FROM tasks_answer a JOIN tasks_task t ON t.id = a.task_id
   WHERE a.batch_id = %s AND NOT t.is_gold GROUP BY a.task_id, a.value
), per_task AS (
  SELECT sum(n * (n - 1)) AS same, sum(n) * (sum(n) - 1) AS pairs FROM said GROUP BY task_id
)
SELECT sum(same)::float / nullif(sum(pairs), 0) FROM per_task
"""


def quality_of(batch: Batch, progress: dict[str, Any]) -> dict[str, Any]:
    """Confidence, what may be promised, known answers with a 95 % interval, agreement and answers per row.

    Shares lie in [0, 1]; confidences are calibrated on known rows where there are enough.
    """
    right, total = progress["gold_right"], progress["gold_answers"]
    known = of_gold(right, total) if total else None
    return {
        "mean_confidence": progress["mean_confidence"],
        "promise": promise_of(batch),
        "prices": [each | shown_prices(each["targets"]) for each in prices_of(batch)],
        "gold_right": right,
        "gold_answers": total,
        "gold_low": known.low if known else None,
        "gold_high": known.high if known else None,
        "agreement": _agreement(batch),
        "answers_per_task": progress["answers"] / progress["tasks"] if progress["tasks"] else None,
    }


def shown_prices(targets: list[dict[str, Any]]) -> dict[str, Any]:
    """What a page shows of the targets of `prices_of`.

    `reached` are those in reach, each with its bar: its answers' part and then its experts', as
    `parts/price_bars.svg.html` draws it. A target that the next one costs no more than is left out, unless it
    is the client's own. `out_of_reach` are the targets nobody can be promised, `untried` the most answers
    tried out where a row may get more.
    """
    reached = [each for each in targets if each["feasible"]]
    following: list[dict[str, Any] | None] = [*reached[1:], None]
    kept = [
        each
        for each, after in zip(reached, following, strict=False)
        if each["asked_for"] or after is None or after["cost_micros"] != each["cost_micros"]
    ]
    dearest = max((each["cost_micros"] for each in kept), default=0) or 1
    tried = [each["tried_overlap"] for each in kept if each["overlap"] > each["tried_overlap"]]
    return {
        "reached": [each | _bar(each, place, dearest) for place, each in enumerate(kept)],
        "asked_in_reach": any(each["asked_for"] for each in kept),
        "bars_height": BAR_STEP * len(kept),
        "out_of_reach": [each["target"] for each in targets if not each["feasible"]],
        "untried": max(tried, default=None),
    }


def _bar(price: dict[str, Any], place: int, dearest: int) -> dict[str, int]:
    end, experts = (round(LONGEST_BAR * price[part] / dearest) for part in ("cost_micros", "experts_micros"))
    return {
        "y": place * BAR_STEP,
        "answers_width": end - experts,
        "experts_x": BARS_X + end - experts,
        "experts_width": experts,
        "sum_x": BARS_X + end + 8,
    }


def forecast_of(batch: Batch, progress: dict[str, Any]) -> dict[str, Any] | None:
    """Seconds left and cost at the end (micros) at the pace of the last two minutes; None without one."""
    settled = progress["resolved"]
    recent = Answer.objects.filter(batch=batch, submitted_at__gte=now() - RATE_WINDOW).count()
    if not settled or not recent or not progress["open"]:
        return None
    answers_left = progress["open"] * progress["answers"] / max(1, progress["tasks"] - progress["open"])
    rate = recent / RATE_WINDOW.total_seconds()
    spent = progress["paid_micros"] + progress["expert_micros"] + progress["fee_micros"]
    per_row = spent / settled
    return {
        "seconds_left": round(answers_left / rate),
        "cost_micros": round(per_row * progress["tasks"]) if spent else None,
    }


def workers_of(batch: Batch) -> list[dict[str, Any]]:
    """Who answered most, under a name of this project's own: a client never sees who a worker is."""
    rows = (
        Answer.objects.filter(batch=batch)
        .values("worker_id")
        .annotate(
            n=Count("id"), seconds=Avg("seconds"), paid=Count("id", filter=Q(assignment__state="accepted"))
        )
        .order_by("-n", "worker_id")[:MOST_WORKERS]
    )
    found = list(rows)
    known: dict[int, list[Reliability]] = {}
    ids = [row["worker_id"] for row in found]
    for record in Reliability.objects.filter(project_id=batch.project_id, worker_id__in=ids):
        known.setdefault(record.worker_id, []).append(record)
    return [_worker(batch, dict(row), known.get(row["worker_id"], [])) for row in found]


def disputes_of(batch: Batch) -> list[dict[str, Any]]:
    """The newest disputes of a batch."""
    rows = Dispute.objects.filter(batch=batch).select_related("task__row").order_by("-id")[:MOST_DISPUTES]
    return [
        {
            "public_id": dispute.public_id,
            "row": dispute.task.row.external_id or dispute.task.row.position + 1,
            "reason": dispute.reason,
            "opened_at": dispute.opened_at,
            "state": dispute.state,
        }
        for dispute in rows
    ]


def pseudonym(project: str, worker_id: int) -> str:
    """A worker's name within one project (public id): stable there, meaningless elsewhere."""
    key = settings.SECRET_KEY.encode()
    digest = hmac.new(key, f"{project}:{worker_id}".encode(), hashlib.sha256).hexdigest()
    return f"W-{digest[:6].upper()}"


def _worker(batch: Batch, row: dict[str, Any], records: list[Reliability]) -> dict[str, Any]:
    right = sum(record.gold_right for record in records)
    total = sum(record.gold_answers for record in records)
    known = of_gold(right, total) if total else None
    return {
        "name": pseudonym(batch.project.public_id, row["worker_id"]),
        "answers": row["n"],
        "gold_right": right,
        "gold_answers": total,
        "reliability": known.mean if known else None,
        "low": known.low if known else None,
        "high": known.high if known else None,
        "seconds_per_task": row["seconds"],
        "earned_micros": row["paid"] * batch.reward_micros,
    }


def _agreement(batch: Batch) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(_AGREEMENT, [batch.pk])
        row = cursor.fetchone()
    return row[0] if row else None
