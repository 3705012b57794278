"""Pictures of pages are drawn in a process of their own, which has the limits of a process that reads files.

It is started for one picture, told what to draw on stdin, and writes a line of JSON and then the picture to stdout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ragqa.corpus.damage import described
from ragqa.corpus.files import regular_size
from ragqa.corpus.isolation import SETTINGS, command
from ragqa.corpus.limits import Limits, too_hungry, too_slow
from ragqa.corpus.readers.pdf_picture import Picture, draw
from ragqa.corpus.worker import limit
from ragqa.errors import SourceError

_MOST = 64 << 20  # bytes of a picture


def draw_apart(path: Path, place: str, text: str, start: int, end: int, width: int, limits: Limits) -> Picture:
    """See `ragqa.corpus.readers.pdf_picture.draw`. Whatever goes wrong with the file is a `SourceError`."""
    try:
        size = regular_size(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be opened ({error.strerror})") from error
    told = {"path": str(path), "place": place, "text": text, "start": start, "end": end, "width": width}
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            command("ragqa.corpus.drawing", limits),
            input=json.dumps(told).encode(),
            capture_output=True,
            timeout=limits.time(size),
            env={**os.environ, **SETTINGS},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"{path}: {too_slow(limits.time(size))}") from None
    head, _, picture = done.stdout[:_MOST].partition(b"\n")
    if done.returncode or not head:
        raise SourceError(f"{path}: its page could not be drawn, or it {too_hungry(limits.memory(size))}")
    found = json.loads(head)
    if "error" in found:
        raise SourceError(f"{path}: {found['error']}")
    return Picture(picture, found["page"], found["top"], found["bottom"])


def main(limits: dict[str, Any]) -> None:
    """Draw what stdin says."""
    told = json.load(sys.stdin.buffer)
    path = Path(told.pop("path"))
    limit(path, Limits(**limits))
    try:
        picture = draw(path, **told)
        head: dict[str, Any] = {"page": picture.page, "top": picture.top, "bottom": picture.bottom}
        content = picture.png
    except MemoryError:
        raise
    except Exception as error:  # whatever pdfium does not like
        head, content = {"error": str(error) if isinstance(error, SourceError) else described(error)}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + content)
