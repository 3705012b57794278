"""Run by tests: commits to an index as fast as it can. Arguments: the index, and the seconds it goes on.

Prints how many generations it has made.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ragqa.config import IndexConfig, SplitConfig
from ragqa.documents import Document
from ragqa.index.writer import compact, update
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=10))


def document(number: int, said: int) -> Document:
    return Document(f"d{number}", f"The bridge number {number} was painted for the time number {said}.", source="b.txt")


def main(index: str, seconds: str) -> None:
    os.fsync = lambda handle: None  # what a power cut would leave is not looked at here
    end, said = time.monotonic() + float(seconds), 0
    while time.monotonic() < end:
        said += 1
        if said % 6:
            update(Path(index), CONFIG, HashEncoder(), [document(number, said * (number < 3)) for number in range(12)])
        else:
            compact(Path(index))
    print(said)


if __name__ == "__main__":
    main(*sys.argv[1:])
