"""Pages of a PDF that are images: their text is recognised where the extra [ocr] is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.isolation import ReadingProcess
from ragqa.corpus.limits import Limits
from ragqa.corpus.readers import pdf, pdf_scan
from ragqa.corpus.readers.pdf_picture import draw
from ragqa.documents import Document
from ragqa.errors import SourceError

pytest.importorskip("rapidocr", reason="needs the extra [ocr]")
LINES = ("The Vornholm lighthouse was built", "by Ada Marsk in 1874.")


def font():
    from PIL import ImageFont

    return ImageFont.load_default(44)


def scan(path: Path, pages: int = 1) -> SourceFile:
    """A PDF of images of text, 300 points wide and 60 high."""
    from PIL import Image, ImageDraw

    images = []
    for _ in range(pages):
        image = Image.new("L", (1000, 200), 255)
        for number, line in enumerate(LINES):
            ImageDraw.Draw(image).text((40, 40 + 60 * number), line, font=font(), fill=0)
        images.append(image)
    images[0].save(path, save_all=True, append_images=images[1:], resolution=240)
    return SourceFile(path, path.name)


@pytest.mark.slow
def test_the_text_of_a_scan_is_recognised_in_the_process_that_reads(tmp_path):
    file = scan(tmp_path / "a.pdf")
    with ReadingProcess(Limits(memory_mb=600)) as process:
        (document,) = process.read(file)
    assert isinstance(document, Document), document
    assert document.text == " ".join(LINES) and document.source.endswith("a.pdf#page=1")
    at = document.text.index("1874")
    (box,) = pdf.boxes(file.path, "1", at, at + 4)
    left, right = (0.3 * (40 + font().getlength(LINES[1][:end])) for end in (-5, -1))
    assert box.page == 1 and (box.left, box.right) == (pytest.approx(left, abs=8), pytest.approx(right, abs=8))
    assert 5 < box.bottom < 20 < box.top < 40
    assert [place.bottom for place in pdf.boxes(file.path, "1", 0, len(document.text))] == [
        pytest.approx(box.bottom + 18, abs=3),
        pytest.approx(box.bottom, abs=3),
    ]


def test_no_more_pages_are_recognised_than_the_limits_allow(tmp_path):
    scan(tmp_path / "a.pdf", pages=3)
    told = []
    file = SourceFile(tmp_path / "a.pdf", "a.pdf", limits=Limits(scans=1), longer=lambda: told.append(1))
    document, problem = read_file(file)
    assert isinstance(document, Document) and isinstance(problem, Problem) and problem.remark and told == [1]
    assert problem.reason == ("2 of 3 pages are images without text: it is recognised in 1 pages of a file at most")


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf_scan, "find_spec", lambda name: None)
    (problem,) = read_file(scan(tmp_path / "a.pdf"))
    assert problem.reason == 'no text (to have it recognised, pip install "ragqa[ocr]")'


def test_no_picture_of_a_scan_is_drawn_and_the_reason_is_told(tmp_path):
    file = scan(tmp_path / "a.pdf")
    with pytest.raises(SourceError, match="the page is an image"):
        draw(file.path, "1", " ".join(LINES), 0, 3, 300)
