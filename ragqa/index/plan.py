"""What an update has to do: the documents that are given compared with those that the index has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from ragqa.errors import SourceError
from ragqa.index.intake import Intake
from ragqa.index.report import Progress
from ragqa.index.snapshot import Snapshot
from ragqa.index.sources import Covers
from ragqa.store.checking import check_files
from ragqa.store.passages import storable
from ragqa.types import Document

_PLACE = re.compile(r"(?::\d+|#page=\d+(?:-\d+)?)\Z")


@dataclass(slots=True)
class Plan:
    """What the comparison found; ``gone`` are numbers of documents in the old generation."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: int = 0
    gone: list[int] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Rest:
    """What becomes of documents of the index that are not given now.

    Those given by a program stay, and those from files that are not ``covered``; of the others those stay that
    ``failed`` to be read (it is asked when all documents were given), and the rest goes. With ``needed`` it is a
    `SourceError` if no document is given and none failed.
    """

    covers: Covers
    failed: Callable[[], set[str]]
    needed: bool


NOTHING_GOES = Rest(lambda source: False, set, needed=False)


def compare(old: Snapshot | None, documents: Iterable[Document], rest: Rest, intake: Intake, rebuild: bool) -> Plan:
    """Go through the documents and take in what has to be indexed: with ``rebuild`` all that is given or stays."""
    plan = Plan()
    known = {} if old is None else {doc_id: (number, sha) for number, doc_id, sha, _ in old.identities()}
    seen: dict[str, bytes] = {}
    for document, sha in _distinct(documents, seen, intake.progress):
        number, before = known.get(document.id, (-1, ""))
        if number < 0:
            plan.added += 1
        elif before == sha:
            plan.unchanged += 1
        else:
            plan.changed += 1
            plan.gone.append(number)
        if rebuild or before != sha:
            intake.add(document)
    staying = [] if old is None else _staying(old, seen, rest, plan)
    if rest.needed and not seen and not plan.kept:
        state = "there is nothing to index" if old is None else "the index is left as it is"
        raise SourceError(f"no readable document in the sources: {state}")
    if rebuild and old is not None and staying:
        check_files(old.files(("passages",)))  # what is copied must be right
        for stays in staying:
            intake.add(old.documents([stays])[0])
    return plan


def _staying(old: Snapshot, seen: dict[str, bytes], rest: Rest, plan: Plan) -> list[int]:
    """The documents that are not given now and stay nonetheless; ``plan`` is told of all that are not given."""
    failed, given, staying = rest.failed(), old.given_documents(), []
    for number, doc_id, _, source in old.identities():
        if doc_id in seen:
            continue
        if given[number] or not rest.covers(source):
            plan.unchanged += 1
        elif _has_failed(source, failed):
            plan.kept += 1
        else:
            plan.removed += 1
            plan.gone.append(number)
            continue
        staying.append(number)
    return staying


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
    file = _PLACE.sub("", source)
    return bool(failed) and not failed.isdisjoint({source, file, *map(str, PurePath(file).parents)})
