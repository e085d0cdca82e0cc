"""Template filters for numbers people read: money, shares, spans of time."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MICROS = Decimal(1_000_000)


@register.filter
def money(micros: int, places: int | None = None) -> str:
    """Micros as exact units: at least `places` decimals (2), more only where there is something to show."""
    amount = Decimal(int(micros)) / MICROS
    shown = max(places or 2, -int(amount.normalize().as_tuple().exponent))
    written = number_format(amount, decimal_pos=shown, use_l10n=True, force_grouping=True)
    return written.replace("-", "\u2212")


@register.filter
def rounded_money(micros: int) -> str:
    """Micros rounded to hundredths: for measured or estimated amounts only, never for what is owed."""
    amount = (Decimal(int(micros)) / MICROS).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    return number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)


@register.filter
def percent(share: float | None, digits: int = 0) -> str:
    """A share 0..1 as "97 %"; a dash when there is none."""
    if share is None:
        return "\u2013"
    return f"{number_format(Decimal(str(100 * share)), decimal_pos=digits, use_l10n=True)}\u00a0%"


@register.filter
def fine_percent(share: float | None) -> str:
    """A share 0..1 with as many decimals as it was written with, three at most: "97 %" but "97.5 %"."""
    if share is None:
        return percent(share)
    written = Decimal(str(round(100 * share, 3))).normalize()
    return percent(share, max(0, -int(written.as_tuple().exponent)))


@register.filter
def percents(shares: Sequence[float]) -> str:
    """Shares 0..1 in a sentence: "97 %, 98 % and 99 %"."""
    *first, last = [fine_percent(share) for share in shares] or [""]
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


@register.filter
def thousandths(share: float | None) -> int:
    """A share 0..1 as 0..1000: the coordinates of drawn bars."""
    return round(1000 * min(1.0, max(0.0, share or 0.0)))


@register.filter
def minus(value: int, other: int) -> int:
    """The difference of two whole numbers."""
    return int(value or 0) - int(other or 0)


@register.filter
def span(seconds: float | None) -> str:
    """Seconds as "8 s", "3 min", "2 h 5 min" or "4 days"; a dash when there are none."""
    if seconds is None:
        return "\u2013"
    whole = round(seconds)
    if whole < 90:
        return _("%(n)d s") % {"n": whole}
    if whole < 5400:
        return _("%(n)d min") % {"n": round(whole / 60)}
    if whole < 172_800:
        return _("%(h)d h %(m)d min") % {"h": whole // 3600, "m": whole % 3600 // 60}
    days = round(whole / 86_400)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
