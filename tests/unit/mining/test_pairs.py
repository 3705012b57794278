"""Files of questions with their passages: what is written comes back, what is damaged is told with its line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ragqa.errors import SourceError
from ragqa.mining.pairs import Candidate, Pairing, read_pairings, write_pairings

PAIRINGS = [
    Pairing("1", "Who?", ("Ada", "Ada L."), (Candidate("p", "Ada wrote it.", "Title", 1.5),), (Candidate("n", "Æ"),)),
    Pairing("2", "When?", (r"18\d\d",), (), (), pattern=True),
]


def test_pairings_come_back(tmp_path: Path) -> None:
    assert write_pairings(tmp_path / "mined.jsonl", PAIRINGS) == 2
    assert list(read_pairings(tmp_path / "mined.jsonl")) == PAIRINGS
    packed = tmp_path / "mined.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "mined.jsonl").read_bytes().replace(b"\n", b"\n \n")))
    assert list(read_pairings(packed)) == PAIRINGS


def test_what_may_be_left_out_and_what_else_may_be_there(tmp_path: Path) -> None:
    line = {"id": "1", "question": "\ud800?", "positives": [{"id": "p", "text": "T", "score": 3, "of": 1}], "by": "me"}
    (tmp_path / "own.jsonl").write_text(json.dumps(line))
    (pairing,) = read_pairings(tmp_path / "own.jsonl")
    assert pairing == Pairing("1", "\ud800?", (), (Candidate("p", "T", "", 3.0),))
    assert type(pairing.positives[0].score) is float


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "1"', "Expecting"),
        ("[1]", "it holds [1]: expected a table"),
        ('{"question": "q"}', "id is missing: expected text"),
        ('{"id": "1", "question": 5}', "question is 5: expected text"),
        ('{"id": "1", "question": "q", "answers": "a"}', "answers is 'a': expected a list of texts"),
        ('{"id": "1", "question": "q", "answers": [1]}', "answers[0] is 1: expected text"),
        ('{"id": "1", "question": "q", "pattern": 1}', "pattern is 1: expected true or false"),
        ('{"id": "1", "question": "q", "positives": [{"id": "p"}]}', "positives[0].text is missing: expected text"),
        (
            '{"id": "1", "question": "q", "negatives": [{"id": "p", "text": "t", "score": true}]}',
            "negatives[0].score is True: expected a finite number",
        ),
        (
            '{"id": "1", "question": "q", "negatives": [{"id": "p", "text": "t", "score": 1e999}]}',
            "inf: expected a fin",
        ),
        ('{"id": "1", "question": "q", "more": ' + "[" * 9_999 + "]" * 9_999 + "}", "nested too deeply"),
    ],
)
def test_damaged_lines(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "mined.jsonl"
    write_pairings(path, PAIRINGS)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SourceError) as caught:
        list(read_pairings(path))
    message = str(caught.value)
    assert message.startswith(f"{path}:3: not a question with its passages (") and said in message
    assert "\n" not in message and len(message) < 400


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "mined.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match=r"mined\.jsonl"):
        list(read_pairings(tmp_path / "mined.jsonl"))
    with pytest.raises(SourceError, match="cannot be read"):
        list(read_pairings(tmp_path / "none.jsonl"))
