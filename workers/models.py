"""A face: lets Django find the slices' models under the one label `workers`."""

from workers.pay.models import Payout
from workers.profiles.models import Expert, Worker
from workers.reliability.models import Reliability
from workers.teams.models import TeamMember, Vendor, VendorManager

__all__ = ["Expert", "Payout", "Reliability", "TeamMember", "Vendor", "VendorManager", "Worker"]
