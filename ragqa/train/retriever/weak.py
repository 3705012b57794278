"""Questions for a retriever from documents alone, where nobody has written any.

"ict": the inverse cloze task (Lee et al. 2019): a sentence asks for the passage it was taken out of; with a small
probability it is left in, so that word overlap keeps counting. "titles": title and headings ask for the text below
them, and the first sentence of a passage for the rest of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ragqa.config import SplitConfig
from ragqa.corpus.files import Problem
from ragqa.corpus.read import read_documents
from ragqa.corpus.split import split
from ragqa.documents import Passage
from ragqa.mining.pairs import Candidate, Pairing
from ragqa.sentences import count_words, sentences

SHORTEST = 5


def weak_pairings(
    sources: Sequence[str | Path],
    kind: str,
    *,
    words: int = 120,
    keep: float = 0.1,
    seed: int = 1,
    problems: Callable[[Problem], None] | None = None,
) -> list[Pairing]:
    """Pseudo-questions on the documents in ``sources``, split as an index of ``words`` words a passage splits them.

    Sentences of fewer than `SHORTEST` words ask nothing.
    """
    config, rng = SplitConfig(words=words), np.random.default_rng(seed)
    passages = (
        passage
        for document in read_documents(sources, problems or (lambda problem: None))
        for passage in split(document, config)
    )
    if kind == "ict":
        return [pairing for passage in passages for pairing in _cloze(passage, rng, keep)]
    return _titles(list(passages))


def _cloze(passage: Passage, rng: np.random.Generator, keep: float) -> Iterator[Pairing]:
    """A pairing for each sentence; all have the passage's id, so that they never meet in a batch."""
    parts = _sentences(passage.text)
    for number, sentence in enumerate(parts):
        if len(parts) < 2 or count_words(sentence) < SHORTEST:
            continue
        rest = "".join(parts[:number] + parts[number + 1 :])
        text = passage.text if rng.random() < keep else rest.strip()
        yield _pairing(f"{passage.id}-{number}", sentence, [Candidate(passage.id, text, passage.context)])


def _titles(passages: Sequence[Passage]) -> list[Pairing]:
    """What stands above asks for all passages that stand below it; they do without it, or it would find itself."""
    below: dict[str, list[Candidate]] = defaultdict(list)
    found = []
    for passage in passages:
        if passage.context:
            below[passage.context.replace(" > ", " ")].append(Candidate(passage.id, passage.text))
        first, *others = _sentences(passage.text)
        if others and count_words(first) >= SHORTEST:
            rest = Candidate(passage.id, "".join(others).strip(), passage.context)
            found.append(_pairing(f"{passage.id}-first", first, [rest]))
    return [_pairing(f"title-{number}", title, texts) for number, (title, texts) in enumerate(below.items())] + found


def _sentences(text: str) -> list[str]:
    ends = [0, *sentences(text, 0, len(text))]
    return [text[start:end] for start, end in zip(ends, ends[1:], strict=False)]


def _pairing(name: str, question: str, positives: list[Candidate]) -> Pairing:
    return Pairing(name, " ".join(question.split()), (), tuple(positives))
