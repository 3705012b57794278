"""Cross-encoders: one model reads question and passage together and gives one logit, by which passages are ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ragqa.device import AUTO
from ragqa.models.fastform import open_fast_form
from ragqa.models.native import one_line
from ragqa.models.runtime import Runtime, load_pair_model, positions, torch_device
from ragqa.models.tokenize import PairTokenizer
from ragqa.models.torch_runtime import TorchRuntime
from ragqa.types import Hit

SOURCE = "rerank"


class CrossEncoder:
    """A `Reranker` that orders passages by a model's logit for the question and the passage's retrieval text.

    A passage that is too long for the model is cut at its end, as in the training of cross-encoders.
    """

    def __init__(self, tokenizer: PairTokenizer, runtime: Runtime) -> None:
        self.tokenizer, self.runtime = tokenizer, runtime

    @classmethod
    def load(cls, folder: str | Path, *, device: str = AUTO) -> CrossEncoder:
        """Open a folder that `ragqa export` made."""
        _, tokenizer, runtime = open_fast_form(folder, "reranker", device)
        return cls(tokenizer, runtime)

    @classmethod
    def load_checkpoint(cls, name: str, *, max_length: int = 512, device: str = AUTO) -> CrossEncoder:
        """A transformers checkpoint that classifies with one label, from a local directory or a hub name; needs
        ``[train]``.
        """
        model, slow = load_pair_model(name)
        with one_line(f"{name}: cannot be used as a reranker"):
            length = min(max_length, positions(model), slow.model_max_length)
            tokenizer = PairTokenizer(slow.backend_tokenizer, length)
        type_ids = "token_type_ids" in slow.model_input_names
        runtime = TorchRuntime(model.to(torch_device(device)), ("logits",), tokenizer.pad_id, type_ids)
        return cls(tokenizer, runtime)

    def score(self, questions: Sequence[str], texts: Sequence[str]) -> list[float]:
        """The logit of each pair (questions[i], texts[i])."""
        pairs = zip(self.tokenizer.encode(questions), self.tokenizer.encode(texts), strict=True)
        windows = [self.tokenizer.pair(question.ids, text.ids) for question, text in pairs]
        return [float(logit[0]) for (logit,) in self.runtime.run(windows)]

    def rerank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], k: int) -> list[list[Hit]]:
        """At most ``k`` of each question's hits, by their logit, which becomes their score and
        their source "rerank".
        """
        asked = [question for question, found in zip(questions, hits, strict=True) for _ in found]
        logits = iter(self.score(asked, [hit.passage.retrieval_text for found in hits for hit in found]))
        return [by_score([_scored(hit, next(logits)) for hit in found])[:k] for found in hits]


def by_score(hits: Sequence[Hit]) -> list[Hit]:
    """The hits ordered by score, ties by rank, with new ranks from 1."""
    best = sorted(hits, key=lambda hit: (-hit.score, hit.rank))
    return [replace(hit, rank=rank) for rank, hit in enumerate(best, 1)]


def _scored(hit: Hit, logit: float) -> Hit:
    return replace(hit, score=logit, sources={**hit.sources, SOURCE: logit})
