"""Drawing pictures and writing them as PNG."""

from __future__ import annotations

import base64
import struct
import zlib

from tasks.demo.pictures import INKS, LEVELS, Canvas


def pixels(sheet: Canvas) -> list[bytes]:
    """The picture's rows, read back from the file as any program would."""
    data, place, raw = sheet.png(), 8, b""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    while place < len(data):
        (size,), name = struct.unpack(">I", data[place : place + 4]), data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + size]
        assert struct.unpack(">I", data[place + 8 + size : place + 12 + size])[0] == zlib.crc32(name + body)
        raw += body if name == b"IDAT" else b""
        place += 12 + size
    rows = zlib.decompress(raw)
    wide = sheet.width + 1
    return [rows[i + 1 : i + wide] for i in range(0, len(rows), wide)]


def test_it_writes_a_png_any_reader_can_take_apart() -> None:
    rows = pixels(Canvas(7, 5))
    assert (len(rows), {len(row) for row in rows}) == (5, {7})
    assert set(b"".join(rows)) == {0}


def test_it_draws_a_dot_with_a_soft_edge() -> None:
    sheet = Canvas(21, 21)
    sheet.dot(10.3, 10, 6, "slate")
    found = b"".join(pixels(sheet))
    assert found[10 * 21 + 10] == LEVELS
    assert found[0] == 0
    assert len(set(found)) > 2


def test_it_keeps_inks_apart() -> None:
    sheet = Canvas(8, 2)
    for place, ink in enumerate(INKS):
        sheet.block(2 * place, 0, 2, ink)
    assert len(set(pixels(sheet)[0])) == len(INKS)


def test_it_draws_nothing_outside_the_sheet() -> None:
    sheet = Canvas(5, 5)
    sheet.dot(-20, 3, 4, "sea")
    sheet.block(4, 4, 10, "gold")
    sheet.line((-5.0, -5.0), (-1.0, -3.0), "brick")
    assert sum(map(bool, b"".join(pixels(sheet)))) == 1


def test_its_address_holds_the_picture() -> None:
    sheet = Canvas(3, 3)
    kind, data = sheet.address().split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == sheet.png()
