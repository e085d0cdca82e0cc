"""Schemas over HTTP: what other tools' configurations become here. Nothing is stored."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Scope
from marketplace.core.api import Endpoint
from marketplace.core.errors import Fault, Invalid
from marketplace.projects.label_studio import LONGEST, ConfigUnreadable, import_config
from marketplace.projects.schema import SchemaInvalid, describe, parse


class LabelStudioIn(serializers.Serializer[Any]):
    """A labelling configuration, as XML."""

    config = serializers.CharField(max_length=LONGEST, trim_whitespace=False)


class LeftOut(serializers.Serializer[Any]):
    """Something of the configuration that is not in the schema, and why."""

    where = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField(source="message")


class ImportedSchema(serializers.Serializer[Any]):
    """A schema to open a project with, and what was left out."""

    schema = serializers.JSONField()
    left_out = LeftOut(many=True)


class FromLabelStudio(Endpoint):
    """Label Studio configurations."""

    scope = Scope.CLIENT
    repeatable = False  # nothing is done

    @extend_schema(request=LabelStudioIn, responses=ImportedSchema, operation_id="schemas_from_label_studio")
    def post(self, request: Request) -> Response:
        """What a Label Studio labelling configuration becomes here. What has no counterpart is named."""
        data = LabelStudioIn(data=request.data)
        data.is_valid(raise_exception=True)
        try:
            found = import_config(data.validated_data["config"])
            schema = describe(parse(found.schema))
        except ConfigUnreadable as error:
            raise Invalid(faults=[Fault("config", "config_unreadable", str(error))]) from error
        except SchemaInvalid as error:
            faults = [Fault(f"schema.{where}".rstrip("."), *rest) for where, *rest in error.problems]
            raise Invalid(faults=faults) from error
        return Response(ImportedSchema({"schema": schema, "left_out": found.left_out}).data)
