"""Every error code and every setting is in the docs, and nothing else is."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from rest_framework import exceptions

from marketplace.core.api import problem
from marketplace.core.errors import DomainError
from tests.house.source import FLOORS, ROOT, python_files, tables

SETTING = re.compile(r'(?:\benv\.\w+|environ\.get|_number|\benviron)[(\[](?:env, )?"([A-Z][A-Z_]+)"')
# read by the framework or the tools below us, not by us
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}


def errors(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every refusal of the domain."""
    yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


@pytest.fixture(scope="module", autouse=True)
def _all_modules() -> None:
    for floor in FLOORS:
        package = importlib.import_module(floor)
        for found in pkgutil.walk_packages(package.__path__, f"{floor}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def ours() -> list[type[DomainError]]:
    """The refusals that belong to the house; tests may have made some of their own."""
    return [kind for kind in errors() if kind.__module__.startswith(FLOORS)]


def test_it_gives_every_refusal_a_code_and_words_of_its_own() -> None:
    for said in ([kind.code for kind in ours()], [(kind.__doc__ or "").strip() for kind in ours()]):
        assert [words for words, times in Counter(said).items() if times > 1 or not words] == []


def test_it_documents_every_code_with_its_status() -> None:
    real = {kind.code: str(problem(kind()).status_code) for kind in ours()}
    framework = [each for each in vars(exceptions).values() if isinstance(each, type)]
    for kind in framework:
        if issubclass(kind, exceptions.APIException) and kind.default_code not in real:
            real[kind.default_code] = str(kind.status_code)
    written = {row[0].strip("`"): row[1] for row in tables("errors.md")}
    assert written == real


def test_it_explains_every_code() -> None:
    assert all(len(row) == 3 and len(row[2]) > 10 for row in tables("errors.md"))
    codes = [row[0] for row in tables("errors.md")]
    assert len(codes) == len(set(codes))


def test_it_documents_every_setting_and_none_that_is_not_there() -> None:
    files = [*python_files(*FLOORS), ROOT / "manage.py", ROOT / "tests" / "conftest.py"]
    read = {name for path in files for name in SETTING.findall(path.read_text())}
    assert read >= {"DATABASE_URL", "PORT", "ASSAY_FEE_PPM", "EMAIL_HOST_PASSWORD"}
    assert {row[0].strip("`") for row in tables("settings.md")} == read - NOT_OURS
