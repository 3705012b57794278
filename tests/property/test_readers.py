"""Random Unicode through the writer and the reader of each format: places are right, and no character is lost.

``RAGQA_DOCUMENTS=5000 pytest tests/property/test_readers.py tests/property/test_layout.py`` puts so many through each.
"""

import os
import random

import pytest
from support.samples import WRITERS

from ragqa.config import SplitConfig
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.split import split

TEXTS = 10
MANY = int(os.environ.get("RAGQA_DOCUMENTS", 300))  # of each format
PLANES = ((0xA1, 0x2FF), (0x300, 0x36F), (0x370, 0x1FFF), (0x2070, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x1FFFF),
          (0x20000, 0x323AF), (0xE0100, 0xE01EF))  # fmt: skip
PIECES = (
    "e\u0301",
    "ﬁ",
    "İ",
    "👩\u200d👩\u200d👧",
    "🇩🇪",
    "क्षि",
    "שָׁלוֹם",
    "العربية",
    "。",
    "中国",
    "𝒳",
    "3.14, ",
    "word ",
)
PLAIN = (
    ".pptx",
    ".xlsx",
    ".odt",
    ".ods",
    ".epub",
    ".eml",
    ".mbox",
    ".ipynb",
    ".json",
    ".xml",
    ".html",
)  # marks are escaped
RECORDS = (".jsonl", ".csv", ".tsv", ".parquet")


def random_paragraph(rng: random.Random, marks: str) -> str:
    """Words, letters of all planes, signs; without what XML cannot hold, and without white space but blanks."""
    parts = ["Start"]
    for _ in range(rng.randrange(1, 60)):
        way = rng.random()
        if way < 0.3:
            parts.append(rng.choice(PIECES))
        elif way < 0.5:
            low, high = rng.choice(PLANES)
            parts.append("".join(chr(rng.randint(low, high)) for _ in range(rng.randrange(1, 6))))
        elif way < 0.6 and marks:
            parts.append(rng.choice(marks))
        else:
            parts.append(rng.choice((" word ", " tower ", " was built ", " in 1874 ", " by Ada ", " sea. ")))
    return " ".join("".join(parts).split()) + " end."


def squeezed(text: str) -> str:
    """Without white space and the invisible signs that the reader of HTML leaves out."""
    return "".join(text.translate(dict.fromkeys((0xAD, 0x200B, 0xFEFF))).split())


def check(folder, suffix, seed):
    rng = random.Random(f"{suffix}{seed}")
    marks = "&<>\"'#*_`|\\{}[]$%~^@=+-/" if suffix in PLAIN else ""
    paragraphs = [random_paragraph(rng, marks) for _ in range(rng.randrange(1, 5))]
    path = folder / f"d{suffix}"
    path.write_bytes(WRITERS[suffix]("Title", "Head", paragraphs))
    documents = list(read_file(SourceFile(path, path.name)))
    assert not [item for item in documents if isinstance(item, Problem)]
    everything = squeezed(" ".join(document.text for document in documents))
    for text in paragraphs:
        assert squeezed(text).removesuffix(".") in everything, (suffix, text)
    for document in documents:
        for passage in split(document, SplitConfig(*rng.choice(((5, 0), (8, 3), (120, 0))))):
            assert document.text[passage.start : passage.end] == passage.text
            if document.line:
                assert passage.line == 1 + document.text.count("\n", 0, passage.start)
    if documents[0].line and suffix not in RECORDS:  # then the lines are those of the file
        assert documents[0].text.count("\n") == path.read_text(encoding="utf-8").count("\n")


@pytest.mark.parametrize("suffix", WRITERS)
def test_nothing_is_lost_and_places_are_right(tmp_path, suffix):
    for seed in range(TEXTS):
        check(tmp_path, suffix, seed)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", WRITERS)
def test_nothing_is_lost_and_places_are_right_in_many(tmp_path, suffix):
    for seed in range(TEXTS, MANY):
        check(tmp_path, suffix, seed)
