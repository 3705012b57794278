"""A page of a PDF as pdfium reads it: pieces of lines with their place, and what fields and notes on it say."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

NO_GLYPH = -1
SCANNED = 1 << 22  # from this number on the glyphs are those that were recognised in an image
FIELD = 1 << 23  # from this number on the glyphs are those of fields, all of one at the field's place

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points from the lower left corner as it is shown

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_ACCENTS = {"´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "˜": "\u0303", "¨": "\u0308", "ˇ": "\u030c", "˘": "\u0306"}
_ACCENTS |= {"¸": "\u0327", "˚": "\u030a", "˝": "\u030b", "¯": "\u0304", "˙": "\u0307", "˛": "\u0328"}
_DIGITS = frozenset("0123456789")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
HYPHEN = "\u00ad"  # at the end of a line: the word may go on in the next one
_HYPHENS = frozenset(("\u00ad", "\ufffe", "\x02"))
_FAR = 1.2  # times the height of a glyph: two that are so far apart stand in different cells or columns
_SAMPLE = 100  # glyphs of a page that tell its direction
_FIELDS = 5_000  # of a page
_LONGEST_VALUE = 10_000  # characters of a field


@dataclass(slots=True)
class Piece:
    """A piece of a line without large gaps. ``glyphs`` has for each character the number of its glyph."""

    left: float
    bottom: float
    right: float
    top: float
    text: str = ""
    glyphs: list[int] = field(default_factory=list)
    is_field: bool = False

    @property
    def size(self) -> float:
        """The height of its letters, ascenders and descenders included."""
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class PageText:
    """The pieces of a page in the file's order, and those that stand upright or upside down in it."""

    width: float
    height: float
    pieces: list[Piece]
    turned: list[Piece]


def page_text(page: Any, forms: Any) -> PageText:
    """What pdfium finds on a page; ``forms`` is the file's form environment, or None."""
    text_page = page.get_textpage()
    try:
        turn = _Turn(page, _direction(text_page.raw))
        pieces, turned = list[Piece](), list[Piece]()
        for piece, is_turned in _pieces(text_page.raw, turn):
            if piece.text.strip():
                (turned if is_turned else pieces).append(piece)
    finally:
        text_page.close()
    pieces += _fields(page, forms, turn)
    return PageText(*turn.size, pieces, turned)


def glyph_box(page: Any, text_page: Any, forms: Any, glyph: int) -> Box | None:
    """Where a glyph stands."""
    turn = _Turn(page)
    if glyph >= FIELD:
        found = next((piece for piece in _fields(page, forms, turn) if glyph in piece.glyphs[:1]), None)
        return None if found is None else (found.left, found.bottom, found.right, found.top)
    return turn.box(_rectangle(text_page.raw, glyph))


class _Turn:
    """From a page's own coordinates to those of the page as it is shown, or turned so that its text is level."""

    def __init__(self, page: Any, degrees: int | None = None) -> None:
        self._turn = page.get_rotation() if degrees is None else degrees
        self._left, self._bottom, right, top = page.get_cropbox()
        self._width, self._height = right - self._left, top - self._bottom
        across = self._turn in (90, 270)
        self.size = (self._height, self._width) if across else (self._width, self._height)

    def box(self, box: Box) -> Box:
        left, bottom, right, top = box
        left, right, bottom, top = left - self._left, right - self._left, bottom - self._bottom, top - self._bottom
        width, height = self._width, self._height
        if self._turn == 90:
            return bottom, width - right, top, width - left
        if self._turn == 180:
            return width - right, height - top, width - left, height - bottom
        if self._turn == 270:
            return height - top, left, height - bottom, right
        return left, bottom, right, top

    def is_turned(self, angle: float) -> bool:
        """Whether a line of this angle (clockwise, in radians) does not run from left to right after the turn."""
        return math.cos(angle + math.radians(self._turn)) < 0.99


def _direction(text_page: Any) -> int:
    """By how many degrees clockwise a page is to be turned so that most of its text runs from left to right."""
    import pypdfium2.raw as pdfium

    count = max(0, pdfium.FPDFText_CountChars(text_page))
    angles = Counter[int]()
    for glyph in range(0, count, max(1, count // _SAMPLE)):
        if pdfium.FPDFText_GetUnicode(text_page, glyph) > ord(" "):
            angles[round(math.degrees(pdfium.FPDFText_GetCharAngle(text_page, glyph)) / 90) % 4] += 1
    return -90 * max(angles, key=angles.__getitem__, default=0) % 360


def _rectangle(text_page: Any, glyph: int) -> Box:
    import pypdfium2.raw as pdfium

    found = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text_page, glyph, found)
    return found.left, found.bottom, found.right, found.top


def _pieces(text_page: Any, turn: _Turn) -> Iterator[tuple[Piece, bool]]:
    """Pieces, and whether each is turned."""
    import pypdfium2.raw as pdfium

    piece: Piece | None = None
    was_turned = False
    high = ""
    for glyph in range(max(0, pdfium.FPDFText_CountChars(text_page))):
        sign = _sign(pdfium, text_page, glyph)
        if "\ud800" <= sign <= "\udbff":
            high = sign
            continue
        sign, high = _paired(high, sign), ""
        if sign in "\r\n" or (sign.isspace() and piece is None):
            if piece is not None:
                yield piece, was_turned
            piece = None
            continue
        if sign.isspace():
            if piece is not None and not piece.text.endswith(" "):
                _add(piece, " ", glyph, None)
            continue
        box = turn.box(_rectangle(text_page, glyph))
        turned = turn.is_turned(pdfium.FPDFText_GetCharAngle(text_page, glyph))
        if piece is not None and (turned != was_turned or not (turned or _goes_on(piece, box))):
            yield piece, was_turned
            piece = None
        if piece is None:
            piece = Piece(*box)
        was_turned = turned
        _add(piece, sign, glyph, box)
    if piece is not None:
        yield piece, was_turned


def _sign(pdfium: Any, text_page: Any, glyph: int) -> str:
    code = pdfium.FPDFText_GetUnicode(text_page, glyph)
    sign = chr(code) if 0 < code < 0x110000 else ""
    if sign in _HYPHENS or pdfium.FPDFText_IsHyphen(text_page, glyph) == 1:
        return HYPHEN
    return sign if sign in "\r\n\t" or sign >= " " else ""


def _paired(high: str, sign: str) -> str:
    """The character of two halves; a half alone is none that can be shown."""
    if "\udc00" <= sign <= "\udfff":
        return (high + sign).encode("utf-16", "surrogatepass").decode("utf-16", "replace") if high else "\ufffd"
    return sign


def _goes_on(piece: Piece, box: Box) -> bool:
    left, bottom, _, top = box
    height = max(piece.top - piece.bottom, top - bottom, 1.0)
    level = min(piece.top, top) - max(piece.bottom, bottom) > 0.4 * min(piece.top - piece.bottom, top - bottom)
    return level and -0.8 * height < left - piece.right < _FAR * height


def _add(piece: Piece, sign: str, glyph: int, box: Box | None) -> None:
    """Add a character: ligatures are resolved, and an accent that stands alone joins its letter."""
    if box is not None:
        overlaps = box[0] < piece.right - 0.3 * (box[2] - box[0])
        is_raised = sign in _DIGITS and _is_raised(piece, box)
        piece.left, piece.right = min(piece.left, box[0]), max(piece.right, box[2])
        if piece.top - piece.bottom < box[3] - box[1]:
            piece.bottom, piece.top = box[1], box[3]
        before = piece.text[-1:]
        accented = ""
        if overlaps and before in _ACCENTS and sign.isalpha():
            accented = unicodedata.normalize("NFC", ("i" if sign == "ı" else sign) + _ACCENTS[before])
        elif overlaps and sign in _ACCENTS and before.isalpha():
            accented = unicodedata.normalize("NFC", ("i" if before == "ı" else before) + _ACCENTS[sign])
        if len(accented) == 1:
            piece.text = piece.text[:-1] + accented
            return
        if is_raised:
            sign = sign.translate(_RAISED)
    sign = _LIGATURES.get(sign, sign)
    piece.text += sign
    piece.glyphs += [glyph] * len(sign)


def _is_raised(piece: Piece, box: Box) -> bool:
    """Whether a small glyph stands high beside the text before it."""
    size, is_beside = piece.size, bool(piece.text) and box[0] > piece.right - 0.5 * (box[2] - box[0])
    return is_beside and box[3] - box[1] < 0.8 * size and box[1] > piece.bottom + 0.15 * size


def _fields(page: Any, forms: Any, turn: _Turn) -> list[Piece]:
    """What is filled into fields and written on the page: each is a piece at its place."""
    import pypdfium2.raw as pdfium

    pieces = []
    for number in range(min(_FIELDS, pdfium.FPDFPage_GetAnnotCount(page.raw))):
        note = pdfium.FPDFPage_GetAnnot(page.raw, number)
        if not note:
            continue
        try:
            text = _value(pdfium, note, forms)
            place = pdfium.FS_RECTF()
            if text and pdfium.FPDFAnnot_GetRect(note, place):
                box = turn.box((place.left, place.bottom, place.right, place.top))
                pieces.append(Piece(*box, text, [FIELD + number] * len(text), is_field=True))
        finally:
            pdfium.FPDFPage_CloseAnnot(note)
    return pieces


def _value(pdfium: Any, note: Any, forms: Any) -> str:
    kind = pdfium.FPDFAnnot_GetSubtype(note)
    if kind == pdfium.FPDF_ANNOT_FREETEXT:
        return _wide(lambda *to: pdfium.FPDFAnnot_GetStringValue(note, b"Contents", *to))
    if kind != pdfium.FPDF_ANNOT_WIDGET or forms is None:
        return ""
    type_ = pdfium.FPDFAnnot_GetFormFieldType(forms.raw, note)
    flags = pdfium.FPDFAnnot_GetFormFieldFlags(forms.raw, note)
    name = _wide(lambda *to: pdfium.FPDFAnnot_GetFormFieldAlternateName(forms.raw, note, *to))
    name = name or _wide(lambda *to: pdfium.FPDFAnnot_GetFormFieldName(forms.raw, note, *to)).rpartition(".")[2]
    if type_ in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        value = "☒" if pdfium.FPDFAnnot_IsChecked(forms.raw, note) else ""
    elif type_ in (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX):
        secret = type_ == pdfium.FPDF_FORMFIELD_TEXTFIELD and flags & 1 << 13  # a password
        value = "" if secret else _wide(lambda *to: pdfium.FPDFAnnot_GetFormFieldValue(forms.raw, note, *to))
    else:
        return ""
    return f"{name}: {value}" if value and any(map(str.isalpha, name)) and "[" not in name else value


def _wide(call: Any) -> str:
    """A text that pdfium hands out as UTF-16, in one line."""
    size = call(None, 0)
    if not 2 < size <= 2 * _LONGEST_VALUE:
        return ""
    buffer = ctypes.create_string_buffer(size)
    call(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(buffer.raw[: size - 2].decode("utf-16-le", "replace").split())
