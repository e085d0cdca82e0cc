"""Accuracy against answers, one picture per stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from benchmarks.quality.saving import Curve, Saving

WIDTH, HEIGHT, EDGE = 460, 300, 44
#: how each rule is drawn: dashes, so that it can be read without colour, then colour
STYLES = {
    "vote": ("1 4", "#777777"),
    "toloka": ("6 4", "#2f6f9f"),
    "ours": ("none", "#b8860b"),
    "choosing": ("10 3 2 3", "#7a4f00"),
}
NAMES = {"vote": "fixed overlap", "toloka": "Toloka's rule", "ours": "ours", "choosing": "ours, choosing"}


def draw_curves(rows: Sequence[Saving], folder: Path) -> None:
    """Write one SVG per stream into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        (folder / f"{row.crowd}-{row.overlap}.svg").write_text(draw(row), encoding="utf-8")


def draw(row: Saving) -> str:
    """The picture of one stream."""
    points = [point for curve in row.curves.values() for point in curve]
    most = max(answers for answers, _ in points)
    low, high = min(reached for _, reached in points), max(reached for _, reached in points)
    title = f"{row.crowd}: accuracy against answers per task, at most {row.overlap}"

    def place(answers: float, reached: float) -> str:
        x = EDGE + (WIDTH - 2 * EDGE) * answers / most
        y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (reached - low) / max(high - low, 1e-9)
        return f"{x:.1f},{y:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="11"><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{EDGE}" y="20" font-weight="600">{escape(title)}</text>',
        f'<path d="M{EDGE},{EDGE} V{HEIGHT - EDGE} H{WIDTH - EDGE}" fill="none" stroke="#999999"/>',
        f'<text x="4" y="{EDGE + 4}">{high:.1%}</text><text x="4" y="{HEIGHT - EDGE}">{low:.1%}</text>',
        f'<text x="{EDGE}" y="{HEIGHT - EDGE + 16}">0</text>',
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - EDGE + 16}" text-anchor="end">{most:.1f}</text>',
    ]
    for nth, (name, curve) in enumerate(row.curves.items()):
        parts.append(_line(name, sorted(curve), place))
        dashes, colour = STYLES[name]
        y = HEIGHT - EDGE - 10 - 15 * nth
        parts.append(
            f'<path d="M{WIDTH - 150},{y - 4} h26" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/><text x="{WIDTH - 118}" y="{y}">{NAMES[name]}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _line(name: str, curve: Curve, place: Callable[[float, float], str]) -> str:
    dashes, colour = STYLES[name]
    points = " ".join(place(answers, reached) for answers, reached in curve)
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-dasharray="{dashes}"/>'
    )
