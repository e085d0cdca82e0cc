"""Guidelines: versions, and what of them reaches a worker's screen."""

from __future__ import annotations

import re

import pytest

from marketplace.projects.selectors import guidelines_html
from marketplace.projects.services import write_guidelines
from tests.factories import make_client, make_project

pytestmark = pytest.mark.django_db


def shown(body: str) -> str:
    project = make_project(make_client(funds_micros=0))
    write_guidelines(project=project, body=body)
    return guidelines_html(project.pk)


def test_each_is_a_new_version_and_the_newest_is_shown() -> None:
    project = make_project(make_client(funds_micros=0))
    assert [write_guidelines(project=project, body=body).version for body in ("Two.", "Three.")] == [2, 3]
    assert guidelines_html(project.pk) == "<p>Three.</p>\n"


def test_markdown_becomes_formatting() -> None:
    html = shown("# Cats\n\n*Look*.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert "<h1>Cats</h1>" in html
    assert "<em>Look</em>" in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="https://x.org" onclick="alert(1)">x</a>',
        "<iframe src=//x.org></iframe><style>*{display:none}</style>",
        "![x](https://spy.example/pixel.gif)",
    ],
)
def test_nothing_but_formatting_gets_through(body: str) -> None:
    for tag, attributes in re.findall(r"<(\w+)([^>]*)>", shown(body)):
        assert tag in ("p", "img")
        assert attributes.strip() in ("", 'alt="x"')


def test_a_link_gives_nothing_away_about_who_follows_it() -> None:
    assert 'rel="noopener noreferrer nofollow"' in shown("[x](https://example.org)")


def test_a_project_without_any_shows_nothing() -> None:
    project = make_project(make_client(funds_micros=0))
    project.guidelines.all().delete()
    assert guidelines_html(project.pk) == ""
