"""The page on which a person becomes a worker."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from marketplace.accounts.pages import blame, user_of
from marketplace.core.errors import DomainError
from workers.profiles.services import join_as_worker


class JoinForm(forms.Form):
    """How a worker wants to be called."""

    display_name = forms.CharField(
        label=_("A name to work under"), help_text=_("Clients never see it."), max_length=60
    )
    country = forms.CharField(
        label=_("Country"),
        help_text=_("Two letters, such as KE. You may leave it out."),
        max_length=2,
        required=False,
    )


@login_required
@require_http_methods(["GET", "POST"])
def worker_join(request: HttpRequest) -> HttpResponse:
    """Join the crowd."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            join_as_worker(user=user_of(request), **form.cleaned_data)
        except DomainError as error:
            blame(form, error)
        else:
            return redirect("work")
    return render(request, "worker/join.html", {"form": form})
