"""From a document to passages: whole sentences, of about so many words, within a section, in paragraphs if possible."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ragqa.config import SplitConfig
from ragqa.corpus.headings import SEPARATOR, body_start, heading_of
from ragqa.documents import Document, Passage, Table, passage_id
from ragqa.markdown import unmarked
from ragqa.seen import Seen, is_markdown
from ragqa.sentences import count_words, cuts, sentences

_PARAGRAPH_END = re.compile(r"\n\s*\n|\r\s*\r|\u2029")
_LINE_END = re.compile(r"\r?\n|\r")
_LONG_WORD = 12  # characters; a text of more than so many a word is not counted whole
LONGEST = 4 * _LONG_WORD  # characters of a passage for each of the words it may have
LONGEST_WHOLE = 20_000  # characters of a document that is kept whole


@dataclass(slots=True)
class _Piece:
    """Characters [start, end) of some words, and its sentences as (start, words)."""

    start: int
    end: int
    words: int
    sentences: list[tuple[int, int]] = field(default_factory=list)


class _Blocks:
    """Spans that are not to be cut: [start, end), ascending; of those that overlap the first counts."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in spans:
            if start < end and start >= (self._ends[-1] if self._ends else 0):
                self._starts.append(start)
                self._ends.append(end)

    def divided_at(self, place: int) -> bool:
        """Whether a cut there would divide one."""
        at = bisect_left(self._starts, place) - 1
        return at >= 0 and place < self._ends[at]

    def ends(self, ends: Iterable[int], start: int, end: int) -> Iterable[int]:
        """Those of these ends of sentences in [start, end) that divide none, and the borders of the spans in there."""
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first >= last:
            return ends
        borders = {*self._starts[first:last], *self._ends[first:last]}
        inside = (place for place in (*ends, *borders) if start < place < end and not self.divided_at(place))
        return [*sorted(set(inside)), end]


def split(document: Document, config: SplitConfig) -> list[Passage]:
    """Passages in text order; none is blank, and none crosses the border of a section.

    Every character that is neither white space nor between the start and the body of a section (its heading line) is in
    at least one passage, and ``document.text[p.start:p.end] == p.text``. Passages neither begin nor end with white
    space; their starts ascend.

    * A passage holds up to ``config.words`` words (`count_words`), of which at most ``config.overlap`` repeat the end
      of the passage before.
    * It is longer by the rest of a section if that is less than a quarter. It may be up to twice the size if it is a
      single sentence; longer sentences are cut.
    * It ends early where a paragraph ends, if it is at least half full, or if it is a quarter full and the next
      paragraph would not fit.
    * What belongs ``together`` and a table is not cut if it fits into a passage. Of a table that does not fit, each row
      is a passage, the first with the header; the names of the columns end its heading path.
    * It has at most 48 characters for each of ``config.words``, and so at most as many tokens of a model, whatever the
      text.
    * In Markdown all this is counted in what is seen of the text (`ragqa.markdown`), and no passage is cut in a mark.

    A document that asks to be kept ``whole`` is one passage if it has at most 20,000 characters.
    """
    end = len(document.text)
    if document.whole and end <= LONGEST_WHOLE:
        return list(_passages(document, [("", 0, end)]))
    seen = Seen(document.text, tuple(unmarked(document.text))) if is_markdown(document.source) else Seen(document.text)
    pieces = _pieces(_as_seen(document, seen), config)
    return list(
        _passages(document, ((heading, seen.border(piece.start), seen.border(piece.end)) for heading, piece in pieces))
    )


def _as_seen(document: Document, seen: Seen) -> Document:
    """A document of what is seen of this one, with what stands where in it."""
    if not seen.pieces:
        return document

    def place(at: int) -> int:
        return seen.of_original(at, at)[0]

    return replace(
        document,
        text=seen.text,
        sections=tuple(replace(part, start=place(part.start), body=place(part.body)) for part in document.sections),
        tables=tuple(
            replace(table, start=place(table.start), body=place(table.body), end=place(table.end))
            for table in document.tables
        ),
        together=tuple((place(start), place(end)) for start, end in document.together),
    )


def _pieces(document: Document, config: SplitConfig) -> Iterator[tuple[str, _Piece]]:
    target = max(config.words - config.overlap, config.words // 4)
    whole, cut = _blocks(document, target)
    for heading, start, end in _parts(document, cut):
        before: _Piece | None = None
        for piece in _pack(document.text, start, end, target, config.words, whole):
            yield heading, _overlapping(piece, before, config)
            before = piece


def _regions(document: Document) -> Iterator[tuple[str, int, int]]:
    """(heading, start, end) of the sections without their heading lines, and of the text before the first of them."""
    text = document.text
    sections = sorted(document.sections, key=lambda section: section.start)
    borders = [*(section.start for section in sections), len(text)]
    yield "", 0, borders[0]
    for section, end in zip(sections, borders[1:], strict=True):
        yield heading_of(document, section), body_start(text, section), end


def _blocks(document: Document, target: int) -> tuple[_Blocks, list[Table]]:
    """What is not to be cut, and the tables of which each row is a passage."""
    text, spans, cut = document.text, list(document.together), list[Table]()
    for table in document.tables:
        if _fits(text, table.start, table.end, target):
            spans.append((table.start, table.end))
        else:
            cut.append(table)
    return _Blocks(sorted(span for span in spans if _fits(text, *span, target))), cut


def _fits(text: str, start: int, end: int, target: int) -> bool:
    return end - start <= _LONG_WORD * target and count_words(text[start:end]) <= target


def _parts(document: Document, tables: Sequence[Table]) -> Iterator[tuple[str, int, int]]:
    """The `_regions`, and the rows of these tables as regions of their own."""
    waiting = deque(tables)
    for heading, start, end in _regions(document):
        while waiting and waiting[0].end <= end:
            table = waiting.popleft()
            if table.start >= start:
                yield heading, start, table.start
                columns = SEPARATOR.join(part for part in (heading, table.columns) if part)
                yield from ((columns, first, last) for first, last in _rows(document.text, table))
                start = table.end
        yield heading, start, end


def _rows(text: str, table: Table) -> Iterator[tuple[int, int]]:
    """The lines of a table, the first with the header."""
    start = table.start
    for line in _LINE_END.finditer(text, max(table.body, start), table.end):
        yield start, line.end()
        start = line.end()
    if start < table.end:
        yield start, table.end


def _pack(text: str, start: int, end: int, target: int, most: int, whole: _Blocks) -> list[_Piece]:
    """Fill passages greedily with sentences up to ``target`` words; a passage may end earlier at the end of a
    paragraph, and a small rest joins the passage before.
    """
    pieces: list[_Piece] = []
    piece = _Piece(start, start, 0)
    for first, last in _paragraphs(text, start, end, whole):
        if piece.sentences and _ends_early(piece.words, text, first, last, target):
            pieces.append(piece)
            piece = _Piece(first, first, 0)
        for begin, stop, words in _units(text, first, last, target, most, whole):
            if not words and text[begin:stop].isspace():
                continue
            full = piece.words + words > target or stop - piece.start > 2 * _LONG_WORD * target
            if piece.sentences and full:
                pieces.append(piece)
                piece = _Piece(begin, begin, 0)
            piece.end = stop
            piece.words += words
            piece.sentences.append((begin, words))
    if pieces and piece.words < target / 4 and piece.end - pieces[-1].start <= LONGEST * target:
        pieces[-1].end = max(piece.end, pieces[-1].end)
        pieces[-1].sentences += piece.sentences
    elif piece.end > piece.start:
        pieces.append(piece)
    return pieces


def _ends_early(words: int, text: str, first: int, last: int, target: int) -> bool:
    if words >= target / 2 or words < target / 4:
        return words >= target / 2
    return last - first > _LONG_WORD * target or words + count_words(text[first:last]) > target


def _paragraphs(text: str, start: int, end: int, whole: _Blocks) -> Iterator[tuple[int, int]]:
    for gap in _PARAGRAPH_END.finditer(text, start, end):
        if whole.divided_at(gap.end()):
            continue
        yield start, gap.end()
        start = gap.end()
    if end > start:
        yield start, end


def _units(text: str, start: int, end: int, target: int, most: int, whole: _Blocks) -> Iterator[tuple[int, int, int]]:
    """Sentences, and pieces of those of more than twice ``most`` words: (start, end, words)."""
    longest = 2 * _LONG_WORD * most
    for stop in whole.ends(sentences(text, start, end), start, end):
        words = count_words(text[start:stop]) if stop - start <= longest else 2 * most + 1
        if words <= 2 * most:
            yield start, stop, words
        else:
            for cut in cuts(text, start, stop, target, 2 * _LONG_WORD * target):
                yield start, cut, count_words(text[start:cut])
                start = cut
        start = stop


def _overlapping(piece: _Piece, before: _Piece | None, config: SplitConfig) -> _Piece:
    """The piece, beginning with those last sentences of the one before that have at most ``config.overlap`` words."""
    start, overlap = piece.start, config.overlap
    if before is not None and overlap:
        for begin, words in reversed(before.sentences[1:]):
            overlap -= words
            if overlap < 0 or piece.end - begin > LONGEST * config.words:
                break
            start = begin
    return _Piece(start, piece.end, 0)


def _passages(document: Document, pieces: Iterable[tuple[str, int, int]]) -> Iterator[Passage]:
    """Passages of these (heading, start, end) of the document."""
    text, line, counted, meta = document.text, document.line, 0, dict(document.meta)
    for heading, first, last in pieces:
        content = text[first:last]
        start = first + len(content) - len(content.lstrip())
        content = content.strip()
        if not content:
            continue
        if line:
            line += text.count("\n", counted, start)
            counted = start
        end = start + len(content)
        yield Passage(
            id=passage_id(document.id, start, end, content),
            doc_id=document.id,
            text=content,
            title=document.title,
            start=start,
            end=end,
            heading=heading,
            source=document.source,
            line=line,
            meta=meta,
        )
