"""Text as search and models see it: without characters that cannot be seen, letters and digits in their plain forms.

Soft hyphens, zero-width marks, marks of direction and variation selectors are left out. Letters, digits and symbols are
brought to Unicode's NFKC: "é" is one code point, "ﬁ" is "fi", "Ａ" is "A", "㎏" is "kg". Three things differ from
NFKC, each because NFKC would make the text worse for a reader:

* Punctuation and blanks stay as they are ("…", "，"). Models have learnt them in these forms, and no term has any.
* A raised or lowered digit or sign or a fraction that follows a digit is parted from it: "3½" is "3 1/2" and not
  "31⁄2", "10⁶" is "10 6" and not "106".
* What NFKC turns into a blank with a mark over it ("´") stays, as do the letters of Hangul that stand alone ("ㅋ").

A zero-width space or non-joiner that parts two words of a script without blanks, or of Arabic script, becomes a blank.

Documents and passages keep their own characters: whatever is found in the normalised text is mapped back by
`Normalized.to_original`. Most texts have nothing to normalise, which is found out quickly: they stay the same object.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ragqa.characters import char_class
from ragqa.sentences import SPACELESS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Offsets = NDArray[np.int64]

# Insides of character classes. What is hidden either changes the character that it follows, as an emoji, a variant or a
# joined form, or it stands between characters: soft hyphens, blanks without width, marks of direction.
SELECTORS = "\u034f\u180b-\u180d\u180f\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
_BETWEEN = (
    "\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
HIDDEN = _BETWEEN + SELECTORS
_HIDDEN = re.compile(f"[{HIDDEN}]")
_HIDDEN_LAST = re.compile(f"(?<![{HIDDEN}])[{HIDDEN}]++\\Z")
_BETWEEN_LAST = re.compile(f"(?<![{_BETWEEN}])[{_BETWEEN}]++\\Z")
_PARTING = frozenset("\u200b\u200c")
_PARTED = re.compile(f"[{SPACELESS}\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_ALONE = "\u3131-\u318e\uffa0-\uffdc"  # letters of Hangul that are not written together
_RAISED_SIGNS = frozenset("⁺⁻⁼₊₋₌")
_COMPOSING = "\u1160-\u11ff\uff9e\uff9f"  # what joins the character before it and is no mark
_BLOCKS = (*range(0x80, 0x3400), *range(0xA600, 0xAC00), *range(0xF900, 0x1F000))  # all but letters of East Asia


class Piece(NamedTuple):
    """Characters [start, end) of a text that become ``text``; those from ``seen`` on stand between it and the next."""

    start: int
    seen: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Normalized:
    """A normalised ``text``, and the ``pieces`` in which it differs from the original, of ``length`` characters."""

    text: str
    pieces: tuple[Piece, ...]
    length: int

    def to_original(self, offsets: Offsets) -> Offsets:
        """Half-open offsets [n, 2] in ``text`` as offsets in the original.

        A character that became several, and several that became one, count as a whole: a part of the normalised ones
        stands for all of them. Hidden characters at the end of a stretch are part of it where they select or join.
        """
        if not self.pieces:
            return offsets
        import numpy as np

        starts, ends = self._borders()
        first, last = offsets[:, 0], offsets[:, 1]
        begin, stop = starts[first], ends[np.maximum(last - 1, 0)]
        return np.stack([begin, np.where(last > first, stop, begin)], axis=1)

    def _borders(self) -> tuple[Offsets, Offsets]:
        """Where in the original each character of ``text``, and the end of it, begins [n + 1] and ends [n + 1]."""
        import numpy as np

        starts: list[Offsets] = []
        ends: list[Offsets] = []
        at = 0
        for piece in self.pieces:
            own = np.arange(at, piece.start, dtype=np.int64)
            size = len(piece.text)
            starts += [own, np.full(size, piece.start, np.int64)]
            ends += [own + 1, np.full(size, piece.seen, np.int64)]
            at = piece.end
        own = np.arange(at, self.length + 1, dtype=np.int64)
        return np.concatenate([*starts, own]), np.concatenate([*ends, own + 1])


def normalized(text: str) -> Normalized:
    """The text as search and models see it, and the way back."""
    pieces = () if is_normal(text) else tuple(_pieces(text))
    if not pieces:
        return Normalized(text, (), len(text))
    out, at = [], 0
    for piece in pieces:
        out += [text[at : piece.start], piece.text]
        at = piece.end
    return Normalized("".join([*out, text[at:]]), pieces, len(text))


def plain(text: str) -> str:
    """The normalised text alone."""
    return text if is_normal(text) else normalized(text).text


def is_normal(text: str) -> bool:
    """Whether it is known at once that there is nothing to normalise; False where one has to look closer."""
    if text.isascii():
        return True
    if _HIDDEN.search(text):
        return False
    return unicodedata.is_normalized("NFKC", text) or unicodedata.is_normalized("NFKC", _kept().sub("", text))


def _pieces(text: str) -> Iterator[Piece]:
    """What changes, in order."""
    for match in _clusters().finditer(text):
        raw, start, end = match[0], match.start(), match.end()
        new = _plain(raw, text[start - 1 : start], text[end : end + 1])
        if new != raw:
            between = _BETWEEN_LAST.search(raw)
            seen = end if between is None or not between.start() else start + between.start()
            yield Piece(start, seen, end, new)


def _plain(raw: str, before: str, after: str) -> str:
    """A character with the marks that follow it, in plain form."""
    visible = _HIDDEN.sub("", raw)
    if _kept().match(visible):
        new = unicodedata.normalize("NFC", visible[0] + unicodedata.normalize("NFKC", visible[1:]))
    else:
        new = unicodedata.normalize("NFKC", visible)
        if visible and (visible[0] in _RAISED_SIGNS or unicodedata.category(visible[0]) == "No"):
            new = new.replace("\u2044", "/")
            new = f" {new}" if before.isdecimal() else new
    hidden = _HIDDEN_LAST.search(raw)
    if hidden and _PARTING.intersection(hidden[0]) and _PARTED.match(raw) and _PARTED.match(after):
        new += " "
    return new


@cache
def _kept() -> re.Pattern[str]:
    """Characters that NFKC changes and that stay as they are."""
    kept = []
    for char in map(chr, _BLOCKS):
        form = unicodedata.normalize("NFKC", char)
        if form != char and (unicodedata.category(char)[0] in "PZ" or form[:1].isspace()):
            kept.append(char)
    return re.compile(f"[{char_class(kept)}{_ALONE}]")


@cache
def _clusters() -> re.Pattern[str]:
    """A character that is not ASCII, or is followed by such, with what belongs to it: marks, and what is hidden."""
    marks = char_class(char for char in map(chr, _BLOCKS) if unicodedata.category(char)[0] == "M")
    joined = f"[{marks}{HIDDEN}{_COMPOSING}]"
    return re.compile(f"[\x00-\x7f]{joined}+|[^\x00-\x7f]{joined}*")
