"""Who is calling: a person, the key they came by and what they are on the floors above, in one statement.

Every request asks this. The statement is put together once, and the database functions behind it are planned
once a connection; both together took longer than all the rest of an empty request. Of who calls by a key
again only the versions of their rows are asked: while those are the same, so is all that was read of them.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.db.models.base import ModelState

from marketplace.accounts.models import ApiKey, User
from marketplace.core.clock import now

P = TypeVar("P", bound=Model)
LAST_USED_STEP = dt.timedelta(minutes=5)
MOST_KNOWN = 4096  # callers a process remembers
_VERSIONS = "SELECT versions, used FROM caller_versions(%s, %s)"
_FIRST = "(SELECT versions FROM caller_versions(%s, %s)), "


class _Known(NamedTuple):
    """What was read of a caller by a key, and of which versions of their rows."""

    versions: str
    key: ApiKey
    person: User


_known: dict[str, _Known] = {}
_remembering = Lock()


def caller_by_secret(secret_hash: str) -> tuple[User, ApiKey] | None:
    """Whom a key's secret (hashed) lets in, and the key; None for a key that is unknown, revoked or over."""
    known, asked = _known.get(secret_hash), [secret_hash, now()]
    if known is not None:
        found = _row(_VERSIONS, asked)
        if found is not None and found[0] == known.versions:
            return _again(known, found[1])
    values = _row(_sql("caller_by_secret(%s, %s)", ApiKey, User, first=_FIRST), asked + asked)
    if values is None:
        _known.pop(secret_hash, None)
        return None
    versions = values.pop(0)
    key = cast(ApiKey, _take(ApiKey, values))
    read = _Known(versions, key, _person(values))
    _remember(secret_hash, read)
    return _again(read, key.last_used_at)


def person_by_id(user_id: int) -> User | None:
    """The person with this number, active or not."""
    values = _row(_sql("caller_by_id(%s)", User), [user_id])
    return None if values is None else _person(values)


def profile_of(user: User, kind: type[P]) -> P | None:
    """What `user` is on a floor above: known already of whoever is calling, asked now of everybody else."""
    known: dict[type[Model], Any] | None = getattr(user, "profiles", None)  # nobody's are not known either
    if known is not None and kind in known:
        return cast("P | None", known[kind])
    return kind._default_manager.filter(user=user).first()


def note_use(key: ApiKey) -> None:
    """Write down that a key is in use, at most once in LAST_USED_STEP however many requests ask at once."""
    moment = now()
    if key.last_used_at is not None and key.last_used_at > moment - LAST_USED_STEP:
        return
    unchanged = ApiKey.objects.filter(pk=key.pk, last_used_at=key.last_used_at)
    unchanged.update(last_used_at=moment)


@cache
def _profiles() -> tuple[type[Model], ...]:
    """What a person may be on the floors above, each by a one-to-one field named `user`."""
    return tuple(apps.get_model(name) for name in settings.CALLER_PROFILES)


@cache
def _sql(function: str, *models: type[Model], first: str = "") -> str:
    """All columns of the rows that a function gives, by name: a table's order is not that of its model."""
    columns = ", ".join(
        f'("{model._meta.model_name}")."{field.column}"'
        for model in (*models, *_profiles())
        for field in model._meta.concrete_fields
    )
    return f"SELECT {first}{columns} FROM {function}"  # noqa: S608


def _row(sql: str, parameters: list[Any]) -> list[Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return None if row is None else list(row)


def _take(model: type[P], values: list[Any]) -> P | None:
    """A row of `model` from the front of `values`, which gets shorter; None where there is none."""
    names = [field.attname for field in model._meta.concrete_fields]
    own = values[: len(names)]
    del values[: len(names)]
    return None if own[0] is None else model.from_db("default", names, own)


def _person(values: list[Any]) -> User:
    user = cast(User, _take(User, values))
    return _with_profiles(user, {model: _take(model, values) for model in _profiles()})


def _with_profiles(user: User, profiles: dict[type[Model], Any]) -> User:
    user.profiles = profiles
    for profile in filter(None, profiles.values()):
        profile.user = user
    return user


def _remember(secret_hash: str, read: _Known) -> None:
    with _remembering:
        _known[secret_hash] = read
        while len(_known) > MOST_KNOWN:
            del _known[next(iter(_known))]


def _again(known: _Known, used: dt.datetime | None) -> tuple[User, ApiKey]:
    """What was read, in rows that nobody has had: a view may write to its own. `used`: when the key was."""
    profiles = {model: row and _copy(row) for model, row in (known.person.profiles or {}).items()}
    key, person = _copy(known.key), _with_profiles(_copy(known.person), profiles)
    key.user, key.last_used_at = person, used
    return person, key


def _copy(row: P) -> P:
    """A row like another, as just read. Putting it together anew from its columns takes ten times as long."""
    made = row.__class__.__new__(row.__class__)
    made.__dict__.update(row.__dict__)
    made._state = ModelState()
    made._state.adding, made._state.db = False, row._state.db
    return made
