"""What a run showed, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.serving.cells import Verdict
from benchmarks.serving.figures import Cell, middle

Value = Callable[[Cell], float | None]


class Column(NamedTuple):
    """A figure of a cell: its head, how it is written, where it comes from."""

    head: str
    form: str
    value: Value


COLUMNS = (
    Column("answers/s", "10,.1f", lambda cell: cell.per_second),
    Column("next p50", "10.1f", lambda cell: cell.next.p50),
    Column("p95", "8.1f", lambda cell: cell.next.p95),
    Column("p99", "8.1f", lambda cell: cell.next.p99),
    Column("submit p50", "11.1f", lambda cell: cell.submit.p50),
    Column("p95", "8.1f", lambda cell: cell.submit.p95),
    Column("p99", "8.1f", lambda cell: cell.submit.p99),
    Column("CPU", "8.2f", lambda cell: cell.cpu),
    Column("web", "7.2f", lambda cell: cell.cpu_ms.get("web")),
    Column("postgres", "9.2f", lambda cell: cell.cpu_ms.get("postgres")),
    Column("behind", "7.2f", lambda cell: cell.cpu_ms.get("background")),
    Column("valkey", "7.2f", lambda cell: cell.cpu_ms.get("valkey")),
    Column("driver", "7.2f", lambda cell: cell.driver_cpu_ms),
    Column("memory", "7.0f", lambda cell: cell.web_pss_mib or None),
    Column("others", "7.2f", lambda cell: cell.others),
)
KEY = f"{'tasks':>10}{'workers':>8}{'suite':>6}  {'system':20}"


def show(cells: Sequence[Cell], verdicts: Sequence[Verdict]) -> None:
    """Print the medians of all rounds, then the verdicts."""
    if cells:
        print(
            "\nmedians over the rounds: latencies in ms; CPU in ms per answer, of it web, PostgreSQL, what"
            "\nruns behind (celery) and Valkey, the driver's apart; memory of the web tier in MiB; cores that"
            "\nothers used meanwhile"
        )
        print(KEY + "".join(f"{column.head:>{_width(column)}}" for column in COLUMNS))
    for key in sorted({(cell.items, cell.workers, cell.suite) for cell in cells}):
        for system in dict.fromkeys(cell.system for cell in cells):
            same = [c for c in cells if (c.items, c.workers, c.suite) == key and c.system == system]
            if same:
                print(_row(same))
    show_verdicts(verdicts)


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print whether every answer is where it should be."""
    if not verdicts:
        return
    print("\nwhat became of the answers: in the driver's own book, in the database, in the export")
    print(
        f"{'tasks':>10}  {'system':20}{'kept':>9}{'stored':>9}{'exported':>9}{'over':>7}{'surplus':>9}"
        f"{'twice':>7}"
    )
    for verdict in verdicts:
        told = [verdict.driver, *([verdict.database] if verdict.database else [])]
        stored = verdict.database.answers if verdict.database else None
        print(
            f"{verdict.items:>10,}  {verdict.system:20}{verdict.driver.answers:>9,}"
            f"{_or_dash(stored):>9}{_or_dash(verdict.exported):>9}"
            f"{max(counts.items_over for counts in told):>7,}{max(counts.surplus for counts in told):>9,}"
            f"{max(counts.twice for counts in told):>7,}  {'exact' if verdict.exact else 'NOT EXACT'}"
        )


def _row(same: Sequence[Cell]) -> str:
    first = same[0]
    figures = "".join(_figure(column, same) for column in COLUMNS)
    told = {
        "found nothing": sum(cell.empty for cell in same),
        "refused": sum(cell.refused for cell in same),
        "faults": sum(sum(cell.faults.values()) for cell in same),
    }
    tail = "".join(f"  {number} {what}" for what, number in told.items() if number)
    return f"{first.items:>10,}{first.workers:>8}{first.suite:>6}  {first.system:20}{figures}{tail}"


def _figure(column: Column, same: Sequence[Cell]) -> str:
    found = middle([value for cell in same if (value := column.value(cell)) is not None])
    return f"{'-':>{_width(column)}}" if found is None else f"{found:{column.form}}"


def _width(column: Column) -> int:
    return int(column.form.split(".")[0].rstrip(","))


def _or_dash(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
