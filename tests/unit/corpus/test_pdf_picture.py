"""Pictures of pages with a quotation marked: the mark lies on its words, and only on a page that still says them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from support.pdf import write_pdf

pytest.importorskip("pypdfium2", reason="needs ragqa[files]")

from ragqa.corpus.drawing import draw_apart
from ragqa.corpus.files import SourceFile
from ragqa.corpus.limits import Limits
from ragqa.corpus.readers.pdf import boxes, read_pdf
from ragqa.corpus.readers.pdf_file import opened
from ragqa.corpus.readers.pdf_picture import draw
from ragqa.documents import Document
from ragqa.errors import SourceError


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    first = (72, 700, "The bridge of Zug was built by Ilse Brandt.")
    second = ((72, 700, "The tower of Uster was finished"), (72, 680, "by Konstantinopolitanski in 1900."))
    write_pdf(path, [first], second)
    return path


def pixels(png: bytes) -> np.ndarray:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    parts, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length)[0] == zlib.crc32(kind + content)
        parts[kind] = content
        at += 12 + length
    width, height = struct.unpack_from(">II", parts[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    return rows[:, 1:].reshape(height, width, 3)


def documents(path: Path) -> list[Document]:
    return [one for one in read_pdf(SourceFile(path, path.name)) if isinstance(one, Document)]


def test_the_mark_lies_on_the_words_and_nowhere_else(pdf: Path) -> None:
    document = documents(pdf)[1]
    start = document.text.index("Konst")
    picture = draw(pdf, "2", document.text, start, start + 21, 800)
    plain = draw(pdf, "2", document.text, start, start, 800)
    assert picture.page == plain.page == 2 and plain.top == plain.bottom == 0.0
    image, before = pixels(picture.png), pixels(plain.png)
    assert image.shape == before.shape and image.shape[1] in (799, 800, 801)
    changed = np.argwhere((image != before).any(axis=2))
    (place,) = boxes(pdf, "2", start, start + 21)
    scale = image.shape[1] / 600  # the pages are that wide
    height = image.shape[0]
    left, right = changed[:, 1].min(), changed[:, 1].max()
    top, bottom = changed[:, 0].min(), changed[:, 0].max()
    expected = (place.left * scale, place.right * scale, height - place.top * scale, height - place.bottom * scale)
    assert np.allclose((left, right, top, bottom), expected, atol=3)
    assert picture.top * height == pytest.approx(top, abs=3) and picture.bottom * height == pytest.approx(bottom, abs=3)
    dark = (before < 100).all(axis=2)
    assert dark[top:bottom, left:right].any() and (image[dark] < 100).all()  # letters stay what they are


def test_a_file_that_says_something_else_is_not_drawn(pdf: Path, tmp_path: Path) -> None:
    document = documents(pdf)[0]
    assert draw(pdf, "1", document.text, 0, 3, 300).page == 1
    for place, text in (("1", document.text + " "), ("2", document.text), ("9", document.text), ("1-2", document.text)):
        with pytest.raises(SourceError, match="changed"):
            draw(pdf, place, text, 0, 3, 300)


def test_whatever_a_file_does_it_does_elsewhere(pdf: Path, tmp_path: Path) -> None:
    document = documents(pdf)[0]
    alike = draw(pdf, "1", document.text, 0, 3, 300)
    assert draw_apart(pdf, "1", document.text, 0, 3, 300, Limits()) == alike
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 broken")
    for path, reason in ((broken, "not a readable PDF"), (tmp_path / "none.pdf", "cannot be opened")):
        with pytest.raises(SourceError, match=reason):
            draw_apart(path, "1", document.text, 0, 3, 300, Limits())
    with pytest.raises(SourceError, match="memory"):
        draw_apart(pdf, "1", document.text, 0, 3, 300, Limits(memory_mb=1))


def test_a_picture_has_a_largest_size(pdf: Path) -> None:
    with opened(pdf) as file:
        picture, scale = file.render(0, 100_000, 30_000)
        assert picture.shape[0] * picture.shape[1] <= 30_500 and scale == pytest.approx(0.25)
