"""A document, the passages that it is cut into, and the keys and values of their metadata, as frozen data.

Offsets are code points, half-open: ``document.text[passage.start:passage.end] == passage.text``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from ragqa.normalized import plain
from ragqa.seen import Seen, is_markdown, seen, sentence_ends

Scalar = str | int | float | bool
Meta = Mapping[str, Scalar | Sequence[Scalar]]
KIND = "ragqa.kind"  # the key of the metadata that says what a document is if it is not plain text
FAQ = "faq"
ORIGIN = "ragqa.origin"  # the key that says who gave a document, if it was not read from a file
PROGRAM = "program"
LANGUAGE = "ragqa.language"  # the key that says by which language's analyzer the words of a document were indexed
SEEN_FORM = "seen-1"  # to be raised where `ragqa.normalized` begins to give other text
MARKDOWN_FORM = "markdown-2"  # to be raised where `ragqa.seen` begins to give other text of Markdown
FORMS = f"{SEEN_FORM} {MARKDOWN_FORM}"  # in which search and models see texts now


@dataclass(frozen=True, slots=True)
class Section:
    """From character ``start`` of a document on, the text stands under this heading path ("History > Early years").

    ``body`` is where its text begins: what stands between the two (its heading line, or metadata) is in no passage.
    Without it (0) the heading line is told from the text.
    """

    start: int
    heading: str
    body: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Characters [start, end) of a document are a table, a line each row; its rows begin at ``body``, after the header.

    ``columns`` are the names of its columns with " | " between, or empty if it has no header. The splitter puts them
    into the context of each passage that it cuts from the rows.
    """

    start: int
    body: int
    end: int
    columns: str = ""


_PLACE = re.compile(r"(?:#(?:page|slide|sheet|cell|message|chapter)=[^#:/]*)?(?::\d+)?\Z")


def file_of(source: str) -> str:
    """The path in a document's source, without the place in the file.

    A place is ``:12`` (a record's line or row, from 1), ``#page=3``, ``#slide=3``, ``#cell=3`` (of a notebook),
    ``#message=3`` (of a mailbox), ``#chapter=3`` (of a book), or ``#sheet=Prices:12``. In a sheet's name "#", ":", "/",
    "%" and white space are percent-encoded, as in a URL.
    """
    return _PLACE.sub("", source, count=1)


@dataclass(frozen=True, slots=True)
class Document:
    """One readable text and where it came from.

    ``source`` is the path as named by the user, with the place of a part of a file behind it (`file_of`). ``line`` is
    the line of the source at which ``text`` begins when the lines of the text are those of the source, and 0 when they
    are not (a record, a PDF, HTML). ``sections`` are in order of ``start``. ``whole`` asks the splitter to keep the
    document as one passage; ``tables`` and ``together`` (characters [start, end) that belong together, such as a
    program and the sentence that announces it) tell it where else not to cut. Both are in order and do not overlap.
    ``meta`` may hold dates and nested mappings too: an index stores dates as ISO texts and nested values under keys
    such as ``author.name``.
    """

    id: str
    text: str
    title: str = ""
    source: str = ""
    meta: Meta = field(default_factory=dict)
    line: int = 0
    sections: tuple[Section, ...] = ()
    whole: bool = False
    tables: tuple[Table, ...] = ()
    together: tuple[tuple[int, int], ...] = ()

    @property
    def sha(self) -> str:
        """sha256 (hex) of title, text, meta, and of what tells how the text is cut and shown (sections, tables and what
        stays together): what an update compares. The language that was found does not count.

        It also tells in which form search and models see a text that is normalised for them, so that indexes made
        before such texts were normalised, or in another way, take them in anew, and nothing else.
        """
        meta = {key: value for key, value in self.meta.items() if key != LANGUAGE}
        content: list[object] = [self.title, self.text, meta]
        if plain(self.title) != self.title or plain(self.text) != self.text:
            content.append(SEEN_FORM)
        if is_markdown(self.source):
            content.append(MARKDOWN_FORM)
        if shape := [*map(astuple, self.sections), *map(astuple, self.tables), *self.together]:
            content.append(shape)
        written = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, characters [start, end). ``line`` is that of its first character, 0 when unknown."""

    id: str
    doc_id: str
    text: str
    title: str
    start: int
    end: int
    heading: str = ""
    source: str = ""
    line: int = 0
    meta: Meta = field(default_factory=dict)

    @property
    def context(self) -> str:
        """Title and heading path, which stand in front of the text for retrieval, and for readers that have learnt to
        read them (and never count in offsets).
        """
        return " > ".join(part for part in (self.title, self.heading) if part)

    @property
    def is_faq(self) -> bool:
        """Whether the text is a stored answer, and the title the question that it belongs to."""
        return self.meta.get(KIND) == FAQ

    @property
    def retrieval_text(self) -> str:
        """What retrievers see: context and text; of a stored answer its question alone."""
        if self.is_faq:
            return self.title
        text, context = self.seen.text, self.context
        return f"{context}\n{text}" if context else text

    @property
    def seen(self) -> Seen:
        """The text as search and models see it."""
        return seen(self.text, self.source, self.heading)

    @property
    def sentence_ends(self) -> tuple[int, ...]:
        """The ends of its sentences, ascending, the last of them that of the text."""
        return sentence_ends(self.text, self.source)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.id,
            "doc_id": self.doc_id,
            "title": self.title,
            "heading": self.heading,
            "source": self.source,
            "line": self.line,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "meta": dict(self.meta),
        }


def passage_id(doc_id: str, start: int, end: int, text: str) -> str:
    """16 hex digits that depend on nothing but the arguments: the same passage keeps its id over rebuilds."""
    content = json.dumps([doc_id, start, end, text], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
