"""The one seam for time."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """The present moment, in UTC with its zone."""
    return timezone.now()  # noqa: TID251  (this is the one place that may ask)
