"""An index as a program uses it: real files, in this process, with a small encoder that is there already."""

from __future__ import annotations

import cProfile
import pickle
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import ragqa
from ragqa.convert import read_json
from ragqa.documents import Document
from ragqa.errors import ConfigError, SourceError
from ragqa.index.snapshot import Snapshot
from ragqa.store.record import seal, unseal
from ragqa.testing import HashEncoder

ENCODER = HashEncoder()


class Counting(HashEncoder):
    """Counts the passages that it encodes."""

    count = 0

    def encode_passages(self, passages):  # type: ignore[no-untyped-def]
        """As the other does."""
        self.count += len(passages)
        return super().encode_passages(passages)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ragqa.Index]:
    with ragqa.Index(tmp_path / "kb", encoder=ENCODER, language="en") as opened:
        yield opened


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "tea.md").write_text("---\nteam: ops\n---\n# Tea\nTea came by ship in 1657.")
    (folder / "coffee.txt").write_text("Coffee is older than tea.")
    return folder


FAQ = Document(
    "faq-1",
    "The printer stands on floor 2.",
    title="Printer",
    source="https://kb/faq#1",
    meta={"team": "ops", "year": 2024, "tags": ["a", "b"], "author": {"name": "Ada"}, "on": date(2024, 5, 31)},
)


def test_an_index_may_be_empty(index: ragqa.Index) -> None:
    assert (len(index), index.generation, list(index.documents()), index.verify()) == (0, 1, [], [])
    assert index.get("faq-1") is None and index.delete(["faq-1"]) == 0 and index.delete(where={"team": "ops"}) == 0
    snapshot = Snapshot.open(index.directory)
    assert snapshot.lexical.search(["tea"], 5, snapshot.allowed()).rows.size == 0
    assert snapshot.dense.search(ENCODER.encode_questions(["tea"]), 5, snapshot.allowed({"a": "b"})).rows.size == 0
    assert not index.upsert([]).committed and not index.compact().committed and index.generation == 1


def test_documents_come_back_as_they_were_given(index: ragqa.Index) -> None:
    report = index.upsert([FAQ])
    assert (report.added, report.committed, len(index), index.generation) == (1, True, 1, 2)
    stored = index.get("faq-1")
    assert stored is not None and list(index.documents()) == [stored]
    assert (stored.text, stored.title, stored.source) == (FAQ.text, FAQ.title, FAQ.source)
    assert stored.meta == {
        "team": "ops", "year": 2024, "tags": ["a", "b"], "author.name": "Ada", "on": "2024-05-31"
    }  # fmt: skip
    assert index.upsert([stored]).committed is False  # what comes back is what was given
    assert index.verify() == [] and index.info()["documents"] == 1


def test_what_is_there_costs_nothing(tmp_path: Path) -> None:
    encoder = Counting()
    with ragqa.Index(tmp_path / "kb", encoder=encoder) as index:
        index.upsert(Document(f"d{number}", f"Number {number}.") for number in range(20))
        before, generation = encoder.count, index.generation
        assert not index.upsert(Document(f"d{number}", f"Number {number}.") for number in range(20)).committed
        assert (encoder.count, index.generation) == (before, generation)
        report = index.upsert([Document("d3", "Another text."), Document("d4", "Number 4.")])
        assert (report.changed, report.unchanged, report.encoded, len(index)) == (1, 19, 1, 20)
        assert index.get("d3") == Document("d3", "Another text.")


def test_a_stream_is_one_generation_and_is_not_held(index: ragqa.Index) -> None:
    seen = []

    def stream() -> Iterator[Document]:
        for number in range(300):
            seen.append(len(list(index.directory.glob("segments/*/documents.arrow"))))
            yield Document(f"d{number}", f"Number {number}.")

    assert index.upsert(stream()).added == 300 and index.generation == 2
    assert seen[0] == 0 and seen[-1] == 1  # written while it is read


def test_files_and_documents_of_a_program_live_side_by_side(index: ragqa.Index, docs: Path) -> None:
    index.upsert([FAQ])
    assert index.sync(docs).added == 2 and len(index) == 3
    (docs / "coffee.txt").unlink()
    report = index.sync(docs)
    assert (report.removed, len(index)) == (1, 2) and index.get("faq-1") is not None
    assert index.compact().documents == 2 and index.sync(docs).committed is False
    index.upsert([Document("tea.md", "A better text.")])  # takes the place of the file's
    assert index.get("tea.md") == Document("tea.md", "A better text.")
    index.sync(docs)
    assert "1657" in index.get("tea.md").text and index.verify() == []  # type: ignore[union-attr]


def test_documents_of_a_program_outlive_other_settings(index: ragqa.Index, docs: Path) -> None:
    index.upsert([FAQ])
    index.sync(docs)
    config = ragqa.Config(index=ragqa.IndexConfig(language="de"))
    report = ragqa.build(docs, index.directory, config, encoder=ENCODER)
    assert report.rebuilt and len(index) == 3 and index.get("faq-1") is not None and index.verify() == []
    (docs / "coffee.txt").unlink()
    index.sync(docs)
    assert len(index) == 2 and index.get("faq-1") is not None


def test_delete(index: ragqa.Index, docs: Path) -> None:
    index.upsert([FAQ, Document("b", "Two.", meta={"team": "dev", "year": 2020}), Document("c", "Three.")])
    index.sync(docs)
    assert index.delete(["c", "nobody"]) == 1 and index.get("c") is None
    assert index.delete(where={"year": {"lt": 2021}}) == 1 and index.get("b") is None
    assert index.delete(where={"team": "ops"}) == 2 and [found.id for found in index.documents()] == ["coffee.txt"]
    generation = index.generation
    assert index.delete(["c"]) == index.delete([]) == 0 and index.generation == generation
    assert index.sync(docs).added == 1  # what files say comes back
    assert index.delete(["tea.md", "coffee.txt"]) == 2 and len(index) == 0 and index.verify() == []
    assert index.compact().documents == 0 and index.verify() == []
    with pytest.raises(ConfigError, match="empty filter"):
        index.delete(where={})
    with pytest.raises(TypeError, match="several ids"):
        index.delete("tea.md")


def test_a_mistyped_key_deletes_nothing(index: ragqa.Index) -> None:
    index.upsert([FAQ])
    with pytest.raises(ConfigError, match="no document has the metadata key 'taem'; known keys: "):
        index.delete(where={"taem": "ops"})
    assert len(index) == 1


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([FAQ, Document("faq-1", "Another.")], "another document has the id 'faq-1'"),
        ([Document("x", "t", meta={"a": {"b": object()}})], r"document 'x': its metadata 'a\.b' is of type object"),
        ([Document("", "t")], "its id must be a text that is not empty"),
        (["text"], "str where a Document belongs"),
    ],
)
def test_what_cannot_be_added_changes_nothing(index: ragqa.Index, documents: list[Document], message: str) -> None:
    index.upsert([Document("first", "One.")])
    with pytest.raises(SourceError, match=message):
        index.upsert([Document("new", "Two."), *documents])
    assert (len(index), index.generation, index.get("new")) == (1, 2, None) and index.verify() == []


def test_settings(tmp_path: Path) -> None:
    with ragqa.Index(tmp_path / "kb", encoder=ENCODER, language="de", words=30) as index:
        assert (index.config.language, index.config.split.words) == ("de", 30)
    with ragqa.Index(tmp_path / "kb", encoder=ENCODER) as index:
        index.upsert([FAQ])
        assert index.config.language == "de"
    ragqa.Index(tmp_path / "kb", words=30).close()
    with pytest.raises(ConfigError, match="language is de, not en"):
        ragqa.Index(tmp_path / "kb", language="en")
    with pytest.raises(ConfigError, match=r"split\.words is 30, not 120"):
        ragqa.Index(tmp_path / "kb", ragqa.IndexConfig(language="de"))


def test_closed_and_pickled(index: ragqa.Index) -> None:
    with pytest.raises(TypeError, match="an Index cannot be pickled: open it again"):
        pickle.dumps(index)
    index.close()
    for use in (lambda: len(index), lambda: index.upsert([FAQ]), lambda: index.delete(["x"]), lambda: index.verify()):
        with pytest.raises(RuntimeError, match="is closed"):
            use()


def test_reading_shows_what_another_has_written(index: ragqa.Index) -> None:
    with ragqa.Index(index.directory, encoder=ENCODER) as other:
        other.upsert([FAQ])
        assert len(index) == 1 and index.get("faq-1") is not None and index.generation == other.generation


def test_threads(index: ragqa.Index) -> None:
    failures: list[BaseException] = []

    def work(own: int) -> None:
        try:
            for number in range(3):
                index.upsert([Document(f"{own}-{number}", f"Text {number} of {own}.")])
                assert index.get(f"{own}-{number}") is not None
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and len(index) == 12 and index.verify() == []


def test_other_sources_are_no_accident(tmp_path: Path, docs: Path) -> None:
    kb, other = tmp_path / "kb", tmp_path / "other"
    other.mkdir()
    (other / "milk.txt").write_text("Milk is white.")

    def ids() -> set[str]:
        with ragqa.Index(kb) as index:
            return {document.id for document in index.documents()}

    ragqa.build(docs, kb, encoder=ENCODER)
    with pytest.raises(ConfigError, match=r"was made from .*docs, now .*other is named: --add keeps .*--replace"):
        ragqa.build(other, kb, encoder=ENCODER)
    assert ids() == {"tea.md", "coffee.txt"}
    assert ragqa.build(other, kb, encoder=ENCODER, others="add").added == 1
    assert ids() == {"tea.md", "coffee.txt", "milk.txt"}
    assert Snapshot.open(kb).info()["sources"] == [str(docs), str(other)]
    assert not ragqa.build([docs, other], kb, encoder=ENCODER).committed
    with pytest.raises(ConfigError, match="now fewer of them is named"):
        ragqa.build(docs, kb, encoder=ENCODER)
    (other / "milk.txt").rename(other / "cream.txt")
    (docs / "coffee.txt").unlink()
    ragqa.build(other, kb, encoder=ENCODER, others="add")  # looks at this source alone
    assert ids() == {"tea.md", "coffee.txt", "cream.txt"}
    ragqa.build(other, kb, encoder=ENCODER, others="replace")
    assert ids() == {"cream.txt"} and Snapshot.open(kb).info()["sources"] == [str(other)]
    with pytest.raises(ConfigError, match="one of same, add, replace"):
        ragqa.build(other, kb, encoder=ENCODER, others="both")  # type: ignore[arg-type]


def test_sources_by_other_names_and_moved(tmp_path: Path, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kb = tmp_path / "kb"
    monkeypatch.chdir(tmp_path)
    ragqa.build("docs", kb, encoder=ENCODER)
    for name in ("./docs/", docs, docs / "." / ".." / "docs"):
        assert not ragqa.build(name, kb, encoder=ENCODER).committed
    monkeypatch.chdir(docs)
    assert not ragqa.build(".", kb, encoder=ENCODER).committed
    assert ragqa.build([docs, tmp_path / "docs" / "tea.md"], kb, encoder=ENCODER).documents == 2  # more is no less
    moved = tmp_path / "moved"
    monkeypatch.chdir(tmp_path)
    moved.mkdir()
    (tmp_path / "docs").rename(moved / "docs")
    kb.rename(moved / "kb")
    report = ragqa.build([moved / "docs", moved / "docs" / "tea.md"], moved / "kb", encoder=ENCODER)
    assert (report.moved, report.encoded) == (2, 0)  # index and sources were moved together
    (moved / "docs").rename(tmp_path / "elsewhere")
    report = ragqa.build(tmp_path / "elsewhere", moved / "kb", encoder=ENCODER)
    assert (report.moved, report.encoded) == (2, 0)  # and then the sources alone
    (tmp_path / "elsewhere").rename(tmp_path / "docs")
    report = ragqa.build(tmp_path / "docs", moved / "kb", encoder=ENCODER, others="replace")
    assert (report.moved, report.encoded) == (2, 0)


def test_an_index_from_before_sources_were_recorded(tmp_path: Path, docs: Path) -> None:
    kb = tmp_path / "kb"
    ragqa.build(docs, kb, encoder=ENCODER)
    path = kb / "generations" / "000001" / "manifest.json"
    raw, _ = unseal(read_json(path.read_bytes()))
    del raw["sources"]
    path.write_text(seal(raw))
    assert Snapshot.open(kb).manifest.sources is None
    report = ragqa.build(docs, kb, encoder=ENCODER)
    assert report.committed and report.unchanged == 2 and Snapshot.open(kb).info()["sources"] == [str(docs)]


def test_an_index_that_was_made_anew_in_the_same_place_is_noticed(tmp_path):
    place = tmp_path / "index"
    with ragqa.Index(place, encoder=HashEncoder()) as index:
        index.upsert([Document("old", "The old bridge.")])
        assert index.get("old") is not None
        generation = index.generation
        shutil.rmtree(place)
        with ragqa.Index(place, encoder=HashEncoder()) as other:
            other.upsert([Document("new", "The new bridge.")])
            assert other.generation == generation
        assert index.get("old") is None and index.get("new").text == "The new bridge."


def test_what_a_small_upsert_costs_in_python_does_not_grow_with_the_index(tmp_path: Path) -> None:
    calls = []
    for size in (500, 5000):
        with ragqa.Index(tmp_path / str(size), encoder=ENCODER, language="en") as opened:
            opened.upsert(Document(f"d{number}", f"Text {number}.") for number in range(size))
            profile = cProfile.Profile()
            profile.enable()
            report = opened.upsert([Document("d7", "Other text."), Document("d8", "Text 8."), Document("new", "Text.")])
            profile.disable()
            assert (report.added, report.changed, report.unchanged) == (1, 1, size - 1)
            calls.append(sum(entry.callcount for entry in profile.getstats()))
    assert calls[1] < calls[0] + 2000, calls  # a batch of 128 documents may cost some calls, a document none


def test_a_long_stream_of_known_documents_is_compared_by_a_table(index: ragqa.Index, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("ragqa.index.plan.BLOCK_DOCUMENTS", 2)
    documents = [Document(f"d{number}", f"Text {number}.") for number in range(50)]
    index.upsert(documents)
    index.delete(["d3", "d40"])
    index.upsert([Document("d4", "Another text.")])
    report = index.upsert([*documents, Document("new", "New text.")])
    assert (report.added, report.changed, report.unchanged, report.removed) == (3, 1, 47, 0)
    assert len(index) == 51 and [index.get(f"d{number}").text for number in (3, 4, 40)] == [  # type: ignore[union-attr]
        "Text 3.",
        "Text 4.",
        "Text 40.",
    ]
