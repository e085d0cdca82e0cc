"""All ratios of a run in one line: the median over its rounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.serving.cells import Verdict
from benchmarks.serving.figures import Cell, growth, middle, ratios

OURS = "assay"
#: ours, where the reply to an answer brings the next task along
JOINED = "assay joined"
FLOORS = ("bare view", "raw SQL")
#: measured before, in one interleaved run with a bare view of the same kind (10 thousand tasks, 8 and 32
#: workers): the bare view's answers per second over the peer's, and the peer's CPU per answer over its
PUBLISHED = {"labelstudio": ((57.0, 72.0), (57.0, 73.0)), "pybossa": ((14.0, 19.0), (17.0, 21.0))}


def summary(
    cells: Sequence[Cell], verdicts: Sequence[Verdict], more: Iterable[str] = (), *, paused: bool = False
) -> str:
    """Against the floors and the peers, suites against single, large against small, and was all exact.

    One worker alone, or workers who pause between answers (`paused`), do not fill a system; what it takes
    at most is told by several who do not.
    """
    single = [cell for cell in cells if cell.suite == 1]
    full = [cell for cell in single if cell.workers > 1] or single
    parts = [against(full, floor) for floor in FLOORS]
    parts += [against(full, peer) or ("" if paused else derived(full, peer)) for peer in PUBLISHED]
    parts += [_suites(cells), _growth(single)]
    joined = [against(full, other, JOINED) for other in (OURS, *FLOORS, *PUBLISHED)]
    if any(joined):
        more = [*more, "joined: " + ", ".join(part for part in joined if part)]
    return "summary: " + "; ".join(part for part in [*parts, *more, _exact(verdicts)] if part)


def of_servers(cells: Sequence[Cell]) -> str:
    """Each set-up against the first, in one line."""
    first, *others = dict.fromkeys(cell.system for cell in cells) or [""]
    parts = []
    for name in others:
        rate, cost, wait = (ratios(cells, name, first, value) for value in (per_second, cpu, next_p95))
        parts.append(f"{name} {times(rate)} answers/s, {times(cost)} CPU, {times(wait)} next p95")
    return f"summary, against {first}: " + "; ".join(parts)


def against(cells: Sequence[Cell], other: str, ours: str = OURS) -> str:
    """Ours against another system of the same run; empty where one of them was not in it."""
    rate, cost = ratios(cells, ours, other, per_second), ratios(cells, ours, other, cpu)
    return f"{times(rate)} {other}'s answers/s at {times(cost)} its CPU" if rate else ""


def derived(cells: Sequence[Cell], peer: str) -> str:
    """Against a peer that is not in this run: through what the bare view was to it in a run of its own."""
    rate = middle(ratios(cells, OURS, "bare view", per_second))
    cost = middle(ratios(cells, OURS, "bare view", cpu))
    if rate is None or cost is None:
        return ""
    (least, most), (cheap, dear) = PUBLISHED[peer]
    return (
        f"derived: {rate * least:.1f}-{rate * most:.1f}x {peer}'s answers/s at "
        f"1/{cheap / cost:.1f}-1/{dear / cost:.1f} its CPU"
    )


def per_second(cell: Cell) -> float | None:
    """Answers per second, if any were given."""
    return cell.per_second or None


def cpu(cell: Cell) -> float | None:
    """CPU per answer, if any were given."""
    return cell.cpu if cell.answers else None


def next_p50(cell: Cell) -> float | None:
    """Median of next."""
    return cell.next.p50


def next_p95(cell: Cell) -> float | None:
    """95th percentile of next."""
    return cell.next.p95


def times(values: Sequence[float]) -> str:
    """The median as "so many times"; a dash without any."""
    found = middle(values)
    if found is None:
        return "-"
    return f"{found:.2f}x" if found >= 0.1 else f"{found:.3f}x"


def _suites(cells: Sequence[Cell]) -> str:
    largest = max((cell.suite for cell in cells if cell.system == OURS), default=1)
    if largest == 1:
        return ""
    rate, cost = (growth(cells, OURS, "suite", (1, largest), value) for value in (per_second, cpu))
    return f"suites of {largest}: {times(rate)} the answers/s of single tasks at {times(cost)} the CPU"


def _growth(cells: Sequence[Cell]) -> str:
    sizes = sorted({cell.items for cell in cells if cell.system == OURS})
    if len(sizes) < 2:
        return ""
    ends = sizes[0], sizes[-1]
    wait, cost, rate = (growth(cells, OURS, "items", ends, value) for value in (next_p50, cpu, per_second))
    grown = f"next p50 {times(wait)}, CPU {times(cost)}, answers/s {times(rate)}"
    return f"{ends[0]:,} -> {ends[1]:,} tasks: {grown}"


def _exact(verdicts: Sequence[Verdict]) -> str:
    ours = [verdict for verdict in verdicts if verdict.system in (OURS, JOINED)]
    wrong = sum(not verdict.exact for verdict in ours)
    if not ours:
        return ""
    return f"{wrong} of {len(ours)} projects NOT EXACT" if wrong else "0 over, 0 twice, 0 lost"
