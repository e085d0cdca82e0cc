"""What can go wrong, in the words of the domain; HTTP is unknown here."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from django.db import IntegrityError


class Fault(NamedTuple):
    """One thing wrong with an input: where it stands, a stable code, a sentence for a person."""

    where: str
    code: str
    detail: str


class DomainError(Exception):
    """Something the domain refuses.

    The docstring of a subclass is its default message, so no error can go undescribed;
    `code` is stable and part of the API; `data` are typed facts for the caller.
    """

    code: ClassVar[str] = "refused"
    retry_after: ClassVar[int] = 0  # seconds until it may be worth trying again; 0: nobody knows
    keeps: ClassVar[bool] = False  # whether what was written before it was raised is to stand

    def __init__(self, message: str = "", *, faults: list[Fault] | None = None, **data: Any) -> None:
        self.message = message or (self.__doc__ or "").strip().splitlines()[0]
        self.faults = faults or []
        self.data = data
        super().__init__(self.message)


class NotFound(DomainError):
    """There is nothing here by that name that you may see."""

    code = "not_found"


class Forbidden(DomainError):
    """You may not do this."""

    code = "forbidden"


class Invalid(DomainError):
    """What was sent does not make sense; see errors for the places."""

    code = "invalid"


class Conflict(DomainError):
    """Things have moved on since; look again and decide."""

    code = "conflict"


class Unavailable(DomainError):
    """Not just now; try again in a moment."""

    code = "unavailable"
    retry_after = 2  # seconds


class TooMany(DomainError):
    """Too many at once; finish some of them first."""

    code = "too_many"
    retry_after = 30  # seconds


def broken_constraint(error: IntegrityError) -> str:
    """Name of the database constraint that an error broke, or an empty string.

    Services translate it into a domain error, so the referee's verdict keeps its name.
    """
    cause = error.__cause__
    diag = getattr(cause, "diag", None)
    return str(getattr(diag, "constraint_name", None) or "")
