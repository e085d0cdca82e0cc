"""Forms for projects and batches, in the units people think in."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.clients.models import Client
from marketplace.datasets.models import DatasetState
from marketplace.ledger.money import MICROS
from marketplace.projects.services import DEFAULTS

# where a refused term stands in the form
FIELD_OF_TERM = {
    "reward_micros": "reward",
    "expert_reward_micros": "expert_reward",
    "lease_seconds": "lease_minutes",
    "acceptance_seconds": "acceptance_minutes",
}


class ProjectForm(forms.Form):
    """A new project: the schema comes as JSON from the editor."""

    name = forms.CharField(label=_("Name of the project"), max_length=120)
    guidelines = forms.CharField(
        label=_("Guidelines"),
        help_text=_("What should a worker know? Markdown. Say what to do in doubt."),
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=100_000,
    )
    schema = forms.CharField(widget=forms.Textarea, max_length=200_000)

    def clean_schema(self) -> Any:
        """The schema as JSON."""
        try:
            return json.loads(self.cleaned_data["schema"])
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON.")) from error


class BatchForm(forms.Form):
    """A new batch, with the defaults that fit most."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    dataset = forms.ChoiceField(label=_("Data"))
    reward = forms.DecimalField(
        label=_("Reward per answer"), max_digits=9, decimal_places=6, min_value=Decimal("0.000001")
    )
    seconds_per_task = forms.IntegerField(label=_("Seconds an answer takes"), min_value=1, max_value=7200)
    target_accuracy = forms.FloatField(
        label=_("Right rows, over the whole batch (percent)"), min_value=50, max_value=99.9
    )
    min_overlap = forms.IntegerField(label=_("Answers at least"), min_value=1)
    max_overlap = forms.IntegerField(label=_("Answers at most, then an expert"), min_value=1)
    gold_share = forms.FloatField(label=_("Known rows mixed in (percent)"), min_value=0, max_value=50)
    gold_max_overlap = forms.IntegerField(label=_("Answers per known row at most"), min_value=1)
    no_gold_reason = forms.CharField(label=_("No known rows? Say why"), required=False, max_length=300)
    expert_reward = forms.DecimalField(
        label=_("Reward per verdict"), max_digits=10, decimal_places=6, min_value=0
    )
    suite_size = forms.IntegerField(label=_("Tasks handed out together"), min_value=1, max_value=50)
    lease_minutes = forms.FloatField(label=_("Minutes to answer them"), min_value=0.5)
    most_per_worker = forms.IntegerField(
        label=_("Tasks one worker may be given"),
        help_text=_("Empty: as many as there are."),
        min_value=1,
        required=False,
    )
    acceptance_minutes = forms.FloatField(label=_("Minutes until an answer is paid"), min_value=0)

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = client.datasets.filter(state__in=(DatasetState.READY, DatasetState.FROZEN)).order_by("-id")
        choices = [(each.public_id, f"{each.name} ({each.rows_count})") for each in usable]
        self.fields["dataset"].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def defaults() -> dict[str, Any]:
        """The batch defaults in the form's units."""
        return {
            "reward": Decimal(DEFAULTS["reward_micros"]) / MICROS,
            "expert_reward": Decimal(DEFAULTS["expert_reward_micros"]) / MICROS,
            "target_accuracy": DEFAULTS["target_accuracy"] * 100,
            "gold_share": DEFAULTS["gold_share"] * 100,
            "lease_minutes": DEFAULTS["lease_seconds"] / 60,
            "acceptance_minutes": DEFAULTS["acceptance_seconds"] / 60,
        } | {
            key: DEFAULTS[key]
            for key in ("min_overlap", "max_overlap", "gold_max_overlap", "suite_size", "seconds_per_task")
        }

    def terms(self) -> dict[str, Any]:
        """The valid fields in the domain's units; what is not (yet) valid is left out."""
        given = {key: value for key, value in self.cleaned_data.items() if value is not None}
        scaled: dict[str, tuple[str, float | int]] = {
            "reward": ("reward_micros", MICROS),
            "expert_reward": ("expert_reward_micros", MICROS),
            "lease_minutes": ("lease_seconds", 60),
            "acceptance_minutes": ("acceptance_seconds", 60),
        }
        terms: dict[str, Any] = {
            name: int(given[field] * factor) for field, (name, factor) in scaled.items() if field in given
        }
        terms |= {name: given[name] / 100 for name in ("target_accuracy", "gold_share") if name in given}
        whole = ["seconds_per_task", "min_overlap", "max_overlap", "gold_max_overlap"]
        whole += ["suite_size", "most_per_worker"]
        terms |= {name: given[name] for name in (*whole, "no_gold_reason") if name in given}
        return terms
