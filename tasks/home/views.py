"""The front door, and the demo's one-click sign-ins."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from marketplace.accounts.models import User
from marketplace.core.errors import NotFound
from tasks.demo.people import DEMO_PEOPLE, role_words


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where can I go? Signed out: what this is, and how to come in."""
    people = []
    if settings.DEMO and not request.user.is_authenticated:
        people = [
            {"person": person.key, "name": person.name, "role": person.role, "text": role_words(person.key)}
            for person in DEMO_PEOPLE
        ]
    return render(request, "home.html", {"demo_people": people})


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo's people; there is no such door outside a demo."""
    wanted = request.POST.get("person", "")
    person = next((each for each in DEMO_PEOPLE if each.key == wanted), None)
    user = User.objects.filter(email=person.email).first() if person else None
    if not settings.DEMO or user is None:
        raise NotFound
    login(request, user, backend="marketplace.accounts.backends.People")
    return redirect("home")
