"""Pictures drawn from nothing but numbers: a small canvas with soft edges, written as PNG. Pure."""

from __future__ import annotations

import base64
import struct
import zlib
from math import hypot

LEVELS = 4
PAPER = (250, 247, 240)
INKS = {"slate": (52, 73, 94), "gold": (184, 134, 11), "sea": (46, 125, 125), "brick": (160, 74, 60)}


class Canvas:
    """A sheet of paper `width` by `height` pixels.

    A pixel is 0 for paper or `LEVELS` steps per ink, so that an edge can fade into the paper.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._pixels = bytearray(width * height)

    def dot(self, x: float, y: float, radius: float, ink: str) -> None:
        """A filled circle around (x, y), in pixels from the upper left corner."""
        for row in range(max(0, int(y - radius - 1)), min(self.height, int(y + radius + 2))):
            for column in range(max(0, int(x - radius - 1)), min(self.width, int(x + radius + 2))):
                self._paint(column, row, radius - hypot(column - x, row - y) + 0.5, ink)

    def line(self, start: tuple[float, float], end: tuple[float, float], ink: str) -> None:
        """A thin line between two points."""
        steps = int(hypot(end[0] - start[0], end[1] - start[1])) + 1
        for step in range(steps + 1):
            share = step / steps
            x, y = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
            self.block(int(x), int(y), 2, ink)

    def block(self, x: int, y: int, size: int, ink: str) -> None:
        """A filled square with its upper left corner at (x, y)."""
        for row in range(max(0, y), min(self.height, y + size)):
            for column in range(max(0, x), min(self.width, x + size)):
                self._paint(column, row, 1.0, ink)

    def png(self) -> bytes:
        """The sheet as a PNG file with a palette (RFC 2083: color type 3, no filter, no interlace)."""
        rows = (self._pixels[i : i + self.width] for i in range(0, len(self._pixels), self.width))
        data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 3, 0, 0, 0)
        chunks = [(b"IHDR", header), (b"PLTE", _palette()), (b"IDAT", data), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)

    def address(self) -> str:
        """The sheet as an address that holds the picture itself."""
        return f"data:image/png;base64,{base64.b64encode(self.png()).decode()}"

    def _paint(self, x: int, y: int, cover: float, ink: str) -> None:
        """Lay ink over a pixel, `cover` 0..1 of it; what is darker already stays."""
        level = min(LEVELS, round(cover * LEVELS))
        if level <= 0:
            return
        place = y * self.width + x
        base = list(INKS).index(ink) * LEVELS
        if level == LEVELS or self._pixels[place] == 0:
            self._pixels[place] = base + level


def _palette() -> bytes:
    colours = [PAPER]
    for ink in INKS.values():
        for level in range(1, LEVELS + 1):
            share = level / LEVELS
            red, green, blue = (
                round(paper + share * (wet - paper)) for paper, wet in zip(PAPER, ink, strict=True)
            )
            colours.append((red, green, blue))
    return b"".join(bytes(colour) for colour in colours)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
