"""One run per directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from marketplace.local import lock

HOLD = """
import sys, time
from pathlib import Path
from marketplace.local import lock
with lock.only_one(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


def test_the_second_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    with lock.only_one(tmp_path) as first:
        with lock.only_one(tmp_path) as second:
            assert first
            assert not second
        assert lock.is_held(tmp_path)
    assert not lock.is_held(tmp_path)


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert lock.is_held(tmp_path)
        holder.kill()
        holder.wait()
    assert not lock.is_held(tmp_path)
