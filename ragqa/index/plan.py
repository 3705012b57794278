"""Compares the documents that an update is given with those of the index, to find what has to be done."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import NamedTuple

import pyarrow as pa

from ragqa.documents import Document, file_of
from ragqa.errors import ConfigError, SourceError
from ragqa.index.intake import Intake
from ragqa.index.report import Progress
from ragqa.index.snapshot import Snapshot
from ragqa.index.sources import Covers
from ragqa.store.checking import check_files
from ragqa.store.passages import storable

BLOCK_DOCUMENTS, BLOCK_CHARACTERS = 256, 4_000_000  # how many documents are looked up, and held in memory, together
SCANS = 16  # look-ups, each a scan of all ids, before a table of all ids is made


class Stored(NamedTuple):
    """A document of the old generation."""

    number: int
    sha: str
    source: str


@dataclass(slots=True)
class Plan:
    """What the comparison found; ``gone`` are numbers of documents in the old generation."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: int = 0
    gone: list[int] = field(default_factory=list)

    def count(self, document: Document, sha: str, was: Stored | None, same_place: Callable[[str, str], bool]) -> bool:
        """Note a document that is given and what the index has of it; whether it is to be taken in."""
        if was is None:
            self.added += 1
            return True
        if was.sha != sha:
            self.changed += 1
        elif was.source != document.source and not same_place(was.source, document.source):
            self.moved += 1
        else:
            self.unchanged += 1
            return False
        self.gone.append(was.number)
        return True

    @property
    def differs(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.moved or self.removed)


@dataclass(frozen=True, slots=True)
class Rest:
    """What becomes of documents of the index that are not given now.

    Documents given by a program stay, and so do those whose source ``covers`` does not name. Of the others those stay
    whose source is in ``failed()``, which is called after the last document; the rest is removed. If no document is
    given and none stays because of a failure, that is a `SourceError`.

    ``same_place`` tells whether a document's old and new source are one place in other words. ``unless_moved`` is
    raised unless the sources that are gone were moved here: more of their documents are found again, elsewhere, than
    are removed.
    """

    covers: Covers
    failed: Callable[[], set[str]]
    same_place: Callable[[str, str], bool] = operator.eq
    unless_moved: ConfigError | None = None


def compare(
    old: Snapshot | None, documents: Iterable[Document], rest: Rest | None, intake: Intake, rebuild: bool
) -> Plan:
    """Go through the documents and add to the intake what is new or changed; with ``rebuild`` all that is given or
    stays.

    Without ``rest`` every document that is not given stays. Then only the ids of the given documents are looked up, so
    that the cost in Python does not grow with the index.
    """
    plan = Plan()
    known = Known(old, every=rest is not None or rebuild)
    seen: dict[str, bytes] = {}
    for block in _blocks(_distinct(documents, seen, intake.progress), known):
        found = known.of([document.id for document, _ in block])
        for document, sha in block:
            was = found.get(document.id)
            if plan.count(document, sha, was, operator.eq if rest is None else rest.same_place) or rebuild:
                intake.add(document, None if was is None else was.number)
    staying = [] if old is None else _staying(old, seen, rest, plan, rebuild)
    if rest is not None and rest.unless_moved is not None and plan.moved <= plan.removed:
        raise rest.unless_moved
    if rest is not None and not seen and not plan.kept:
        state = "there is nothing to index" if old is None else "the index is left as it is"
        raise SourceError(f"no readable document in the sources: {state}")
    if rebuild and old is not None and staying:
        check_files(old.files(("passages",)))  # what is copied must be right
        for stays in staying:
            intake.add(old.documents([stays])[0])
    return plan


class Known:
    """The live documents of an index, by id.

    A look-up scans the ids of all documents, without Python code for each of them. With ``every``, or after `SCANS`
    look-ups, a table of all documents is made instead.
    """

    def __init__(self, old: Snapshot | None, every: bool) -> None:
        self._old, self._scans_left = old, 0 if every else SCANS
        self._all: dict[str, Stored] | None = {} if old is None else None

    @property
    def complete(self) -> bool:
        """Whether the table is used."""
        return self._all is not None or not self._scans_left

    def of(self, ids: list[str]) -> Mapping[str, Stored]:
        """The documents of these ids that the index has, and possibly others."""
        if self._all is None and self._old is not None:
            if self._scans_left:
                self._scans_left -= 1
                return _look_up(self._old, ids)
            identities = self._old.identities()
            self._all = {doc_id: Stored(number, sha, source) for number, doc_id, sha, source in identities}
        return self._all or {}


def _look_up(old: Snapshot, ids: list[str]) -> dict[str, Stored]:
    wanted, first, found = pa.array(ids, pa.string()), 0, {}
    for segment, store in zip(old.manifest.segments, old.stores, strict=True):
        for number, doc_id, sha, source in store.identified(wanted):
            if old.alive_documents[first + number]:
                found[doc_id] = Stored(first + number, sha, source)
        first += segment.documents
    return found


def _staying(old: Snapshot, seen: dict[str, bytes], rest: Rest | None, plan: Plan, rebuild: bool) -> list[int]:
    """Count the documents that are not given now in ``plan``. Returns the numbers of those that stay, if ``rest`` or
    ``rebuild`` make it necessary to look at them.
    """
    if rest is None and not rebuild:
        plan.unchanged = old.manifest.live_documents - plan.changed - plan.moved
        return []
    failed, given, staying = set() if rest is None else rest.failed(), old.given_documents(), []
    for number, doc_id, _, source in old.identities():
        if doc_id in seen:
            continue
        if rest is None or given[number] or not rest.covers(source):
            plan.unchanged += 1
        elif _has_failed(source, failed):
            plan.kept += 1
        else:
            plan.removed += 1
            plan.gone.append(number)
            continue
        staying.append(number)
    return staying


def _blocks(documents: Iterable[tuple[Document, str]], known: Known) -> Iterator[list[tuple[Document, str]]]:
    """The documents in blocks that are looked up together, bounded in number and text; with the table one by one."""
    block, characters = [], 0
    for document, sha in documents:
        block.append((document, sha))
        characters += len(document.text)
        if known.complete or len(block) >= BLOCK_DOCUMENTS or characters >= BLOCK_CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block


def _distinct(
    documents: Iterable[Document], seen: dict[str, bytes], progress: Progress
) -> Iterator[tuple[Document, str]]:
    """Each document once, as it can be stored, with its sha; ``seen`` grows by ids."""
    progress("reading documents", 0, None)
    for count, given in enumerate(documents, 1):
        document = storable(given)
        sha = document.sha
        if document.id not in seen:
            seen[document.id] = bytes.fromhex(sha)
            yield document, sha
        elif seen[document.id].hex() != sha:
            place = f"{document.source}: " if document.source else ""
            raise SourceError(f"{place}another document has the id {document.id!r}; give each its own")
        progress("reading documents", count, None)


def _has_failed(source: str, failed: set[str]) -> bool:
    """Whether the source, the file that it is a part of, or a folder above it is among those that failed."""
    file = file_of(source)
    return bool(failed) and not failed.isdisjoint({source, file, *map(str, PurePath(file).parents)})
