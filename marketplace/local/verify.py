"""`python -m marketplace.local verify`: everything CI runs, one summary line per step."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from marketplace.local import browser
from marketplace.local.servers import Given
from marketplace.local.testing import ROOT, throwaway_servers

PATIENCE = 40 * 60.0  # seconds one step may take
CODE = ("manage.py", "marketplace", "workers", "tasks", "tests", "benchmarks")
CLOSING = re.compile(r"^=+ .*\b(passed|failed|error|errors|skipped|no tests ran)\b.* in [\d.]+s.* =+$")


@dataclass(frozen=True)
class Step:
    """One command; `tells` finds the counts in its output; `also` finds what its exit code does not say."""

    name: str
    argv: tuple[str, ...]
    tells: str
    also: Callable[[], str] = str


@dataclass(frozen=True)
class Outcome:
    """What came of a step."""

    step: Step
    ok: bool
    seconds: float
    output: str

    def summary(self) -> str:
        """Name, verdict, seconds and counts, in one line."""
        told = re.findall(self.step.tells, self.output, re.MULTILINE)
        counts = told[-1] if told else ""
        return f"{self.step.name:<12}{'ok' if self.ok else 'FAILED':<8}{self.seconds:7.1f} s   {counts}"

    def closing(self) -> list[str]:
        """pytest's own last line, for readers who look for it."""
        return [line for line in self.output.splitlines() if CLOSING.match(line)][-1:]


def verify() -> int:
    """Run every step even after a failure; 0 when all are well, 1 when not."""
    began = time.monotonic()
    given = Given(os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", ""))
    with throwaway_servers(given) as addresses:
        env = {"DATABASE_URL": addresses.database_url, "REDIS_URL": addresses.redis_url}
        env |= {} if given.redis_url else {"ASSAY_TEST_REDIS": "own"}
        outcomes = _run_all(env)
    failed = [outcome.step.name for outcome in outcomes if not outcome.ok]
    verdict = f"failed: {', '.join(failed)}" if failed else f"all {len(outcomes)} steps are well"
    print(f"\n{verdict} ({time.monotonic() - began:.0f} s)")
    for outcome in outcomes:
        print(*outcome.closing(), sep="\n", end="\n" if outcome.closing() else "")
    return 1 if failed else 0


def _run_all(env: dict[str, str]) -> list[Outcome]:
    """The cheap steps two at a time, then the tests, which fill the machine by themselves."""
    outcomes = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in as_completed([pool.submit(run_step, step, env) for step in _cheap_steps()]):
            outcomes.append(done.result())
            _tell(outcomes[-1])
    for step in _test_steps():
        outcomes.append(run_step(step, env))
        _tell(outcomes[-1])
    return outcomes


def _cheap_steps() -> list[Step]:
    code = tuple(name for name in CODE if (ROOT / name).exists())
    schema = _var() / "run" / "openapi.yaml"
    schema.parent.mkdir(parents=True, exist_ok=True)
    django = (sys.executable, "manage.py")
    return [
        Step("types", (_tool("mypy"), *code), r"(?:Success|Found).*"),
        Step("format", (_tool("ruff"), "format", "--check", "."), r"\d+ files? .*"),
        Step("lint", (_tool("ruff"), "check", "."), r"All checks passed|Found \d+ errors?"),
        Step("imports", (_tool("lint-imports"),), r"Contracts: .*"),
        Step("templates", (_tool("djlint"), "--lint", "templates"), r"Linted .*"),
        Step("migrations", (*django, "makemigrations", "--check", "--dry-run"), r"No changes detected"),
        Step(
            "openapi",
            (*django, "spectacular", "--validate", "--fail-on-warn", "--file", str(schema)),
            r"differs from docs/openapi.yaml|^Warnings.*",
            also=lambda: difference(ROOT / "docs" / "openapi.yaml", schema),
        ),
    ]


def _test_steps() -> list[Step]:
    pytest = (sys.executable, "-m", "pytest")
    parallel = ("-n", str(min(os.cpu_count() or 2, 8)), "--dist", "worksteal")
    counts = r"\d+ (?:passed|failed|errors?|skipped|deselected|warnings?).*(?= in [\d.]+s)"
    steps = [Step("tests", (*pytest, *parallel, "-m", "not story and not long and not fault"), counts)]
    if browser.find() is None:
        print(f"{'stories':<12}skipped: {browser.MISSING}")
        return steps
    return [*steps, Step("stories", (*pytest, "-m", "story"), counts)]


def run_step(step: Step, env: dict[str, str]) -> Outcome:
    """Run one step; its output is kept in var/log/verify-NAME.log too."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            step.argv,
            cwd=ROOT,
            env=os.environ | env | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
        code, output = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as error:
        code, output = 1, (error.stdout or b"").decode(errors="replace") + "\nstopped: it took too long\n"
    if code == 0:
        more = step.also()
        code, output = (1 if more else 0), output + more
    log = _var() / "log" / f"verify-{step.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(output)
    return Outcome(step=step, ok=code == 0, seconds=time.monotonic() - began, output=output)


def _tell(outcome: Outcome) -> None:
    if not outcome.ok:
        print(f"\n----- {outcome.step.name} -----\n{outcome.output.rstrip()}\n-----")
    print(outcome.summary(), flush=True)


def difference(kept: Path, made: Path) -> str:
    """How the made file differs from the kept one; empty when it does not."""
    old = kept.read_text() if kept.exists() else ""
    new = made.read_text()
    if old == new:
        return ""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), str(kept), "what the code says", "", "", 2, ""
    )
    return "\n".join(["the schema differs from docs/openapi.yaml; make openapi writes it anew", *lines, ""])


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _var() -> Path:
    return Path(os.environ.get("ASSAY_VAR") or ROOT / "var").resolve()
