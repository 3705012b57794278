"""Valid files of every format with some bytes changed: whatever a reader makes of one, it says so in a line, in time,
and the good file beside it is indexed.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from ..formats import MAKERS, samples, zipped
from ..judges import process, refusal, result
from ..outcome import Outcome, Result
from ..processes import Ended, run
from ..world import ragqa_command
from . import Lab, clear

GOOD = "The ferry to Quillsand leaves at noon from the western pier.\n"
NUMBERS = (b"0", b"-1", b"99999999999999999999", b"2147483648", b"1e999", b"NaN", b"0x7f", b"4294967295")
TOKENS = (
    b"<", b">", b"&#", b"<!--", b"<![CDATA[", b"</", b'"', b"'", b"[", b"{", b"]]>", b"\n", b"\r", b"\t", b",", b"\0",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "\u202e\u2028\u0301".encode(), b"```", b"# ",
    b"<!DOCTYPE", b"<!ENTITY a '&a;&a;'>", b"&a;", b"\\ud800", b"|", b"/Length 99999999", b"stream", b"endobj",
)  # fmt: skip


def mutate(content: bytes, rng: random.Random) -> bytes:
    """One to some dozen changes, anywhere."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 8, 30))):
        place = rng.randrange(len(found) + 1)
        size = rng.choice((1, 2, 4, 16, 64))
        way = rng.randrange(8)
        if way == 0 and place < len(found):
            found[place] ^= 1 << rng.randrange(8)
        elif way == 1:
            found[place : place + size] = rng.randbytes(min(size, len(found) - place))
        elif way == 2:
            del found[place : place + size]
        elif way == 3:
            found[place:place] = found[place : place + size] * rng.choice((1, 2, 50))
        elif way == 4:
            found[place:place] = rng.choice(TOKENS) * rng.choice((1, 1, 3, 200))
        elif way == 5:
            _renumber(found, rng)
        elif way == 6:
            found[place : place + size] = bytes([rng.choice((0, 255, 127, 128))]) * size
        else:
            del found[place:]
            found += content[rng.randrange(len(content) + 1) :]
    return bytes(found)


def _renumber(content: bytearray, rng: random.Random) -> None:
    """A number becomes an odd one."""
    places = [place for place, byte in enumerate(content) if 48 <= byte <= 57]
    if places:
        start = end = rng.choice(places)
        while end < len(content) and 48 <= content[end] <= 57:
            end += 1
        content[start:end] = rng.choice(NUMBERS)


def inside(suffix: str, content: bytes, rng: random.Random) -> bytes:
    """A change of what is packed, packed again, so that checksums hold."""
    if suffix.endswith(".gz"):
        return gzip.compress(mutate(gzip.decompress(content), rng), mtime=0)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(parts))
    return zipped({**parts, name: mutate(parts[name], rng)})


@cache
def originals(scratch: Path) -> dict[str, bytes]:
    """The samples, made in another process: Arrow starts threads."""
    place = scratch / "samples"

    def write() -> None:
        place.mkdir()
        for suffix, content in samples().items():
            (place / f"sample{suffix}").write_bytes(content)

    ended = run(write, needs=30)
    assert ended.code == 0, ended.err
    return {suffix: (place / f"sample{suffix}").read_bytes() for suffix in MAKERS}


def trial(lab: Lab, number: int) -> Result:
    """Change a file, index it beside a good one, and look for the good one."""
    rng = lab.random(number)
    suffix = list(MAKERS)[number % len(MAKERS)]
    content = originals(lab.scratch)[suffix]
    packed = suffix.endswith((".gz", ".docx")) and rng.random() < 0.7
    changed = inside(suffix, content, rng) if packed else mutate(content, rng)
    what = f"a changed {suffix} of {len(changed)} bytes"
    return index_beside_a_good_file(lab, f"odd{suffix}", changed, what)


def index_beside_a_good_file(lab: Lab, name: str, content: bytes, what: str) -> Result:
    """The result of indexing a file beside good ones that come before and after it."""
    folder, index = lab.scratch / f"{lab.kind}-files", lab.scratch / f"{lab.kind}-index"
    for place in (folder, index):
        clear(place)
    folder.mkdir()
    (folder / name).write_bytes(content)
    return index_folder(folder, index, what)


def index_folder(folder: Path, index: Path, what: str, needs: float = 3.0) -> Result:
    """The result of indexing a folder of odd files, to which good ones are added."""
    for name in ("a-good.txt", "z-good.txt"):
        (folder / name).write_text(f"{name[0]}. {GOOD}", encoding="utf-8")
    ended = run(ragqa_command("index", folder, "-o", index, "--json", "-q"), needs=needs)
    if fault := process(ended):
        return result(fault, what, ended)
    if ended.code != 0:
        outcome = refusal(ended)
        return result(Outcome.LOST if outcome is Outcome.REFUSED else outcome, what, ended)  # one bad file stopped it
    if problem := missing_neighbours(index):
        return result(Outcome.LOST, f"{what}: {problem}", ended)
    skipped = json.loads(ended.out)["skipped"]
    if fault := false_words(skipped, ended):
        return result(fault, what, ended)
    return Result(Outcome.REFUSED if skipped else Outcome.HELD, what, str(skipped)[:200] if skipped else "")


def false_words(skipped: Sequence[dict[str, str]], ended: Ended) -> Outcome | None:
    """What is skipped is named in a line each, without control characters."""
    for entry in skipped:
        if not entry["source"] or not entry["reason"]:
            return Outcome.UNCLEAR
    raw = ended.err.replace("\n", "")
    return Outcome.UNCLEAR if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in raw) else None


def missing_neighbours(index: Path) -> str:
    """What is wrong with the good files in an index, or with the index; nothing if it is as it should be."""
    ended = run(partial(_check, index))
    return str(ended.value) if ended.code == 0 and ended.value is not None else f"cannot be opened: {ended.last}"


def _check(index: Path) -> str:
    import numpy as np

    from ragqa.index.snapshot import Snapshot
    from ragqa.index.verify import verify

    if problems := verify(index):
        return problems[0]
    snapshot = Snapshot.open(index)
    for name in ("a-good.txt", "z-good.txt"):
        document = snapshot.document(name)
        if document is None or GOOD.strip() not in document.text:
            return f"{name} is missing"
    found = snapshot.passages(np.flatnonzero(snapshot.alive))
    return "" if all(passage.text for passage in found) else "a passage is empty"
