"""What becomes of the metadata that programs and files give."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ragqa.corpus.read import Problem, read_documents
from ragqa.documents import Document
from ragqa.errors import SourceError
from ragqa.metadata import plain_meta, readable_meta


def test_nested_keys_dates_and_lists() -> None:
    given = {
        "author": {"name": "Ada", "born": date(1815, 12, 10), "papers": {"count": 1}},
        "at": datetime(2024, 5, 31, 12, tzinfo=UTC),
        "tags": ("a", 1, True, None),
        "kinds": {"b", "a"},
        "none": None,
        "score": np.float32(0.5),
        "year": np.int64(2024),
        3: "three",
    }
    assert plain_meta(given, "d") == {
        "author.name": "Ada",
        "author.born": "1815-12-10",
        "author.papers.count": 1,
        "at": "2024-05-31T12:00:00+00:00",
        "tags": ["a", 1, True],
        "kinds": ["a", "b"],
        "score": 0.5,
        "year": 2024,
        "3": "three",
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "is of type object"),
        ([["nested"]], "is of type list"),
        ([{"a": 1}], "is of type dict"),
        (b"bytes", "is of type bytes"),
        (float("nan"), "is nan"),
        (2**65, "is an integer of more than 64 bits"),
    ],
)
def test_what_a_program_cannot_give(value: Any, reason: str) -> None:
    with pytest.raises(SourceError, match=f"document 'faq-1': its metadata 'a.b' {reason}"):
        plain_meta({"a": {"b": value}}, "faq-1")


def test_a_key_that_is_named_twice() -> None:
    with pytest.raises(SourceError, match=r"document 'd': its metadata name 'a\.b' twice"):
        plain_meta({"a.b": 1, "a": {"b": 2}}, "d")
    assert readable_meta({"a.b": 1, "a": {"b": 2}}) == {"a.b": 1}


def test_files_never_fail() -> None:
    given = {
        "people": [{"name": "Ada"}, {"name": "Bob"}],
        "long": [{"text": "x" * 2_000}],
        "many": list(range(5_000)),
        "nan": float("nan"),
        "huge": 10**5000,
        "tags": ["a"],
    }
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    found = readable_meta(given | {"deep": deep})
    assert found == {"people": '[{"name": "Ada"}, {"name": "Bob"}]', "nan": "nan", "tags": ["a"]}
    assert len(readable_meta({"a": {str(number): number for number in range(50_000)}})) == 10_000


def read(path: Path) -> tuple[list[Document], list[Problem]]:
    problems: list[Problem] = []
    return list(read_documents([path], problems.append)), problems


FRONT = """---
title: Deploying
version: 1.10
rate: 0.5
date: 2024-05-31
tags: [a, "b, c", 3]
empty: []
team:
  name: ops
  members:
    - Ada
    - 'Bob'  # a comment
  lead: {name: Ada}
ragqa:
  kind: faq
ragqa.kind: faq
people:
  - name: Ada
refs: [*x, [1]]
note: |
  several
  lines: of text
draft: true
---
# Deploying
Text.
"""


def test_yaml_front_matter(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(FRONT)
    ((document,), problems) = read(tmp_path)
    assert not problems and document.title == "Deploying"
    assert document.meta == {
        "version": "1.10",
        "rate": 0.5,
        "date": "2024-05-31",
        "tags": ["a", "b, c", 3],
        "empty": [],
        "team.name": "ops",
        "team.members": ["Ada", "Bob"],
        "draft": True,
    }


def test_toml_front_matter(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        '+++\nversion = 1.10\nrate = 1.5\nbig = 1_000.5\ndate = 2024-05-31\nat = 10:00:00\ntags = ["a", "b"]\n'
        '[author]\nname = "Ada"\n[[people]]\nname = "Bob"\n+++\nText.'
    )
    ((document,), problems) = read(tmp_path)
    assert not problems
    assert document.meta == {
        "version": "1.10",
        "rate": 1.5,
        "big": 1000.5,
        "date": "2024-05-31",
        "at": "10:00:00",
        "tags": ["a", "b"],
        "author.name": "Ada",
        "people": '[{"name": "Bob"}]',
    }


def test_json_records(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text(
        '{"text": "One", "author": {"name": "Ada"}, "tags": ["a", null], "ragqa": {"kind": "faq"}, "x": [[1]]}\n'
        '{"text": "Two", "ragqa.kind": "faq", "n": NaN, "none": null}\n'
    )
    documents, problems = read(tmp_path)
    assert not problems
    assert [dict(document.meta) for document in documents] == [
        {"author.name": "Ada", "tags": ["a"], "x": "[[1]]"},
        {"n": "nan"},
    ]
