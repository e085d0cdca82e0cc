"""The page of a person's API keys."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.models import Scope
from marketplace.accounts.pages import user_of
from marketplace.accounts.services import create_api_key, revoke_api_key

SCOPE_WORDS = {
    Scope.CLIENT: _("Run projects and read results"),
    Scope.WORK: _("Answer tasks"),
    Scope.REVIEW: _("Judge disputes"),
    Scope.VENDOR: _("See my team"),
    Scope.OPERATE: _("Operate this installation"),
}


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(label=_("What is it for?"), max_length=120)
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        choices=list(SCOPE_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )


@login_required
@require_http_methods(["GET", "POST"])
def account_keys(request: HttpRequest) -> HttpResponse:
    """List the keys; a POST makes one and shows its secret this once."""
    user = user_of(request)
    form = KeyForm(request.POST or None)
    new_key = None
    if request.method == "POST" and form.is_valid():
        key, secret = create_api_key(user=user, **form.cleaned_data)
        new_key, form = {"name": key.name, "key": secret}, KeyForm()
    keys = user.api_keys.filter(revoked_at=None).order_by("-id")
    return render(request, "account_keys.html", {"keys": keys, "form": form, "new_key": new_key})


@login_required
@require_POST
def account_key_revoke(request: HttpRequest, key: str) -> HttpResponse:
    """Revoke a key."""
    revoke_api_key(user=user_of(request), public_id=key)
    return redirect("account-keys")
