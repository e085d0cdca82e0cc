"""How to run PostgreSQL, which refuses to be root, when we are root; no user is made, no directory opened."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from marketplace.local.errors import LocalError


@dataclass(frozen=True)
class Way:
    """A prefix to put before a command, and the user who must own the files it writes (None: ourselves)."""

    name: str
    prefix: tuple[str, ...] = ()
    owner: int | None = None


AS_WE_ARE = Way(name="as we are")
# A user namespace of its own: inside, root's files belong to user 1000, so even /root stays closed to others.
IN_A_NAMESPACE = Way(
    name="in a user namespace",
    prefix=("unshare", "--user", "--map-user=1000", "--map-group=1000"),
    owner=0,
)


def as_nobody() -> Way:
    """Give up root for `nobody`, keeping only the right to pass through directories that are closed to it.

    setpriv sets the death signal again, for the system clears it when the user changes.
    """
    nobody = pwd.getpwnam("nobody")
    return Way(
        name="as nobody",
        prefix=(
            "setpriv",
            f"--reuid={nobody.pw_uid}",
            f"--regid={nobody.pw_gid}",
            "--clear-groups",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
            "--pdeathsig=INT",
        ),
        owner=nobody.pw_uid,
    )


def choose(program: Path, directory: Path) -> Way:
    """The first way in which `program` runs and may write to `directory`; LocalError when there is none."""
    if os.geteuid() != 0:
        return AS_WE_ARE
    for way in (IN_A_NAMESPACE, as_nobody()):
        if works(way, [str(program), "--version"]) and works(way, ["test", "-w", str(directory)]):
            return way
    raise LocalError(
        "PostgreSQL does not run as root and this system allows no way around it; "
        "run as an ordinary user, or give a database: DATABASE_URL=postgres://user:password@host/name"
    )


def give(way: Way, directory: Path) -> None:
    """Make all of `directory` belong to whom `way` needs; does nothing when it already does."""
    if way.owner is None or directory.stat().st_uid == way.owner:
        return
    for path in [*directory.rglob("*"), directory]:  # the top last: an interrupted change is taken up again
        os.chown(path, way.owner, -1, follow_symlinks=False)


def works(way: Way, command: Sequence[str]) -> bool:
    """Whether a command succeeds in this way; systems forbid one or the other."""
    try:
        done = subprocess.run([*way.prefix, *command], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
