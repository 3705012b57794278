"""Files changed without changing their size: whoever asks is told, or gets the reply of the whole index.

RAGQA_MUTATIONS sets how many changes are tried in all (at least one a file).
"""

from __future__ import annotations

import json
import os
import random
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from ragqa.config import Config, IndexConfig, ReadConfig
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.documents import Document, Passage
from ragqa.errors import IndexFormatError, ModelError, RagqaError
from ragqa.evidence.calibration import Calibration, Step, save_calibration
from ragqa.index.gpu import faiss_installed
from ragqa.index.verify import verify
from ragqa.index.writer import update
from ragqa.models.ensemble import readers_fingerprint
from ragqa.pipeline import Pipeline
from ragqa.testing import HashEncoder
from ragqa.types import Span

TRIED = int(os.environ.get("RAGQA_MUTATIONS", "150"))
ENCODER = HashEncoder()
CONFIG = Config()
QUESTIONS = ["Which bridge is number 7?", "Where do boats pass?", "What is word12 of number 512?", "the old crossing"]


class HashReader:
    """Its spans are words of the passage, and their scores come from a hash of everything it is given."""

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        return [self._spans(question, passage) for question, passage in zip(questions, passages, strict=True)]

    def _spans(self, question: str, passage: Passage) -> list[Span]:
        code = zlib.crc32(f"{question} {passage}".encode())
        start = passage.text.rfind(" ", 0, 1 + code % len(passage.text)) + 1
        end = (passage.text + " ").find(" ", start)
        return [Span(start, end, -0.1 - code % 97 / 50), Span(0, 0, -1.0)]


def document(number: int) -> Document:
    text = f"The stone bridge number {number} has word{number % 50}. Boats pass below number {number} in summer."
    meta = {"kind": "old" if number % 2 else "new"}
    return Document(f"d{number}", text, title=f"Bridge {number}", source=f"b.jsonl:{number + 1}", meta=meta)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of file: two segments, one with a FAISS index, dead documents, synonyms, a calibration."""
    directory = tmp_path_factory.mktemp("mutations") / "index"
    settings = IndexConfig(dense="hnsw" if faiss_installed() else "auto")
    rules = parse_synonyms("bridge, crossing\n", "s")
    update(directory, settings, ENCODER, [document(number) for number in range(1010)], synonyms=rules)
    update(directory, settings, ENCODER, [document(number) for number in range(5, 1015)])
    curve = tuple(Step(1 - number / 50, 10 * number, number) for number in range(1, 50))
    reader = readers_fingerprint(ReadConfig().readers)
    save_calibration(directory, Calibration(curve=curve, questions=490, reader=reader, encoder=ENCODER.fingerprint))
    return directory


def ask(index: Path) -> str:
    pipeline = Pipeline.load(index, CONFIG, encoder=ENCODER, reader=HashReader())
    replies = [reply.to_dict() for reply in pipeline.ask_many(QUESTIONS)]
    replies += [reply.to_dict() for reply in pipeline.ask_many(QUESTIONS, where={"kind": "old"})]
    assert pipeline.snapshot.checked
    return json.dumps([{**reply, "timings": None} for reply in replies], sort_keys=True)


def files(index: Path) -> list[Path]:
    """All that the current generation consists of, CURRENT, and the calibration."""
    found = [path for path in sorted(index.rglob("*")) if path.is_file() and path.suffix != ".lock"]
    return [path for path in found if "000001" not in path.parts and path.name != "LOCK"]


def changed(content: bytes, draw: random.Random) -> bytes:
    """Other bytes of the same number: a bit, a byte, a digit, a run of zeros, or two pieces that change places."""
    found, place = bytearray(content), draw.randrange(len(content))
    way = draw.choice(["bit", "byte", "digit", "zeros", "swap"])
    digits = [number for number, byte in enumerate(content) if 48 <= byte < 58]
    if way == "digit" and digits:
        place = draw.choice(digits)
        found[place] = draw.choice(b"0123456789")
    elif way == "zeros":
        length = draw.choice([2, 16, 512])
        found[place : place + length] = bytes(len(found[place : place + length]))
    elif way == "swap" and len(content) > 16:
        one, other = sorted(draw.sample(range(0, len(content) - 4, 4), 2))
        found[one : one + 4], found[other : other + 4] = found[other : other + 4], found[one : one + 4]
    elif way == "byte":
        found[place] = draw.randrange(256)
    if bytes(found) == content:
        found[place] ^= 1 << draw.randrange(8)
    assert len(found) == len(content)
    return bytes(found)


def test_no_change_of_a_file_changes_an_answer_in_silence(index: Path) -> None:
    assert all(reply["answers"] for reply in json.loads(ask(index)))
    expected, draw, outcomes = ask(index), random.Random(16), Counter[tuple[str, str]]()
    places = files(index)
    kinds = {path.name for path in places}
    assert {"CURRENT", "manifest.json", "tombstones.npy", "synonyms.txt", "calibration.json", "meta.json"} <= kinds
    for number in range(max(TRIED, len(places))):
        path = places[number % len(places)]
        whole = path.read_bytes()
        mode = path.stat().st_mode
        path.unlink()  # hard links: the generation before stays as it is
        path.write_bytes(changed(whole, draw))
        kind = path.name if path.parent.name != "lexical" else f"lexical/*{path.suffix or path.name}"
        try:
            assert ask(index) == expected, f"{path}: another answer, in silence"
            outcomes[kind, "the same answers"] += 1
        except RagqaError as error:
            assert isinstance(error, ModelError if kind == "calibration.json" else IndexFormatError), error
            assert path.name in str(error) and "\n" not in str(error)
            assert path.name == "CURRENT" or any(path.name in problem for problem in verify(index))
            outcomes[kind, "noticed"] += 1
        path.write_bytes(whole)
        path.chmod(mode)
    print(*(f"{kind}: {outcome} {count}" for (kind, outcome), count in sorted(outcomes.items())), sep="\n")
    print(f"{sum(outcomes.values())} changes, none in silence")
    assert ask(index) == expected and verify(index) == []
