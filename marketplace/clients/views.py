"""Pages to open a client and, in a demo, to fill its purse."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.pages import blame, tell, user_of
from marketplace.clients.access import client_for_user
from marketplace.clients.services import create_client, deposit_funds
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.ids import public_id
from marketplace.ledger.money import MICROS


class ClientForm(forms.Form):
    """A new client."""

    name = forms.CharField(label=gettext_lazy("Name of the organisation, or your own"), max_length=120)
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), choices=[(code, code) for code in ("USD", "EUR", "GBP")]
    )


class AmountForm(forms.Form):
    """An amount in units of the currency."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=Decimal("0.01"), max_digits=12, decimal_places=6
    )

    def micros(self) -> int:
        """The amount in micros."""
        return int(self.cleaned_data["amount"] * MICROS)


@login_required
@require_http_methods(["GET", "POST"])
def client_new(request: HttpRequest) -> HttpResponse:
    """Open a client; you become its owner."""
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            client = create_client(user=user_of(request), **form.cleaned_data)
        except DomainError as error:
            blame(form, error)
        else:
            return redirect("client-home", client.public_id)
    return render(request, "client/new.html", {"form": form})


@login_required
@require_POST
def client_deposit(request: HttpRequest, client: str) -> HttpResponse:
    """Fill the purse of a demo client with play money."""
    if not settings.DEMO:
        raise Forbidden
    found = client_for_user(user_of(request), client, write=True)
    form = AmountForm(request.POST)
    if form.is_valid():
        try:
            deposit_funds(client=found, amount_micros=form.micros(), reference=f"demo {public_id()}")
        except DomainError as error:
            tell(request, error)
        else:
            messages.success(request, _("The money is there."))
    else:
        messages.error(request, _("Give an amount of at least 0.01."))
    return redirect("client-home", found.public_id)
