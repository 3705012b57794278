"""Parts of SQuAD-format files: one is learnt from or fitted on, another is measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ragqa.corpus.squad import read_squad_json
from ragqa.store.atomic import replace_file


def in_first_half(title: str) -> bool:
    """Whether the title belongs to the half that is learnt from; decided by its hash, so the same everywhere."""
    return hashlib.sha256(title.encode()).digest()[0] % 2 == 0


def articles_of(path: str | Path) -> list[Any]:
    """The articles of a SQuAD-format file, gzipped or not, as they stand."""
    articles: list[Any] = read_squad_json(path)["data"]
    return articles


def ids_of(articles: Sequence[Any]) -> list[str]:
    """Of all questions, in file order."""
    return [qa["id"] for article in articles for paragraph in article["paragraphs"] for qa in paragraph["qas"]]


def with_questions(articles: Sequence[Any], ids: Collection[str]) -> list[Any]:
    """The articles with these questions alone; all paragraphs stay, as their numbers name them."""
    return [
        {
            "title": article["title"],
            "paragraphs": [
                {"context": paragraph["context"], "qas": [qa for qa in paragraph["qas"] if qa["id"] in ids]}
                for paragraph in article["paragraphs"]
            ],
        }
        for article in articles
    ]


def write_articles(path: Path, articles: Sequence[Any]) -> None:
    """A SQuAD-format file, atomically."""
    replace_file(path, json.dumps({"data": articles}, ensure_ascii=False).encode())
