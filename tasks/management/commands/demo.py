"""`manage.py demo`: load the demo's people and projects; `--list`: how to sign in as them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from tasks.demo.load import load_demo
from tasks.demo.people import DEMO_PEOPLE, role_words
from tasks.replays.run import server_address


class Command(BaseCommand):
    """Arguments and printing; the content is tasks.demo."""

    help = "Load demo content (twice is once), or list the demo's sign-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do."""
        parser.add_argument("--list", action="store_true", help="print the sign-ins and change nothing")
        parser.add_argument(
            "--again", action="store_true", help="also launch a new batch where all batches are closed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or list."""
        if options["list"]:
            self._list()
            return
        if not settings.DEMO:
            raise CommandError("demo content is loaded only with ASSAY_DEMO=1")
        batches = load_demo(again=options["again"])
        for batch in batches:
            self.stdout.write(f"launched {batch.name}")
        if not batches:
            self.stdout.write("the demo is there already")

    def _list(self) -> None:
        self.stdout.write(f"Sign in with one click at {server_address()}{reverse('home')}")
        for person in DEMO_PEOPLE:
            self.stdout.write(f"  {person.role!s:<15} {person.name:<5} {role_words(person.key)}")
        self.stdout.write("Simulated people to watch: .venv/bin/python manage.py crowd --workers 40")
