"""Indexes to damage and to repair, and ways to damage a file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from support.writing import CONFIG, document

from ragqa.corpus.synonyms import parse_synonyms
from ragqa.index.repair import RepairReport, repair
from ragqa.index.writer import update
from ragqa.store.layout import Layout
from ragqa.store.manifest import read_manifest
from ragqa.testing import HashEncoder

ENCODER = HashEncoder()
RULES = parse_synonyms("said, told\n", "s")
FIRST = [document(name) for name in ("a", "b", "c")]
SECOND = [FIRST[0], FIRST[1], document("d", "It has been changed. It is told in other words, and in more of them.")]


def mend(index: Path, *, encoder: HashEncoder = ENCODER, dry_run: bool = False) -> RepairReport:
    return repair(index, load=lambda _: encoder, unusable=lambda _: "", dry_run=dry_run)


def make_index(directory: Path) -> Path:
    """Two segments, a dead document, synonyms, and no generation before: what is damaged is not elsewhere."""
    shutil.rmtree(make_history(directory) / "generations" / "000001")
    return directory


def make_history(directory: Path) -> Path:
    """The same with the generation before."""
    update(directory, CONFIG, ENCODER, FIRST, synonyms=RULES)
    update(directory, CONFIG, ENCODER, SECOND)
    return directory


def file_of(index: Path, name: str, segment: int = 0) -> Path:
    """A file of the current generation by its kind."""
    layout = Layout(index)
    number = layout.require_current()
    manifest = read_manifest(layout, number)
    if name == "words":
        return layout.lexical(number) / next(own for own in manifest.lexical if own.endswith(".term"))
    if name == "words.json":
        return layout.lexical(number) / "meta.json"
    if name in ("manifest.json", "tombstones.npy", "synonyms.txt"):
        return layout.generation(number) / name
    return next((index / "segments" / manifest.segments[segment].id).rglob(name))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.unlink()  # links of other generations keep theirs
    path.write_bytes(content)


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])


def lengthen(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + b"more")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)
