"""The demo's people: who can be signed in as with one click, and as what."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DemoPerson(NamedTuple):
    """Somebody the demo knows; `key` is what the sign-in button posts."""

    key: str
    role: str | Promise
    name: str
    email: str


DEMO_PEOPLE = (
    DemoPerson("client", _("Client"), "Ada", "ada@demo.assay"),
    DemoPerson("worker", _("Worker"), "Ben", "ben@demo.assay"),
    DemoPerson("vendor", _("Vendor manager"), "Vera", "vera@demo.assay"),
    DemoPerson("expert", _("Expert"), "Cho", "cho@demo.assay"),
    DemoPerson("operator", _("Operator"), "Otto", "otto@demo.assay"),
)

_WORDS: dict[str, str | Promise] = {
    "client": _("Watch batches run, see what they cost, download the results"),
    "worker": _("Answer questions and see what you earn"),
    "vendor": _("See how your team is doing"),
    "expert": _("Decide where workers disagree"),
    "operator": _("See that the house stands: servers, ledger, payouts"),
}


def role_words(key: str) -> str | Promise:
    """One line on what this person can do."""
    return _WORDS[key]
