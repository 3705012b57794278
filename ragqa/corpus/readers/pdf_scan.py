"""Text recognition for pages that are images: by RapidOCR, whose models come with it, on this machine's processor."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from statistics import median
from typing import Any

from ragqa.corpus.readers.pdf_page import HYPHEN, SCANNED, Box, PageText, Piece

_SCALE = 200 / 72  # pixels a point: 200 dpi
_LARGEST = 2_000  # pixels of the longer side; the recognition makes larger images smaller
_ALIKE = 0.3  # lines whose heights differ by less are of one size


def can_recognise() -> bool:
    """Whether the extra [ocr] is installed."""
    return find_spec("rapidocr") is not None


def has_image(page: Any) -> bool:
    """Whether an image stands on a page."""
    import pypdfium2.raw as pdfium

    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def recognised(page: Any) -> PageText:
    """The lines that are recognised on a page, as the page is shown; those it is not sure of are left out."""
    width, height = page.get_size()
    scale = min(_SCALE, _LARGEST / max(width, height, 1.0))
    bitmap = page.render(scale=scale, may_draw_forms=False)
    try:
        found = _engine()(bitmap.to_numpy()[:, :, :3].copy())  # blue, green, red: what it takes
    finally:
        bitmap.close()
    pieces = list[Piece]()
    glyph = SCANNED
    for corners, text in zip(found.boxes if found.txts else (), found.txts or (), strict=True):
        said = " ".join(str(text).split())
        said = said[:-1] + HYPHEN if said.endswith("-") and len(said) > 1 else said
        if said:
            across, down = corners[:, 0] / scale, height - corners[:, 1] / scale
            box = float(across.min()), float(down.min()), float(across.max()), float(down.max())
            pieces.append(Piece(*box, said, list(range(glyph, glyph + len(said)))))
            glyph += len(said)
    return PageText(width, height, _level(pieces), [])


def scanned_box(page: PageText, glyph: int) -> Box | None:
    """Where a character of a recognised line stands, as if all characters of the line were equally wide."""
    for piece in page.pieces:
        if glyph in piece.glyphs:
            each = (piece.right - piece.left) / len(piece.glyphs)
            left = piece.left + each * piece.glyphs.index(glyph)
            return left, piece.bottom, left + each, piece.top
    return None


def _level(pieces: list[Piece]) -> list[Piece]:
    """Lines of about the usual height get that height: what is recognised is as high as its letters happen to be."""
    usual = median(piece.size for piece in pieces) if pieces else 0.0
    for piece in pieces:
        if abs(piece.size - usual) < _ALIKE * usual:
            middle = (piece.top + piece.bottom) / 2
            piece.bottom, piece.top = middle - usual / 2, middle + usual / 2
    return pieces


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    settings = {
        "Global.log_level": "critical",
        "Global.use_cls": False,  # it takes level lines for ones that stand on their head now and then
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    }
    return RapidOCR(params=settings)
