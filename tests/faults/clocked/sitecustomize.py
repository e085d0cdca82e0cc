"""Python reads this first where this directory is on its path: its clock then goes by a file, too."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from django.utils import timezone

honest = timezone.now  # noqa: TID251  (under the project's own seam)
jump = Path(os.environ["CLOCK_JUMP"])


def now() -> dt.datetime:
    """The present moment, put forward by the seconds in the file."""
    return honest() + dt.timedelta(seconds=float(jump.read_text() or 0))


timezone.now = now  # noqa: TID251
