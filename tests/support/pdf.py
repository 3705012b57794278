"""PDF files of lines at given places, for tests of what is read from them."""

from __future__ import annotations

from .hostile import FONT as FONTS
from .hostile import stream

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def write_pdf(path, *pages, title="", fields=(), turn=0, bookmarks=()):
    """A PDF with these pages of (left, bottom, text[, size]), fields of (name, value, rectangle) on the first, and
    bookmarks of (title, page from 0).
    """
    objects = {20: FONT}
    notes, kids = [], []
    for at, (name, value, rectangle) in enumerate(fields):
        objects[500 + at] = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (%s) /V (%s) /Rect [%s] >>" % (
            name.encode(),
            value.encode(),
            rectangle.encode(),
        )
        notes.append(b"%d 0 R" % (500 + at))
    for at, lines in enumerate(pages):
        number = 30 + 2 * at
        kids.append(b"%d 0 R" % number)
        said = b"".join(
            b"/F1 %d Tf 1 0 0 1 %d %d Tm <%s> Tj "
            % ((more or [11])[0], left, bottom, text.encode("cp1252", "ignore").hex().encode())
            for left, bottom, text, *more in lines
        )
        more = b"/Annots [%s] " % b" ".join(notes) if at == 0 else b""
        objects[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Rotate %d /Contents %d 0 R %s%s >> >> >>"
            % (turn, number + 1, more, FONTS)
        )
        objects[number + 1] = stream(b"", b"BT " + said + b"ET")
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(kids))
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R /Outlines 4 0 R /AcroForm << /Fields [%s] >> >>" % b" ".join(notes)
    objects[4] = b"<< /First 800 0 R /Last %d 0 R >>" % (799 + len(bookmarks)) if bookmarks else b"<< >>"
    for at, (said, page) in enumerate(bookmarks):
        after = b"/Next %d 0 R " % (801 + at) if at + 1 < len(bookmarks) else b""
        to = (said.encode(), 30 + 2 * page, after)
        objects[800 + at] = b"<< /Title (%s) /Parent 4 0 R /Dest [%d 0 R /Fit] %s>>" % to
    objects[3] = b"<< /Title (%s) >>" % title.encode()
    path.write_bytes(numbered(objects).replace(b"/Root 1 0 R", b"/Root 1 0 R /Info 3 0 R"))


def numbered(objects):
    """A file whose table knows objects of any number."""
    order = sorted(objects)
    out, places = b"%PDF-1.4\n", {}
    for number in order:
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    table = b"".join(b"%d 1\n%010d 00000 n \n" % (number, places[number]) for number in order)
    tail = b"trailer << /Size 9999 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 1\n0000000000 65535 f \n" + table + tail
