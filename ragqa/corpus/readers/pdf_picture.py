"""A picture of the page of a PDF with a quotation marked on it, as with a highlighter."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragqa.corpus.readers.pdf import rows_of
from ragqa.corpus.readers.pdf_file import Place, opened
from ragqa.corpus.readers.pdf_page import NO_GLYPH
from ragqa.errors import SourceError

INK = np.array([255, 226, 130], np.uint16)  # the highlighter: what white becomes
MOST_PIXELS = 6_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as PNG. The mark lies between ``top`` and ``bottom``, which are shares of the height from above; they are
    equal if nothing is marked.
    """

    png: bytes
    page: int
    top: float = 0.0
    bottom: float = 0.0


def draw(path: Path, place: str, text: str, start: int, end: int, width: int) -> Picture:
    """The page on which characters [start, end) of a document stand; ``place`` is what its id ends in ("3", "3-4").

    `SourceError` if the file does not say the document's ``text`` at that place (any more), or if the page is an image:
    recognising its text once more would take too long.
    """
    with opened(path) as pdf:
        number = int(place.partition("-")[0]) - 1
        parts, is_scan = pdf.parts(number) if 0 <= number < pdf.count else ([], False)
        said = next((part.said for part in parts if part.place == place), None)
        if is_scan:
            raise SourceError("the page is an image: its text is not recognised again to be marked")
        if said is None or said.text != text:
            raise SourceError("the file has changed since it was indexed")
        glyphs = [glyph for glyph in said.glyphs[max(0, start) : end] if glyph != NO_GLYPH]
        boxes = rows_of(pdf.glyph_boxes(glyphs))
        shown = boxes[0].page if boxes else number + 1
        pixels, scale = pdf.render(shown - 1, width, MOST_PIXELS)
    marks = [box for box in boxes if box.page == shown]
    height = pixels.shape[0]
    for box in marks:
        _mark(pixels, box, scale)
    if not marks:
        return Picture(png(pixels), shown)
    top = 1 - max(box.top for box in marks) * scale / height
    bottom = 1 - min(box.bottom for box in marks) * scale / height
    return Picture(png(pixels), shown, min(1.0, max(0.0, top)), min(1.0, max(0.0, bottom)))


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture [height, width, red green blue] as PNG."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # the first byte says how a row is filtered: not at all
    rows[:, 1:] = pixels.reshape(height, 3 * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _mark(pixels: NDArray[np.uint8], box: Place, scale: float) -> None:
    height, width, _ = pixels.shape
    top, bottom = (height - round(edge * scale) for edge in (box.top, box.bottom))
    left, right = (round(edge * scale) for edge in (box.left, box.right))
    part = pixels[max(0, top - 1) : min(height, bottom + 1), max(0, left - 1) : min(width, right + 1)]
    part[:] = (part * INK // 255).astype(np.uint8)
