"""Taking in a dataset: store the file, then turn it into rows chunk by chunk."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePath

from django.core.files import File
from django.db import transaction

from marketplace.clients.models import Client
from marketplace.core.clock import now
from marketplace.core.errors import Fault, Invalid
from marketplace.core.ids import public_id
from marketplace.database.plans import forget_plans
from marketplace.datasets.models import Dataset, DatasetState, Row, RowError, RowGold
from marketplace.datasets.readers import FileUnreadable, ReadError, ReadRow, reader_for

CHUNK_LINES = 1000
MAX_BYTES = 512 * 1024 * 1024
MAX_ERRORS = 1000


@transaction.atomic
def create_dataset(*, client: Client, name: str, upload: File[bytes]) -> Dataset:
    """Store an uploaded file and open its import. Raises Invalid for a wrong type or size.

    The stored name is made here; nothing of the sender's file name but its ending is used.
    """
    ending = PurePath(upload.name or "").suffix.lower().lstrip(".")
    file_format = {"csv": "csv", "tsv": "tsv", "jsonl": "jsonl", "ndjson": "jsonl"}.get(ending)
    faults = []
    if not name.strip():
        faults.append(Fault("name", "required", "Give the dataset a name."))
    if file_format is None:
        faults.append(Fault("file", "file_type_unknown", "Send a .csv, .tsv or .jsonl file."))
    if not upload.size:
        faults.append(Fault("file", "file_empty", "The file is empty."))
    elif upload.size > MAX_BYTES:
        faults.append(Fault("file", "file_too_large", f"At most {MAX_BYTES // 2**20} MiB a file."))
    if faults:
        raise Invalid(faults=faults)
    dataset = Dataset(
        client=client, name=name.strip()[:120], file_format=file_format or "", bytes_total=upload.size or 0
    )
    dataset.file.save(f"{public_id()}.{file_format}", upload, save=False)
    dataset.save()
    return dataset


def import_dataset(*, dataset_id: int) -> None:
    """Import a stored file until done.

    Each chunk commits together with `bytes_done`, compared before it is moved: a killed import goes
    on where it stopped, and a second process at the same dataset goes home without doubling a row.
    """
    dataset = Dataset.objects.filter(id=dataset_id, state=DatasetState.IMPORTING).first()
    if dataset is None:
        return
    forget_plans()
    try:
        with dataset.file.open("rb") as source:
            records = reader_for(dataset.file_format)(source)  # type: ignore[arg-type]
            done = dataset.bytes_done
            fresh = (record for record in records if record.end_byte > done)
            while chunk := list(islice(fresh, CHUNK_LINES)):
                if not _import_chunk(dataset_id, chunk, done):
                    return
                done = chunk[-1].end_byte
        failure = ""
    except FileUnreadable as error:
        failure = str(error)
    except OSError:
        failure = "The stored file could not be read; send it again."
    _finish(dataset_id, failure)


def _import_chunk(dataset_id: int, chunk: list[ReadRow | ReadError], done: int) -> bool:
    """Store one chunk if the import still stands where we think it does."""
    with transaction.atomic():
        dataset = (
            Dataset.objects.select_for_update()
            .filter(id=dataset_id, state=DatasetState.IMPORTING, bytes_done=done)
            .first()
        )
        if dataset is None:
            return False
        _store_chunk(dataset, chunk)
        dataset.updated_at = now()
        dataset.save()
        return True


@transaction.atomic
def _finish(dataset_id: int, failure: str) -> None:
    dataset = Dataset.objects.select_for_update().get(id=dataset_id)
    if dataset.state != DatasetState.IMPORTING:
        return
    if not failure and not dataset.rows_count:
        failure = "No line of the file could be used."
    dataset.state = DatasetState.FAILED if failure else DatasetState.READY
    dataset.failure, dataset.updated_at = failure[:300], now()
    if not failure:
        dataset.bytes_done = dataset.bytes_total
    dataset.save()


def _store_chunk(dataset: Dataset, chunk: list[ReadRow | ReadError]) -> None:
    good = [record for record in chunk if isinstance(record, ReadRow)]
    bad = [record for record in chunk if isinstance(record, ReadError)]
    named = [record.external_id for record in good if record.external_id]
    taken = set(dataset.rows.filter(external_id__in=named).values_list("external_id", flat=True))
    rows: list[tuple[Row, ReadRow]] = []
    for record in good:
        if record.external_id and record.external_id in taken:
            detail = f"The id {record.external_id[:80]} was used by an earlier line."
            bad.append(ReadError(record.line, record.end_byte, "id_twice", detail))
            continue
        taken.add(record.external_id)
        position = dataset.rows_count + len(rows)
        rows.append(
            (
                Row(dataset=dataset, position=position, external_id=record.external_id, data=record.data),
                record,
            )
        )
    Row.objects.bulk_create([row for row, _ in rows])
    gold = [
        RowGold(row=row, answer=record.gold, reason=record.gold_reason)
        for row, record in rows
        if record.gold is not None
    ]
    RowGold.objects.bulk_create(gold)
    room = max(0, MAX_ERRORS - dataset.errors_count)
    RowError.objects.bulk_create(
        [RowError(dataset=dataset, line=e.line, code=e.code, detail=e.detail[:300]) for e in bad[:room]]
    )
    dataset.rows_count += len(rows)
    dataset.gold_count += len(gold)
    dataset.errors_count += len(bad)
    dataset.bytes_done = chunk[-1].end_byte
    dataset.lines_done = chunk[-1].line


def freeze_dataset(*, dataset: Dataset) -> None:
    """Make a ready dataset immutable: a batch runs over it. Raises Invalid while it is not ready."""
    allowed = (DatasetState.READY, DatasetState.FROZEN)
    changed = Dataset.objects.filter(pk=dataset.pk, state__in=allowed).update(
        state=DatasetState.FROZEN, updated_at=now()
    )
    if not changed:
        detail = "The dataset is still being imported or its import failed."
        raise Invalid(faults=[Fault("dataset", "dataset_not_ready", detail)])
