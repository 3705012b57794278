"""What repeats on most pages of a site: menus, notices, footers that no element marks as such."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from ragqa.corpus.files import SourceFile
from ragqa.corpus.flow import Block
from ragqa.errors import SourceError

_SUFFIXES = (".html", ".htm", ".xhtml")
_SAMPLE = 12  # pages of a folder that are compared
_FEWEST = 5  # other pages; with fewer, nothing is held to be boilerplate
_LARGEST = 1 << 20  # bytes of a page that is compared
_LONG = 5  # words of a block that is left out wherever it stands; shorter ones only at the ends of a page

Blocks = Callable[[SourceFile], Sequence[Block]]


def without_repeated(file: SourceFile, blocks: Sequence[Block], read: Blocks) -> tuple[list[Block], int]:
    """A page's blocks without those that stand on most pages of its folder, and how many these were.

    A sample of the folder's pages is compared. Its first page keeps them, so nothing is lost to the folder as a whole.
    Headings stay, unless they stand between such blocks at an end of the page. A file that was named alone is
    compared with none.
    """
    others = [] if file.named else [path for path in _sample(file.path.parent) if path != file.path]
    if len(others) < _FEWEST or file.path < others[0]:
        return list(blocks), 0
    counts = Counter[bytes]()
    for path in others:
        counts.update(_marks(path, file, read))
    often = [counts[_mark(block)] * 2 > len(others) for block in blocks]
    first = next((at for at, repeats in enumerate(often) if not repeats), len(blocks))
    last = next((at for at in range(len(blocks), first, -1) if not often[at - 1]), first)
    kept = [
        block
        for at, block in enumerate(blocks)
        if first <= at < last and not (often[at] and block.level is None and len(block.text.split()) >= _LONG)
    ]
    return kept, len(blocks) - len(kept)


@lru_cache(maxsize=4)
def _sample(folder: Path) -> tuple[Path, ...]:
    """Pages of a folder, evenly spread over their order, the first among them."""
    pages = []
    with suppress(OSError):
        pages = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and _is_small(path))
    step = max(1, len(pages) / _SAMPLE)
    return tuple(pages[int(at * step)] for at in range(min(_SAMPLE, len(pages))))


def _is_small(path: Path) -> bool:
    """Whether it is a regular file (no link, as that may lead out of the folder) that is soon read."""
    with suppress(OSError):
        facts = path.lstat()
        return stat.S_ISREG(facts.st_mode) and 0 < facts.st_size <= _LARGEST
    return False


_known: dict[tuple[Path, int, int], frozenset[bytes]] = {}


def _marks(path: Path, file: SourceFile, read: Blocks) -> frozenset[bytes]:
    """What tells the blocks of a page; none of one that cannot be read."""
    with suppress(OSError):
        facts = path.stat()
        key = (path, facts.st_mtime_ns, facts.st_size)
        if key not in _known:
            if len(_known) > 20 * _SAMPLE:
                _known.clear()
            _known[key] = frozenset()
            with suppress(SourceError):
                _known[key] = frozenset(map(_mark, read(replace(file, path=path, name=path.name, remarks=[]))))
        return _known[key]
    return frozenset()


def _mark(block: Block) -> bytes:
    return blake2b(" ".join(block.text.split()).encode("utf-8", "replace"), digest_size=12).digest()
