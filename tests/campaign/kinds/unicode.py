"""Random documents from all planes through every text format: each passage and each answer stands where it says, in
code points, and no text is changed on its way that need not be.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..judges import false_offsets, process, result
from ..outcome import Outcome, Result
from ..processes import run
from ..world import use_quick_models
from . import Lab, clear

PACKAGED = 0.1
PLANES = ((0x20, 0x7E), (0xA0, 0x2FF), (0x300, 0x36F), (0x370, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x1FFFF),
          (0x20000, 0x323AF), (0xE0000, 0xE01EF), (0xF0000, 0x10FFFD))  # fmt: skip
PIECES = (
    "\r", "\n", "\r\n", "\n\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1c", "\t", "\u3000", "\u200b", "\u200d",
    "\u00ad", "\ufeff", "\u202e", "\u2066", "\u2069", "\u0301", "e\u0301", "é", "ﬁ", "İ", "ı",
    "ß", "ẞ", "Å", "Å", "한", "한",
    "👩\u200d👩\u200d👧", "🇩🇪", "🏳️\u200d🌈", "ก็", "क्षि",
    "שָׁלוֹם", "العربية", "。", "！", "中国", "𠮷", "𝒳", "- ", "# ", "| ",
    ". ", "Mr. ", "3.14", "? ", "“", "”", "word ", "Vornholm ", "1874 ", "...", "\xa0",
)  # fmt: skip


def random_text(rng: random.Random) -> str:
    """Pieces that are awkward, letters of all planes, words; in a normal form now and then."""
    parts = []
    for _ in range(rng.randrange(5, 200)):
        way = rng.random()
        if way < 0.4:
            parts.append(rng.choice(PIECES))
        elif way < 0.6:
            low, high = rng.choice(PLANES)
            parts.append("".join(chr(rng.randint(low, high)) for _ in range(rng.randrange(1, 6))))
        else:
            parts.append(rng.choice(("word ", "tower ", "was built ", "in 1874 ", "by Ada ", "sea. ")))
    text = "".join(parts)
    form = rng.choice((None, None, "NFC", "NFD", "NFKD"))
    return f"Start {unicodedata.normalize(form, text) if form else text} end."


def _lines(text: str) -> str:
    return text.replace("\0", "")


FORMATS: dict[str, Callable[[str], str]] = {
    ".txt": _lines,
    ".md": _lines,
    ".html": lambda text: f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>",
    ".jsonl": lambda text: json.dumps({"id": "j", "text": text}, ensure_ascii=False).replace("\x85", "\\u0085") + "\n",
    ".json": lambda text: json.dumps(
        {"data": [{"title": "t", "paragraphs": [{"context": text, "qas": []}]}]}, ensure_ascii=len(text) % 2 == 0
    ),
    ".csv": lambda text: 'id,text\nc,"' + text.replace('"', '""') + '"\n',
    ".tsv": lambda text: "id\ttext\nt\t" + " ".join(text.split()) + "\n",
}
VERBATIM = (".txt", ".md", ".jsonl")  # what is indexed is what was written, letter by letter


def trial(lab: Lab, number: int) -> Result:
    """Write a document in each format, index them, ask, and compare every offset."""
    rng = lab.random(number)
    folder, index = lab.scratch / "unicode-files", lab.scratch / "unicode-index"
    for place in (folder, index):
        clear(place)
    folder.mkdir()
    texts = {suffix: random_text(rng) for suffix in FORMATS}
    for suffix, text in texts.items():
        (folder / f"d{suffix}").write_bytes(FORMATS[suffix](text).encode())
    packaged = rng.random() < PACKAGED
    words, overlap = rng.choice(((5, 0), (8, 3), (30, 0), (120, 20)))
    ended = run(partial(check, folder, index, texts, words, overlap, packaged), needs=20)
    letters = sum(map(len, texts.values()))
    what = f"{letters} letters in {len(texts)} formats, passages of {words} words" + " (packaged models)" * packaged
    if fault := process(ended):
        return result(fault, what, ended)
    if ended.code != 0:
        return result(Outcome.LOST, what, ended)
    outcome = Outcome.SILENT if ended.value["false"] else Outcome.HELD
    return Result(outcome, what, f"{ended.value['passages']} passages; {ended.value['false'][:3]}")


def check(folder: Path, index: Path, texts: dict[str, str], words: int, overlap: int, packaged: bool) -> dict[str, Any]:
    """Index and ask; every place that is not what it says."""
    from ragqa.config import Config, IndexConfig, SplitConfig
    from ragqa.indexing import build
    from ragqa.pipeline import Pipeline
    from ragqa.testing import HashEncoder, WordReader

    if not packaged:
        use_quick_models()
    config = Config(index=IndexConfig(split=SplitConfig(words=words, overlap=overlap)))
    problems: list[str] = []
    build(folder, index, config, problems=lambda problem: problems.append(f"{problem.source}: {problem.reason}"))
    models = {} if packaged else {"encoder": HashEncoder(), "reader": WordReader()}
    pipeline = Pipeline.load(index, **models)
    snapshot = pipeline.snapshot
    found = [f"skipped {problem}" for problem in problems]
    passages = snapshot.passages(np.flatnonzero(snapshot.alive))
    for passage in passages:
        owner = snapshot.document(passage.doc_id)
        if owner is None or owner.text[passage.start : passage.end] != passage.text:
            found.append(f"passage {passage.doc_id} [{passage.start}:{passage.end}]")
        elif passage.line and passage.source.endswith((".txt", ".md")):
            line = 1 + owner.text.count("\n", 0, passage.start)
            if passage.line != line:
                found.append(f"passage {passage.doc_id} is said to be on line {passage.line}, and is on {line}")
    owners = {passage.doc_id for passage in passages}
    for suffix in VERBATIM:
        wanted = texts[suffix].encode().decode()
        told = [document for name in owners if (document := snapshot.document(name)) and suffix in document.source]
        if not any(document.text in (wanted, wanted.strip(), wanted.replace("\r\n", "\n")) for document in told):
            found.append(f"the text of d{suffix} is not what was written")
    for question in ("When was the tower built?", "Vornholm 1874 中国 e\u0301", texts[".txt"][:40]):
        if question.strip():
            found += false_offsets(pipeline.ask(question), snapshot)
    return {"passages": len(passages), "false": found}
