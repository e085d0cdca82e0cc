"""`manage.py limits`: how much may be held or run at once, and by whom; for operators."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.clients.models import Client
from marketplace.clients.services import limit_client
from marketplace.core.errors import Invalid
from workers.profiles.models import Worker
from workers.profiles.services import limit_worker
from workers.teams.models import Vendor
from workers.teams.services import limit_vendor


class Command(BaseCommand):
    """Arguments and printing; the limits stand on the rows of workers, vendors and clients."""

    help = "Show the limits of a worker, a vendor or a client, or set them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and what."""
        parser.add_argument("kind", choices=["worker", "vendor", "client"])
        parser.add_argument("id", help="the public id")
        parser.add_argument("--leases", type=int, help="tasks a worker or a team may hold at once")
        parser.add_argument("--batches", type=int, help="batches of a client that may run at once")
        parser.add_argument("--priority", type=float, help="how much a client's work counts (1 is usual)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set what was given, then show what stands."""
        act = {"worker": self._worker, "vendor": self._vendor, "client": self._client}[options["kind"]]
        try:
            act(options)
        except (Worker.DoesNotExist, Vendor.DoesNotExist, Client.DoesNotExist):
            raise CommandError(f"there is no {options['kind']} {options['id']}") from None
        except Invalid as error:
            raise CommandError(
                "; ".join(f"{fault.where}: {fault.detail}" for fault in error.faults)
            ) from error

    def _worker(self, options: dict[str, Any]) -> None:
        worker = Worker.objects.get(public_id=options["id"])
        if options["leases"] is not None:
            limit_worker(worker=worker, most_leases=options["leases"])
            worker.refresh_from_db()
        self.stdout.write(f"{worker.display_name} may hold {worker.most_leases:,} tasks at once")

    def _vendor(self, options: dict[str, Any]) -> None:
        vendor = Vendor.objects.get(public_id=options["id"])
        if options["leases"] is not None:
            limit_vendor(vendor=vendor, most_leases=options["leases"])
            vendor.refresh_from_db()
        held = f"and held {vendor.leases_seen:,} a moment ago"
        self.stdout.write(f"{vendor.name} may hold {vendor.most_leases:,} tasks at once, {held}")

    def _client(self, options: dict[str, Any]) -> None:
        client = Client.objects.get(public_id=options["id"])
        if options["batches"] is not None or options["priority"] is not None:
            limit_client(client=client, most_live_batches=options["batches"], priority=options["priority"])
            client.refresh_from_db()
        counts = f"its work counts {client.priority:g} times as much as usual"
        self.stdout.write(f"{client.name} may run {client.most_live_batches:,} batches at once; {counts}")
