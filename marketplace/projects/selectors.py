"""Questions to projects: the parsed schema, the guidelines as safe HTML."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

from marketplace.projects.models import Guideline, Project
from marketplace.projects.schema import Schema, parse

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=512)
def _schema_by_id(project_id: int) -> Schema:
    return parse(Project.objects.values_list("schema", flat=True).get(pk=project_id))


def schema_of(project_id: int) -> Schema:
    """The parsed schema of a project. A schema never changes once stored, so it is parsed once a process."""
    return _schema_by_id(project_id)


@lru_cache(maxsize=512)
def _guideline_html(guideline_id: int) -> str:
    body = Guideline.objects.values_list("body", flat=True).get(pk=guideline_id)
    return nh3.clean(
        _markdown.render(body), attributes={"a": {"href", "title"}}, link_rel="noopener noreferrer nofollow"
    )


def guideline_html(guideline_id: int | None) -> str:
    """One version of the guidelines as HTML that holds nothing but formatting; empty for None."""
    return _guideline_html(guideline_id) if guideline_id else ""


def guidelines_html(project_id: int) -> str:
    """The newest guidelines as HTML that holds nothing but formatting.

    A version never changes once written, so each is rendered once a process.
    """
    newest = Guideline.objects.filter(project_id=project_id).order_by("-version")
    return guideline_html(newest.values_list("id", flat=True).first())
