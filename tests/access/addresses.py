"""Every address this house answers at, found in the resolver, so that none can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

OURS = ("marketplace.", "workers.", "tasks.")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Address(NamedTuple):
    """One pattern of the resolver: its route, its name ("" in the API) and what answers."""

    route: str
    name: str
    view: Callable[..., Any]

    @property
    def parameters(self) -> list[str]:
        """The names of what the route leaves open."""
        return PARAMETER.findall(self.route)

    @property
    def in_api(self) -> bool:
        """Whether it belongs to the HTTP API."""
        return self.route.startswith("api/v1/")

    @property
    def endpoint(self) -> Any:
        """The API's view class; None for pages."""
        return getattr(self.view, "view_class", None) or getattr(self.view, "cls", None)

    def filled(self, values: Mapping[str, list[str]]) -> Iterator[str]:
        """The paths of this route with every combination of values in its open places."""
        for combination in product(*(values[name] for name in self.parameters)):
            path = self.route
            for value in combination:
                path = PARAMETER.sub(value, path, count=1)
            yield "/" + path


def every_address() -> list[Address]:
    """All patterns, allauth's and the API's description included."""
    return list(_walk(get_resolver().url_patterns, ""))


def our_addresses() -> list[Address]:
    """The patterns answered by our own code."""
    return [address for address in every_address() if address.view.__module__.startswith(OURS)]


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield Address(route, pattern.name or "", pattern.callback)
