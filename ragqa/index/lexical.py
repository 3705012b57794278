"""BM25: what a word index must do, and Tantivy on disk. Questions go in and rows come out. Queries are built from
analysed terms, so nothing in a question is read as query syntax.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Protocol

import numpy as np
import tantivy
from numpy.typing import NDArray

from ragqa.corpus.analyze import Analyzer
from ragqa.corpus.synonyms import Synonyms
from ragqa.documents import LANGUAGE, Passage
from ragqa.errors import StorageError
from ragqa.index.facts import Allowed, Mask, meta_term
from ragqa.index.query import Concept, Expansion, QueryBuilder
from ragqa.index.ranking import Ranking, Rows, Scores, order
from ragqa.index.readings import idf
from ragqa.metadata import facts_of
from ragqa.store.atomic import refusal, storing
from ragqa.store.packed import show
from ragqa.store.passages import encodable
from ragqa.store.reading import reading

TOKENIZER = "ragqa"
HEAP_BYTES = 64_000_000
TIES = 16
MAX_TIES = 4_096

Clause = tuple[tantivy.Occur, tantivy.Query]


class LexicalIndex(Protocol):
    """Ranks by BM25 the passages that share a word with a question, or a synonym of its words (`ragqa.index.query`)."""

    def search(self, questions: Sequence[str], k: int, allowed: Allowed) -> Ranking:
        """The best ``k`` passages of each question among those that are ``allowed``.

        A word that occurs twice in the question counts twice. If the question has more than 256 different words, the
        256 rarest count.
        """
        ...

    def contributions(self, question: str, rows: Sequence[int]) -> dict[str, NDArray[np.float32]]:
        """How much each part of the question adds to the scores of the passages ``rows``: float32 [len(rows)], 0 for a
        passage that does not have it.

        A part is a term of the index, or a `Concept` under its label; parts of the same name are added up. The parts'
        values sum to a passage's score in `search`. A question without any term of the index has no parts.
        """
        ...

    def known(self, words: Sequence[str]) -> list[bool]:
        """For each word whether a passage has it; words that are left out of questions count as known."""
        ...

    def rarity(self, terms: Sequence[str]) -> list[float]:
        """How rare each term is among the passages: its idf, above 0; largest for a term that none has."""
        ...


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=True, indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=TOKENIZER, index_option="freq")
    builder.add_text_field("meta", tokenizer_name="raw", index_option="basic")
    return builder.build()


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:  # Tantivy raises it for failing I/O
        raise StorageError(f"{directory}: cannot be written, {refusal(error)}") from error


def _open(directory: Path, analyzer: Analyzer) -> tantivy.Index:
    """Open a Tantivy index; call it inside `reading`."""
    index = tantivy.Index.open(str(directory))
    for name, value in (("row", 0), ("text", ""), ("meta", "")):
        tantivy.Query.term_query(index.schema, name, value)  # raises if the schema is another one
    index.register_tokenizer(TOKENIZER, analyzer.tantivy())
    return index


def open_tantivy(
    folder: Path, names: Sequence[str], analyzer: Analyzer, synonyms: Synonyms | None = None
) -> TantivyIndex:
    """Open the index of these files, also in a folder that may not be written to. Tantivy creates a lock file even to
    read; so for such a folder it is given links to the files (or copies, if they are packed) in a temporary folder,
    which is removed when the index is open.
    """
    if os.access(folder, os.W_OK) or not folder.is_dir():
        return TantivyIndex.open(folder, analyzer, synonyms)
    with storing(Path(gettempdir())), TemporaryDirectory(prefix="ragqa-") as aside:
        for name in names:
            show(folder / name, Path(aside) / name)
        return TantivyIndex.open(Path(aside), analyzer, synonyms, folder)


class TantivyIndex:
    """A Tantivy index, opened for reading: Okapi BM25 with k1 = 1.2, b = 0.75, idf = ln(1 + (N − n + ½) / (n + ½)).

    Lengths above 40 words are rounded down (to a byte, by Tantivy); deleted passages count in N, n and the mean length
    until Tantivy merges them away. Safe to search from several threads.
    """

    def __init__(
        self, index: tantivy.Index, analyzer: Analyzer, directory: Path, synonyms: Synonyms | None = None
    ) -> None:
        self.analyzer, self.directory = analyzer, directory
        self._schema, self._searcher = index.schema, index.searcher()
        self._builder = QueryBuilder(analyzer.among(self._analysed), synonyms)

    @classmethod
    def open(
        cls, directory: Path, analyzer: Analyzer, synonyms: Synonyms | None = None, name: Path | None = None
    ) -> TantivyIndex:
        """The index as it stands now; `IndexFormatError` if ``directory``, which is called ``name`` in messages, holds
        none, or a damaged or foreign one.
        """
        with reading(name or directory):
            return cls(_open(directory, analyzer), analyzer, name or directory, synonyms)

    def search(self, questions: Sequence[str], k: int, allowed: Allowed) -> Ranking:
        """See `LexicalIndex.search`; a filter that the index can express as terms goes into the query."""
        limit = min(k, allowed.count)
        if limit < 1:
            return Ranking.empty(len(questions))
        clauses, mask = list(self._clauses(allowed)), allowed.mask if allowed.clauses is None else None
        with reading(self.directory):
            hits = [self._hits(question, limit, clauses, mask) for question in questions]
        found = Ranking.pack([rows for rows, _ in hits], [scores for _, scores in hits])
        return order(found.rows, found.scores, k)

    def contributions(self, question: str, rows: Sequence[int]) -> dict[str, NDArray[np.float32]]:
        """See `LexicalIndex.contributions`; one search for each part, restricted to these rows."""
        if not len(rows):
            return {}
        wanted, places = np.unique(np.asarray(rows, np.int64), return_inverse=True)
        among = tantivy.Query.term_set_query(self._schema, "row", wanted.tolist())
        restriction = tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0)
        parts: dict[str, NDArray[np.float32]] = {}
        with reading(self.directory):
            for label, part in self._parts(question):
                query = tantivy.Query.boolean_query([(tantivy.Occur.Must, part), restriction])
                hits = self._searcher.search(query, len(wanted), count=False).hits
                scores = np.zeros(len(wanted), np.float32)
                found = self._rows([address for _, address in hits])
                scores[np.searchsorted(wanted, found)] = [score for score, _ in hits]
                parts[label] = parts.get(label, np.float32(0.0)) + scores[places]
        return parts

    def known(self, words: Sequence[str]) -> list[bool]:
        """See `LexicalIndex.known`; deleted passages count until Tantivy merges them away."""
        with reading(self.directory):
            return self._builder.known(words, self._frequency)

    def rarity(self, terms: Sequence[str]) -> list[float]:
        """See `LexicalIndex.rarity`."""
        with reading(self.directory):
            return [idf(self._frequency(term), self._searcher.num_docs) for term in terms]

    def rows(self) -> NDArray[np.int64]:
        """The rows of all passages that are not deleted, ascending."""
        with reading(self.directory):
            everything = self._searcher.search(tantivy.Query.all_query(), max(1, self._searcher.num_docs), count=False)
            return np.sort(self._rows([address for _, address in everything.hits]))

    def _hits(self, question: str, k: int, clauses: list[Clause], mask: Mask | None) -> tuple[Rows, Scores]:
        """At least the best ``k`` rows that the mask allows, and all that tie with the kth."""
        parts = [(tantivy.Occur.Should, part) for _, part in self._parts(question)]
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = tantivy.Query.boolean_query(parts)
        if clauses:
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *clauses])
        limit, most = k + TIES, k + MAX_TIES
        while True:
            hits: list[tuple[float, tantivy.DocAddress]] = self._searcher.search(query, limit, count=False).hits
            rows = self._rows([address for _, address in hits])
            scores = np.array([score for score, _ in hits], np.float32)
            kept = np.arange(len(hits)) if mask is None else np.flatnonzero(mask[rows])
            enough = len(kept) >= k and (hits[-1][0] < hits[kept[k - 1]][0] or limit >= most)
            if len(hits) < limit or enough:
                return rows[kept], scores[kept]
            limit = 4 * limit if len(kept) < k else min(4 * limit, most)

    def _parts(self, question: str) -> list[tuple[str, tantivy.Query]]:
        """The name and the query of each part of the question; a passage's score is the sum of their scores."""
        asked = self._builder.build(question, self._frequency, self._searcher.num_docs)
        words = [(term, self._term(term, float(count))) for term, count in asked.words.items()]
        return words + [(concept.label, self._concept(concept)) for concept in asked.concepts]

    def _analysed(self, language: str) -> int:
        return int(self._searcher.doc_freq("meta", meta_term(LANGUAGE, language)))

    def _frequency(self, term: str) -> int:
        return int(self._searcher.doc_freq("text", term))

    def _concept(self, concept: Concept) -> tantivy.Query:
        ways = [self._expansion(expansion) for expansion in concept.expansions]
        if concept.typed:
            words = [(tantivy.Occur.Should, self._term(term, float(count))) for term, count in concept.typed.items()]
            ways.append(tantivy.Query.boolean_query(words))
        return _times(tantivy.Query.disjunction_max_query(ways), float(concept.count))

    def _expansion(self, expansion: Expansion) -> tantivy.Query:
        terms = [(tantivy.Occur.Must, self._term(term, expansion.weight)) for term in expansion.terms]
        return tantivy.Query.boolean_query(terms)

    def _term(self, term: str, weight: float) -> tantivy.Query:
        return _times(tantivy.Query.term_query(self._schema, "text", term, "freq"), weight)

    def _clauses(self, allowed: Allowed) -> Iterator[Clause]:
        for clause in allowed.clauses or ():
            query = tantivy.Query.term_set_query(self._schema, "meta", list(clause.terms))
            occurs = tantivy.Occur.Must if clause.holds else tantivy.Occur.MustNot
            yield occurs, tantivy.Query.const_score_query(query, 0.0)

    def _rows(self, addresses: list[tantivy.DocAddress]) -> NDArray[np.int64]:
        return np.array(self._searcher.fast_field_values("row", addresses), np.int64)


def _times(query: tantivy.Query, factor: float) -> tantivy.Query:
    return query if factor == 1.0 else tantivy.Query.boost_query(query, factor)


class TantivyWriter:
    """Adds passages to a Tantivy index and deletes some. Nothing is visible or durable before `commit`, after which the
    writer cannot be used again.

    With ``create`` the directory is made if it does not exist, and must not hold an index.
    """

    def __init__(self, directory: Path, analyzer: Analyzer, create: bool) -> None:
        self.directory, self.analyzer = directory, analyzer
        if create:
            directory.mkdir(parents=True, exist_ok=True)
            if (directory / "meta.json").exists():  # Tantivy would empty it
                raise StorageError(f"{directory}: holds a word index already")
            with _writing(directory):
                index = tantivy.Index(_schema(), path=str(directory), reuse=False)
                index.register_tokenizer(TOKENIZER, analyzer.tantivy())
        else:
            with reading(directory):
                index = _open(directory, analyzer)
        with _writing(directory):
            self._writer = index.writer(HEAP_BYTES, 1)  # one thread keeps passages in the order of rows

    def add(self, first_row: int, passages: Sequence[Passage]) -> None:
        """Add passages as rows ``first_row``, ``first_row + 1``, …"""
        with _writing(self.directory):
            for row, passage in enumerate(passages, first_row):
                document = tantivy.Document()
                document.add_integer("row", row)
                document.add_text("text", self.analyzer.prepare(encodable(passage.retrieval_text), passage.meta))
                for key, text in facts_of(passage.meta):
                    document.add_text("meta", meta_term(key, text))
                self._writer.add_document(document)

    def delete(self, rows: Sequence[int]) -> None:
        """Delete rows; unknown ones are ignored."""
        with _writing(self.directory):
            for row in rows:
                self._writer.delete_documents_by_term("row", int(row))

    def commit(self) -> None:
        """Make all changes durable. When this returns, Tantivy's merges have ended and every file is complete."""
        with _writing(self.directory):
            self._writer.commit()
            self._writer.wait_merging_threads()
