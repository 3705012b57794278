"""Updates follow what moved, and encode nothing that is there already."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ragqa
from ragqa.config import IndexConfig, SplitConfig
from ragqa.documents import Document, Passage, Section
from ragqa.errors import ConfigError
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.store.layout import Layout
from ragqa.store.record import seal, unseal
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=8))


class Counting(HashEncoder):
    """Remembers the texts that it encoded."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_passages(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        self.texts += [passage.retrieval_text for passage in passages]
        return super().encode_passages(passages)


def sources(index: Path) -> dict[str, str]:
    assert verify(index) == []
    return {doc_id: source for _, doc_id, _, source in Snapshot.open(index).identities()}


def exact(index: Path) -> None:
    """Every live passage has the vector that its text is encoded to."""
    snapshot = Snapshot.open(index)
    rows = np.flatnonzero(snapshot.alive)
    expected = HashEncoder().encode_passages(snapshot.passages(rows)).astype(np.float16)
    np.testing.assert_array_equal(snapshot.dense.vectors(rows), expected)


def test_a_renamed_folder_is_a_move(tmp_path: Path) -> None:
    encoder, docs, index = Counting(), tmp_path / "docs", tmp_path / "kb"
    docs.mkdir()
    for name in "abc":
        (docs / f"{name}.txt").write_text(f"The {name} mill belongs to Otto Kvist.")
    ragqa.build(docs, index, encoder=encoder)
    docs.rename(tmp_path / "papers")
    (tmp_path / "papers" / "d.txt").write_text("The ferry was built in 1931.")
    encoder.texts.clear()
    report = ragqa.build(tmp_path / "papers", index, encoder=encoder)
    assert (report.moved, report.added, report.changed, report.removed, report.encoded) == (3, 1, 0, 0, 1)
    assert encoder.texts == ["d\nThe ferry was built in 1931."] or len(encoder.texts) == 1
    assert all(Path(source).exists() for source in sources(index).values())
    exact(index)
    assert not ragqa.build(tmp_path / "papers", index, encoder=encoder).committed


def test_another_folder_is_no_move(tmp_path: Path) -> None:
    docs, other, index = tmp_path / "docs", tmp_path / "other", tmp_path / "kb"
    for folder, names in ((docs, "abcd"), (other, "axyz")):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.txt").write_text(f"The {name} mill belongs to Otto Kvist.")
    ragqa.build(docs, index, encoder=HashEncoder())
    before = sources(index)
    with pytest.raises(ConfigError, match=r"now .*other is named: --add keeps"):
        ragqa.build(other, index, encoder=HashEncoder())
    docs.rename(tmp_path / "away")
    with pytest.raises(ConfigError, match=r"not there any more\), now .*other is named"):  # one of four is found again
        ragqa.build(other, index, encoder=HashEncoder())
    assert sources(index) == before


def test_a_copied_folder_is_no_move(tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "kb"
    docs.mkdir()
    (docs / "a.txt").write_text("The Sarn mill belongs to Otto Kvist.")
    ragqa.build(docs, index, encoder=HashEncoder())
    shutil.copytree(docs, tmp_path / "copy")
    with pytest.raises(ConfigError, match=r"was made from .*docs, now .*copy is named"):
        ragqa.build(tmp_path / "copy", index, encoder=HashEncoder())
    assert sources(index) == {"a.txt": str(docs / "a.txt")}


def test_what_was_moved_and_then_damaged_is_kept(tmp_path: Path) -> None:
    docs, papers, index = tmp_path / "docs", tmp_path / "papers", tmp_path / "kb"
    docs.mkdir()
    (docs / "mill.txt.gz").write_bytes(gzip.compress(b"The Sarn mill belongs to Otto Kvist.\n"))
    (docs / "f.txt").write_text("The Orlin ferry was built in 1931.\n")
    ragqa.build(docs, index, encoder=HashEncoder())
    docs.rename(papers)
    ragqa.build(papers, index, encoder=HashEncoder())
    (papers / "mill.txt.gz").write_bytes(b"garbage")
    report = ragqa.build(papers, index, encoder=HashEncoder())
    assert (report.kept, report.unchanged) == (1, 1) and "mill.txt.gz" in sources(index)


def test_a_row_that_moved_down_is_cited_where_it_is(tmp_path: Path) -> None:
    docs, index, encoder = tmp_path / "docs", tmp_path / "kb", Counting()
    docs.mkdir()
    lines = ["id,text", "brent,The Brent lighthouse was built in 1874.", "orlin,The Orlin ferry was built in 1931."]
    (docs / "x.csv").write_text("\n".join(lines) + "\n")
    ragqa.build(docs, index, encoder=encoder)
    lines.insert(1, "fenn,The Fenn bridge was built in 1902.")
    (docs / "x.csv").write_text("\n".join(lines) + "\n")
    encoder.texts.clear()
    report = ragqa.build(docs, index, encoder=encoder)
    assert (report.added, report.moved, report.encoded) == (1, 2, 1) and len(encoder.texts) == 1
    assert {doc_id: source.rpartition(":")[2] for doc_id, source in sources(index).items()} == {
        "fenn": "2",
        "brent": "3",
        "orlin": "4",
    }
    exact(index)


def test_only_the_passages_that_changed_are_encoded(tmp_path: Path) -> None:
    text = " ".join(f"Sentence number {n} says word{n} quite well." for n in range(20))
    encoder = Counting()
    update(tmp_path, CONFIG, encoder, [Document("a", text)])
    whole = len(encoder.texts)
    encoder.texts.clear()
    report = update(tmp_path, CONFIG, encoder, [Document("a", text.replace("word10 quite", "word10 rather"))])
    assert (report.changed, report.encoded) == (1, 1) and "rather" in encoder.texts[0] and whole == 20
    exact(tmp_path)
    compact(tmp_path)
    exact(tmp_path)


def test_headings_are_followed(tmp_path: Path) -> None:
    document = Document("a", "One two three four five. Six seven eight nine ten.", sections=(Section(0, "Old"),))
    update(tmp_path, CONFIG, HashEncoder(), [document])
    new = replace(document, sections=(Section(0, "New"),))
    report = update(tmp_path, CONFIG, HashEncoder(), [new])
    assert (report.changed, report.encoded) == (1, 2), "a heading is encoded with its passages"
    snapshot = Snapshot.open(tmp_path)
    assert {passage.heading for passage in snapshot.passages(np.flatnonzero(snapshot.alive))} == {"New"}
    compact(tmp_path)
    assert not update(tmp_path, CONFIG, HashEncoder(), [new]).committed, "a copy knows what it was made of"


def test_nothing_is_taken_over_from_damaged_vectors(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = " ".join(f"Sentence number {n} says word{n} quite well." for n in range(4))
    update(tmp_path, CONFIG, HashEncoder(), [Document("a", text), Document("b", "Another text.")])
    path = next(tmp_path.rglob("vectors.f16"))
    content = bytearray(path.read_bytes())
    content[3] ^= 64
    path.unlink()
    path.write_bytes(content)
    encoder = Counting()
    report = update(tmp_path, CONFIG, encoder, [Document("a", text + " More is said."), Document("b", "Another text.")])
    assert report.encoded == 5 == len(encoder.texts) and "encoded again" in caplog.text


def test_nothing_is_taken_over_that_was_seen_in_other_forms(tmp_path: Path) -> None:
    encoder, old, new = Counting(), Document("a", "Plain words.", source="x"), Document("a", "Plain words.", source="y")
    update(tmp_path, CONFIG, encoder, [old])
    path = Layout(tmp_path).manifest(1)
    raw, _ = unseal(json.loads(path.read_text()))
    raw["segments"][0]["forms"] = "seen-0"
    path.write_text(seal(raw))
    encoder.texts.clear()
    assert update(tmp_path, CONFIG, encoder, [new]).moved == 1 and len(encoder.texts) == 1
    compact(tmp_path)
    assert update(tmp_path, CONFIG, encoder, [old]).encoded == 0, "now all are seen in today's forms"


def test_a_file_that_is_a_source_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text(
        "id,text\nbrent,The Brent lighthouse was built in 1874.\norlin,The Orlin ferry was built in 1931.\n"
    )
    ragqa.build("x.csv", "kb", encoder=HashEncoder())
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert not ragqa.build("../x.csv", "../kb", encoder=HashEncoder()).committed, "the same rows, seen from elsewhere"
    assert not ragqa.build(tmp_path / "x.csv", "../kb", encoder=HashEncoder()).committed
