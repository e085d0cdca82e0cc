"""Projects and batches: drafting, funding, pausing, closing. Tasks are made above, in tasks.flow."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from marketplace.clients.models import Client
from marketplace.clients.services import funds_of
from marketplace.core.clock import now
from marketplace.core.errors import Conflict, Fault, Invalid, TooMany
from marketplace.datasets.models import Dataset
from marketplace.ledger.pots import AccountKind, Pot
from marketplace.ledger.selectors import balance_micros
from marketplace.ledger.services import NotEnoughMoney, post_entry
from marketplace.projects.models import RUNNING, Batch, BatchState, ClosingStep, Guideline, Project
from marketplace.projects.pricing import Quote, Terms, quote
from marketplace.projects.schema import SchemaInvalid, parse

DEFAULTS: dict[str, Any] = {
    "reward_micros": 50_000,
    "expert_reward_micros": 500_000,
    "min_overlap": 2,
    "max_overlap": 5,
    "target_accuracy": 0.9,
    "gold_share": 0.05,
    "gold_max_overlap": 20,
    "suite_size": 5,
    "lease_seconds": 600,
    "acceptance_seconds": 60,
    "seconds_per_task": 15,
    "no_gold_reason": "",
    "most_per_worker": None,
}
BOUNDS: dict[str, tuple[float, float]] = {
    "reward_micros": (1, 1_000_000_000),
    "expert_reward_micros": (0, 10_000_000_000),
    "min_overlap": (1, 100),
    "max_overlap": (1, 1000),
    "target_accuracy": (0.5, 0.999),
    "gold_share": (0.0, 0.5),
    "gold_max_overlap": (1, 100_000),
    "suite_size": (1, 50),
    "lease_seconds": (30, 86_400),
    "acceptance_seconds": (0, 30 * 86_400),
    "seconds_per_task": (1, 7200),
    "most_per_worker": (1, 1_000_000),
}


class TooManyBatches(TooMany):
    """As many of your batches run as may run at once; close one first, or ask the operator for more."""

    code = "too_many_batches"
    retry_after = 60


class BatchMoved(Conflict):
    """The batch is not in a state that allows this; look again."""

    code = "batch_moved"


def escrow_of(batch: Batch) -> Pot:
    """The pot that holds a batch's money."""
    return Pot(AccountKind.ESCROW, batch.public_id, batch.currency)


@transaction.atomic
def create_project(*, client: Client, name: str, schema: Any, guidelines: str) -> Project:
    """Open a project with its schema and first guidelines. Raises Invalid with every fault found."""
    faults = [] if name.strip() else [Fault("name", "required", "Give the project a name.")]
    try:
        parse(schema)
    except SchemaInvalid as error:
        faults += [Fault(f"schema.{where}".rstrip("."), code, text) for where, code, text in error.problems]
    if faults:
        raise Invalid(faults=faults)
    project = Project.objects.create(client=client, name=name.strip()[:120], schema=schema)
    Guideline.objects.create(project=project, version=1, body=guidelines)
    return project


@transaction.atomic
def write_guidelines(*, project: Project, body: str) -> Guideline:
    """Add a new version of the guidelines; workers see it from their next suite on."""
    Project.objects.select_for_update().get(pk=project.pk)
    newest = project.guidelines.order_by("-version").values_list("version", flat=True).first() or 0
    return Guideline.objects.create(project=project, version=newest + 1, body=body)


@transaction.atomic
def draft_batch(*, project: Project, dataset: Dataset, name: str, terms: dict[str, Any]) -> Batch:
    """Draft a batch; `terms` override DEFAULTS. Raises Invalid with every fault found."""
    unknown = [Fault(key, "unknown", "There is no such setting.") for key in terms if key not in DEFAULTS]
    values = DEFAULTS | terms
    faults = unknown + _out_of_bounds(values)
    blamed = {fault.where for fault in faults}
    if not {"min_overlap", "max_overlap"} & blamed and values["max_overlap"] < values["min_overlap"]:
        detail = "At most cannot be fewer answers than at least."
        faults.append(Fault("max_overlap", "overlap_out_of_order", detail))
    if dataset.client_id != project.client_id:
        faults.append(Fault("dataset", "dataset_of_another_client", "Choose one of this client's datasets."))
    if faults:
        raise Invalid(faults=faults)
    return Batch.objects.create(
        project=project,
        dataset=dataset,
        name=name.strip()[:120] or dataset.name,
        currency=project.client.currency,
        fee_ppm=settings.FEE_PPM,
        **values,
    )


def quote_for(*, tasks: int, gold_tasks: int, values: dict[str, Any], fee_ppm: int | None = None) -> Quote:
    """What a batch of so many tasks would cost at most under these terms."""
    merged = DEFAULTS | values
    terms = Terms(
        reward_micros=merged["reward_micros"],
        expert_reward_micros=merged["expert_reward_micros"],
        fee_ppm=settings.FEE_PPM if fee_ppm is None else fee_ppm,
        max_overlap=merged["max_overlap"],
        gold_max_overlap=merged["gold_max_overlap"],
        seconds_per_task=merged["seconds_per_task"],
    )
    return quote(terms, tasks=tasks, gold_tasks=gold_tasks)


def quote_batch(batch: Batch) -> Quote:
    """The quote of a drafted or running batch over its whole dataset."""
    values = {key: getattr(batch, key) for key in DEFAULTS}
    gold = batch.dataset.gold_count
    return quote_for(
        tasks=batch.dataset.rows_count - gold, gold_tasks=gold, values=values, fee_ppm=batch.fee_ppm
    )


def launch_faults(batch: Batch) -> list[Fault]:
    """What stands between a draft and its launch, as far as money, gold and words go."""
    offered = quote_batch(batch)
    guidelines = batch.project.guidelines.order_by("-version").first()
    faults = []
    if guidelines is None or not guidelines.body.strip():
        faults.append(Fault("guidelines", "guidelines_missing", "Write guidelines before you launch."))
    if offered.hourly_micros < settings.WAGE_FLOOR_HOURLY_MICROS:
        hourly, floor = offered.hourly_micros / 1e6, settings.WAGE_FLOOR_HOURLY_MICROS / 1e6
        detail = f"The reward comes to {hourly:.2f} an hour; the floor is {floor:.2f}."
        faults.append(Fault("reward_micros", "reward_below_wage_floor", detail))
    if not offered.gold_tasks and not batch.no_gold_reason.strip():
        detail = "No row has a known answer. Add a gold column, or say why there is none."
        faults.append(Fault("no_gold_reason", "gold_missing", detail))
    return faults


def fund_batch(*, batch: Batch) -> None:
    """Hold the worst case in escrow and open a draft. Inside the caller's transaction.

    Raises BatchMoved unless it is a draft, TooManyBatches where the client may run no more, NotEnoughMoney
    (with the missing sum) without the funds.
    """
    _require_place(batch)
    moved = Batch.objects.filter(pk=batch.pk, state=BatchState.DRAFT).update(
        state=BatchState.LIVE, launched_at=now()
    )
    if not moved:
        raise BatchMoved
    needed = quote_batch(batch).worst_case_micros
    funds = funds_of(batch.project.client)
    try:
        post_entry(
            kind="escrow",
            source=f"batch:{batch.public_id}",
            moves={funds: -needed, escrow_of(batch): needed},
            memo=batch.name,
        )
    except NotEnoughMoney as error:
        have = balance_micros(funds)
        raise NotEnoughMoney(
            f"The batch can cost {needed / 1e6:,.2f} at most; the client has {have / 1e6:,.2f}"
            f" {batch.currency}. Add funds or lower the reward or the overlap.",
            needed_micros=needed,
            available_micros=have,
        ) from error
    batch.refresh_from_db()


def move_batch(*, batch: Batch, origins: tuple[BatchState, ...], state: BatchState) -> bool:
    """Compare-and-set of a batch's state; False when it was in none of `origins`."""
    step = ClosingStep.WAITING if state == BatchState.CLOSING else ""
    changed = Batch.objects.filter(pk=batch.pk, state__in=origins).update(state=state, closing_step=step)
    batch.refresh_from_db()
    return bool(changed)


def refund_escrow(*, batch: Batch) -> int:
    """Give what is left in escrow back to the client; returns the micros. Inside the caller's transaction."""
    left = balance_micros(escrow_of(batch))
    if left:
        moves = {escrow_of(batch): -left, funds_of(batch.project.client): left}
        post_entry(kind="refund", source=f"batch:{batch.public_id}", moves=moves, memo=batch.name)
    return left


def _require_place(batch: Batch) -> None:
    """One launch of a client after the other: each counts what the one before it has opened."""
    client = Client.objects.select_for_update(no_key=True).get(pk=batch.project.client_id)
    running = Batch.objects.filter(project__client=client, state__in=RUNNING).count()
    if running >= client.most_live_batches:
        raise TooManyBatches(running=running, most=client.most_live_batches)


def _out_of_bounds(values: dict[str, Any]) -> list[Fault]:
    faults = []
    for key, (low, high) in BOUNDS.items():
        value, whole = values[key], not isinstance(DEFAULTS[key], float)
        if value is None and DEFAULTS[key] is None:
            continue  # no such limit
        number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            a_number = "a whole number" if whole else "a number"
            faults.append(Fault(key, "out_of_bounds", f"Must be {a_number} between {low:,g} and {high:,g}."))
    return faults
